"""What an export is given of each record: its fields, where it stands, and only votes that may be read."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from screening.constants import RetrievalStatus, ScreeningStatus, Stage, Verdict
from screening.exporters.rows import ExportRow
from screening.models import ExclusionReason, Record, Report
from screening.queries import exports
from screening.queries.exports import export_rows, filter_words, selection_of, voter_names
from screening.queries.flow import box_records
from screening.queries.records import RecordFilter, record_list
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from screening.services.retrieval import set_retrieval
from tests.factories import Cast, add_member, make_duplicate, make_record, make_records, make_search, make_user

FIELDS = {
    "title": "Sleep",
    "original_title": "Schlaf",
    "year": 2020,
    "date": "2020-03-01",
    "journal": "Rest",
    "journal_abbreviation": "R",
    "volume": "1",
    "issue": "2",
    "pages": "3-9",
    "abstract": "BACKGROUND: a\nMETHODS: b",
    "doi": "10.1/x",
    "pmid": "1",
    "pmcid": "PMC123",
    "accession_numbers": [["Embase", "L1"]],
    "issn": ["1234-5678"],
    "isbn": ["316148410X"],
    "keywords": ["a", "b"],
    "publication_type": "Journal article",
    "language": "en",
    "urls": ["https://example.org/"],
    "notes": "n",
    "raw": "RAW",
}


def rows_of(cast: Cast, *, votes: bool = True, notes: bool = False) -> dict[int, ExportRow]:
    selection = selection_of(cast.review.pk, Record.objects.filter(review=cast.review))
    voters = voter_names(cast.review.pk) if votes else {}
    return {row.number: row for row in export_rows(selection, voters, notes=notes)}


def vote(cast: Cast, who: str, target: Record | Report, verdict: Verdict, reason: int | None = None) -> None:
    stage = Stage.TITLE_ABSTRACT if isinstance(target, Record) else Stage.FULL_TEXT
    judgement = Judgement(verdict, reason, f"note of {who}")
    submit_decision(membership=cast.membership(who), stage=stage, target_id=target.pk, judgement=judgement)


def test_every_field_leaves(cast: Cast) -> None:
    record = make_record(cast.review, search=make_search(cast.review, source="Embase", platform="Ovid"), **FIELDS)
    row = rows_of(cast)[record.pk]
    for name, value in FIELDS.items():
        if name == "raw":
            assert row.record.raw == ""
        elif name == "accession_numbers":
            assert row.record.accession_numbers == (("Embase", "L1"),)
        else:
            got = getattr(row.record, name)
            assert (list(got) if isinstance(value, list) else got) == value
    assert [author.display for author in row.record.authors] == ["Rowe Ann"]
    assert (row.source, row.platform, row.title_abstract_status) == ("Embase", "Ovid", "Being screened")
    assert (row.full_text_status, row.exclusion_reason, row.duplicate_of, row.votes) == ("", "", None, ())


def test_a_duplicate_names_the_record_that_is_kept(cast: Cast) -> None:
    record = make_record(cast.review)
    copy = make_duplicate(record)
    row = rows_of(cast)[copy.pk]
    assert (row.duplicate_of, row.title_abstract_status) == (record.pk, "Duplicate")


def test_votes_leave_when_the_record_is_settled_and_not_before(cast: Cast) -> None:
    record, other = make_records(cast.review, 2)
    vote(cast, "bob", record, Verdict.INCLUDE)
    vote(cast, "bob", other, Verdict.EXCLUDE)
    vote(cast, "cara", other, Verdict.INCLUDE)
    assert voter_names(cast.review.pk) == {}
    found = rows_of(cast)
    assert {row.title_abstract_status for row in found.values()} == {"Being screened"}
    assert not any(row.votes for row in found.values())
    vote(cast, "cara", record, Verdict.MAYBE)
    row = rows_of(cast)[record.pk]
    assert [(v.reviewer, v.verdict, v.note) for v in row.votes] == [
        ("Bob Reviewer", Verdict.INCLUDE, ""),
        ("Cara Reviewer", Verdict.MAYBE, ""),
    ]
    assert row.title_abstract_status == "Included"
    assert rows_of(cast)[other.pk].votes == ()
    assert rows_of(cast, notes=True)[record.pk].votes[0].note == "note of bob"
    assert rows_of(cast, votes=False)[record.pk].votes == ()


def test_a_settled_conflict_says_by_whom_and_why(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    vote(cast, "cara", record, Verdict.INCLUDE)
    adjudicate(
        membership=cast.membership("dan"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.EXCLUDE, note="Children."),
    )
    row = rows_of(cast)[record.pk]
    assert row.title_abstract_settlement == "Exclude (third reviewer, Dan Adjudicator): Children."
    assert len(row.votes) == 2
    assert rows_of(cast, votes=False)[record.pk].title_abstract_settlement == ""


def test_an_excluded_report_has_its_reason_and_its_votes_only_once_settled(cast: Cast) -> None:
    record = make_record(cast.review)
    for who in ("bob", "cara"):
        vote(cast, who, record, Verdict.INCLUDE)
    report = Report.objects.get(record=record)
    assert rows_of(cast)[record.pk].full_text_status == RetrievalStatus.SOUGHT.label
    set_retrieval(membership=cast.membership("bob"), report_id=report.pk, status=RetrievalStatus.RETRIEVED, note="read")
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    assert reason is not None
    vote(cast, "bob", report, Verdict.EXCLUDE, reason.pk)
    row = rows_of(cast)[record.pk]
    assert (row.full_text_status, row.exclusion_reason, len(row.votes)) == ("Being assessed", "", 2)
    vote(cast, "cara", report, Verdict.EXCLUDE, reason.pk)
    row = rows_of(cast)[record.pk]
    assert (row.full_text_status, row.exclusion_reason) == ("Excluded", reason.text)
    assert [v.reason for v in row.votes] == ["", "", reason.text, reason.text]


def test_people_of_one_name_are_numbered(cast: Cast) -> None:
    twin = make_user("Bob Reviewer")
    add_member(cast.review, twin)
    record = make_record(cast.review)
    vote(cast, "bob", record, Verdict.INCLUDE)
    submit_decision(
        membership=twin.memberships.select_related("review", "user").get(),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    assert list(voter_names(cast.review.pk).values()) == ["Bob Reviewer", "Bob Reviewer (2)"]


def test_boxes_hold_their_own_records_and_those_of_their_reports_and_studies(cast: Cast) -> None:
    screened, excluded = make_records(cast.review, 2)
    for who in ("bob", "cara"):
        vote(cast, who, excluded, Verdict.EXCLUDE)
        vote(cast, who, screened, Verdict.INCLUDE)
    report = Report.objects.get(record=screened)
    set_retrieval(membership=cast.membership("bob"), report_id=report.pk, status=RetrievalStatus.RETRIEVED, note="read")
    for who in ("bob", "cara"):
        vote(cast, who, report, Verdict.INCLUDE)

    def box(key: str) -> set[int] | None:
        records = box_records(cast.review.pk, key)
        return None if records is None else set(selection_of(cast.review.pk, records).ids)

    assert box("db_screened") == {screened.pk, excluded.pk}
    assert box("db_excluded") == {excluded.pk}
    assert box("db_assessed") == {screened.pk}
    assert box("included") == {screened.pk}
    assert box(f"database_specific_results:{screened.search_id}") == {screened.pk, excluded.pk}
    assert box("no_such_box") is None
    assert box_records(cast.other_review.pk, "db_screened") is not None
    assert not selection_of(cast.other_review.pk, box_records(cast.other_review.pk, "db_screened")).ids  # type: ignore[arg-type]


def test_a_filter_narrows_the_selection_and_is_put_in_words(cast: Cast) -> None:
    record = make_record(cast.review, title="On tides", title_abstract_status=ScreeningStatus.INCLUDED)
    make_record(cast.review)
    wanted = RecordFilter(status="included", text="tides")
    assert selection_of(cast.review.pk, record_list(cast.review.pk, wanted)).ids == [record.pk]
    assert filter_words(wanted) == "Included at title and abstract; title has “tides”"
    assert filter_words(RecordFilter()) == "All records"


@pytest.mark.parametrize("votes", [False, True])
def test_queries_grow_with_chunks_and_not_with_records(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, votes: bool
) -> None:
    for record in make_records(cast.review, 6):
        for who in ("bob", "cara"):
            vote(cast, who, record, Verdict.INCLUDE)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(rows_of(cast, votes=votes)) in (6, 12)
        return len(captured)

    at_six = count()
    make_records(cast.review, 6)
    assert count() == at_six
    monkeypatch.setattr(exports, "CHUNK", 3)
    assert count() <= at_six + 3 * 4
