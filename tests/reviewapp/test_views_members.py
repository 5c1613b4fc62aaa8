"""Members, and inviting them."""

from __future__ import annotations

import re
import smtplib

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from reviewapp.constants import Role
from reviewapp.models import AuditEvent, Invitation, Membership
from reviewapp.views.members import LINK_COOKIE
from tests.factories import Cast

LINK = re.compile(r"http://testserver/invitations/[\w-]{43}/")


@pytest.fixture
def alice(cast: Cast, client: Client) -> Client:
    client.force_login(cast.alice)
    return client


def url(cast: Cast, rest: str = "") -> str:
    return f"/reviews/{cast.review.pk}/members/{rest}"


def invite(client: Client, cast: Cast, capture: object, **fields: str) -> str:
    """Invites eve through the form; answers with the page that follows."""
    with capture(execute=True):
        response = client.post(
            url(cast, "invite/"), {"email": "eve@example.org", "role": "reviewer", **fields}, follow=True
        )
    assert response.redirect_chain == [(url(cast), 302)]
    return response.content.decode()


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_members_see_names_and_roles_but_no_addresses(cast: Cast, client: Client, name: str) -> None:
    client.force_login(getattr(cast, name))
    html = client.get(url(cast)).content.decode()
    assert "Cara Reviewer" in html
    assert cast.cara.email not in html
    assert "invite/" not in html
    assert "Change" not in html


