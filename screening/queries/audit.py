"""What the log may tell: events about votes on open records are the voter's own business."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from reviewapp.contributions import AuditWords
from reviewapp.models import AuditEvent, Membership, User
from screening.constants import (
    SETTLED_STATUSES,
    AdjudicationKind,
    AuditKind,
    OfferState,
    RetrievalStatus,
    Stage,
    Verdict,
)
from screening.models import Decision, ExclusionReason, Record, Report, Search

PROPOSAL_KINDS = (AuditKind.CONSENSUS_PROPOSED, AuditKind.CONSENSUS_DECLINED)
VOTE_KINDS = (AuditKind.DECISION_SUBMITTED, AuditKind.DECISION_UNDONE, AuditKind.ADJUDICATED, *PROPOSAL_KINDS)


def without_open_votes(events: QuerySet[AuditEvent], membership: Membership) -> QuerySet[AuditEvent]:
    """Leave out events about others' votes on records and reports that are not settled, their existence included.

    A duplicate is settled once the record it is a duplicate of is settled too: they are one report. A consensus that
    is proposed is seen by those who voted on its target, whom it asks for an answer.
    """
    settled = _about("record", _settled_records()) | _about("report", _settled_reports())
    mine = Decision.objects.filter(reviewer_id=membership.user_id, superseded_at=None)
    asked = _about("record", mine.filter(record=OuterRef("object_id"))) | _about(
        "report", mine.filter(report=OuterRef("object_id"))
    )
    return events.filter(
        ~Q(kind__in=VOTE_KINDS) | Q(actor_id=membership.user_id) | settled | (Q(kind__in=PROPOSAL_KINDS) & asked)
    )


def _about(object_type: str, rows: QuerySet[Record] | QuerySet[Report] | QuerySet[Decision]) -> Q:
    return Q(object_type=object_type) & Q(Exists(rows))


def _settled_records() -> QuerySet[Record]:
    kept = Q(duplicate_of=None) | Q(duplicate_of__title_abstract_status__in=SETTLED_STATUSES)
    return Record.objects.filter(kept, pk=OuterRef("object_id"), title_abstract_status__in=SETTLED_STATUSES)


def _settled_reports() -> QuerySet[Report]:
    return Report.objects.filter(pk=OuterRef("object_id"), full_text_status__in=SETTLED_STATUSES)


def _reasons(ids: Collection[int]) -> dict[int, str]:
    return dict(ExclusionReason.objects.filter(pk__in=ids).values_list("pk", "text"))


def _records(ids: Collection[int]) -> dict[int, str]:
    return {record.pk: str(record) for record in Record.objects.filter(pk__in=ids).only("id", "title")}


def _reports(ids: Collection[int]) -> dict[int, str]:
    reports = Report.objects.filter(pk__in=ids).select_related("record").only("id", "record__title")
    return {report.pk: str(report) for report in reports}


def _people(ids: Collection[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))


def _searches(ids: Collection[int]) -> dict[int, str]:
    return {search.pk: str(search) for search in Search.objects.filter(pk__in=ids)}


def _words(*choices: tuple[str, str]) -> dict[str, str]:
    return {value: str(label) for value, label in choices}


_FILE_NAMES = {"sha256": "SHA-256 of the file", "size": "Size in bytes"}
AUDIT_WORDS = {
    "judgements": AuditWords(
        object_types=("record", "report"),
        names={"kind": "How", "file": "File", **_FILE_NAMES},
        choices={
            "verdict": _words(*Verdict.choices),
            "stage": _words(*Stage.choices),
            "kind": _words(*AdjudicationKind.choices),
            "status": _words(*RetrievalStatus.choices),
        },
        rows={"reason": _reasons},
    ),
    "pairs": AuditWords(
        object_types=("duplicatepair",), names={"by": "Decided by"}, rows={"by": _people, "records": _records}
    ),
    "offers": AuditWords(
        object_types=("studyoffer",), choices={"state": _words(*OfferState.choices)}, rows={"records": _records}
    ),
    "duplicate settings": AuditWords(
        object_types=("duplicatesettings",),
        names={
            "certain": "Merged by the system from this probability",
            "doubtful": "A person is asked from this probability",
            "source_order": "Preferred sources",
        },
        rows={"source_order": _searches},
    ),
    "studies": AuditWords(
        object_types=("study",),
        names={"study_id": "Number of the study"},
        rows={"report": _reports, "reports": _reports},
    ),
    "files": AuditWords(
        object_types=("importbatch", "job"),
        names={
            **_FILE_NAMES,
            "read": "Records read",
            "stored": "Records stored",
            "rejected": "Rows rejected",
            "files": "Files compared",
            "certain": "Pairs found certain",
            "doubtful": "Pairs found doubtful",
            "removed": "Records removed as duplicates",
            "released": "Records found to be no duplicates",
        },
    ),
}
"""Words for the values of this app's events, by the objects they are about."""
