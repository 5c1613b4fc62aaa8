"""Pages of duplicates: the next pair in the answer, undo, a stale page, and starting the search."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from reviewapp.errors import StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, PairVerdict, PairZone
from screening.models import DuplicatePair, Record
from screening.services.duplicates import decide_pair
from screening.tasks import find_duplicates
from tests.factories import Cast, make_cast, make_records


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def url(name: str, cast: Cast, *args: Any) -> str:
    return reverse(f"screening:{name}", args=[cast.review.pk, *args])


def questions(cast: Cast, count: int) -> list[DuplicatePair]:
    """Open pairs, most probable first."""
    records = make_records(cast.review, 2 * count)
    return [
        DuplicatePair.objects.create(
            review=cast.review, first=records[2 * n], second=records[2 * n + 1], probability=0.9 - n / 100,
            zone=PairZone.DOUBTFUL, verdict=PairVerdict.OPEN, reasons=["same title"],
        )
        for n in range(count)
    ]  # fmt: skip


def test_a_decision_answers_with_the_next_pair_and_can_be_undone(cast: Cast, client: Client) -> None:
    first, second = questions(cast, 2)
    client.force_login(cast.bob)
    htmx = {"HX-Request": "true"}
    answer = client.post(url("duplicate_decide", cast, first.pk), {"verdict": "same"}, headers=htmx)
    page = answer.content.decode()
    assert page.lstrip().startswith('<section id="duplicate-queue"')
    assert url("duplicate_decide", cast, second.pk) in page
    assert "1 of 2" in page
    assert url("duplicate_reopen", cast, first.pk) in page
    undone = client.post(url("duplicate_reopen", cast, first.pk), {"back": "queue"}, headers=htmx)
    assert url("duplicate_decide", cast, first.pk) in undone.content.decode()
    assert not Record.objects.filter(duplicate_of__isnull=False).exists()


def test_without_javascript_a_decision_leads_to_the_next_pair(cast: Cast, client: Client) -> None:
    first, second = questions(cast, 2)
    client.force_login(cast.bob)
    answer = client.post(url("duplicate_decide", cast, first.pk), {"verdict": "distinct"}, follow=True)
    assert url("duplicate_decide", cast, second.pk) in answer.content.decode()


def test_a_stale_page_gets_409_and_the_next_pair(cast: Cast, client: Client) -> None:
    first, second = questions(cast, 2)
    decide_pair(membership=cast.membership("cara"), pair=first, verdict=PairVerdict.DISTINCT)
    client.force_login(cast.bob)
    answer = client.post(url("duplicate_decide", cast, first.pk), {"verdict": "same"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "Someone has decided this pair meanwhile" in answer.content.decode()
    assert url("duplicate_decide", cast, second.pk) in answer.content.decode()


def test_an_empty_queue_says_what_to_do_next(cast: Cast, client: Client) -> None:
    client.force_login(cast.bob)
    assert "No doubtful pair is waiting" in client.get(url("duplicate_queue", cast)).content.decode()
    assert "There are no records yet" in client.get(url("duplicate_list", cast)).content.decode()


def test_a_lead_starts_the_search_and_sees_its_progress(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(find_duplicates, "delay_on_commit", sent.append)
    make_records(cast.review, 2)
    client.force_login(cast.alice)
    page = client.get(url("duplicate_list", cast)).content.decode()
    assert "2 records from new files have not been compared" in page
    client.post(url("duplicate_start", cast))
    client.post(url("duplicate_start", cast))
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert f'id="job-{sent[0]}"' in client.get(url("duplicate_list", cast)).content.decode()


def test_release_and_mark_by_hand(cast: Cast, client: Client) -> None:
    a, b = make_records(cast.review, 2)
    client.force_login(cast.alice)
    client.post(url("duplicate_mark", cast, a.pk), {"of": f"#{b.pk}"})
    assert Record.objects.filter(duplicate_of__isnull=False).count() == 1
    client.post(url("duplicate_reopen", cast, DuplicatePair.objects.get().pk))
    assert not Record.objects.filter(duplicate_of__isnull=False).exists()
    wrong = client.post(url("duplicate_mark", cast, a.pk), {"of": "abc"})
    assert wrong.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_persons_decide_one_pair_at_once() -> None:
    """On two connections, ten times: one decision stands, the other person hears of it, one event."""
    cast = make_cast()
    for question in questions(cast, 10):
        heard: list[str] = []
        gate = threading.Barrier(2)

        def decide(
            name: str, verdict: PairVerdict, question: DuplicatePair, gate: threading.Barrier, heard: list[str]
        ) -> None:
            try:
                membership = cast.membership(name)
                gate.wait(10)
                decide_pair(membership=membership, pair=question, verdict=verdict)
                heard.append("stored")
            except StaleError:
                heard.append("stale")
            finally:
                connection.close()

        threads = [
            threading.Thread(target=decide, args=(name, verdict, question, gate, heard))
            for name, verdict in (("bob", PairVerdict.SAME), ("cara", PairVerdict.DISTINCT))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(heard) == ["stale", "stored"]
        kinds = AuditEvent.objects.filter(
            object_type="duplicatepair", object_id=question.pk, kind__in=[AuditKind.PAIR_SAME, AuditKind.PAIR_DISTINCT]
        )
        assert kinds.count() == 1
        question.refresh_from_db()
        merged = Record.objects.filter(pk__in=[question.first_id, question.second_id], duplicate_of__isnull=False)
        assert merged.exists() == (question.verdict == PairVerdict.SAME)


@pytest.mark.parametrize("value", ["9" * 5000, "9" * 30, "²", "x"])
@pytest.mark.parametrize("name", ["after", "at"])
def test_a_place_in_the_queue_that_is_no_number_is_ignored(cast: Cast, client: Client, name: str, value: str) -> None:
    [pair] = questions(cast, 1)
    client.force_login(cast.bob)
    answer = client.get(url("duplicate_queue", cast), {name: value})
    assert answer.status_code == 200
    assert url("duplicate_decide", cast, pair.pk) in answer.content.decode()


@pytest.mark.parametrize("value", ["9" * 5000, "²"])
def test_a_record_named_by_what_is_no_number_is_refused(cast: Cast, client: Client, value: str) -> None:
    record = make_records(cast.review, 1)[0]
    client.force_login(cast.bob)
    answer = client.post(url("duplicate_mark", cast, record.pk), {"of": value})
    assert answer.status_code == 422
    assert "Give the number of the other record" in answer.content.decode()
