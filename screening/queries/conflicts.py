"""Conflicts as those who may settle them see them: the votes as A and B, without names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from reviewapp.constants import Settlement
from reviewapp.models import Membership
from screening.constants import ScreeningStatus, Stage
from screening.models import Adjudication, Decision, Record, Report
from screening.queries.screening import SHOWN_FIELDS, ScreenItem

LETTERS = "ABCDE"


@dataclass(frozen=True)
class AnonymousVote:
    """One decision without its reviewer."""

    letter: str
    verdict: str
    verdict_label: str
    reason: str
    note: str


@dataclass(frozen=True)
class ConflictPage:
    """One conflict: what was judged, the votes, and a consensus waiting for an answer, if any."""

    stage: Stage
    item: ScreenItem
    votes: Sequence[AnonymousVote]
    proposal: Adjudication | None
    may_adjudicate: bool
    proposed_by_me: bool

    @property
    def is_full_text(self) -> bool:
        """Reports are judged, with reasons."""
        return self.stage == Stage.FULL_TEXT


def sees_conflicts(membership: Membership) -> bool:
    """Whether conflicts can concern this member at all: adjudicators, and reviewers who settle by consensus."""
    if membership.can_adjudicate:
        return True
    return membership.can_screen and membership.review.settlement == Settlement.CONSENSUS


def _in_conflict(review_id: int, stage: Stage) -> QuerySet[Any]:
    if stage == Stage.TITLE_ABSTRACT:
        return Record.objects.filter(
            review_id=review_id, removal_reason="", title_abstract_status=ScreeningStatus.CONFLICT
        )
    return Report.objects.filter(review_id=review_id, withdrawn_at=None, full_text_status=ScreeningStatus.CONFLICT)


def _mine(membership: Membership, stage: Stage, *, live: bool) -> QuerySet[Decision, int | None]:
    decisions = Decision.objects.filter(review_id=membership.review_id, stage=stage, reviewer_id=membership.user_id)
    if live:
        decisions = decisions.filter(superseded_at=None)
    return decisions.values_list("record_id" if stage == Stage.TITLE_ABSTRACT else "report_id", flat=True)


def conflict_targets(membership: Membership, stage: Stage) -> QuerySet[Any]:
    """The records (or reports) in conflict that this member may settle, oldest first.

    An adjudicator: those they never voted on. Under consensus also a reviewer: those they voted on.
    """
    targets = _in_conflict(membership.review_id, stage)
    if not sees_conflicts(membership):
        return targets.none()
    settles = targets.none()
    if membership.can_adjudicate:
        settles = targets.exclude(pk__in=_mine(membership, stage, live=False))
    if membership.review.settlement == Settlement.CONSENSUS:
        settles = settles | targets.filter(pk__in=_mine(membership, stage, live=True))
    return settles.order_by("id")


def _my_proposals(membership: Membership, stage: Stage) -> Exists:
    target = "record" if stage == Stage.TITLE_ABSTRACT else "report"
    return Exists(
        Adjudication.objects.filter(
            adjudicator_id=membership.user_id, superseded_at=None, confirmed_at=None, **{target: OuterRef("pk")}
        )
    )


def waiting_conflicts(membership: Membership, stage: Stage) -> QuerySet[Any]:
    """Those of conflict_targets that wait for this member; not those for which they have proposed a consensus."""
    return conflict_targets(membership, stage).exclude(_my_proposals(membership, stage))


def conflict_items(membership: Membership, stage: Stage) -> QuerySet[Any]:
    """As conflict_targets, with what the list shows of each; `is_proposed`: it waits for another reviewer."""
    targets: QuerySet[Any] = conflict_targets(membership, stage).annotate(is_proposed=_my_proposals(membership, stage))
    if stage == Stage.TITLE_ABSTRACT:
        return targets.only(*SHOWN_FIELDS)
    return targets.select_related("record")


def _order(target_id: int, decision: Decision) -> str:
    """A fixed order that does not follow who voted first."""
    return hashlib.sha256(f"{target_id}:{decision.pk}:{decision.verdict}".encode()).hexdigest()


def conflict_page(membership: Membership, stage: Stage, target_id: int) -> ConflictPage | None:
    """One conflict that this member may settle; None if it is not (any more) theirs to settle."""
    target = conflict_items(membership, stage).filter(pk=target_id).first()
    if target is None:
        return None
    record = target if isinstance(target, Record) else target.record
    item = ScreenItem(record.as_shown(), target if isinstance(target, Report) else None)
    decisions = list(target.decisions.filter(superseded_at=None).select_related("reason"))
    proposal = target.adjudications.filter(superseded_at=None, confirmed_at=None).select_related("reason").first()
    voted = any(decision.reviewer_id == membership.user_id for decision in decisions)
    votes = [
        AnonymousVote(
            letter,
            decision.verdict,
            decision.get_verdict_display(),
            decision.reason.text if decision.reason else "",
            decision.note,
        )
        for letter, decision in zip(LETTERS, sorted(decisions, key=lambda d: _order(target_id, d)), strict=False)
    ]
    return ConflictPage(
        stage=stage,
        item=item,
        votes=votes,
        proposal=proposal,
        may_adjudicate=membership.can_adjudicate and not voted,
        proposed_by_me=proposal is not None and proposal.adjudicator_id == membership.user_id,
    )
