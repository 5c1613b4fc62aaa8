"""The log as a page and as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind
from reviewapp.models import User
from screening.constants import Stage, Verdict
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record


@pytest.fixture
def alice(cast: Cast, client: Client) -> Client:
    client.force_login(cast.alice)
    return client


def write(cast: Cast, actor: User, label: str, kind: str = AuditKind.REVIEW_CHANGED, days_ago: int = 0) -> None:
    at = timezone.now() - dt.timedelta(days=days_ago)
    with transaction.atomic():
        log_event(
            Occasion(cast.review, actor, at),
            kind,
            cast.review,
            label=label,
            before={"title": "A"},
            after={"title": "B"},
        )


def url(cast: Cast, rest: str = "") -> str:
    return f"/reviews/{cast.review.pk}/log/{rest}"


def rows(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_event_reads_as_a_sentence(cast: Cast, alice: Client) -> None:
    write(cast, cast.bob, "Sleep and work")
    html = " ".join(alice.get(url(cast)).content.decode().split())
    assert '<span class="strong">Review changed</span> by Bob Reviewer: Sleep and work' in html
    assert "Title: A" in html


def test_filters_work_together(cast: Cast, alice: Client) -> None:
    write(cast, cast.bob, "ev-one")
    write(cast, cast.cara, "ev-two")
    write(cast, cast.bob, "ev-three", AuditKind.MEMBER_CHANGED)
    write(cast, cast.bob, "ev-four", days_ago=30)

    def found(query: str) -> set[str]:
        html = alice.get(url(cast, query)).content.decode()
        return {label for label in ("ev-one", "ev-two", "ev-three", "ev-four") if f": {label}" in html}

    today = timezone.localdate()
    assert found("") == {"ev-one", "ev-two", "ev-three", "ev-four"}
    assert found(f"?person={cast.bob.pk}&kind=review.changed") == {"ev-one", "ev-four"}
    assert found(f"?first_day={today}") == {"ev-one", "ev-two", "ev-three"}
    assert found(f"?last_day={today - dt.timedelta(days=1)}") == {"ev-four"}
    assert found(f"?object_type=review&object_id={cast.review.pk}&person={cast.cara.pk}") == {"ev-two"}
    assert found("?object_type=job") == set()


@pytest.mark.parametrize(
    "query",
    ["?person=999999", "?kind=nothing", "?object_id=-1", "?first_day=x", "?first_day=2024-02-02&last_day=2024-01-01"],
)
def test_a_filter_that_makes_no_sense_is_told(cast: Cast, alice: Client, query: str) -> None:
    for rest in (query, f"download/{query}"):
        response = alice.get(url(cast, rest))
        assert response.status_code == 422
        assert "error-summary" in response.content.decode()


def test_fifty_a_page_and_the_filter_is_kept(cast: Cast, alice: Client) -> None:
    for number in range(51):
        write(cast, cast.bob, f"event {number}")
    response = alice.get(url(cast, f"?person={cast.bob.pk}"))
    assert len(response.context["lines"]) == 50
    assert f"person={cast.bob.pk}&amp;page=2" in response.content.decode()
    assert len(alice.get(url(cast, f"?person={cast.bob.pk}&page=2")).context["lines"]) == 1


def test_the_filtered_log_downloads_without_formulas(cast: Cast, alice: Client) -> None:
    write(cast, cast.bob, "=HYPERLINK(1)")
    write(cast, cast.cara, "Plain")
    found = rows(alice, url(cast, f"download/?person={cast.bob.pk}"))
    assert [(row["person"], row["object"], row["before"]) for row in found] == [
        ("Bob Reviewer", "'=HYPERLINK(1)", '{"title": "A"}')
    ]


def test_an_unsettled_vote_is_neither_on_the_page_nor_in_the_file(cast: Cast, alice: Client) -> None:
    record = make_record(cast.review)
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.EXCLUDE),
    )
    assert record.title not in alice.get(url(cast)).content.decode()
    assert record.title not in alice.get(f"/reviews/{cast.review.pk}/").content.decode()
    assert rows(alice, url(cast, "download/")) == []


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_only_leads_read_it(cast: Cast, client: Client, name: str) -> None:
    client.force_login(getattr(cast, name))
    for rest in ("", "download/"):
        response = client.get(url(cast, rest))
        assert response.status_code == 403
        assert "Only a lead" in response.content.decode()


def test_what_began_shows_no_arrow_and_ones_own_act_no_name_twice(cast: Cast, alice: Client) -> None:
    with transaction.atomic():
        member = cast.membership("bob")
        log_event(
            Occasion(cast.review, cast.bob),
            AuditKind.INVITATION_ACCEPTED,
            member,
            label="Bob Reviewer",
            after={"role": "reviewer", "can_adjudicate": True},
        )
    html = " ".join(alice.get(url(cast)).content.decode().split())
    assert "Invitation accepted</span> by Bob Reviewer <" in html.replace("Bob Reviewer</div>", "Bob Reviewer <")
    assert "May adjudicate: yes" in html
    assert "→" not in html
