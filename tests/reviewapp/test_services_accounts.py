"""Accounts: one's own name, and the first account of an empty server."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from reviewapp.constants import AuditKind
from reviewapp.models import AuditEvent, User
from reviewapp.services.accounts import rename_user
from tests.factories import PASSWORD, make_user


def test_a_new_name_is_kept_and_logged(db: None) -> None:
    user = make_user("Ann Old")
    rename_user(actor=user, name="Ann New")
    user.refresh_from_db()
    assert str(user) == "Ann New"
    event = AuditEvent.objects.get()
    assert (event.kind, event.review, event.actor) == (AuditKind.ACCOUNT_RENAMED, None, user)
    assert (event.before, event.after) == ({"name": "Ann Old"}, {"name": "Ann New"})


def test_the_same_name_leaves_no_event(db: None) -> None:
    rename_user(actor=make_user("Ann"), name="Ann")
    assert not AuditEvent.objects.exists()


def test_the_first_account_is_made_on_the_command_line(
    db: None, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, email="Ann@Example.org", name="Ann Admin", verbosity=0)
    user = User.objects.get()
    assert (user.email, user.name, user.is_staff, user.is_superuser) == ("ann@example.org", "Ann Admin", True, True)
    response = client.post("/accounts/login/", {"login": "ann@example.org", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/reviews/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_an_account_without_a_name_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="--name"):
        call_command("createsuperuser", interactive=False, email="ann@example.org", verbosity=0)
