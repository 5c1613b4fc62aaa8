"""Members and invitations of a review."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from reviewapp.constants import InvitationState
from reviewapp.models import Invitation, Membership, User
from reviewapp.tokens import hash_token


def live_members(membership: Membership) -> QuerySet[Membership]:
    """The review's present members with their accounts, in the order in which they joined."""
    return (
        Membership.objects.filter(review_id=membership.review_id, removed_at=None)
        .select_related("user")
        .order_by("joined_at", "id")
    )


def unanswered_invitations(membership: Membership) -> QuerySet[Invitation]:
    """Invitations neither accepted nor revoked, expired ones too, newest first, with who invited."""
    return Invitation.objects.filter(review_id=membership.review_id, accepted_at=None, revoked_at=None).select_related(
        "invited_by"
    )


def find_invitation(token: str) -> Invitation | None:
    """The invitation of this link with its review and inviter, in whatever state; None for an unknown link."""
    return Invitation.objects.select_related("review", "invited_by").filter(token_hash=hash_token(token)).first()


def invitation_state(invitation: Invitation, now: dt.datetime) -> InvitationState:
    """Where the invitation stands at `now`."""
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    if invitation.accepted_at is not None:
        return InvitationState.USED
    return InvitationState.EXPIRED if invitation.expires_at <= now else InvitationState.OPEN


def is_live_member(user: User, review_id: int) -> bool:
    """Whether the person is in the review now."""
    return Membership.objects.filter(review_id=review_id, user=user, removed_at=None).exists()
