"""Settle conflicts: a third reviewer decides, or the reviewers record a consensus."""

from __future__ import annotations

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import Settlement
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AdjudicationKind, AuditKind, ScreeningStatus, Stage, Verdict
from screening.models import Adjudication, Decision
from screening.services.decisions import Judgement, check_judgement
from screening.services.settling import (
    Standing,
    Target,
    apply_standing,
    live_decisions,
    lock_target,
)


def _check(judgement: Judgement, membership: Membership, stage: Stage) -> None:
    if judgement.verdict == Verdict.MAYBE:
        raise DomainError("A conflict is settled with include or exclude.", field="verdict")
    if not judgement.note.strip():
        raise DomainError("Say why: the reason is kept with the decision.", field="rationale")
    check_judgement(review_id=membership.review_id, stage=stage, judgement=judgement)


def _lock_conflict(membership: Membership, stage: Stage, target_id: int) -> tuple[Target, list[Decision]]:
    target = lock_target(review_id=membership.review_id, stage=stage, target_id=target_id)
    if target.status != ScreeningStatus.CONFLICT:
        raise StaleError("This conflict has been settled meanwhile.")
    return target, live_decisions(target)


def _settle(target: Target, decisions: list[Decision], adjudication: Adjudication, occasion: Occasion) -> None:
    apply_standing(target, Standing(target.required, decisions, adjudication), occasion)
    log_event(
        occasion,
        AuditKind.ADJUDICATED,
        target.row,
        after={
            "verdict": adjudication.verdict,
            "reason": adjudication.reason_id,
            "rationale": adjudication.rationale,
            "kind": adjudication.kind,
            "stage": target.stage,
        },
    )


@transaction.atomic
def adjudicate(*, membership: Membership, stage: Stage, target_id: int, judgement: Judgement) -> Adjudication:
    """A third reviewer settles a conflict; the decisions stay as they were. `judgement.note` is the rationale.

    Raises ForbiddenError for members who may not adjudicate or who voted on the target, DomainError for a judgement
    without rationale, StaleError if there is no conflict any more.
    """
    if not membership.can_adjudicate:
        raise ForbiddenError("You are not an adjudicator of this review.")
    _check(judgement, membership, stage)
    target, decisions = _lock_conflict(membership, stage, target_id)
    if has_voted(target, membership):
        raise ForbiddenError("You have voted on this one, so somebody else must settle it.")
    occasion = Occasion(membership.review, membership.user)
    target.row.adjudications.filter(superseded_at=None).update(superseded_at=occasion.at)
    adjudication = _create(membership, target, judgement, AdjudicationKind.THIRD_REVIEWER, occasion)
    _settle(target, decisions, adjudication, occasion)
    return adjudication


def has_voted(target: Target, membership: Membership) -> bool:
    """Whether the member ever voted on the target, superseded votes included."""
    return target.row.decisions.filter(reviewer_id=membership.user_id).exists()


def _create(
    membership: Membership, target: Target, judgement: Judgement, kind: AdjudicationKind, occasion: Occasion
) -> Adjudication:
    return Adjudication.objects.create(
        review_id=membership.review_id,
        stage=target.stage,
        verdict=judgement.verdict,
        reason_id=judgement.reason_id,
        rationale=judgement.note.strip(),
        kind=kind,
        adjudicator=membership.user,
        decided_at=occasion.at,
        confirmed_at=occasion.at if kind == AdjudicationKind.THIRD_REVIEWER else None,
        **target.keys,
    )


def _check_consensus(membership: Membership, decisions: list[Decision]) -> None:
    if membership.review.settlement != Settlement.CONSENSUS:
        raise ForbiddenError("In this review a third reviewer settles conflicts.")
    if all(decision.reviewer_id != membership.user_id for decision in decisions):
        raise ForbiddenError("Only the reviewers who voted on this one can record their consensus.")


@transaction.atomic
def propose_consensus(*, membership: Membership, stage: Stage, target_id: int, judgement: Judgement) -> Adjudication:
    """One of the disagreeing reviewers writes down what they agreed; it holds once another of them confirms it.

    Raises ForbiddenError where the review settles by a third reviewer or the member did not vote here, StaleError if
    there is no conflict any more or a consensus is proposed already.
    """
    _check(judgement, membership, stage)
    target, decisions = _lock_conflict(membership, stage, target_id)
    _check_consensus(membership, decisions)
    if target.row.adjudications.filter(superseded_at=None).exists():
        raise StaleError("A consensus has been proposed already: confirm or decline it.")
    occasion = Occasion(membership.review, membership.user)
    proposal = _create(membership, target, judgement, AdjudicationKind.CONSENSUS, occasion)
    log_event(occasion, AuditKind.CONSENSUS_PROPOSED, target.row, after={**judgement.as_json(), "stage": stage})
    return proposal


@transaction.atomic
def answer_consensus(*, membership: Membership, stage: Stage, target_id: int, agree: bool | None) -> None:
    """Another reviewer of the target confirms the proposed consensus, which settles the conflict, or declines it.

    Raises ForbiddenError for the proposer and for members who did not vote here, StaleError if nothing is proposed,
    DomainError for an answer that is neither (None).
    """
    target, decisions = _lock_conflict(membership, stage, target_id)
    _check_consensus(membership, decisions)
    if agree is None:
        raise DomainError("Say whether you agree with the proposal or not.", field="answer")
    proposal = target.row.adjudications.filter(superseded_at=None, confirmed_at=None).first()
    if proposal is None:
        raise StaleError("There is no proposed consensus any more.")
    if proposal.adjudicator_id == membership.user_id and agree:
        raise ForbiddenError("Another reviewer must confirm the consensus you proposed.")
    occasion = Occasion(membership.review, membership.user)
    if not agree:
        proposal.superseded_at = occasion.at
        proposal.save(update_fields=["superseded_at"])
        log_event(occasion, AuditKind.CONSENSUS_DECLINED, target.row, after={"stage": stage})
        return
    proposal.confirmed_by, proposal.confirmed_at = membership.user, occasion.at
    proposal.save(update_fields=["confirmed_by", "confirmed_at"])
    _settle(target, decisions, proposal, occasion)
