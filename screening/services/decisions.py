"""Submit and undo one's own decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AuditKind, ScreeningStatus, Stage, Verdict
from screening.models import Decision, ExclusionReason
from screening.queries.screening import Queue
from screening.services.claims import keep_place, reopen_place
from screening.services.settling import (
    Standing,
    Target,
    apply_standing,
    live_adjudication,
    live_decisions,
    lock_target,
)


@dataclass(frozen=True)
class Judgement:
    """What a reviewer (or adjudicator) says of a target."""

    verdict: Verdict
    reason_id: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the audit log."""
        return {"verdict": self.verdict, "reason": self.reason_id, "note": self.note}


@dataclass(frozen=True)
class Submitted:
    """The decision that stands and what it made of its target."""

    decision: Decision
    status: ScreeningStatus


def check_judgement(*, review_id: int, stage: Stage, judgement: Judgement) -> None:
    """Raises DomainError, naming the field, for a judgement its stage does not know."""
    if stage == Stage.TITLE_ABSTRACT:
        if judgement.reason_id is not None:
            raise DomainError("At title and abstract a decision has no exclusion reason.", field="reason")
        return
    if judgement.verdict == Verdict.MAYBE:
        raise DomainError("At full text a report is included or excluded; there is no maybe.", field="verdict")
    if judgement.verdict == Verdict.INCLUDE:
        if judgement.reason_id is not None:
            raise DomainError("An included report has no exclusion reason.", field="reason")
        return
    if judgement.reason_id is None:
        raise DomainError("Choose the reason: the first criterion on the list that fails.", field="reason")
    if not ExclusionReason.objects.filter(pk=judgement.reason_id, review_id=review_id, retired_at=None).exists():
        raise DomainError("This exclusion reason is not on the review's list.", field="reason")


def _as_json(decision: Decision) -> dict[str, Any]:
    return Judgement(Verdict(decision.verdict), decision.reason_id, decision.note).as_json()


@transaction.atomic
def submit_decision(*, membership: Membership, stage: Stage, target_id: int, judgement: Judgement) -> Submitted:
    """Store one reviewer's decision and settle its target if it was the last one needed.

    The same decision submitted twice is stored once. A different one supersedes the reviewer's former decision while
    the target is not settled. Raises ForbiddenError for observers, DomainError for a judgement the stage does not
    know, StaleError if the target is settled, removed, or has all the decisions its stage asks for.
    """
    if not membership.can_screen:
        raise ForbiddenError("Observers do not screen.")
    check_judgement(review_id=membership.review_id, stage=stage, judgement=judgement)
    target = lock_target(review_id=membership.review_id, stage=stage, target_id=target_id)
    decisions = live_decisions(target)
    mine = next((decision for decision in decisions if decision.reviewer_id == membership.user_id), None)
    if mine is not None and _as_json(mine) == judgement.as_json():
        return Submitted(mine, target.status)
    others = [decision for decision in decisions if decision is not mine]
    _check_open(target, others=len(others))
    return _store(membership, target, judgement, mine=mine, standing=Standing(target.required, others))


def _check_open(target: Target, *, others: int) -> None:
    if target.status == ScreeningStatus.CONFLICT or target.is_settled:
        raise StaleError("Meanwhile this one has all its decisions, so yours was not stored. Here is the next.")
    if others >= target.required:
        raise StaleError("Other reviewers have taken this one meanwhile, so yours was not stored. Here is the next.")


def _store(
    membership: Membership, target: Target, judgement: Judgement, *, mine: Decision | None, standing: Standing
) -> Submitted:
    occasion = Occasion(membership.review, membership.user)
    if mine is not None:
        mine.superseded_at = occasion.at
        mine.save(update_fields=["superseded_at"])
    decision = Decision.objects.create(
        review_id=membership.review_id,
        stage=target.stage,
        reviewer=membership.user,
        verdict=judgement.verdict,
        reason_id=judgement.reason_id,
        note=judgement.note,
        decided_at=occasion.at,
        **target.keys,
    )
    queue = Queue(membership.review_id, target.stage, membership.user_id)
    keep_place(queue, target.row.pk, standing.required, occasion.at)
    status = apply_standing(target, Standing(standing.required, [*standing.decisions, decision]), occasion)
    log_event(
        occasion,
        AuditKind.DECISION_SUBMITTED,
        target.row,
        before=_as_json(mine) if mine else None,
        after={**judgement.as_json(), "stage": target.stage},
    )
    return Submitted(decision, status)


@transaction.atomic
def undo_decision(*, membership: Membership, stage: Stage) -> int:
    """Take back one's own last decision at the stage; answers the id of its record or report, now first in the queue.

    Raises DomainError if there is none, it has been adjudicated, or later work rests on it.
    """
    last = (
        Decision.objects.filter(
            review_id=membership.review_id, stage=stage, reviewer_id=membership.user_id, superseded_at=None
        )
        .order_by("-id")
        .first()
    )
    if last is None:
        raise DomainError("You have no decision at this stage to undo.")
    target_id = last.record_id or last.report_id or 0
    target = lock_target(review_id=membership.review_id, stage=stage, target_id=target_id)
    decisions = live_decisions(target)
    mine = next((decision for decision in decisions if decision.pk == last.pk), None)
    if mine is None:
        raise StaleError("This decision has been changed meanwhile.")
    if live_adjudication(target) is not None:
        raise DomainError("This decision was in conflict and has been settled, so it can no longer be undone.")
    occasion = Occasion(membership.review, membership.user)
    mine.superseded_at = occasion.at
    mine.save(update_fields=["superseded_at"])
    withdraw_proposals(target, occasion)
    reopen_place(Queue(membership.review_id, stage, membership.user_id), target_id, occasion.at)
    apply_standing(target, Standing(target.required, [d for d in decisions if d is not mine]), occasion)
    log_event(
        occasion,
        AuditKind.DECISION_UNDONE,
        target.row,
        before={**_as_json(mine), "stage": stage},
    )
    return target_id


def withdraw_proposals(target: Target, occasion: Occasion) -> None:
    """A consensus proposed on decisions that no longer stand falls with them."""
    keys = {key: value for key, value in target.keys.items() if value is not None}
    target_proposals = target.row.adjudications.filter(superseded_at=None, confirmed_at=None, **keys)
    target_proposals.update(superseded_at=occasion.at)
