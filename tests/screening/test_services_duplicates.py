"""Duplicates: found once, decided by persons, undone, and never at the cost of a vote."""

from __future__ import annotations

import pytest

from reviewapp.constants import JobState
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, PairVerdict, PairZone, RemovalReason, RetrievalStatus
from screening.models import Decision, DuplicatePair, ImportBatch, Record
from screening.queries.duplicate_sources import duplicate_summary
from screening.queries.duplicates import open_pair_ids
from screening.services.clusters import APART
from screening.services.duplicates import (
    decide_pair,
    mark_duplicate,
    reopen_pair,
    seek_duplicates,
    start_duplicate_search,
)
from screening.tasks import find_duplicates
from tests.factories import Cast, make_cast, make_record, make_records
from tests.screening.duplicate_rows import (
    FACTS,
    OTHER,
    automatic,
    copy,
    include,
    kept,
    pair,
    regroup,
    seek,
    vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


# ---- looking


def test_copies_are_found_marked_and_logged(cast: Cast) -> None:
    a, b, c = copy(cast, doi="10.1000/a"), copy(cast, doi="10.1000/a"), make_record(cast.review, **OTHER)
    counts = seek(cast)
    assert counts["certain"] == counts["removed"] == 1
    assert len(set(kept(a, b))) == 1
    assert kept(c) == [c.pk]
    found = DuplicatePair.objects.get()
    assert (found.verdict, found.zone, found.decided_by) == (PairVerdict.SAME, PairZone.CERTAIN, None)
    assert found.reasons
    removed = Record.objects.get(duplicate_of__isnull=False)
    assert removed.removal_reason == RemovalReason.DUPLICATE
    assert AuditEvent.objects.get(kind=AuditKind.DUPLICATES_SOUGHT).after["removed"] == 1
    assert not ImportBatch.objects.filter(compared_at=None).exists()


def test_a_second_search_changes_nothing(cast: Cast) -> None:
    a, b = copy(cast, doi="10.1000/a"), copy(cast, doi="10.1000/a")
    seek(cast)
    before = kept(a, b), list(DuplicatePair.objects.values())
    assert seek(cast) == {"files": 0, "certain": 0, "doubtful": 0, "removed": 0, "released": 0}
    assert (kept(a, b), list(DuplicatePair.objects.values())) == before


def test_new_records_are_compared_with_old_ones(cast: Cast) -> None:
    a = copy(cast, doi="10.1000/a")
    seek(cast)
    b = copy(cast, doi="10.1000/a")
    assert duplicate_summary(cast.review.pk).uncompared == 1
    assert seek(cast)["removed"] == 1
    assert len(set(kept(a, b))) == 1


def test_past_decisions_stand(cast: Cast) -> None:
    a, b = copy(cast, doi="10.1000/a"), copy(cast, doi="10.1000/a")
    seek(cast)
    reopen_pair(membership=cast.membership("bob"), pair=DuplicatePair.objects.get())
    ImportBatch.objects.update(compared_at=None)
    assert seek(cast)["removed"] == 0
    assert kept(a, b) == [a.pk, b.pk]
    assert DuplicatePair.objects.get().verdict == PairVerdict.DISTINCT


def test_records_withdrawn_while_they_were_compared_are_passed_over(cast: Cast) -> None:
    copy(cast, doi="10.1000/a")
    copy(cast, doi="10.1000/a")
    job = start_duplicate_search(membership=cast.membership("alice"))

    def gone(done: int, total: int) -> None:
        Record.objects.all().delete()

    assert seek_duplicates(job=job, report=gone)["certain"] == 0


def test_the_task_ends_its_job_and_is_harmless_twice(cast: Cast) -> None:
    copy(cast, doi="10.1000/a")
    copy(cast, doi="10.1000/a")
    job = start_duplicate_search(membership=cast.membership("alice"))
    find_duplicates(job.pk)
    find_duplicates(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)
    assert "1 removed" in job.message
    assert AuditEvent.objects.filter(kind=AuditKind.DUPLICATES_SOUGHT).count() == 1


def test_one_search_at_a_time_only_by_a_lead_and_only_with_records(cast: Cast) -> None:
    alice = cast.membership("alice")
    with pytest.raises(DomainError, match="no records yet"):
        start_duplicate_search(membership=alice)
    make_records(cast.review, 1)
    assert start_duplicate_search(membership=alice).pk == start_duplicate_search(membership=alice).pk
    with pytest.raises(ForbiddenError):
        start_duplicate_search(membership=cast.membership("bob"))


def test_records_removed_for_another_reason_are_not_compared(cast: Cast) -> None:
    copy(cast, doi="10.1000/a")
    copy(cast, doi="10.1000/a", removal_reason=RemovalReason.AUTOMATION)
    assert seek(cast)["certain"] == 0


# ---- deciding


def test_same_then_undone_restores_both(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    question = pair(cast, a, b)
    bob = cast.membership("bob")
    decided = decide_pair(membership=bob, pair=question, verdict=PairVerdict.SAME)
    assert decided.decided_by == cast.bob
    assert len(set(kept(a, b))) == 1
    reopen_pair(membership=bob, pair=question)
    question.refresh_from_db()
    assert question.verdict == PairVerdict.OPEN
    assert kept(a, b) == [a.pk, b.pk]
    kinds = AuditEvent.objects.filter(object_type="duplicatepair").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == [AuditKind.PAIR_SAME, AuditKind.PAIR_REOPENED]


def test_distinct_leaves_the_queue_and_both_records(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    question = pair(cast, a, b)
    decide_pair(membership=cast.membership("bob"), pair=question, verdict=PairVerdict.DISTINCT)
    assert open_pair_ids(cast.review.pk) == []
    assert kept(a, b) == [a.pk, b.pk]


def test_an_automatic_merge_is_released_as_distinct_by_that_person(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    merged = automatic(cast, a, b)
    regroup(cast)
    released = reopen_pair(membership=cast.membership("bob"), pair=merged)
    assert (released.verdict, released.decided_by) == (PairVerdict.DISTINCT, cast.bob)
    assert kept(a, b) == [a.pk, b.pk]


def test_the_second_decider_hears_of_the_first(cast: Cast) -> None:
    question = pair(cast, *make_records(cast.review, 2))
    decide_pair(membership=cast.membership("bob"), pair=question, verdict=PairVerdict.SAME)
    decide_pair(membership=cast.membership("bob"), pair=question, verdict=PairVerdict.SAME)
    with pytest.raises(StaleError):
        decide_pair(membership=cast.membership("cara"), pair=question, verdict=PairVerdict.DISTINCT)
    assert AuditEvent.objects.filter(kind=AuditKind.PAIR_SAME).count() == 1


def test_observers_decide_nothing(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    question, olga = pair(cast, a, b), cast.membership("olga")
    for act in (
        lambda: decide_pair(membership=olga, pair=question, verdict=PairVerdict.SAME),
        lambda: reopen_pair(membership=olga, pair=question),
        lambda: mark_duplicate(membership=olga, record=a, of=b),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_a_person_names_a_duplicate(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    cara = cast.membership("cara")
    marked = mark_duplicate(membership=cara, record=b, of=a)
    assert (marked.probability, marked.decided_by) == (None, cast.cara)
    assert len(set(kept(a, b))) == 1
    assert mark_duplicate(membership=cara, record=a, of=b).pk == marked.pk
    with pytest.raises(DomainError, match="itself"):
        mark_duplicate(membership=cara, record=a, of=a)
    elsewhere = make_record(cast.other_review)
    with pytest.raises(DomainError):
        mark_duplicate(membership=cara, record=a, of=elsewhere)


# ---- groups


def test_a_chain_becomes_one_group_with_one_kept_record(cast: Cast) -> None:
    a, b, c = (copy(cast) for _ in range(3))
    automatic(cast, a, b)
    automatic(cast, b, c)
    regroup(cast)
    assert len(set(kept(a, b, c))) == 1
    root = kept(a)[0]
    assert Record.objects.get(pk=root).duplicate_of is None
    assert not Record.objects.filter(duplicate_of__duplicate_of__isnull=False).exists()


def test_told_apart_within_a_group_reopens_the_weaker_link(cast: Cast) -> None:
    a, b, c = (copy(cast) for _ in range(3))
    ab, _, weak = automatic(cast, a, b), automatic(cast, a, c, 0.99), automatic(cast, b, c, 0.96)
    regroup(cast)
    reopen_pair(membership=cast.membership("bob"), pair=ab)
    weak.refresh_from_db()
    assert weak.verdict == PairVerdict.OPEN
    assert weak.reasons[-1] == APART
    assert len(set(kept(a, c))) == 1
    assert kept(b) == [b.pk]


def test_a_person_who_joins_what_the_rules_would_not_reopens_no_sure_pair(cast: Cast) -> None:
    """The rules hold b and c apart (two DOIs of one registrant); a person knows better than they do of a and c."""
    a, b = copy(cast, doi="10.1000/one"), copy(cast, doi="10.1000/one")
    c = copy(cast, doi="10.1000/two", title="Evening light and sleep: a cohort study", pages="300-309")
    sure, doubtful = automatic(cast, a, b), pair(cast, a, c)
    regroup(cast)
    bob = cast.membership("bob")
    decide_pair(membership=bob, pair=doubtful, verdict=PairVerdict.SAME)
    sure.refresh_from_db()
    assert sure.verdict == PairVerdict.SAME
    assert len(set(kept(a, b, c))) == 1
    reopen_pair(membership=bob, pair=doubtful)
    sure.refresh_from_db()
    assert sure.verdict == PairVerdict.SAME
    assert len(set(kept(a, b))) == 1
    assert kept(c) == [c.pk]


def test_a_person_who_tells_apart_wins_over_the_system_through_another_record(cast: Cast) -> None:
    a, b, c = (copy(cast) for _ in range(3))
    weak = automatic(cast, b, c)
    regroup(cast)
    bob = cast.membership("bob")
    mark_duplicate(membership=bob, record=a, of=c)
    decide_pair(membership=bob, pair=pair(cast, a, b), verdict=PairVerdict.DISTINCT)
    weak.refresh_from_db()
    assert weak.verdict == PairVerdict.OPEN
    assert len(set(kept(a, c))) == 1
    assert kept(b) == [b.pk]


def test_persons_who_contradict_each_other_are_told(cast: Cast) -> None:
    a, b, c = make_records(cast.review, 3)
    bob = cast.membership("bob")
    mark_duplicate(membership=bob, record=a, of=c)
    mark_duplicate(membership=bob, record=b, of=c)
    question = pair(cast, a, b)
    with pytest.raises(DomainError, match="contradicts another decision"):
        decide_pair(membership=bob, pair=question, verdict=PairVerdict.DISTINCT)
    question.refresh_from_db()
    assert question.verdict == PairVerdict.OPEN


# ---- votes and reports


def test_the_record_with_votes_is_kept_and_votes_stay(cast: Cast) -> None:
    full, bare = copy(cast, doi="10.1000/a"), make_record(cast.review, abstract="", journal="", title=FACTS["title"])
    ballot = vote(cast, bare)
    mark_duplicate(membership=cast.membership("alice"), record=full, of=bare)
    assert kept(full, bare) == [bare.pk, bare.pk]
    ballot.refresh_from_db()
    assert (ballot.record_id, ballot.superseded_at) == (bare.pk, None)


def test_a_plain_report_is_withdrawn_and_comes_back(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    worked = include(cast, a, retrieval_status=RetrievalStatus.RETRIEVED)
    plain = include(cast, b)
    alice = cast.membership("alice")
    merged = mark_duplicate(membership=alice, record=b, of=a)
    plain.refresh_from_db()
    assert kept(a, b) == [a.pk, a.pk]
    assert plain.withdrawn_at is not None
    assert Decision.objects.filter(superseded_at=None).count() == 2
    reopen_pair(membership=alice, pair=merged)
    plain.refresh_from_db()
    worked.refresh_from_db()
    assert plain.withdrawn_at is None
    assert worked.withdrawn_at is None


def test_two_full_texts_under_work_are_never_made_one(cast: Cast) -> None:
    a, b = copy(cast), copy(cast)
    for record in (a, b):
        include(cast, record, retrieval_status=RetrievalStatus.RETRIEVED)
    alice = cast.membership("alice")
    with pytest.raises(DomainError, match="Link the two reports to one study"):
        mark_duplicate(membership=alice, record=a, of=b)
    assert not DuplicatePair.objects.exists()
    found = automatic(cast, a, b)
    regroup(cast)
    found.refresh_from_db()
    assert found.verdict == PairVerdict.OPEN
    assert kept(a, b) == [a.pk, b.pk]


def test_the_flow_counts_add_up_after_every_step(cast: Cast) -> None:
    a, b, c = (copy(cast) for _ in range(3))
    alice = cast.membership("alice")
    steps = [
        lambda: mark_duplicate(membership=alice, record=a, of=b),
        lambda: mark_duplicate(membership=alice, record=b, of=c),
        lambda: reopen_pair(membership=alice, pair=DuplicatePair.objects.earliest("id")),
        lambda: reopen_pair(membership=alice, pair=DuplicatePair.objects.latest("id")),
    ]
    removed = []
    for step in steps:
        step()
        summary = duplicate_summary(cast.review.pk)
        assert summary.found == summary.removed + summary.left == 3
        removed.append(summary.removed)
    assert removed == [1, 2, 1, 0]
