"""What the pages of duplicates read: the queue, the comparison, what was merged, what each source gave."""

from __future__ import annotations

import pytest
from django.db.models import Q

from screening.constants import PairVerdict
from screening.models import Record
from screening.queries.duplicate_queue import queue_view
from screening.queries.duplicate_sources import duplicate_summary
from screening.queries.duplicates import merged_pairs, open_pair_ids
from screening.services.duplicates import (
    decide_pair,
    mark_duplicate,
)
from tests.factories import Cast, make_cast, make_records, make_search
from tests.screening.duplicate_rows import (
    automatic,
    copy,
    pair,
    regroup,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_the_queue_asks_once_for_two_groups_and_skips_round(cast: Cast) -> None:
    a, b, c, d, e = make_records(cast.review, 5)
    automatic(cast, a, b)
    regroup(cast)
    pair(cast, a, c, probability=0.5)
    best = pair(cast, b, c, probability=0.7)
    other = pair(cast, d, e, probability=0.6)
    ids = open_pair_ids(cast.review.pk)
    assert ids == [best.pk, other.pk]
    bob = cast.membership("bob")
    view = queue_view(bob)
    assert (view.pair, view.waiting, view.decided) == (best, 2, 0)
    assert queue_view(bob, after=best.pk).pair == other
    assert queue_view(bob, after=other.pk).pair == best
    decide_pair(membership=cast.membership("bob"), pair=best, verdict=PairVerdict.DISTINCT)
    after = queue_view(bob, after=best.pk)
    assert (after.pair, after.waiting, after.decided, after.last) == (other, 1, 1, best)


def test_the_comparison_marks_what_differs(cast: Cast) -> None:
    a, b = copy(cast, year=2019, volume=""), copy(cast, year=2020)
    question = pair(cast, a, b)
    view = queue_view(cast.membership("bob"), at=question.pk)
    assert [field.label for field in view.fields if field.differs] == ["Year"]
    volume = next(field for field in view.fields if field.label == "Volume")
    assert (volume.left, volume.right, volume.differs) == ("", "28", False)


def test_merged_pairs_by_system_and_by_person_least_certain_first(cast: Cast) -> None:
    a, b, c, d, e, f = make_records(cast.review, 6)
    sure, unsure = automatic(cast, a, b, 0.99), automatic(cast, c, d, 0.96)
    named = mark_duplicate(membership=cast.membership("bob"), record=e, of=f)
    review = cast.review.pk
    assert list(merged_pairs(review)) == [named, unsure, sure]
    assert list(merged_pairs(review, by="system", sort="sure")) == [sure, unsure]
    assert list(merged_pairs(review, by="person")) == [named]


def test_each_source_says_what_only_it_found(cast: Cast) -> None:
    one, two = make_search(cast.review, source="One"), make_search(cast.review, source="Two")
    a, b = make_records(cast.review, 2, search=one)
    c, d = make_records(cast.review, 2, search=two)
    alice = cast.membership("alice")
    mark_duplicate(membership=alice, record=a, of=c)
    summary = duplicate_summary(cast.review.pk)
    assert [(s.search.source, s.found, s.unique) for s in summary.sources] == [("One", 2, 1), ("Two", 2, 1)]
    mark_duplicate(membership=alice, record=c, of=d)
    assert [s.unique for s in duplicate_summary(cast.review.pk).sources] == [1, 0]
    assert Record.objects.filter(Q(pk=b.pk), duplicate_of=None).exists()
