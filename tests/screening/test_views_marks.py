"""The panel that marks a duplicate while screening: what it offers, what it answers, and what it never tells."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from screening.constants import PairVerdict, RemovalReason, Stage, Verdict
from screening.models import DuplicatePair, Record
from screening.queries.marks import SHOWN, MarkCandidate, mark_panel
from screening.rules.matching import MatchSettings
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record, make_records
from tests.screening.duplicate_rows import FACTS, OTHER, copy, pair

HTMX = {"HX-Request": "true"}


def url(name: str, cast: Cast, *args: object) -> str:
    return reverse(f"screening:{name}", args=[cast.review.pk, *args])


def ids(record: Record, words: str = "") -> list[int]:
    return [candidate.record.pk for candidate in mark_panel(record, words).candidates]


def test_likely_candidates_by_words_doi_and_stored_pairs_best_first(cast: Cast) -> None:
    record = copy(cast, doi="10.1000/a")
    same_words = copy(cast, pages="", title="Effects of evening light on sleep quality in adults with insomnia")
    same_doi = make_record(cast.review, **{**OTHER, "title": "Lumière du soir et sommeil", "doi": "10.1000/a"})
    stored = make_record(cast.review, **{**FACTS, "title": "Abendlicht und Schlaf"})
    pair(cast, record, stored, probability=0.3)
    make_record(cast.review, **OTHER)
    found = mark_panel(record).candidates
    assert found[0].record == same_words
    assert found[0].likely == "very likely"
    assert found[0].reasons
    assert {same_words.pk, stored.pk} <= set(ids(record)) <= {same_words.pk, same_doi.pk, stored.pk}
    assert [candidate.probability for candidate in found] == sorted((c.probability for c in found), reverse=True)


def test_words_follow_the_thresholds_and_nothing_is_said_twice(cast: Cast) -> None:
    record = copy(cast)
    copy(cast, pages="311-320")
    asked = mark_panel(record).candidates[0]
    assert asked.likely == "likely"  # a rule speaks against it, however probable: nothing would merge it by itself
    assert len(set(asked.reasons)) == len(asked.reasons)
    for probability, certain, doubtful, words in ((0.3, 0.9, 0.1, "possible"), (0.07, 0.9, 0.1, "unlikely")):
        zone = MatchSettings(certain=certain, doubtful=doubtful).zone(probability, vetoed=False)
        assert MarkCandidate(record, probability, zone, ()).likely == words


def test_at_most_five_and_none_that_is_settled_removed_or_its_own_copy(cast: Cast) -> None:
    record = copy(cast)
    copies = [copy(cast) for _ in range(SHOWN + 3)]
    assert len(ids(record)) == SHOWN
    apart, own, removed, *rest = copies
    now = timezone.now()
    pair(cast, record, apart, verdict=PairVerdict.DISTINCT, decided_by=cast.bob, decided_at=now)
    Record.objects.filter(pk=own.pk).update(duplicate_of=record, removal_reason=RemovalReason.DUPLICATE)
    Record.objects.filter(pk=removed.pk).update(removal_reason=RemovalReason.OTHER)
    assert ids(record) == [one.pk for one in rest][:SHOWN]
    assert record.pk not in ids(record)


@pytest.mark.parametrize(
    "words", ["gut microbiome", "baker fibre", "BAKER", "https://doi.org/10.1000/OTHER", "#number", "number"]
)
def test_found_by_title_first_author_doi_or_number(cast: Cast, words: str) -> None:
    record = copy(cast)
    other = make_record(cast.review, **{**OTHER, "doi": "10.1000/other"})
    assert ids(record, words.replace("number", str(other.pk))) == [other.pk]


@pytest.mark.parametrize("words", ["nothing like it", "9" * 30, "%", "#", "\x00", "10.1000/none", "²"])
def test_what_is_not_there_is_not_found(cast: Cast, client: Client, words: str) -> None:
    record = copy(cast)
    make_record(cast.review, **OTHER)
    make_record(cast.other_review, **FACTS)
    client.force_login(cast.bob)
    answer = client.get(url("mark_open", cast, record.pk), {"words": words}, headers=HTMX)
    assert answer.status_code == 200
    assert b"Same report" not in answer.content


def test_marking_answers_with_the_next_record(cast: Cast, client: Client) -> None:
    first, second = make_records(cast.review, 2)
    other = make_record(cast.review)
    client.force_login(cast.bob)
    client.get(url("screen_open", cast, Stage.TITLE_ABSTRACT))
    answer = client.post(url("mark_create", cast, first.pk), {"of": other.pk}, headers=HTMX).content.decode()
    assert "Marked; a lead confirms." in answer
    assert f'data-record="{second.pk}"' in answer
    back = client.post(url("mark_withdraw", cast, DuplicatePair.objects.get().pk), headers=HTMX).content.decode()
    assert "Your mark is taken back." in back
    plain = client.post(url("mark_create", cast, first.pk), {"of": other.pk})
    assert plain.status_code == 302
    assert plain["Location"] == url("screen_open", cast, Stage.TITLE_ABSTRACT)


def test_a_refusal_is_said_in_the_panel(cast: Cast, client: Client) -> None:
    record, other = make_records(cast.review, 2)
    foreign = make_record(cast.other_review)
    client.force_login(cast.bob)
    for of in (record.pk, ""):
        answer = client.post(url("mark_create", cast, record.pk), {"of": of}, headers=HTMX)
        assert answer.status_code == 422
        assert answer["HX-Retarget"] == "#mark-panel"
        assert b'role="alert"' in answer.content
    assert client.post(url("mark_create", cast, record.pk), {"of": foreign.pk}).status_code == 404
    assert client.get(url("mark_open", cast, foreign.pk)).status_code == 404
    now = timezone.now()
    pair(cast, record, other, verdict=PairVerdict.SAME, decided_at=now)
    assert client.post(url("mark_create", cast, record.pk), {"of": other.pk}, headers=HTMX).status_code == 409


def test_neither_panel_nor_answer_tells_of_votes(cast: Cast, client: Client) -> None:
    record, other = copy(cast), copy(cast)
    client.force_login(cast.bob)
    before = client.get(url("mark_open", cast, record.pk), headers=HTMX).content
    for target in (record, other):
        submit_decision(
            membership=cast.membership("cara"),
            stage=Stage.TITLE_ABSTRACT,
            target_id=target.pk,
            judgement=Judgement(Verdict.EXCLUDE, None, "SECRET"),
        )
    token = b"csrfmiddlewaretoken"
    after = client.get(url("mark_open", cast, record.pk), headers=HTMX).content
    assert b"SECRET" not in after
    assert [line for line in before.split(b"\n") if token not in line] == [
        line for line in after.split(b"\n") if token not in line
    ]
    marked = client.post(url("mark_create", cast, record.pk), {"of": other.pk}, headers=HTMX).content
    assert b"SECRET" not in marked


def test_the_panel_takes_as_many_queries_for_many_records_as_for_few(cast: Cast, client: Client) -> None:
    record = copy(cast)
    client.force_login(cast.bob)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url("mark_open", cast, record.pk), headers=HTMX).status_code == 200
        return len(captured)

    copy(cast)
    few = queries()
    for _ in range(8):
        copy(cast)
    assert queries() == few <= 14
