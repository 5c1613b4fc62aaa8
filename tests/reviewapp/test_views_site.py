"""Pages that belong to no review."""

from __future__ import annotations

import pytest
from django.test import Client

from reviewapp.models import AuditEvent
from tests.factories import make_user


def test_the_front_page_says_what_this_is(db: None, client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    html = response.content.decode()
    assert "/accounts/login/" in html
    assert "/accounts/signup/" in html


def test_a_signed_in_person_goes_to_the_reviews(db: None, client: Client) -> None:
    client.force_login(make_user())
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/reviews/")


def test_the_styleguide_is_there_while_debugging_only(db: None, client: Client, settings: object) -> None:
    assert client.get("/styleguide/").status_code == 404
    settings.DEBUG = True
    assert client.get("/styleguide/").status_code == 200


def test_ones_name_is_changed(db: None, client: Client) -> None:
    user = make_user("Ann Old")
    client.force_login(user)
    assert "Ann Old" in client.get("/account/name/").content.decode()
    response = client.post("/account/name/", {"name": "Ann New"}, follow=True)
    assert "Your name has been changed." in response.content.decode()
    user.refresh_from_db()
    assert user.name == "Ann New"
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_bad_name_is_refused(db: None, client: Client, name: str) -> None:
    client.force_login(make_user("Ann"))
    assert client.post("/account/name/", {"name": name}).status_code == 422
    assert not AuditEvent.objects.exists()
