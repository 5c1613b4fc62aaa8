"""Reads about imported files: their state, their receipt, and what stands in the way of withdrawing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from screening.constants import BatchState
from screening.models import Adjudication, Decision, DuplicatePair, ImportBatch, Record, RejectedRow, Report

FIELD_WORDS = {
    "title": "Title",
    "original_title": "Original title",
    "authors": "Authors",
    "year": "Year",
    "date": "Date",
    "journal": "Journal",
    "journal_abbreviation": "Journal abbreviation",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "abstract": "Abstract",
    "doi": "DOI",
    "pmid": "PubMed identifier",
    "pmcid": "PubMed Central identifier",
    "accession_numbers": "Other accession numbers",
    "issn": "ISSN",
    "isbn": "ISBN",
    "keywords": "Keywords",
    "publication_type": "Publication type",
    "language": "Language",
    "urls": "Links",
    "notes": "Notes",
    "votes": "Votes made elsewhere",
}


@dataclass(frozen=True)
class BatchLine:
    """One file: records stored and entries rejected. Both are 0 unless it is imported."""

    batch: ImportBatch
    stored: int
    rejected: int

    @property
    def read(self) -> int:
        """read = stored + rejected."""
        return self.stored + self.rejected

    @property
    def is_busy(self) -> bool:
        """True while someone should look again soon."""
        return self.batch.state == BatchState.WAITING

    @property
    def is_stuck(self) -> bool:
        """True where the file waits, but its job has ended: it must be started again."""
        job = self.batch.job
        return self.is_busy and (job is None or job.is_finished)


def _count_of(queryset: QuerySet[Any]) -> Coalesce:
    counts = queryset.filter(batch=OuterRef("pk")).order_by().values("batch").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


def batch_lines(batches: QuerySet[ImportBatch]) -> list[BatchLine]:
    """Files in the order of their upload, in one query."""
    rows = (
        batches.select_related("search", "job", "uploaded_by")
        .annotate(stored=_count_of(Record.objects.all()), refused=_count_of(RejectedRow.objects.all()))
        .order_by("id")
    )
    return [BatchLine(batch, batch.stored, batch.refused if batch.state == BatchState.DONE else 0) for batch in rows]


def batch_line(batch: ImportBatch) -> BatchLine:
    """One file."""
    return batch_lines(ImportBatch.objects.filter(pk=batch.pk))[0]


@dataclass(frozen=True)
class FieldCount:
    """How many records of a file have a field."""

    label: str
    count: int


@dataclass(frozen=True)
class ReceiptView:
    """All that is said about one imported file."""

    line: BatchLine
    shown: list[FieldCount]
    not_shown: list[FieldCount]
    search_read: int
    """Entries read from all imported files of the same search."""
    obstacles: list[str]
    """Why the import cannot be withdrawn; empty where it can."""

    @property
    def batch(self) -> ImportBatch:
        """The file."""
        return self.line.batch

    @property
    def difference(self) -> int | None:
        """Entries read for the search beyond what the source reported; None where no count is known."""
        reported = self.batch.search.reported_count
        return None if reported is None else self.search_read - reported


def receipt_view(batch: ImportBatch) -> ReceiptView:
    """The receipt of one file, in a fixed number of queries."""
    counts = batch.field_counts
    shown = counts.get("shown", {})
    done = ImportBatch.objects.filter(search_id=batch.search_id, state=BatchState.DONE)
    read = Record.objects.filter(batch__in=done).count() + RejectedRow.objects.filter(batch__in=done).count()
    return ReceiptView(
        line=batch_line(batch),
        shown=[FieldCount(word, shown.get(name, 0)) for name, word in FIELD_WORDS.items() if name != "votes"],
        not_shown=[FieldCount(name, number) for name, number in counts.get("not_shown", {}).items()],
        search_read=read,
        obstacles=what_rests_on(batch) if batch.state == BatchState.DONE else [],
    )


def rejected_rows(batch: ImportBatch) -> QuerySet[RejectedRow]:
    """Entries that could not be stored, in the order of the file; none unless the file is imported."""
    if batch.state != BatchState.DONE:
        return RejectedRow.objects.none()
    return RejectedRow.objects.filter(batch=batch).order_by("line", "id")


def what_rests_on(batch: ImportBatch) -> list[str]:
    """In words, the work of persons that withdrawing the import would take away. Says that there are votes, not whose
    or which: a lead must know why it is refused."""
    decided = DuplicatePair.objects.filter(decided_by__isnull=False)
    work = {
        "votes": Decision.objects.filter(record__batch=batch),
        "settled conflicts": Adjudication.objects.filter(record__batch=batch),
        "reports": Report.objects.filter(record__batch=batch),
        "duplicates decided by a person": decided.filter(first__batch=batch) | decided.filter(second__batch=batch),
    }
    return [f"its records have {words}" for words, rows in work.items() if rows.exists()]
