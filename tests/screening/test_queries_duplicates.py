"""What the pages of duplicates read: the queue, the comparison, what was merged, what each source gave."""

from __future__ import annotations

import pytest
from django.db.models import Q

from reviewapp.errors import ForbiddenError
from screening.constants import PairVerdict
from screening.models import Record
from screening.queries.duplicate_queue import QueueFilter, queue_view
from screening.queries.duplicate_sources import duplicate_summary, source_overlap
from screening.queries.duplicates import merged_pairs, open_pair_ids, pairs_to_decide
from screening.queries.flow import flow_counts
from screening.services.duplicates import (
    decide_pair,
    mark_duplicate,
    reopen_pair,
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


# ---- the filter


def test_the_queue_is_narrowed_by_reason_and_probability(cast: Cast) -> None:
    search = make_search(cast.review)
    r = make_records(cast.review, 14)
    within = make_records(cast.review, 2, search=search)
    found = {
        "doi": pair(cast, r[0], r[1], probability=0.8, reasons=["same DOI", "title 71 %"]),
        "title": pair(cast, r[2], r[3], probability=0.7, reasons=["title 93 %"]),
        "abstract": pair(cast, r[4], r[5], probability=0.6, reasons=["title 12 %", "same abstract"]),
        "vetoed": pair(cast, r[6], r[7], probability=0.5, reasons=["different DOIs"], vetoed=True),
        "chain": pair(cast, r[8], r[9], probability=0.4, reasons=["would join records that must stay apart"]),
        "within": pair(cast, *within, probability=0.3),
        "marked": pair(cast, r[12], r[13], probability=None, marked_by=cast.bob),
    }
    alice = cast.membership("alice")
    # records of make_records share one search: only the pairs' own kinds are told apart here
    for record in r:
        Record.objects.filter(pk=record.pk).update(search=make_search(cast.review))
    for kind, expected in found.items():
        view = queue_view(alice, QueueFilter(kind))
        assert (kind, view.pair, view.filtered_waiting, view.waiting) == (kind, expected, 1, 7)
    middle = queue_view(alice, QueueFilter(low=40, high=60))
    assert (middle.pair, middle.filtered_waiting) == (found["abstract"], 3)
    assert queue_view(alice, QueueFilter("doi", low=90)).pair is None
    assert QueueFilter("doi", 40, 60).query == "kind=doi&low=40&high=60"
    assert QueueFilter("doi", 40).words == "same DOI, 40 % probable or more"


def test_the_filter_counts_what_is_decided_too(cast: Cast) -> None:
    r = make_records(cast.review, 6)
    one = pair(cast, r[0], r[1], probability=0.8, reasons=["same DOI"])
    pair(cast, r[2], r[3], probability=0.7, reasons=["same DOI"])
    pair(cast, r[4], r[5], probability=0.6)
    alice = cast.membership("alice")
    decide_pair(membership=alice, pair=one, verdict=PairVerdict.DISTINCT)
    view = queue_view(alice, QueueFilter("doi"))
    assert (view.filtered_decided, view.filtered_total, view.decided, view.total) == (1, 2, 1, 3)


def test_marked_pairs_are_for_leads(cast: Cast) -> None:
    r = make_records(cast.review, 4)
    marked = pair(cast, r[0], r[1], probability=None, marked_by=cast.bob)
    other = pair(cast, r[2], r[3], probability=0.6)
    bob, alice = cast.membership("bob"), cast.membership("alice")
    assert (pairs_to_decide(bob), pairs_to_decide(alice), pairs_to_decide(cast.membership("olga"))) == (1, 2, 0)
    view = queue_view(bob)
    assert (view.pair, view.waiting, view.for_leads, view.may_decide) == (other, 1, 1, True)
    asked = queue_view(bob, QueueFilter("marked"))
    assert (asked.pair, asked.may_decide) == (marked, False)
    lead = queue_view(alice, QueueFilter("marked"))
    assert (lead.pair, lead.may_decide, lead.for_leads) == (marked, True, 0)
    with pytest.raises(ForbiddenError):
        decide_pair(membership=bob, pair=marked, verdict=PairVerdict.SAME)
    decide_pair(membership=alice, pair=marked, verdict=PairVerdict.SAME)
    with pytest.raises(ForbiddenError):
        reopen_pair(membership=bob, pair=marked)
    assert reopen_pair(membership=alice, pair=marked).verdict == PairVerdict.OPEN


def test_a_mark_is_shown_although_the_groups_were_told_apart_before(cast: Cast) -> None:
    a, b, c = make_records(cast.review, 3)
    automatic(cast, a, b)
    regroup(cast)
    decide_pair(membership=cast.membership("bob"), pair=pair(cast, a, c), verdict=PairVerdict.DISTINCT)
    marked = pair(cast, b, c, probability=None, marked_by=cast.cara)
    assert open_pair_ids(cast.review.pk) == [marked.pk]


# ---- sources


def test_duplicates_within_a_source_are_told_apart_from_those_across(cast: Cast) -> None:
    """One report: three times in PubMed (searched twice), once in Embase. Another: twice in Embase alone."""
    first, again = make_search(cast.review, source="PubMed"), make_search(cast.review, source=" pubmed ")
    embase = make_search(cast.review, source="Embase")
    a, b, c, d = (copy(cast, search=search) for search in (first, first, again, embase))
    e, f = make_records(cast.review, 2, search=embase)
    for x, y in ((a, b), (b, c), (c, d), (e, f)):
        automatic(cast, x, y)
    regroup(cast)
    summary = duplicate_summary(cast.review.pk)
    assert [(s.found, s.removed, s.within, s.across) for s in summary.sources] == [
        (2, 1, 1, 0), (1, 1, 1, 0), (3, 2, 1, 1),
    ]  # fmt: skip
    assert (summary.removed, summary.within, summary.across) == (4, 3, 1)
    counts = flow_counts(cast.review)
    assert (counts.duplicates, counts.duplicates_within) == (4, 3)


def test_the_overlap_counts_reports_not_records(cast: Cast) -> None:
    one, two = make_search(cast.review, source="One"), make_search(cast.review, source="Two")
    make_search(cast.review, source="Empty")
    a, b, d = copy(cast, search=one), copy(cast, search=one), copy(cast, search=two)
    make_records(cast.review, 1, search=one)
    automatic(cast, a, b)
    automatic(cast, b, d)
    regroup(cast)
    overlap = source_overlap(cast.review.pk)
    assert [search.source for search in overlap.searches] == ["One", "Two"]
    assert [(row.total, [(cell.n, cell.share) for cell in row.cells]) for row in overlap.rows] == [
        (2, [(2, 100.0), (1, 50.0)]), (1, [(1, 100.0), (1, 100.0)]),
    ]  # fmt: skip
