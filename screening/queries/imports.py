"""Reads about imported files: their state, their receipt, and what stands in the way of withdrawing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, DurationField, ExpressionWrapper, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower, Now, NullIf

from reviewapp.constants import UNFINISHED_JOB_STATES, JobState
from reviewapp.models import Job
from screening.constants import BatchState, JobKind
from screening.importers.decoding import MIXED
from screening.importers.encodings import ENCODINGS, encoding_in_words
from screening.models import Adjudication, Decision, DuplicatePair, ImportBatch, Record, RejectedRow, Report, Search
from screening.rules.pace import progress_words, waiting_words
from screening.rules.reported import CountCheck, SearchCounts, check_counts

STOPPING_SECONDS = 30
"""After this long a cancelled import whose worker has not answered is taken to have none."""

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
    seconds: float | None = None
    """Since its job began, or since the job was cancelled; None while it has not begun."""
    ahead: int = 0
    """Imports of the review that come before it, while it waits for its turn."""

    @property
    def read(self) -> int:
        """read = stored + rejected."""
        return self.stored + self.rejected

    @property
    def is_busy(self) -> bool:
        """True while someone should look again soon."""
        return self.batch.state == BatchState.WAITING

    @property
    def is_stopping(self) -> bool:
        """True for a moment after a person has cancelled it, until the worker has let go."""
        job = self.batch.job
        cancelled = self.is_busy and job is not None and job.state == JobState.CANCELLED
        return cancelled and (self.seconds is None or self.seconds < STOPPING_SECONDS)

    @property
    def is_stuck(self) -> bool:
        """True where the file waits, but its job has ended: it must be started again."""
        job = self.batch.job
        return self.is_busy and not self.is_stopping and (job is None or job.is_finished)

    @property
    def is_moving(self) -> bool:
        """True while something will change by itself."""
        return self.is_busy and not self.is_stuck

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        job = self.batch.job
        if job is None or self.is_stopping:
            return "Stopping"
        if job.state == JobState.QUEUED:
            return waiting_words(self.ahead)
        return progress_words(done=job.done, total=job.total, seconds=self.seconds)


def _count_of(queryset: QuerySet[Any]) -> Coalesce:
    counts = queryset.filter(batch=OuterRef("pk")).order_by().values("batch").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


def batch_lines(batches: QuerySet[ImportBatch]) -> list[BatchLine]:
    """Files in the order of their upload, in one query; in two while one of them waits for its turn."""
    rows = list(
        batches.select_related("search", "job", "uploaded_by")
        .annotate(
            stored=_count_of(Record.objects.all()),
            refused=_count_of(RejectedRow.objects.all()),
            elapsed=ExpressionWrapper(
                Now() - Coalesce("job__finished_at", "job__started_at"), output_field=DurationField()
            ),
        )
        .order_by("id")
    )
    queue = _queue(rows)
    return [
        BatchLine(
            batch,
            batch.stored,
            batch.refused if batch.state == BatchState.DONE else 0,
            max(0.0, batch.elapsed.total_seconds()) if batch.elapsed is not None else None,
            sum(other < batch.job_id for other in queue) if batch.job_id in queue else 0,
        )
        for batch in rows
    ]


def _queue(batches: list[Any]) -> list[int]:
    """Unfinished import jobs of the review of these files, in their order; empty unless one of the files waits for its
    turn."""
    if not any(batch.job is not None and batch.job.state == JobState.QUEUED for batch in batches):
        return []
    jobs = Job.objects.filter(
        review_id=batches[0].search.review_id, kind=JobKind.IMPORT, state__in=UNFINISHED_JOB_STATES
    )
    return list(jobs.order_by("id").values_list("id", flat=True))


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
    check: CountCheck
    """What the source reported for the search against what was read for it."""
    obstacles: list[str]
    """Why the import cannot be withdrawn; empty where it can."""

    @property
    def batch(self) -> ImportBatch:
        """The file."""
        return self.line.batch

    @property
    def encoding_words(self) -> str:
        """How the characters were read, and how the lines end."""
        name, comma, ends = self.batch.encoding.partition(", ")
        return f"{encoding_in_words(name)}{comma}{ends}" if name else ""

    @property
    def may_read_again(self) -> bool:
        """Whether its characters were a guess that can still be corrected: not UTF-8, and nobody has worked with it."""
        name = self.batch.encoding.partition(", ")[0]
        guessed = name in ENCODINGS and (name == MIXED or not name.startswith("utf-"))
        return self.batch.state == BatchState.DONE and guessed and not self.obstacles

    @property
    def difference(self) -> int | None:
        """Entries read for the search beyond what the source reported; None where no count is known."""
        return self.check.difference


def check_search(search: Search) -> CountCheck:
    """What the source reported for the search against what was read from its files, in a fixed number of queries."""
    states = dict(ImportBatch.objects.filter(search=search).order_by().values_list("state").annotate(n=Count("pk")))
    done = ImportBatch.objects.filter(search=search, state=BatchState.DONE)
    stored = Record.objects.filter(search=search).count()
    rejected = RejectedRow.objects.filter(batch__in=done).count()
    surplus = search.reported_count is not None and stored + rejected > search.reported_count
    counts = SearchCounts(
        reported=search.reported_count,
        read=stored + rejected,
        rejected=rejected,
        files=states.get(BatchState.DONE, 0),
        not_imported=sum(states.get(state, 0) for state in (BatchState.WAITING, BatchState.ASKING, BatchState.FAILED)),
        repeated=_repeated(search) if surplus else 0,
    )
    return check_counts(counts)


def _repeated(search: Search) -> int:
    """Records of the search beyond the first with the same DOI, or the same PubMed identifier where there is no DOI."""
    nothing = Value("")
    key = Coalesce(NullIf(Lower("doi"), nothing), NullIf("pmid", nothing), Concat(Value("#"), Cast("pk", CharField())))
    found = Record.objects.filter(search=search).aggregate(all=Count("pk"), different=Count(key, distinct=True))
    return int(found["all"] - found["different"])


def receipt_view(batch: ImportBatch) -> ReceiptView:
    """The receipt of one file, in a fixed number of queries."""
    counts = batch.field_counts
    shown = counts.get("shown", {})
    return ReceiptView(
        line=batch_line(batch),
        shown=[FieldCount(word, shown.get(name, 0)) for name, word in FIELD_WORDS.items() if name != "votes"],
        not_shown=[FieldCount(name, number) for name, number in counts.get("not_shown", {}).items()],
        check=check_search(batch.search),
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
