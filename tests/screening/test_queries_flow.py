"""The flow's numbers: counted again by hand, equal to the rows behind each box, null where nothing was counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from screening.constants import (
    DATABASE_KINDS,
    BatchState,
    PairVerdict,
    PairZone,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    SourceKind,
    Stage,
    Verdict,
)
from screening.models import DuplicatePair, ExclusionReason, Record, Report, Study
from screening.queries.flow import NO_REASON, flow_counts, flow_rows, searches_without_file
from screening.rules.flow import FlowCounts, PendingCounts, sum_reasons
from screening.rules.flow_boxes import FlowBox, flow_boxes
from screening.rules.flow_checks import adds_up, check_flow
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_batch, make_duplicate, make_record, make_records, make_report, make_search
from tests.screening.flow_states import make_state, mark_compared

pytestmark = pytest.mark.django_db
SEEDS = range(20)


def total_of(box: FlowBox, counts: FlowCounts) -> int | None:
    """What a box with several lines holds altogether."""
    whole = {"db_identified": counts.identified, "db_removed": counts.removed, "ot_identified": counts.identified_other}
    return whole[box.id] if box.id in whole else box.lines[0].n


@pytest.mark.parametrize("seed", SEEDS)
def test_every_box_opens_as_many_rows_as_it_says(seed: int) -> None:
    cast = make_state(seed)
    make_state(seed + 100)  # another review in the same tables
    counts = flow_counts(cast.review)
    for box in flow_boxes(counts):
        shown = {line.key: line.n for line in box.lines} | {box.id: total_of(box, counts)}
        for key, n in shown.items():
            rows = flow_rows(cast.review.pk, key)
            assert rows is not None, key
            assert rows.count() == (n or 0), key
    assert adds_up(check_flow(counts)), [check for check in check_flow(counts) if check.holds is False]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_numbers_are_those_counted_by_hand(seed: int) -> None:
    cast = make_state(seed)
    records = list(Record.objects.filter(review=cast.review).select_related("search"))
    reports = list(Report.objects.filter(review=cast.review, withdrawn_at=None).select_related("record__search"))
    ours = [record for record in records if record.search.kind in DATABASE_KINDS]
    screened = [record for record in ours if not record.removal_reason]
    sought = [report for report in reports if report.record.search.kind in DATABASE_KINDS]
    by_status = Counter(record.title_abstract_status for record in screened)
    outcomes = Counter(r.full_text_status for r in sought if r.retrieval_status == RetrievalStatus.RETRIEVED)
    retrieval = Counter(report.retrieval_status for report in sought)
    counts = flow_counts(cast.review)
    assert [counts.identified or 0, counts.removed or 0] == [len(ours), len(ours) - len(screened)]
    assert [counts.records_screened or 0, counts.records_excluded or 0] == [len(screened), by_status["excluded"]]
    assert [counts.dbr_sought_reports or 0, counts.dbr_notretrieved_reports or 0, counts.dbr_assessed or 0] == [
        len(sought),
        retrieval["not_retrieved"],
        retrieval["retrieved"],
    ]
    assert (sum_reasons(counts.dbr_excluded) or 0) == outcomes["excluded"]
    assert counts.pending.records == by_status["pending"] + by_status["conflict"]
    assert counts.pending.dbr_reports == outcomes["pending"] + outcomes["conflict"]
    assert counts.pending.dbr_reports_sought == retrieval["sought"]
    assert (counts.new_studies or 0) == len({report.study_id for report in reports if report.study_id})
    assert (counts.new_reports or 0) == sum(r.full_text_status == ScreeningStatus.INCLUDED for r in reports)


def test_nothing_is_counted_before_the_first_source(cast: Cast) -> None:
    counts = flow_counts(cast.review)
    assert counts == FlowCounts(pending=PendingCounts())
    assert not counts.in_progress


def test_a_search_counts_once_a_file_is_imported_or_it_found_nothing(cast: Cast) -> None:
    waiting, failed, empty, done = (make_search(cast.review, source=f"Source {letter}") for letter in "ABCD")
    make_batch(waiting, state=BatchState.WAITING)
    make_batch(failed, state=BatchState.FAILED)
    make_batch(done)
    empty.reported_count = 0
    empty.save()
    counts = flow_counts(cast.review)
    assert [(source.name, source.n) for source in counts.sources] == [("Source C", 0), ("Source D", 0)]
    assert counts.pending.imports_running == 1
    assert searches_without_file(cast.review.pk) == ["Source A", "Source B"]


def test_duplicates_are_null_until_they_have_been_looked_for(cast: Cast) -> None:
    records = make_records(cast.review, 2)
    assert flow_counts(cast.review).duplicates is None
    assert flow_counts(cast.review).pending.imports_uncompared == 1
    mark_compared(cast)
    assert flow_counts(cast.review).duplicates == 0
    assert flow_counts(cast.review).pending.imports_uncompared == 0
    make_duplicate(records[0])
    assert flow_counts(cast.review).duplicates == 1


def test_other_methods_have_their_own_column(cast: Cast) -> None:
    website = make_search(cast.review, kind=SourceKind.WEBSITE)
    registered = make_search(cast.review, kind=SourceKind.REGISTER)
    kept = make_records(cast.review, 3, search=registered)[0]
    make_records(cast.review, 2, search=website)
    copy = make_duplicate(kept, search=website)
    counts = flow_counts(cast.review)
    assert (counts.database_results, counts.register_results, counts.website_results) == (None, 3, 3)
    assert counts.duplicates is None, "the copy was identified by another method"
    Record.objects.filter(pk=copy.pk).update(duplicate_of=None, removal_reason="")
    Record.objects.filter(pk=kept.pk).update(duplicate_of=copy, removal_reason=RemovalReason.DUPLICATE)
    counts = flow_counts(cast.review)
    assert (counts.duplicates, counts.records_screened, counts.website_results) == (1, 2, 3)
    assert counts.pending.other_records_awaiting == 3


def test_only_other_methods_leave_the_databases_uncounted(cast: Cast) -> None:
    make_records(cast.review, 1, search=make_search(cast.review, kind=SourceKind.CITATION_SEARCHING))
    counts = flow_counts(cast.review)
    assert (counts.identified, counts.records_screened, counts.dbr_sought_reports, counts.dbr_excluded) == (None,) * 4
    assert (counts.citations_results, counts.other_sought_reports, counts.other_excluded) == (1, 0, ())


def exclude(cast: Cast, report: Report, **reasons: ExclusionReason) -> None:
    for name, reason in reasons.items():
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.FULL_TEXT,
            target_id=report.pk,
            judgement=Judgement(Verdict.EXCLUDE, reason.pk),
        )


def test_the_reason_is_the_adjudicated_one_else_the_common_one(cast: Cast) -> None:
    first, second = ExclusionReason.objects.filter(review=cast.review)
    third = ExclusionReason.objects.create(review=cast.review, text="Wrong outcomes", position=3)
    agreed, settled, open_ = (make_report(cast.review) for _ in range(3))
    exclude(cast, agreed, bob=second, cara=second)
    exclude(cast, settled, bob=first, cara=second)
    exclude(cast, open_, bob=first, cara=second)
    adjudicate(
        membership=cast.membership("dan"),
        stage=Stage.FULL_TEXT,
        target_id=settled.pk,
        judgement=Judgement(Verdict.EXCLUDE, third.pk, "No outcome of ours."),
    )
    counts = flow_counts(cast.review)
    assert [(row.reason, row.n) for row in counts.dbr_excluded or ()] == [
        ("Wrong study design", 1),
        ("Wrong outcomes", 1),
    ]
    assert list(flow_rows(cast.review.pk, f"dbr_excluded:{third.pk}") or ()) == [settled]
    assert list(flow_rows(cast.review.pk, f"dbr_excluded:{second.pk}") or ()) == [agreed]
    assert counts.pending.dbr_reports_awaiting == 1


def test_a_changed_vote_counts_with_its_last_reason(cast: Cast) -> None:
    first, second = ExclusionReason.objects.filter(review=cast.review)
    report = make_report(cast.review)
    exclude(cast, report, bob=first)
    exclude(cast, report, bob=second)
    exclude(cast, report, cara=second)
    assert [(row.reason, row.n) for row in flow_counts(cast.review).dbr_excluded or ()] == [(second.text, 1)]


def test_an_exclusion_without_a_reason_on_record_is_shown(cast: Cast) -> None:
    report = make_report(cast.review, full_text_status=ScreeningStatus.EXCLUDED)
    [row] = flow_counts(cast.review).dbr_excluded or ()
    assert (row.n, row.key) == (1, NO_REASON)
    assert list(flow_rows(cast.review.pk, f"dbr_excluded:{NO_REASON}") or ()) == [report]


def test_a_flow_that_does_not_add_up_says_so(cast: Cast) -> None:
    make_records(cast.review, 2, title_abstract_status=ScreeningStatus.INCLUDED)  # included, but no report is sought
    failing = [check.id for check in check_flow(flow_counts(cast.review)) if check.holds is False]
    assert failing == ["P4"]


def test_withdrawn_reports_and_studies_are_not_counted(cast: Cast) -> None:
    report = make_report(cast.review)
    before = flow_counts(cast.review)
    Study.objects.create(
        review=cast.review, label="Gone 2020", created_at=report.created_at, withdrawn_at=report.created_at
    )
    make_report(cast.review, withdrawn_at=report.created_at)
    after = flow_counts(cast.review)
    assert (after.dbr_sought_reports, after.new_studies) == (before.dbr_sought_reports, before.new_studies) == (1, 0)


def test_pairs_that_wait_are_counted_as_the_queue_counts_them(cast: Cast) -> None:
    first, second = make_records(cast.review, 2)
    DuplicatePair.objects.create(
        review=cast.review, first=first, second=second, zone=PairZone.DOUBTFUL, verdict=PairVerdict.OPEN
    )
    assert flow_counts(cast.review).pending.duplicates_awaiting == 1


def test_conflicts_are_not_told_from_records_that_wait(cast: Cast) -> None:
    make_records(cast.review, 2)
    waiting = flow_counts(cast.review)
    Record.objects.filter(review=cast.review).update(title_abstract_status=ScreeningStatus.CONFLICT)
    assert flow_counts(cast.review) == waiting
    assert waiting.pending == replace(PendingCounts(), records_awaiting=2, imports_uncompared=1)


@pytest.mark.parametrize(
    "key",
    ["", "nothing", "dbr_", "dbr_x", "records_screened:1", "dbr_assessed:1", "dbr_excluded:x", "dbr_excluded:²",
     "database_specific_results", "database_specific_results:x", "previous_studies", "prev", "total"],
)  # fmt: skip
def test_a_key_without_rows_is_refused(cast: Cast, key: str) -> None:
    assert flow_rows(cast.review.pk, key) is None


@pytest.mark.parametrize("number", [10**18, 10**30, "9" * 5000])
def test_a_number_beyond_any_row_is_refused(cast: Cast, number: int | str) -> None:
    assert flow_rows(cast.review.pk, f"database_specific_results:{number}") is None


def test_sources_and_reasons_of_another_review_find_nothing(cast: Cast) -> None:
    theirs = make_search(cast.other_review)
    make_record(cast.other_review, search=theirs)
    rows = flow_rows(cast.review.pk, f"database_specific_results:{theirs.pk}")
    assert rows is not None
    assert not rows.exists()


def test_two_searches_of_one_source_keep_apart(cast: Cast) -> None:
    for platform in ("Ovid", "PubMed"):
        make_records(cast.review, 1, search=make_search(cast.review, source="MEDLINE", platform=platform))
    assert [source.name for source in flow_counts(cast.review).sources] == ["MEDLINE (Ovid)", "MEDLINE (PubMed)"]


def test_the_number_of_queries_is_fixed() -> None:
    used = []
    for records in (3, 12):
        cast = make_state(3, records=records)
        with CaptureQueriesContext(connection) as captured:
            flow_counts(cast.review)
        used.append(len(captured))
    assert used[0] == used[1] <= 9
