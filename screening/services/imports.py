"""Read an uploaded file into records: stage in chunks, then store all at once; or say why not. Withdraw an import.

The life of a batch: WAITING → DONE or FAILED (WAITING again on a retry); WAITING → ASKING → WAITING or FAILED, where a
person must say something of the file first; DONE → WITHDRAWN. Only a DONE batch has records.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.fields.files import FieldFile

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.jobs import CRASHED, JobCancelled
from reviewapp.models import Membership, Review
from screening.constants import AuditKind, BatchState
from screening.importers import Detection, ImportFileError, Parsed, ParsedRecord, RejectedEntry, detect, parse
from screening.importers.receipt import Receipt, ReceiptTaker
from screening.models import Claim, DuplicatePair, ElsewhereVote, ImportBatch, Record
from screening.queries.imports import what_rests_on
from screening.services.clusters import refresh_clusters
from screening.services.questions import QuestionOpen, ask_question, settle
from screening.services.staging import row_of, stage_rejected, stage_rows, store_staged, wipe_staged

CHUNK = 2000
"""Entries staged in one transaction; progress is reported between two of them."""
COUNTED_BYTES = 1 << 22
Report = Callable[[int, int], None]
"""Told (entries read, entries expected or 0 while unknown) between chunks, outside any transaction."""


@contextmanager
def local_path(file: FieldFile) -> Iterator[Path]:
    """The stored file as a path on this machine; a temporary copy where the storage is elsewhere."""
    try:
        path = Path(file.path)
    except NotImplementedError:
        path = None
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile() as copy:
        with file.open("rb") as stored:
            for piece in stored.chunks():
                copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def count_lines(path: Path) -> int:
    """Line ends in the file, whichever kind: what the expected number of entries is estimated from.

    Of a long file only the beginning is counted, the rest taken to be like it.
    """
    with path.open("rb") as stream:
        block = stream.read(COUNTED_BYTES)
    ends = max(block.count(b"\n"), block.count(b"\r"))
    size = path.stat().st_size
    return ends if size <= COUNTED_BYTES else ends * size // COUNTED_BYTES


class _Staging:
    """Fills the staging table from a stream, chunk by chunk."""

    def __init__(self, batch: ImportBatch, report: Report, lines: int) -> None:
        self.batch = batch
        self.report = report
        self.lines = lines
        self.position = 0
        self.line = 0
        self.ended = False
        self.rejected: list[RejectedEntry] = []

    def fill(self, stream: Iterator[Parsed]) -> None:
        """Write chunk after chunk, each in one transaction, and report. The database stores while we read on."""
        while not self.ended:
            began = self.position
            with transaction.atomic():
                stage_rows(self.batch, self._rows(stream))
                stage_rejected(self.batch, self.rejected)
            self.rejected = []
            if self.position > began or not began:
                self._tell()

    def _rows(self, stream: Iterator[Parsed]) -> Iterator[list[object]]:
        """Rows of the entries up to the end of the chunk; what was refused is kept aside."""
        end = self.position + CHUNK
        for item in stream:
            if isinstance(item, ParsedRecord):
                self.position += 1
                self.line = item.end_line
                yield row_of(item, self.position)
            elif isinstance(item, RejectedEntry):
                self.position += 1
                self.line = item.line
                self.rejected.append(item)
            if self.position >= end:
                return
        self.line, self.ended = self.lines, True

    def _tell(self) -> None:
        expected = self.position * self.lines // self.line if self.lines and self.line else 0
        self.report(self.position, max(expected, self.position) if expected else 0)


def import_file(*, batch_id: int, report: Report) -> str:
    """Read the batch's file and store its records, each once, however often this is called; a DONE batch is left alone.

    Runs outside a transaction: chunks are committed as they are staged. A file that cannot be read leaves the batch
    FAILED, without what was said of it, and raises DomainError in the same words; so does anything else that stops the
    import. A file of which something must be said first leaves the batch ASKING. Answers what the job says of it.
    """
    batch = ImportBatch.objects.select_related("search__review", "uploaded_by").filter(pk=batch_id).first()
    if batch is None or batch.state != BatchState.WAITING:
        return ""
    wipe_staged(batch)
    try:
        receipt = _stage(batch, report)
    except QuestionOpen as asked:
        return ask_question(batch_id=batch_id, question=asked.question, preview=asked.preview)
    except ImportFileError as error:
        fail_import(batch_id=batch_id, message=error.message, line=error.line, forget=True)
        raise DomainError(f"{batch.filename}: {error}") from error
    except JobCancelled:
        fail_import(batch_id=batch_id, message="The import was cancelled before it was finished.")
        raise
    except (OperationalError, InterfaceError):
        raise  # the database went away: the batch waits, and the task comes again
    except Exception:
        fail_import(batch_id=batch_id, message=CRASHED)
        raise
    finish_import(batch_id=batch_id, receipt=receipt)
    return ""


def _stage(batch: ImportBatch, report: Report) -> Receipt:
    with local_path(batch.file) as path:
        settled = settle(batch, path, detect(path, batch.filename))
        detection = settled.detection
        taker = ReceiptTaker(detection)
        staging = _Staging(batch, report, _expected_lines(path, detection))
        staging.fill(taker.watch(parse(path, detection, settled.mapping)))
    return taker.receipt()


def _expected_lines(path: Path, detection: Detection) -> int:
    """0 for a workbook, whose bytes say nothing about its rows."""
    return 0 if detection.format == "xlsx" else count_lines(path)


def receipt_fields(receipt: Receipt) -> dict[str, Any]:
    """The receipt as the batch's columns. `field_counts`: {"shown": {field: records}, "not_shown": {name: records},
    "elsewhere": [[stage, verdict, records]]}, the last for verdicts without a reviewer;
    `warnings`: [{"line", "message"}], the first thousand, then one that says how many more there were."""
    warnings: list[dict[str, Any]] = [{"line": line, "message": message} for line, message in receipt.warnings]
    if receipt.hint:
        warnings.insert(0, {"line": None, "message": receipt.hint})
    more = receipt.warning_count - len(receipt.warnings)
    if more > 0:
        warnings.append({"line": None, "message": f"… and {more:,} more remarks, kept with their records."})
    newline = "" if receipt.newline in ("", "none") else f", {receipt.newline}"
    return {
        "format_label": receipt.label[:80],
        "encoding": f"{receipt.encoding}{newline}"[:40],
        "warnings": warnings,
        "field_counts": {
            "shown": dict(receipt.fields),
            "not_shown": dict(receipt.not_shown),
            "elsewhere": [list(counted) for counted in receipt.elsewhere],
        },
    }


@transaction.atomic
def finish_import(*, batch_id: int, receipt: Receipt) -> None:
    """Turn the staged rows into records and write the receipt, all in one transaction. Only for a WAITING batch."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("search__review").get(pk=batch_id)
    if batch.state != BatchState.WAITING:
        return
    stored = store_staged(batch)
    if stored != receipt.stored:
        raise RuntimeError(f"batch {batch_id}: {receipt.stored} records were read, {stored} staged")
    values = {**receipt_fields(receipt), "state": BatchState.DONE, "error": "", "error_line": None}
    for name, value in values.items():
        setattr(batch, name, value)
    batch.save(update_fields=list(values))
    after = {"read": receipt.read, "stored": stored, "rejected": receipt.rejected, "format": batch.format_label}
    log_event(_occasion(batch), AuditKind.BATCH_IMPORTED, batch, after=after)