def test_leads_see_addresses_and_open_invitations(
    cast: Cast, alice: Client, django_capture_on_commit_callbacks: object
) -> None:
    html = invite(alice, cast, django_capture_on_commit_callbacks)
    assert cast.cara.email in html
    assert "eve@example.org" in html
    client = Client()
    client.force_login(cast.bob)
    assert "eve@example.org" not in client.get(url(cast)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_inviting_sends_the_link_and_shows_it_once(
    cast: Cast, alice: Client, django_capture_on_commit_callbacks: object
) -> None:
    html = invite(alice, cast, django_capture_on_commit_callbacks)
    [shown] = set(LINK.findall(html))
    [message] = mail.outbox
    assert message.to == ["eve@example.org"]
    assert message.reply_to == [cast.alice.email]
    assert LINK.findall(str(message.body)) == [shown]
    assert cast.review.title in message.subject
    assert "on its way" in html
    again = alice.get(url(cast))
    assert not LINK.findall(again.content.decode())


def test_the_links_cookie_is_for_this_page_of_this_browser(cast: Cast, alice: Client) -> None:
    response = alice.post(url(cast, "invite/"), {"email": "eve@example.org", "role": "reviewer"})
    cookie = response.cookies[LINK_COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (url(cast), True, "Strict")
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_where_mail_fails_the_link_can_still_be_copied(
    cast: Cast, alice: Client, django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(message: EmailMessage, fail_silently: bool = False) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailMessage, "send", refuse)
    html = invite(alice, cast, django_capture_on_commit_callbacks)
    assert "could not be sent" in html
    assert LINK.search(html)


def test_a_title_with_a_line_end_makes_no_mail_header(
    cast: Cast, alice: Client, django_capture_on_commit_callbacks: object
) -> None:
    type(cast.review).objects.filter(pk=cast.review.pk).update(title="Sleep\nBcc: all@example.org")
    invite(alice, cast, django_capture_on_commit_callbacks)
    assert "\n" not in mail.outbox[0].subject


@pytest.mark.parametrize(
    "wrong", [{"email": "nobody"}, {"role": "king"}, {"role": "observer", "can_adjudicate": "on"}, {"email": "BOB"}]
)
def test_a_wrong_invitation_is_shown_again(cast: Cast, alice: Client, wrong: dict[str, str]) -> None:
    if wrong.get("email") == "BOB":
        wrong = {"email": cast.bob.email.upper()}
    response = alice.post(url(cast, "invite/"), {"email": "eve@example.org", "role": "reviewer", **wrong})
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert not Invitation.objects.exists()


def test_resending_makes_a_new_link_and_ends_the_former(
    cast: Cast, alice: Client, django_capture_on_commit_callbacks: object
) -> None:
    first = LINK.findall(invite(alice, cast, django_capture_on_commit_callbacks))[0]
    former = Invitation.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        alice.post(url(cast, f"invitations/{former.pk}/resend/"))
    second = LINK.findall(str(mail.outbox[1].body))[0]
    assert first != second
    assert alice.get(first.removeprefix("http://testserver")).status_code in (302, 410)
    former.refresh_from_db()
    assert former.revoked_at is not None


def test_resending_what_was_accepted_is_stale(cast: Cast, alice: Client) -> None:
    alice.post(url(cast, "invite/"), {"email": "eve@example.org", "role": "reviewer"})
    invitation = Invitation.objects.get()
    Invitation.objects.update(accepted_at=invitation.invited_at, accepted_by=cast.cara)
    response = alice.post(url(cast, f"invitations/{invitation.pk}/resend/"))
    assert response.status_code == 409
    assert Invitation.objects.count() == 1


def test_revoking_takes_the_invitation_off_the_list(cast: Cast, alice: Client) -> None:
    alice.post(url(cast, "invite/"), {"email": "eve@example.org", "role": "reviewer"})
    invitation = Invitation.objects.get()
    html = alice.post(url(cast, f"invitations/{invitation.pk}/revoke/"), follow=True).content.decode()
    assert f'id="invitation-{invitation.pk}"' not in html
    assert alice.post(url(cast, f"invitations/{invitation.pk}/revoke/")).status_code == 409


def test_changing_a_role(cast: Cast, alice: Client) -> None:
    bob = cast.membership("bob")
    assert "Bob Reviewer" in alice.get(url(cast, f"{bob.pk}/")).content.decode()
    response = alice.post(url(cast, f"{bob.pk}/"), {"role": "lead", "can_adjudicate": "on"})
    assert response["Location"] == url(cast)
    bob.refresh_from_db()
    assert (bob.role, bob.can_adjudicate) == (Role.LEAD, True)


def test_the_last_lead_is_told_why_not(cast: Cast, alice: Client) -> None:
    own = cast.membership("alice")
    response = alice.post(url(cast, f"{own.pk}/"), {"role": "reviewer"})
    assert response.status_code == 422
    assert "needs a lead" in response.content.decode()
    response = alice.post(url(cast, f"{own.pk}/remove/"))
    assert response.status_code == 422
    assert "needs a lead" in response.content.decode()


def test_removing_a_member_ends_their_access_at_once(cast: Cast, alice: Client) -> None:
    bobs_browser = Client()
    bobs_browser.force_login(cast.bob)
    bob = cast.membership("bob")
    assert alice.post(url(cast, f"{bob.pk}/remove/"))["Location"] == url(cast)
    assert bobs_browser.get(f"/reviews/{cast.review.pk}/").status_code == 404
    assert cast.review.title not in bobs_browser.get("/reviews/").content.decode()
    assert alice.post(url(cast, f"{bob.pk}/remove/")).status_code == 404


def test_a_lead_who_leaves_goes_to_the_list(cast: Cast, alice: Client) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.LEAD)
    own = cast.membership("alice")
    assert alice.post(url(cast, f"{own.pk}/remove/"))["Location"] == "/reviews/"


def test_a_member_of_another_review_is_not_there(cast: Cast, alice: Client) -> None:
    mallory = Membership.objects.get(user=cast.mallory)
    assert alice.get(url(cast, f"{mallory.pk}/")).status_code == 404
    assert alice.post(url(cast, f"{mallory.pk}/remove/")).status_code == 404


def test_a_name_with_quotes_breaks_no_attribute(cast: Cast, alice: Client) -> None:
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(name='Bob "<b>" O\'Hara')
    html = alice.get(url(cast, f"{cast.membership('bob').pk}/")).content.decode()
    assert "<b>" not in html
    assert "Remove Bob &quot;&lt;b&gt;&quot; O&#x27;Hara from this review?" in html
