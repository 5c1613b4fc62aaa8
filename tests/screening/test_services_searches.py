"""Searches: what is written down, and that a change leaves what it was in the log."""

from __future__ import annotations

import datetime as dt

import pytest

from reviewapp.errors import DomainError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, BatchState, SourceKind
from screening.models import RejectedRow
from screening.queries.searches import search_line, search_lines
from screening.services.searches import SearchFacts, create_search, facts_of, update_search
from tests.factories import Cast, make_batch, make_cast, make_duplicate, make_records, make_search

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_a_search_is_created_with_an_event(cast: Cast) -> None:
    facts = SearchFacts(
        source="CENTRAL", kind=SourceKind.REGISTER, strategy="#1 sleep\n#2 light", date_run=dt.date(2025, 2, 3)
    )
    search = create_search(membership=cast.membership("alice"), facts=facts)
    assert facts_of(search) == facts
    event = AuditEvent.objects.get(kind=AuditKind.SEARCH_CREATED)
    assert (event.actor, event.after["date_run"]) == (cast.alice, "2025-02-03")


def test_a_change_keeps_what_it_was_and_no_change_is_no_event(cast: Cast) -> None:
    alice, search = cast.membership("alice"), make_search(cast.review, source="MEDLINE", strategy="old")
    update_search(membership=alice, search=search, facts=facts_of(search))
    assert not AuditEvent.objects.filter(kind=AuditKind.SEARCH_CHANGED).exists()
    update_search(membership=alice, search=search, facts=SearchFacts(source="MEDLINE", strategy="new"))
    event = AuditEvent.objects.get(kind=AuditKind.SEARCH_CHANGED)
    assert (event.before, event.after) == ({"strategy": "old"}, {"strategy": "new"})


def test_a_search_names_its_source_and_is_not_of_the_future(cast: Cast) -> None:
    alice = cast.membership("alice")
    with pytest.raises(DomainError, match="Name the source"):
        create_search(membership=alice, facts=SearchFacts(source="  "))
    with pytest.raises(DomainError, match="future"):
        create_search(membership=alice, facts=SearchFacts(source="X", date_run=dt.date(2999, 1, 1)))


def test_the_line_of_a_search_counts_imported_files_only(cast: Cast) -> None:
    search = make_search(cast.review, reported_count=4)
    first, _ = make_records(cast.review, 2, search=search)
    make_duplicate(first, search=search)
    RejectedRow.objects.create(batch=first.batch, line=1, reason="x")
    failed = make_batch(search, state=BatchState.FAILED)
    RejectedRow.objects.create(batch=failed, line=1, reason="x")
    line = search_line(search)
    assert (line.read, line.stored, line.rejected, line.duplicates, line.files) == (4, 3, 1, 1, 2)
    assert line.difference == 0
    assert [one.search for one in search_lines(cast.review.pk)] == [search]


def test_nothing_to_compare_is_no_difference(cast: Cast) -> None:
    assert search_line(make_search(cast.review, reported_count=5)).difference is None
    search = make_search(cast.review)
    make_records(cast.review, 1, search=search)
    assert search_line(search).difference is None
