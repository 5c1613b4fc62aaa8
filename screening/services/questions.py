"""What a person must say of a file before it is read: which encoding, which column is which. Nothing is stored before.

The life of a question: a WAITING batch whose file is doubtful becomes ASKING and its job ends; an answer makes it
WAITING again with a new job, whose enqueueing is the caller's; declining makes it FAILED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import Membership
from screening.constants import AuditKind, BatchQuestion, BatchState, JobKind
from screening.importers import Detection, ImportFileError
from screening.importers.encodings import encoding_in_words, readings, with_encoding
from screening.importers.formats import Preview
from screening.importers.mapping import mapping_faults, mapping_in_words, signature_of
from screening.importers.reading import preview
from screening.importers.votes import blind_cells
from screening.models import ColumnMapping, ImportBatch
from screening.services.staging import clean

MAX_ASKED = 4_000
"""Columns of one question; DATA_UPLOAD_MAX_NUMBER_FIELDS must be more."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a person says of a file; empty where they say nothing.

    `mapping` is {column: target or ""}, where the columns of a table without headings are `#1`, `#2`, ….
    """

    encoding: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_headings(self) -> bool:
        """Whether the mapping speaks of headings, which another table may have as well."""
        return any(not column.startswith("#") for column in self.mapping)


class QuestionOpen(Exception):
    """The file cannot be read before a person has said something of it. `preview`: what they are shown, as JSON."""

    def __init__(self, question: BatchQuestion, preview: dict[str, Any]) -> None:
        super().__init__(question)
        self.question = question
        self.preview = preview


@dataclass(frozen=True)
class Settled:
    """A file about which nothing is open: how it is read, and the mapping of its columns where one is needed."""

    detection: Detection
    mapping: dict[str, str]


def settle(batch: ImportBatch, path: Path, detection: Detection) -> Settled:
    """Apply what was said of the file, or is remembered; the receipt's remarks will say so.

    Raises QuestionOpen if something is still to be said, ImportFileError if what was said cannot be.
    """
    said = batch.answers
    if said.get("encoding"):
        detection = with_encoding(path, detection, said["encoding"])
        words = encoding_in_words(said["encoding"])
        detection = _remarked(detection, f"The characters were read as {words}, chosen by {said['encoding_by']}.")
    elif said.get("ask") or not detection.confident:
        raise QuestionOpen(BatchQuestion.ENCODING, _encoding_preview(path, detection))
    mapping = dict(said.get("mapping") or {})
    if mapping:
        remark = f"The columns were read as {said['mapping_by']} said: {mapping_in_words(mapping)}."
        return Settled(_remarked(detection, remark), mapping)
    if not detection.needs_mapping:
        return Settled(detection, {})
    return _remembered(batch, path, detection)


def _remembered(batch: ImportBatch, path: Path, detection: Detection) -> Settled:
    shown = preview(path, detection)
    if not shown.columns:
        raise ImportFileError("0 records found: the table is empty.")
    known = (
        ColumnMapping.objects.select_related("saved_by")
        .filter(review_id=batch.search.review_id, signature=signature_of(shown.columns))
        .first()
    )
    if known is None:
        raise QuestionOpen(BatchQuestion.MAPPING, _mapping_preview(shown))
    remark = f"The columns were read as remembered from {known.saved_by}: {mapping_in_words(known.mapping)}."
    return Settled(_remarked(detection, remark), dict(known.mapping))


def _mapping_preview(shown: Preview) -> dict[str, Any]:
    """Columns and first rows as a lead may see them: no votes, not even before they are known to be any."""
    if len(shown.columns) > MAX_ASKED:
        raise ImportFileError(
            f"The table has {len(shown.columns):,} columns, and none of them is named as a title. "
            f"Up to {MAX_ASKED:,} can be asked about: leave out those that are not needed."
        )
    rows = blind_cells(shown.columns, [[clean(cell) for cell in row] for row in shown.rows])
    return {"columns": [clean(column) for column in shown.columns], "rows": rows}


def _encoding_preview(path: Path, detection: Detection) -> dict[str, Any]:
    found = [
        {"encoding": reading.encoding, "snippets": [clean(text) for text in reading.snippets]}
        for reading in readings(path, detection.encoding)
    ]
    return {"sample": clean(detection.sample), "guess": detection.encoding, "readings": found}


def _remarked(detection: Detection, remark: str) -> Detection:
    return replace(detection, hint=f"{detection.hint} {remark}".strip())


@transaction.atomic
def ask_question(*, batch_id: int, question: BatchQuestion, preview: dict[str, Any]) -> str:
    """Let a WAITING batch wait for an answer; what its job says of it. Any other batch is left alone."""
    batch = _locked(batch_id)
    if batch.state != BatchState.WAITING:
        return ""
    batch.state, batch.question, batch.preview = BatchState.ASKING, question, preview
    batch.save(update_fields=["state", "question", "preview"])
    occasion = Occasion(batch.search.review, batch.uploaded_by)
    log_event(occasion, AuditKind.BATCH_ASKED, batch, after={"question": question})
    return f"“{batch.filename}” waits for an answer: {question.label}"


@transaction.atomic
def answer_question(*, membership: Membership, batch: ImportBatch, answers: Answers) -> ImportBatch:
    """Write down the answer to the open question, remember a mapping for the review, and let the file be read.

    Raises StaleError if the file does not wait for this answer, DomainError if the answer cannot stand.
    """
    batch = _locked(batch.pk)
    if batch.state != BatchState.ASKING or not _answers(batch.question, answers):
        raise StaleError(f"“{batch.filename}” does not wait for this answer any more; somebody may have given it.")
    if batch.question == BatchQuestion.ENCODING:
        _check_encoding(batch, answers.encoding)
    else:
        _check_mapping(batch, answers)
    occasion = Occasion(membership.review, membership.user)
    said = _said(answers, membership)
    if batch.question == BatchQuestion.MAPPING and answers.has_headings:
        _remember(membership, tuple(batch.preview["columns"]), answers, occasion)
    question = batch.question
    batch.answers = {**batch.answers, **said}
    batch.job = create_job(
        review=membership.review, actor=membership.user, kind=JobKind.IMPORT, label=f"Import of {batch.filename}"
    )
    batch.state, batch.question, batch.preview = BatchState.WAITING, "", {}
    batch.save(update_fields=["answers", "job", "state", "question", "preview"])
    log_event(occasion, AuditKind.BATCH_ANSWERED, batch, before={"question": question}, after=said)
    return batch


@transaction.atomic
def decline_question(*, membership: Membership, batch: ImportBatch, error: str = "") -> ImportBatch:
    """Do not import a file that waits for an answer; it may be tried again. Raises StaleError if it does not wait.

    `error` is what stands with the file; by default, who declined.
    """
    batch = _locked(batch.pk)
    if batch.state != BatchState.ASKING:
        raise StaleError(f"“{batch.filename}” does not wait for an answer any more; somebody may have given it.")
    before = {"question": batch.question}
    batch.state, batch.question, batch.preview = BatchState.FAILED, "", {}
    batch.answers = {}
    batch.error, batch.error_line = error or f"{membership.user} chose not to import this file.", None
    batch.save(update_fields=["state", "question", "preview", "answers", "error", "error_line"])
    occasion = Occasion(membership.review, membership.user)
    log_event(occasion, AuditKind.BATCH_ANSWERED, batch, before=before, after={"imported": False})
    return batch


@transaction.atomic
def answer_beforehand(
    *, membership: Membership, batch: ImportBatch, answers: Answers, columns: tuple[str, ...] = ()
) -> None:
    """Write down what a person says of a file that waits to be read, before it asks.

    With `columns`, the headings of its table, the mapping is remembered for the review. Raises StaleError if the file
    does not wait.
    """
    batch = _locked(batch.pk)
    if batch.state != BatchState.WAITING:
        raise StaleError(f"“{batch.filename}” does not wait to be imported any more.")
    occasion = Occasion(membership.review, membership.user)
    said = _said(answers, membership)
    if answers.has_headings and set(answers.mapping) <= set(columns):
        _remember(membership, columns, answers, occasion)
    batch.answers = {**batch.answers, **said}
    batch.save(update_fields=["answers"])
    log_event(occasion, AuditKind.BATCH_ANSWERED, batch, after=said)


@transaction.atomic
def forget_mapping(*, membership: Membership, mapping: ColumnMapping) -> None:
    """Ask again for the next table with these headings. Files already read stay as they are."""
    known = ColumnMapping.objects.select_for_update().filter(pk=mapping.pk, review_id=membership.review_id).first()
    if known is None:
        raise StaleError("These columns are not remembered any more.")
    occasion = Occasion(membership.review, membership.user)
    log_event(occasion, AuditKind.MAPPING_FORGOTTEN, known, before={"mapping": known.mapping})
    known.delete()


def _locked(batch_id: int) -> ImportBatch:
    return ImportBatch.objects.select_for_update(of=("self",)).select_related("search__review").get(pk=batch_id)


def _answers(question: str, answers: Answers) -> bool:
    return bool(answers.encoding if question == BatchQuestion.ENCODING else answers.mapping)


def _check_encoding(batch: ImportBatch, encoding: str) -> None:
    if encoding not in [reading["encoding"] for reading in batch.preview["readings"]]:
        raise DomainError("Choose one of the encodings shown.", field="encoding")


def _check_mapping(batch: ImportBatch, answers: Answers) -> None:
    columns = batch.preview["columns"]
    allowed = columns if answers.has_headings else [f"#{at}" for at in range(1, len(columns) + 1)]
    missing = [f"“{column}”" for column in answers.mapping if column not in allowed]
    if missing:
        raise DomainError(f"The table has no column {', '.join(missing)}.")
    faults = mapping_faults(answers.mapping)
    if faults:
        raise DomainError(" ".join(faults))


def _said(answers: Answers, membership: Membership) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if answers.encoding:
        said |= {"encoding": answers.encoding, "encoding_by": str(membership.user)}
    if answers.mapping:
        said |= {"mapping": dict(answers.mapping), "mapping_by": str(membership.user)}
    return said


def _remember(membership: Membership, columns: tuple[str, ...], answers: Answers, occasion: Occasion) -> None:
    ColumnMapping.objects.update_or_create(
        review=membership.review,
        signature=signature_of(columns),
        defaults={"mapping": dict(answers.mapping), "saved_by": membership.user, "saved_at": occasion.at},
    )
