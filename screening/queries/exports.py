"""Records as they leave the app, a chunk at a time: memory does not grow with their number, but for a list of numbers.

Blinding: a vote is given out once its record (or report) is settled, to whoever may read it on the record's own page.
Before that nobody's vote leaves, the reader's own included, and a record in conflict is "being screened" like others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from reviewapp.models import User
from screening.constants import SETTLED_STATUSES, RemovalReason, ScreeningStatus, Stage, Verdict
from screening.exporters.rows import ExportOptions, ExportRow, ExportVote
from screening.importers.types import Author, ParsedRecord
from screening.models import Adjudication, Decision, ExclusionReason, Record, Report, Search
from screening.queries.elsewhere import blind_notes
from screening.queries.flow import with_settled_reason
from screening.queries.records import COPY_WORDS, STATUS_WORDS, RecordFilter, blind_status
from screening.queries.reports import blind_report_status

CHUNK = 500
"""Records read at once."""
_SETTLED = (
    Q(record__title_abstract_status__in=SETTLED_STATUSES) & ~Q(record__removal_reason=RemovalReason.DUPLICATE)
) | Q(report__full_text_status__in=SETTLED_STATUSES, report__withdrawn_at=None)
"""Judgements that may be read: as `record_history` has it."""
_PLAIN = (
    "title",
    "original_title",
    "year",
    "date",
    "journal",
    "journal_abbreviation",
    "volume",
    "issue",
    "pages",
    "abstract",
    "doi",
    "pmid",
    "pmcid",
    "publication_type",
    "language",
    "notes",
)
_LISTS = ("issn", "isbn", "keywords", "urls")


@dataclass(frozen=True)
class Selection:
    """What is exported: numbers of records in order, as at one moment, whatever happens while they are written."""

    review_id: int
    ids: Sequence[int]


@dataclass(frozen=True)
class _Chunk:
    """What is known of the records of one chunk, by the record's number."""

    reports: Mapping[int, Any]
    reasons: Mapping[int, str]
    votes: Mapping[int, list[ExportVote]]
    settlements: Mapping[tuple[int, Stage], str]


def selection_of(review_id: int, records: QuerySet[Record]) -> Selection:
    """The records of the queryset, in the order of their import. One query; some 40 bytes of memory for each record."""
    return Selection(review_id, list(records.order_by("id").values_list("pk", flat=True)))


def filter_words(wanted: RecordFilter) -> str:
    """What the list is narrowed to, for the log."""
    words = (
        f"search {wanted.search}" if wanted.search is not None else "",
        f"imported file {wanted.batch}" if wanted.batch is not None else "",
        STATUS_WORDS.get(wanted.status, ""),
        COPY_WORDS.get(wanted.copies, ""),
        f"title has “{wanted.text}”" if wanted.text else "",
    )
    return "; ".join(filter(None, words)) or "All records"


def voter_names(review_id: int) -> dict[int, str]:
    """Whose settled votes there are: name by user number, in the order of names. People of one name are numbered."""
    settled = Decision.objects.filter(_SETTLED, review_id=review_id, superseded_at=None)
    people = User.objects.filter(pk__in=settled.values("reviewer_id")).order_by("pk")
    seen: Counter[str] = Counter()
    names: dict[int, str] = {}
    for person in people:
        name = " ".join(str(person).split())
        seen[name] += 1
        names[person.pk] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def export_options(voters: Mapping[int, str], *, notes: bool) -> ExportOptions:
    """The columns of votes that an export has; none without voters."""
    return ExportOptions(voters=tuple(voters.values()), notes=notes)


def export_rows(selection: Selection, voters: Mapping[int, str], *, notes: bool = False) -> Iterator[ExportRow]:
    """The rows of a selection; with the votes of `voters` (as `voter_names` gives them), none if it is empty.

    `notes`: with what the voters noted. At most six queries per 500 records.
    """
    searches = Search.objects.filter(review_id=selection.review_id).in_bulk()
    reasons = {reason.pk: reason.text for reason in ExclusionReason.objects.filter(review_id=selection.review_id)}
    for start in range(0, len(selection.ids), CHUNK):
        ids = selection.ids[start : start + CHUNK]
        records = list(Record.objects.filter(pk__in=ids).defer("raw", "other", "warnings").order_by("id"))
        notes_of = blind_notes(records)
        chunk = _chunk(ids, reasons, voters, notes=notes)
        for record in records:
            record.notes = notes_of.get(record.pk, record.notes)
            yield _row(record, searches[record.search_id], chunk)


