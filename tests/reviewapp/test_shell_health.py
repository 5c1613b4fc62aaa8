"""``/healthz`` tells load balancers the truth, to anyone, and nothing more."""

import pytest
from django.conf import settings
from django.db import DatabaseError, connection


@pytest.mark.django_db
def test_well_when_both_servers_answer(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_named(client, monkeypatch):
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"broker\n")


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_named(client, monkeypatch):
    def refuse() -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"database\n")


@pytest.mark.django_db
def test_only_reading_is_answered(client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_asked_by_plain_http_behind_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/accounts/login/").status_code == 301
