"""Reads about records.

Blinding: "being screened" covers PENDING and CONFLICT for everyone, and nobody's vote is given out before its record
(or report) is settled, one's own excepted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from reviewapp.models import AuditEvent, Membership, User
from screening.constants import (
    SETTLED_STATUSES,
    AuditKind,
    PairVerdict,
    RemovalReason,
    ScreeningStatus,
    Stage,
)
from screening.models import Adjudication, Decision, DuplicatePair, Record, Report
from screening.queries.borrowing import FieldChoice, field_choices
from screening.queries.elsewhere import hidden_votes

STATUS_WORDS = {
    "screening": "Being screened",
    "included": "Included at title and abstract",
    "excluded": "Excluded at title and abstract",
    "removed": "Removed before screening",
}
COPY_WORDS = {
    "kept": "Without duplicates",
    "duplicate": "Duplicates only",
    "with_copies": "Found more than once",
}


@dataclass(frozen=True)
class RecordFilter:
    """What the list is narrowed to; empty values narrow nothing."""

    search: int | None = None
    batch: int | None = None
    status: str = ""
    copies: str = ""
    text: str = ""


_BLIND_STATUS = {
    "screening": Q(removal_reason="", title_abstract_status__in=[ScreeningStatus.PENDING, ScreeningStatus.CONFLICT]),
    "included": Q(removal_reason="", title_abstract_status=ScreeningStatus.INCLUDED),
    "excluded": Q(removal_reason="", title_abstract_status=ScreeningStatus.EXCLUDED),
    "removed": ~Q(removal_reason=""),
}
_COPIES = {
    "kept": Q(duplicate_of=None),
    "duplicate": Q(duplicate_of__isnull=False),
    "with_copies": Q(id__in=Record.objects.filter(duplicate_of__isnull=False).values("duplicate_of_id")),
}


def record_list(review_id: int, wanted: RecordFilter) -> QuerySet[Record]:
    """Records of the review in the order of their import, with their search; without the long columns."""
    records = Record.objects.filter(review_id=review_id).select_related("search")
    if wanted.search is not None:
        records = records.filter(search_id=wanted.search)
    if wanted.batch is not None:
        records = records.filter(batch_id=wanted.batch)
    if wanted.status in _BLIND_STATUS:
        records = records.filter(_BLIND_STATUS[wanted.status])
    if wanted.copies in _COPIES:
        records = records.filter(_COPIES[wanted.copies])
    if wanted.text:
        records = records.filter(title__icontains=wanted.text)
    return records.defer("raw", "abstract", "other", "notes", "keywords").order_by("id")


def blind_status(record: Record) -> tuple[str, str]:
    """(value, words) of where a record stands, as every member may know it."""
    if record.removal_reason:
        return "removed", record.get_removal_reason_display()
    if record.title_abstract_status in SETTLED_STATUSES:
        return record.title_abstract_status, ScreeningStatus(record.title_abstract_status).label
    return "pending", STATUS_WORDS["screening"]


@dataclass(frozen=True)
class RecordRow:
    """A record in a list, with its status as everyone may know it."""

    record: Record
    status: str
    status_words: str


def record_rows(records: list[Record]) -> list[RecordRow]:
    """Rows for a page of the list."""
    return [RecordRow(record.as_shown(), *blind_status(record)) for record in records]


@dataclass(frozen=True)
class HistoryEntry:
    """Something that happened to a record: when, by whom (None: the system), what, and a note."""

    at: dt.datetime
    who: User | None
    what: str
    note: str = ""


@dataclass(frozen=True)
class RecordView:
    """One record with all that this member may see of it."""

    record: Record
    status: str
    status_words: str
    kept: Record | None
    """The record it is a duplicate of."""
    copies: list[Record]
    """All records of the same report, this one included, in the order of import; empty where it is the only one."""
    pairs: list[DuplicatePair]
    history: list[HistoryEntry]
    choices: list[FieldChoice] = field(default_factory=list)
    """Fields for which another copy's value could be shown; empty for a record that is not kept."""
    hides_votes: bool = False
    """The source's entry holds votes made elsewhere and the record's screening is not over: it is shown to no one."""

    @property
    def raw(self) -> str:
        """The source's entry, unchanged, where it may be read."""
        return "" if self.hides_votes else self.record.raw


def record_view(membership: Membership, record: Record) -> RecordView:
    """One record, its copies and its history, in a fixed number of queries."""
    root = record.duplicate_of_id or record.pk
    group = list(
        Record.objects.filter(review_id=membership.review_id)
        .filter(Q(pk=root) | Q(duplicate_of_id=root))
        .select_related("search")
        .order_by("id")
    )
    ids = [member.pk for member in group]
    pairs = DuplicatePair.objects.filter(Q(first_id=record.pk) | Q(second_id=record.pk), review_id=membership.review_id)
    standing = list(
        pairs.exclude(verdict__in=[PairVerdict.OPEN, PairVerdict.UNLIKELY]).select_related(
            "first__search", "second__search", "decided_by"
        )
    )
    return RecordView(
        record,
        *blind_status(record),
        kept=next((member for member in group if member.pk == root and root != record.pk), None),
        copies=group if len(ids) > 1 else [],
        pairs=standing,
        history=record_history(membership, record, [member for member in group if member.duplicate_of_id == record.pk]),
        choices=field_choices(record, group) if len(ids) > 1 and root == record.pk else [],
        hides_votes=record.pk in hidden_votes([record]),
    )


