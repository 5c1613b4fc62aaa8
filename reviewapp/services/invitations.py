"""Invitations into a review: a link that is valid once, expires, and can be revoked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import INVITATION_VALID_DAYS, AuditKind, InvitationState
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import Invitation, Membership, User
from reviewapp.queries.members import invitation_state
from reviewapp.services.members import Part, check_part, lock_team, lock_team_as_lead
from reviewapp.tokens import hash_token, make_token

CLOSED = {
    InvitationState.USED: "This invitation has already been used. A link works once.",
    InvitationState.EXPIRED: "This invitation has expired.",
    InvitationState.REVOKED: "This invitation has been withdrawn.",
}


@dataclass(frozen=True)
class SentInvitation:
    """A new invitation and the secret of its link, which is known only now."""

    invitation: Invitation
    token: str


class AlreadyMemberError(DomainError):
    """The person who opens an invitation is in the review already."""

    def __init__(self, review_id: int) -> None:
        super().__init__("You are already a member of this review.")
        self.review_id = review_id


@transaction.atomic
def invite_member(*, membership: Membership, email: str, part: Part) -> SentInvitation:
    """Invite by e-mail address; an earlier open invitation of the same address is revoked (its link ends).

    Raises DomainError for an address of a present member and for an adjudicating observer.
    """
    check_part(part)
    email = email.strip().lower()
    lock_team_as_lead(membership)
    members = Membership.objects.filter(review_id=membership.review_id, removed_at=None, user__email__iexact=email)
    if members.exists():
        raise DomainError(f"{email} is already a member of this review.", field="email")
    occasion = Occasion(membership.review, membership.user, timezone.now())
    replaced = Invitation.objects.filter(
        review_id=membership.review_id, email__iexact=email, accepted_at=None, revoked_at=None
    ).update(revoked_at=occasion.at)
    token = make_token()
    invitation = Invitation.objects.create(
        review=membership.review,
        email=email,
        role=part.role,
        can_adjudicate=part.can_adjudicate,
        token_hash=hash_token(token),
        invited_by=membership.user,
        invited_at=occasion.at,
        expires_at=occasion.at + dt.timedelta(days=INVITATION_VALID_DAYS),
    )
    after: dict[str, object] = {"role": part.role, "can_adjudicate": part.can_adjudicate}
    if replaced:
        after["replaces_an_earlier_link"] = True
    log_event(occasion, AuditKind.INVITATION_SENT, invitation, label=email, after=after)
    return SentInvitation(invitation, token)


@transaction.atomic
def revoke_invitation(*, membership: Membership, invitation: Invitation) -> Invitation:
    """End an invitation's link. Raises StaleError for one that has been used or revoked meanwhile."""
    lock_team_as_lead(membership)
    present = Invitation.objects.get(pk=invitation.pk)
    occasion = Occasion(membership.review, membership.user, timezone.now())
    state = invitation_state(present, occasion.at)
    if state in (InvitationState.USED, InvitationState.REVOKED):
        raise StaleError(f"{CLOSED[state]} There is nothing left to withdraw.")
    present.revoked_at = occasion.at
    present.save(update_fields=["revoked_at"])
    log_event(occasion, AuditKind.INVITATION_REVOKED, present, label=present.email)
    return present


@transaction.atomic
def accept_invitation(*, actor: User, invitation: Invitation) -> Membership:
    """Join the review: holding the link is the right, whatever the account's address. A removed member comes back.

    Raises AlreadyMemberError for a present member (the invitation stays open), StaleError for an invitation that has
    been used, has expired or was revoked.
    """
    review = lock_team(invitation.review_id)
    present = Invitation.objects.get(pk=invitation.pk)
    occasion = Occasion(review, actor, timezone.now())
    former = Membership.objects.filter(review=review, user=actor).first()
    if former is not None and former.removed_at is None:
        raise AlreadyMemberError(review.pk)
    state = invitation_state(present, occasion.at)
    if state != InvitationState.OPEN:
        raise StaleError(CLOSED[state])
    member = former or Membership(review=review, user=actor)
    member.role, member.can_adjudicate = present.role, present.can_adjudicate
    member.joined_at, member.removed_at = occasion.at, None
    member.save()
    present.accepted_at, present.accepted_by = occasion.at, actor
    present.save(update_fields=["accepted_at", "accepted_by"])
    after = {"role": member.role, "can_adjudicate": member.can_adjudicate, "invited_as": present.email}
    log_event(occasion, AuditKind.INVITATION_ACCEPTED, member, label=str(actor), after=after)
    return member
