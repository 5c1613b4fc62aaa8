"""What the holder of a link sees, signed out and signed in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from reviewapp.constants import Role
from reviewapp.models import Invitation, Membership, User
from reviewapp.services.invitations import SentInvitation, accept_invitation, invite_member, revoke_invitation
from reviewapp.services.members import Part
from tests.factories import Cast, make_user


@pytest.fixture
def sent(cast: Cast) -> SentInvitation:
    part = Part(role=Role.REVIEWER, can_adjudicate=True)
    return invite_member(membership=cast.membership("alice"), email="eve@example.org", part=part)


@pytest.fixture
def eve(sent: SentInvitation, client: Client) -> Client:
    client.force_login(make_user("Eve"))
    return client


def url(sent: SentInvitation) -> str:
    return f"/invitations/{sent.token}/"


def test_a_signed_out_visitor_learns_no_more_than_that_it_is_an_invitation(
    cast: Cast, sent: SentInvitation, client: Client
) -> None:
    response = client.get(url(sent))
    html = response.content.decode()
    assert response.status_code == 200
    assert f"/accounts/signup/?next={url(sent)}" in html
    assert f"/accounts/login/?next={url(sent)}" in html
    assert cast.review.title not in html
    assert "Alice" not in html
    assert client.post(url(sent)).status_code == 200
    assert Membership.objects.filter(review=cast.review).count() == 5


def test_signing_up_comes_back_and_joining_works(cast: Cast, sent: SentInvitation, client: Client) -> None:
    fields = {"name": "Eve", "email": "eve@example.org", "password1": "blue-lamp-4711", "password2": "blue-lamp-4711"}
    response = client.post("/accounts/signup/", {**fields, "next": url(sent)})
    assert response["Location"] == url(sent)
    html = client.get(url(sent)).content.decode()
    assert cast.review.title in html
    assert "Alice Lead" in html
    response = client.post(url(sent), follow=True)
    assert response.redirect_chain == [(f"/reviews/{cast.review.pk}/", 302)]
    assert "Welcome" in response.content.decode()
    member = Membership.objects.get(user=User.objects.get(email="eve@example.org"))
    assert (member.role, member.can_adjudicate) == (Role.REVIEWER, True)


def test_looking_does_not_use_the_link_up(cast: Cast, sent: SentInvitation, eve: Client) -> None:
    response = eve.get(url(sent))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert not Membership.objects.filter(user__name="Eve").exists()
    assert eve.post(url(sent)).status_code == 302


def test_pressing_twice_leads_in_without_an_error(cast: Cast, sent: SentInvitation, eve: Client) -> None:
    for _ in range(2):
        assert eve.post(url(sent))["Location"] == f"/reviews/{cast.review.pk}/"
    assert Membership.objects.filter(user__name="Eve").count() == 1


def test_a_present_member_is_told_so(cast: Cast, sent: SentInvitation, client: Client) -> None:
    client.force_login(cast.bob)
    for send in (client.get, client.post):
        response = send(url(sent), follow=True)
        assert "already a member" in response.content.decode()
    assert cast.membership("bob").role == Role.REVIEWER
    assert Invitation.objects.get().accepted_at is None


def test_a_used_link_says_so(sent: SentInvitation, eve: Client) -> None:
    accept_invitation(actor=make_user("Frank"), invitation=sent.invitation)
    for send in (eve.get, eve.post, Client().get):
        response = send(url(sent))
        assert response.status_code == 410
        assert "already been used" in response.content.decode()


def test_an_expired_link_says_so(sent: SentInvitation, eve: Client) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    response = eve.post(url(sent))
    assert response.status_code == 410
    assert "expired" in response.content.decode()
    assert "new link" in response.content.decode()


def test_a_revoked_link_says_so(cast: Cast, sent: SentInvitation, eve: Client) -> None:
    revoke_invitation(membership=cast.membership("alice"), invitation=sent.invitation)
    response = eve.get(url(sent))
    assert response.status_code == 410
    assert "withdrawn" in response.content.decode()


def test_an_unknown_link_says_what_may_have_happened(sent: SentInvitation, eve: Client) -> None:
    for visitor in (eve, Client()):
        response = visitor.get(url(sent)[:-6] + "/")
        assert response.status_code == 404
        assert "cut off" in response.content.decode()