@transaction.atomic
def fail_import(*, batch_id: int, message: str, line: int | None = None, forget: bool = False) -> None:
    """Mark a WAITING batch as not imported and forget what was staged. Any other batch is left alone.

    `forget`: also what a person said of the file, which may be why it cannot be read.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("search__review").get(pk=batch_id)
    if batch.state != BatchState.WAITING:
        return
    wipe_staged(batch)
    batch.state, batch.error, batch.error_line = BatchState.FAILED, message, line
    batch.answers = {} if forget else batch.answers
    batch.save(update_fields=["state", "error", "error_line", "answers"])
    log_event(_occasion(batch), AuditKind.BATCH_FAILED, batch, after={"error": message, "line": line})


def batch_of_job(job_id: int) -> int | None:
    """The file that the job was made for, unless another job has taken it over."""
    return ImportBatch.objects.filter(job_id=job_id).values_list("pk", flat=True).first()


def abandon_import(*, batch_id: int, message: str = "The import was stopped before it began.") -> None:
    """The batch's job has ended without it: cancelled while it waited, or given up."""
    fail_import(batch_id=batch_id, message=message)


def _occasion(batch: ImportBatch) -> Occasion:
    return Occasion(batch.search.review, batch.uploaded_by)


@transaction.atomic
def withdraw_import(*, membership: Membership, batch: ImportBatch) -> int:
    """Take back a whole import while nobody has worked with its records; the number of records taken back.

    The records themselves are deleted: "only the records of a DONE batch exist" keeps every count, list and queue of
    the app true without each of them having to ask about batches, and a record without a vote, report or person's
    decision was never part of a number that anyone relied on. The file, its hash, its receipt and the event stay, so
    the import can be repeated exactly. Raises DomainError saying what stands in the way.
    """
    Review.objects.select_for_update(no_key=True).get(pk=membership.review_id)
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("search").get(pk=batch.pk)
    if batch.state != BatchState.DONE:
        raise DomainError(f"“{batch.filename}” is {batch.get_state_display().lower()}; it cannot be withdrawn.")
    records = Record.objects.filter(batch=batch)
    ids = list(records.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    obstacles = what_rests_on(batch)
    if obstacles:
        raise DomainError(f"This import cannot be withdrawn any more: {', '.join(obstacles)}.")
    occasion = Occasion(membership.review, membership.user)
    touched = _release_all(batch)
    Claim.objects.filter(record__batch=batch).delete()
    ElsewhereVote.objects.filter(batch=batch).delete()
    refresh_clusters(review_id=membership.review_id, occasion=occasion, seeds=touched)
    records.delete()
    batch.state = BatchState.WITHDRAWN
    batch.save(update_fields=["state"])
    log_event(occasion, AuditKind.BATCH_WITHDRAWN, batch, before={"records": len(ids)}, after={"records": 0})
    return len(ids)


def _release_all(batch: ImportBatch) -> set[int]:
    """Drop the system's pairs with records of the batch; the ids of the records elsewhere whose groups change."""
    pairs = DuplicatePair.objects.filter(first__batch=batch) | DuplicatePair.objects.filter(second__batch=batch)
    touched = {record_id for pair in pairs.values_list("first_id", "second_id") for record_id in pair}
    pairs.delete()
    touched.update(Record.objects.filter(duplicate_of__batch=batch).values_list("id", flat=True))
    touched.update(
        Record.objects.filter(batch=batch, duplicate_of__isnull=False).values_list("duplicate_of_id", flat=True)
    )
    Record.objects.filter(batch=batch).update(duplicate_of=None, removal_reason="")
    return touched
