"""A review's settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from reviewapp.contributions import SettingsPage, registry
from reviewapp.models import AuditEvent, Review
from tests.factories import Cast


@pytest.fixture
def alice(cast: Cast, client: Client) -> Client:
    client.force_login(cast.alice)
    return client


def url(cast: Cast) -> str:
    return f"/reviews/{cast.review.pk}/settings/"


def shown(client: Client, cast: Cast) -> dict[str, Any]:
    """What the form holds, as a browser would send it back."""
    response = client.get(url(cast))
    assert response.status_code == 200
    return dict(response.context["form"].initial)


def test_saving_what_is_shown_changes_nothing(cast: Cast, alice: Client) -> None:
    assert alice.post(url(cast), shown(alice, cast))["Location"] == url(cast)
    assert not AuditEvent.objects.exists()


def test_line_ends_of_browsers_are_no_change(cast: Cast, alice: Client) -> None:
    Review.objects.update(inclusion_criteria="Adults\nTrials")
    alice.post(url(cast), {**shown(alice, cast), "inclusion_criteria": "Adults\r\nTrials"})
    assert not AuditEvent.objects.exists()


def test_a_change_is_saved_and_logged(cast: Cast, alice: Client) -> None:
    alice.post(url(cast), {**shown(alice, cast), "title": "New\ntitle", "population": "Adults"})
    cast.review.refresh_from_db()
    assert (cast.review.title, cast.review.population) == ("New title", "Adults")
    assert AuditEvent.objects.get().after == {"title": "New title", "population": "Adults"}


def test_a_title_is_needed(cast: Cast, alice: Client) -> None:
    response = alice.post(url(cast), {**shown(alice, cast), "title": " "})
    assert response.status_code == 422


def test_the_second_of_two_leads_is_warned_and_keeps_the_text(cast: Cast, alice: Client) -> None:
    mine = {**shown(alice, cast), "question": "Mine"}
    Review.objects.filter(pk=cast.review.pk).update(title="Theirs")
    response = alice.post(url(cast), mine)
    assert response.status_code == 409
    html = response.content.decode()
    assert "Someone else changed" in html
    assert "Mine" in html
    again = {**mine, "seen": response.context["form"].data["seen"]}
    assert alice.post(url(cast), again).status_code == 302
    cast.review.refresh_from_db()
    assert cast.review.question == "Mine"


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_others_neither_see_nor_save(cast: Cast, client: Client, name: str) -> None:
    client.force_login(getattr(cast, name))
    assert client.get(url(cast)).status_code == 403
    assert client.post(url(cast), {"title": "Mine", "settlement": "consensus"}).status_code == 403
    assert not AuditEvent.objects.exists()


def test_other_settings_pages_are_linked(cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = SettingsPage("test", "Something else", "About something else.", "reviewapp:member_list", 1)
    monkeypatch.setitem(registry.settings_pages, "test", extra)
    html = alice.get(url(cast)).content.decode()
    assert "Something else" in html
    assert f'href="/reviews/{cast.review.pk}/members/"' in html
