"""Invitations: valid once, expiring, revocable, known by a hash."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from reviewapp.constants import INVITATION_VALID_DAYS, AuditKind, InvitationState, Role
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent, Invitation, Membership
from reviewapp.queries.members import find_invitation, invitation_state
from reviewapp.services.invitations import (
    AlreadyMemberError,
    SentInvitation,
    accept_invitation,
    invite_member,
    revoke_invitation,
)
from reviewapp.services.members import Part, remove_member
from tests.factories import Cast, make_user

REVIEWER = Part(role=Role.REVIEWER)


def invite(cast: Cast, email: str = "eve@example.org", part: Part = REVIEWER) -> SentInvitation:
    return invite_member(membership=cast.membership("alice"), email=email, part=part)


def expire(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())


def test_only_a_hash_of_the_secret_is_kept(cast: Cast) -> None:
    sent = invite(cast)
    assert len(sent.token) == 43
    row = Invitation.objects.values().get()
    assert sent.token not in str(row)
    assert find_invitation(sent.token) == sent.invitation
    assert find_invitation(sent.token[:-1]) is None
    assert sent.invitation.expires_at - sent.invitation.invited_at == dt.timedelta(days=INVITATION_VALID_DAYS)


def test_the_secret_is_in_no_event(cast: Cast) -> None:
    sent = invite(cast)
    event = AuditEvent.objects.get()
    assert (event.kind, event.object_label) == (AuditKind.INVITATION_SENT, "eve@example.org")
    assert sent.token not in str(AuditEvent.objects.values().get())
    assert sent.invitation.token_hash not in str(AuditEvent.objects.values().get())


def test_inviting_again_ends_the_former_link(cast: Cast) -> None:
    first, second = invite(cast), invite(cast, "EVE@example.org ")
    first.invitation.refresh_from_db()
    assert invitation_state(first.invitation, timezone.now()) == InvitationState.REVOKED
    assert invitation_state(second.invitation, timezone.now()) == InvitationState.OPEN
    assert AuditEvent.objects.order_by("id").last().after["replaces_an_earlier_link"] is True


def test_a_present_member_is_not_invited(cast: Cast) -> None:
    with pytest.raises(DomainError) as caught:
        invite(cast, cast.bob.email.upper())
    assert caught.value.field == "email"


def test_an_observer_is_not_invited_as_adjudicator(cast: Cast) -> None:
    with pytest.raises(DomainError) as caught:
        invite(cast, part=Part(role=Role.OBSERVER, can_adjudicate=True))
    assert caught.value.field == "can_adjudicate"


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_only_leads_invite_and_revoke(cast: Cast, name: str) -> None:
    sent = invite(cast)
    with pytest.raises(ForbiddenError):
        invite_member(membership=cast.membership(name), email="x@example.org", part=Part(role=Role.LEAD))
    with pytest.raises(ForbiddenError):
        revoke_invitation(membership=cast.membership(name), invitation=sent.invitation)


def test_whoever_holds_the_link_joins_once(cast: Cast) -> None:
    sent = invite(cast, part=Part(role=Role.REVIEWER, can_adjudicate=True))
    eve, frank = make_user("Eve", email="other@example.org"), make_user("Frank")
    member = accept_invitation(actor=eve, invitation=sent.invitation)
    assert (member.user, member.role, member.can_adjudicate) == (eve, Role.REVIEWER, True)
    sent.invitation.refresh_from_db()
    assert sent.invitation.accepted_by == eve
    event = AuditEvent.objects.get(kind=AuditKind.INVITATION_ACCEPTED)
    assert (event.actor, event.object_id, event.after["invited_as"]) == (eve, member.pk, "eve@example.org")
    with pytest.raises(StaleError, match="already been used"):
        accept_invitation(actor=frank, invitation=sent.invitation)
    assert not Membership.objects.filter(user=frank).exists()


def test_a_present_member_keeps_their_role_and_the_link(cast: Cast) -> None:
    sent = invite(cast, part=Part(role=Role.LEAD))
    with pytest.raises(AlreadyMemberError):
        accept_invitation(actor=cast.bob, invitation=sent.invitation)
    assert cast.membership("bob").role == Role.REVIEWER
    accept_invitation(actor=make_user("Eve"), invitation=sent.invitation)


def test_an_expired_link_does_not_work(cast: Cast) -> None:
    sent = invite(cast)
    expire(sent.invitation)
    with pytest.raises(StaleError, match="expired"):
        accept_invitation(actor=make_user("Eve"), invitation=sent.invitation)


def test_a_revoked_link_does_not_work(cast: Cast) -> None:
    sent = invite(cast)
    revoke_invitation(membership=cast.membership("alice"), invitation=sent.invitation)
    with pytest.raises(StaleError, match="withdrawn"):
        accept_invitation(actor=make_user("Eve"), invitation=sent.invitation)
    assert AuditEvent.objects.filter(kind=AuditKind.INVITATION_REVOKED).count() == 1


def test_a_used_or_revoked_link_cannot_be_revoked(cast: Cast) -> None:
    used, revoked = invite(cast), invite(cast, "frank@example.org")
    accept_invitation(actor=make_user("Eve"), invitation=used.invitation)
    revoke_invitation(membership=cast.membership("alice"), invitation=revoked.invitation)
    for sent in (used, revoked):
        with pytest.raises(StaleError):
            revoke_invitation(membership=cast.membership("alice"), invitation=sent.invitation)


def test_an_expired_link_can_be_cleared_away(cast: Cast) -> None:
    sent = invite(cast)
    expire(sent.invitation)
    assert revoke_invitation(membership=cast.membership("alice"), invitation=sent.invitation).revoked_at


def test_a_removed_member_comes_back_in_the_same_row(cast: Cast) -> None:
    former = cast.membership("bob")
    remove_member(membership=cast.membership("alice"), member=former)
    sent = invite(cast, cast.bob.email, Part(role=Role.OBSERVER))
    member = accept_invitation(actor=cast.bob, invitation=sent.invitation)
    assert member.pk == former.pk
    assert (member.role, member.removed_at) == (Role.OBSERVER, None)
