"""Settings of screening: reviewers per stage and the ordered exclusion reasons."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.models import Membership, Review, User
from screening.constants import (
    DEFAULT_EXCLUSION_REASONS,
    DEFAULT_REQUIRED,
    MAX_REQUIRED,
    AuditKind,
    Stage,
)
from screening.models import Decision, ExclusionReason, StageSettings

BARE_REASONS = frozenset({"irrelevant", "not relevant", "irrelevance", "other", "excluded", "n/a", "no"})
"""Words that say nothing a reader could check; a reason must say what fails."""


def create_defaults(review: Review, actor: User) -> None:
    """Settings of a new review: two reviewers per stage and the default reasons. Part of the review's transaction."""
    StageSettings.objects.bulk_create(
        StageSettings(review=review, stage=stage, required=DEFAULT_REQUIRED) for stage in Stage
    )
    ExclusionReason.objects.bulk_create(
        ExclusionReason(review=review, text=text, position=position)
        for position, text in enumerate(DEFAULT_EXCLUSION_REASONS, start=1)
    )


@transaction.atomic
def set_required(*, membership: Membership, stage: Stage, required: int) -> StageSettings:
    """Change how many reviewers a stage asks for.

    Raises DomainError outside 1 to MAX_REQUIRED, or once a decision at the stage exists: a later change would settle or
    reopen records behind their reviewers' backs.
    """
    if not 1 <= required <= MAX_REQUIRED:
        raise DomainError(f"Between 1 and {MAX_REQUIRED} reviewers can be asked for.", field="required")
    settings = StageSettings.objects.select_for_update().get(review_id=membership.review_id, stage=stage)
    if settings.required == required:
        return settings
    if Decision.objects.filter(review_id=membership.review_id, stage=stage).exists():
        raise DomainError("Screening at this stage has begun, so the number of reviewers is fixed.", field="required")
    before, settings.required = settings.required, required
    settings.save(update_fields=["required"])
    occasion = Occasion(membership.review, membership.user)
    log_event(occasion, AuditKind.STAGE_CHANGED, settings, before={"required": before}, after={"required": required})
    return settings


def _lock_reasons(membership: Membership) -> list[ExclusionReason]:
    live = ExclusionReason.objects.select_for_update().filter(review_id=membership.review_id, retired_at=None)
    return list(live.order_by("position", "id"))


def _renumber(reasons: list[ExclusionReason]) -> None:
    for position, reason in enumerate(reasons, start=1):
        reason.position = position
    ExclusionReason.objects.bulk_update(reasons, ["position"])


def _log_reasons(membership: Membership, occasion: Occasion, before: list[str], after: list[str]) -> None:
    log_event(
        occasion, AuditKind.REASONS_CHANGED, membership.review, before={"reasons": before}, after={"reasons": after}
    )


@transaction.atomic
def add_reason(*, membership: Membership, text: str) -> ExclusionReason:
    """Add a reason at the end of the order; one that was retired comes back.

    Raises DomainError for an empty text, one that is on the list already, or one that says nothing ("irrelevant").
    """
    text = " ".join(text.split())
    if not text:
        raise DomainError("Write the reason.", field="text")
    if text.lower().strip(".!") in BARE_REASONS:
        raise DomainError(
            f"“{text}” does not tell a reader which criterion failed. Name the criterion, e.g. “Wrong population”.",
            field="text",
        )
    reasons = _lock_reasons(membership)
    same = ExclusionReason.objects.filter(review_id=membership.review_id, text__iexact=text).first()
    if same is not None and same.retired_at is None:
        raise DomainError("This reason is on the list already.", field="text")
    highest = ExclusionReason.objects.filter(review_id=membership.review_id).aggregate(top=Max("position"))["top"] or 0
    if same is not None:
        same.retired_at, same.position = None, highest + 1
        same.save(update_fields=["retired_at", "position"])
        reason = same
    else:
        reason = ExclusionReason.objects.create(review_id=membership.review_id, text=text, position=highest + 1)
    before = [other.text for other in reasons]
    _log_reasons(membership, Occasion(membership.review, membership.user), before, [*before, reason.text])
    return reason


@transaction.atomic
def move_reason(*, membership: Membership, reason_id: int, up: bool) -> None:
    """Move a reason one place up or down in the order in which criteria are checked. At the edge nothing changes."""
    reasons = _lock_reasons(membership)
    before = [reason.text for reason in reasons]
    place = next((i for i, reason in enumerate(reasons) if reason.pk == reason_id), None)
    if place is None:
        raise DomainError("This reason is not on the list.")
    other = place - 1 if up else place + 1
    if not 0 <= other < len(reasons):
        return
    reasons[place], reasons[other] = reasons[other], reasons[place]
    _renumber(reasons)
    _log_reasons(membership, Occasion(membership.review, membership.user), before, [reason.text for reason in reasons])


@transaction.atomic
def retire_reason(*, membership: Membership, reason_id: int) -> None:
    """Take a reason off the list. Decisions that gave it keep it. Raises DomainError for the last one."""
    reasons = _lock_reasons(membership)
    reason = next((reason for reason in reasons if reason.pk == reason_id), None)
    if reason is None:
        raise DomainError("This reason is not on the list.")
    if len(reasons) == 1:
        raise DomainError("At least one reason must stay: full-text exclusions need it.")
    occasion = Occasion(membership.review, membership.user)
    reason.retired_at = occasion.at
    reason.save(update_fields=["retired_at"])
    kept = [other for other in reasons if other is not reason]
    _renumber(kept)
    _log_reasons(membership, occasion, [other.text for other in reasons], [other.text for other in kept])
