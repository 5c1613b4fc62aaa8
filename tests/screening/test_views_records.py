"""The list of records and one record: filters, copies side by side, and nobody's vote too early."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening.constants import ScreeningStatus, Stage, Verdict
from screening.models import Decision, Record
from screening.queries.records import RecordFilter, record_list, record_view
from screening.services.duplicates import mark_duplicate
from tests.factories import Cast, make_cast, make_duplicate, make_record, make_records, make_search

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def vote(cast: Cast, record: Record, who: Any, verdict: str = Verdict.INCLUDE) -> None:
    Decision.objects.create(
        review=cast.review, stage=Stage.TITLE_ABSTRACT, record=record, reviewer=who, verdict=verdict,
        note=f"note of {who.name}", decided_at=timezone.now(),
    )  # fmt: skip


def ids(cast: Cast, **wanted: Any) -> set[int]:
    return set(record_list(cast.review.pk, RecordFilter(**wanted)).values_list("id", flat=True))


def test_filters_narrow_the_list(cast: Cast) -> None:
    search = make_search(cast.review)
    a, b = make_records(cast.review, 2, search=search)
    c = make_record(
        cast.review, title="Gut microbiome of 100 % children", title_abstract_status=ScreeningStatus.INCLUDED
    )
    copy = make_duplicate(a)
    make_record(cast.other_review)
    assert ids(cast) == {a.pk, b.pk, c.pk, copy.pk}
    assert ids(cast, search=search.pk) == {a.pk, b.pk}
    assert ids(cast, batch=c.batch_id) == {c.pk}
    assert ids(cast, text="MICROBIOME of 100 %") == {c.pk}
    assert ids(cast, status="included") == {c.pk}
    assert ids(cast, status="removed") == ids(cast, copies="duplicate") == {copy.pk}
    assert ids(cast, copies="with_copies") == {a.pk}
    assert ids(cast, status="nonsense") == ids(cast)


def test_a_conflict_looks_like_any_record_that_is_being_screened(cast: Cast, client: Client) -> None:
    pending, conflict = make_records(cast.review, 2)
    Record.objects.filter(pk=conflict.pk).update(title_abstract_status=ScreeningStatus.CONFLICT)
    assert ids(cast, status="screening") == {pending.pk, conflict.pk}
    client.force_login(cast.bob)
    page = client.get(reverse("screening:record_list", args=[cast.review.pk])).content.decode()
    assert page.count('class="badge">Being screened') == 2
    assert "onflict" not in page


def test_nobody_elses_vote_is_shown_before_the_record_is_settled(cast: Cast, client: Client) -> None:
    [record] = make_records(cast.review, 1)
    vote(cast, record, cast.bob)
    address = reverse("screening:record_detail", args=[cast.review.pk, record.pk])
    for status in (ScreeningStatus.PENDING, ScreeningStatus.CONFLICT):
        Record.objects.filter(pk=record.pk).update(title_abstract_status=status)
        for name, sees in (("alice", False), ("bob", True), ("cara", False), ("dan", False), ("olga", False)):
            client.force_login(getattr(cast, name))
            assert (b"note of Bob" in client.get(address).content) is sees, (status, name)
    Record.objects.filter(pk=record.pk).update(title_abstract_status=ScreeningStatus.INCLUDED)
    client.force_login(cast.cara)
    assert b"note of Bob" in client.get(address).content


def test_a_record_shows_what_each_source_called_it(cast: Cast) -> None:
    a, b = make_record(cast.review, title="Sleep"), make_record(cast.review, title="[Sleep.]")
    alice = cast.membership("alice")
    mark_duplicate(membership=alice, record=a, of=b)
    a.refresh_from_db()
    view = record_view(alice, Record.objects.select_related("search", "batch").get(pk=a.pk))
    assert {copy.title for copy in view.copies} == {"Sleep", "[Sleep.]"}
    assert (view.kept is None) == (a.duplicate_of_id is None)
    assert [pair.decided_by for pair in view.pairs] == [cast.alice]
    assert [entry.what for entry in view.history][1:] == ["Records marked as the same report"]


def test_the_source_entry_is_shown_unchanged_and_harmless(cast: Cast, client: Client) -> None:
    record = make_record(cast.review, raw="TI  - <script>alert('x')</script>")
    client.force_login(cast.olga)
    page = client.get(reverse("screening:record_detail", args=[cast.review.pk, record.pk])).content.decode()
    assert "TI  - &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in page


@pytest.mark.parametrize("value", ["9" * 5000, "9" * 30, "²", "x", "-1"])
@pytest.mark.parametrize("name", ["search", "batch", "page"])
def test_a_filter_that_is_no_number_narrows_nothing(cast: Cast, name: str, value: str) -> None:
    record = make_record(cast.review)
    client = Client()
    client.force_login(cast.olga)
    response = client.get(reverse("screening:record_list", args=[cast.review.pk]), {name: value})
    assert response.status_code == 200
    assert record.title in response.content.decode()
