"""Who is in a review, and as what. Every change of a team waits for the review's row, so that one lead always stays."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind, Role
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, Review

LAST_LEAD = "A review needs a lead. Make someone else a lead first."


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a person is, or is to be, in a review."""

    role: str
    can_adjudicate: bool = False


def check_part(part: Part) -> None:
    """Raises DomainError for an observer who adjudicates."""
    if part.role == Role.OBSERVER and part.can_adjudicate:
        raise DomainError("An observer only reads, and so cannot adjudicate.", field="can_adjudicate")


def lock_team(review_id: int) -> Review:
    """Wait for whoever is changing this review's team. Votes and imports are not held up."""
    return Review.objects.select_for_update(no_key=True).get(pk=review_id)


def lock_team_as_lead(membership: Membership) -> None:
    """lock_team for a lead's action. Raises ForbiddenError for one who no longer leads."""
    lock_team(membership.review_id)
    leads = Membership.objects.filter(pk=membership.pk, role=Role.LEAD, removed_at=None)
    if not leads.exists():
        raise ForbiddenError("Only a lead of this review can do this.")


def _present(member: Membership) -> Membership:
    """The member's row as it is now. Raises StaleError for one who has been removed."""
    present = Membership.objects.select_related("user", "review").filter(pk=member.pk, removed_at=None).first()
    if present is None:
        raise StaleError("This person is no longer a member of the review.")
    return present


def _keep_a_lead(member: Membership) -> None:
    others = Membership.objects.filter(review_id=member.review_id, role=Role.LEAD, removed_at=None)
    if member.is_lead and not others.exclude(pk=member.pk).exists():
        raise DomainError(LAST_LEAD, field="role")


@transaction.atomic
def change_member(*, membership: Membership, member: Membership, part: Part) -> Membership:
    """Give `member` another role or flag; `membership` is the lead who does it.

    Raises DomainError for the last lead or an adjudicating observer, StaleError for one removed meanwhile.
    """
    check_part(part)
    lock_team_as_lead(membership)
    member = _present(member)
    if part.role != Role.LEAD:
        _keep_a_lead(member)
    before = {"role": member.role, "can_adjudicate": member.can_adjudicate}
    after = {"role": part.role, "can_adjudicate": part.can_adjudicate}
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return member
    member.role, member.can_adjudicate = part.role, part.can_adjudicate
    member.save(update_fields=changed)
    log_event(
        Occasion(membership.review, membership.user),
        AuditKind.MEMBER_CHANGED,
        member,
        label=str(member.user),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return member


@transaction.atomic
def remove_member(*, membership: Membership, member: Membership) -> Membership:
    """End a person's access at once; their votes and events stay. `membership` is the lead who does it.

    Raises DomainError for the last lead, StaleError for one already removed.
    """
    lock_team_as_lead(membership)
    member = _present(member)
    _keep_a_lead(member)
    occasion = Occasion(membership.review, membership.user, timezone.now())
    member.removed_at = occasion.at
    member.save(update_fields=["removed_at"])
    log_event(
        occasion,
        AuditKind.MEMBER_REMOVED,
        member,
        label=str(member.user),
        before={"role": member.role, "can_adjudicate": member.can_adjudicate},
    )
    return member