def record_history(membership: Membership, record: Record, copies: Sequence[Record] = ()) -> list[HistoryEntry]:
    """Everything that happened to the record and that this member may know, oldest first; with votes on its copies."""
    batch = record.batch
    entries = [HistoryEntry(batch.uploaded_at, None, f"Identified in {record.search}, file “{batch.filename}”")]
    entries += _pair_history(record)
    entries += _judgement_history(membership, record, Stage.TITLE_ABSTRACT)
    entries += _votes_on_copies(membership, record, copies)
    entries += _judgement_history(membership, record, Stage.FULL_TEXT)
    return sorted(entries, key=lambda entry: entry.at)


_PAIR_KINDS = (
    AuditKind.PAIR_SAME,
    AuditKind.PAIR_DISTINCT,
    AuditKind.PAIR_REOPENED,
    AuditKind.PAIR_MARKED,
    AuditKind.PAIR_UNMARKED,
)


def _pair_history(record: Record) -> list[HistoryEntry]:
    pairs = list(DuplicatePair.objects.filter(Q(first_id=record.pk) | Q(second_id=record.pk)))
    events = AuditEvent.objects.filter(
        review_id=record.review_id,
        object_type=DuplicatePair._meta.model_name,
        object_id__in=[pair.pk for pair in pairs],
        kind__in=_PAIR_KINDS,
    ).select_related("actor")
    entries = [HistoryEntry(event.at, event.actor, AuditKind(event.kind).label) for event in events]
    entries += [
        HistoryEntry(pair.decided_at, None, AuditKind.PAIR_SAME.label)
        for pair in pairs
        if pair.decided_at is not None and pair.decided_by_id is None and pair.verdict == PairVerdict.SAME
    ]
    return entries


def _votes_on_copies(membership: Membership, kept: Record, copies: Sequence[Record]) -> list[HistoryEntry]:
    """Votes stay with the copy on which they were cast. As the log has it, others' are given out once both records are
    settled: a copy that is released goes on where it was, and nobody may have read its open votes meanwhile."""
    if not copies:
        return []
    settled = [copy.pk for copy in copies if _is_settled(copy) and _is_settled(kept)]
    decisions = Decision.objects.filter(record__in=copies, stage=Stage.TITLE_ABSTRACT).select_related("reviewer")
    named = {copy.pk: f"its copy #{copy.pk} ({copy.search})" for copy in copies}
    words = Stage.TITLE_ABSTRACT.label.lower()
    return [
        HistoryEntry(
            d.decided_at, d.reviewer, f"{d.get_verdict_display()} at {words}, on {named[d.record_id or 0]}", _said(d)
        )
        for d in decisions.filter(Q(record__in=settled) | Q(reviewer_id=membership.user_id))
    ]


def _is_settled(record: Record) -> bool:
    return record.title_abstract_status in SETTLED_STATUSES


def _settled_report(record: Record) -> tuple[Report | None, bool]:
    report = Report.objects.filter(record_id=record.pk).first()
    return report, report is not None and report.full_text_status in SETTLED_STATUSES


def _judgement_history(membership: Membership, record: Record, stage: Stage) -> list[HistoryEntry]:
    if stage == Stage.TITLE_ABSTRACT:
        target: dict[str, object] = {"record": record}
        settled = record.title_abstract_status in SETTLED_STATUSES and record.removal_reason != RemovalReason.DUPLICATE
    else:
        report, settled = _settled_report(record)
        if report is None:
            return []
        target = {"report": report}
    decisions = Decision.objects.filter(**target).select_related("reviewer", "reason")
    if not settled:
        decisions = decisions.filter(reviewer_id=membership.user_id)
    words = stage.label.lower()
    entries = [
        HistoryEntry(d.decided_at, d.reviewer, f"{d.get_verdict_display()} at {words}", _said(d)) for d in decisions
    ]
    if settled:
        entries += [
            HistoryEntry(
                a.confirmed_at or a.decided_at, a.adjudicator, f"Settled: {a.get_verdict_display()}", a.rationale
            )
            for a in _confirmed(target)
        ]
    return entries


def _confirmed(target: dict[str, object]) -> QuerySet[Adjudication]:
    return Adjudication.objects.filter(**target, confirmed_at__isnull=False).select_related("adjudicator", "reason")


def _said(decision: Decision) -> str:
    parts = [str(decision.reason) if decision.reason else "", decision.note]
    parts.append("Changed later." if decision.superseded_at else "")
    return " ".join(filter(None, parts))
