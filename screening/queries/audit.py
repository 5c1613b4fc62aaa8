"""What the log may tell: events about votes on open records are the voter's own business."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from reviewapp.models import AuditEvent, Membership
from screening.constants import SETTLED_STATUSES, AuditKind
from screening.models import Decision, Record, Report

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