def _chunk(ids: Sequence[int], reasons: Mapping[int, str], voters: Mapping[int, str], *, notes: bool) -> _Chunk:
    reports = {
        report.record_id: report
        for report in with_settled_reason(Report.objects.filter(record_id__in=ids, withdrawn_at=None))
    }
    if not voters:
        return _Chunk(reports, reasons, {}, {})
    records_of = {report.pk: record_id for record_id, report in reports.items()}
    about = Q(record_id__in=ids) | Q(report_id__in=list(records_of))
    votes: defaultdict[int, list[ExportVote]] = defaultdict(list)
    decisions = Decision.objects.filter(_SETTLED, about, superseded_at=None).order_by("id")
    for decision in decisions:
        if decision.reviewer_id in voters:
            votes[decision.record_id or records_of[decision.report_id or 0]].append(
                ExportVote(
                    reviewer=voters[decision.reviewer_id],
                    stage=Stage(decision.stage),
                    verdict=Verdict(decision.verdict),
                    reason=reasons.get(decision.reason_id or 0, ""),
                    note=decision.note if notes else "",
                )
            )
    return _Chunk(reports, reasons, votes, _settlements(about, records_of, reasons))


def _settlements(about: Q, records_of: Mapping[int, int], reasons: Mapping[int, str]) -> dict[tuple[int, Stage], str]:
    """How conflicts were settled, in words: by record and stage."""
    standing = Adjudication.objects.filter(_SETTLED, about, superseded_at=None, confirmed_at__isnull=False)
    found = {}
    for item in standing.select_related("adjudicator"):
        outcome = f"{item.get_verdict_display()} ({item.get_kind_display().lower()}, {item.adjudicator})"
        reason = reasons.get(item.reason_id or 0, "")
        words = ": ".join(filter(None, (outcome, reason, item.rationale)))
        found[item.record_id or records_of[item.report_id or 0], Stage(item.stage)] = words
    return found


def _row(record: Record, search: Search, chunk: _Chunk) -> ExportRow:
    report = chunk.reports.get(record.pk)
    excluded = report is not None and report.full_text_status == ScreeningStatus.EXCLUDED
    return ExportRow(
        record=_with_origins(record),
        number=record.pk,
        source=search.source,
        platform=search.platform,
        duplicate_of=record.duplicate_of_id,
        title_abstract_status=blind_status(record)[1],
        full_text_status=blind_report_status(report)[1] if report is not None else "",
        exclusion_reason=chunk.reasons.get(report.settled_reason, "") if report is not None and excluded else "",
        title_abstract_settlement=chunk.settlements.get((record.pk, Stage.TITLE_ABSTRACT), ""),
        full_text_settlement=chunk.settlements.get((record.pk, Stage.FULL_TEXT), ""),
        votes=tuple(chunk.votes.get(record.pk, ())),
    )


def _with_origins(record: Record) -> ParsedRecord:
    """The record as people see it: with what it borrows from its copies, and where that comes from among its notes."""
    parsed = parsed_record(record.as_shown())
    notes = "\n".join(filter(None, (parsed.notes, *(f"{origin}." for origin in record.origins))))
    return replace(parsed, notes=notes) if record.origins else parsed


def parsed_record(record: Record) -> ParsedRecord:
    """A stored record as an importer gave it, without what only describes its import."""
    fields: dict[str, Any] = {name: getattr(record, name) for name in _PLAIN}
    fields |= {name: tuple(getattr(record, name)) for name in _LISTS}
    return ParsedRecord(
        **fields,
        authors=tuple(Author(**author) for author in record.authors),
        accession_numbers=tuple((source, number) for source, number in record.accession_numbers),
    )
