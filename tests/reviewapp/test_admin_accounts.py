"""The administrator's pages."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

from reviewapp.constants import AuditKind
from reviewapp.models import AuditEvent, Job, Membership, Review, User
from tests.factories import Cast, make_user


@pytest.fixture
def administrator(cast: Cast, client: Client) -> Client:
    client.force_login(make_user("Root", is_staff=True, is_superuser=True))
    return client


def test_every_list_and_page_opens(cast: Cast, administrator: Client) -> None:
    for model in admin.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert administrator.get(base).status_code == 200, base
    assert administrator.get(f"/admin/reviewapp/user/{cast.bob.pk}/change/").status_code == 200
    assert administrator.get("/admin/reviewapp/user/add/").status_code == 200


def test_an_account_is_made_inactive_and_logged(cast: Cast, administrator: Client) -> None:
    fields = {"email": cast.bob.email, "name": cast.bob.name}
    response = administrator.post(f"/admin/reviewapp/user/{cast.bob.pk}/change/", fields)
    assert response.status_code == 302
    cast.bob.refresh_from_db()
    assert not cast.bob.is_active
    event = AuditEvent.objects.get()
    assert (event.kind, event.before, event.after) == (
        AuditKind.ACCOUNT_CHANGED,
        {"is_active": True},
        {"is_active": False},
    )


def test_a_new_account_gets_a_usable_password(administrator: Client) -> None:
    fields = {"email": "new@example.org", "name": "New", "password1": "blue-lamp-4711", "password2": "blue-lamp-4711"}
    assert administrator.post("/admin/reviewapp/user/add/", fields).status_code == 302
    assert User.objects.get(email="new@example.org").check_password("blue-lamp-4711")


@pytest.mark.parametrize("model", [Review, Membership, Job, AuditEvent])
def test_reviews_are_only_looked_at(administrator: Client, model: type) -> None:
    assert administrator.get(f"/admin/reviewapp/{model._meta.model_name}/add/").status_code == 403


def test_no_account_is_deleted(cast: Cast, administrator: Client) -> None:
    assert administrator.post(f"/admin/reviewapp/user/{cast.bob.pk}/delete/", {"post": "yes"}).status_code == 403
