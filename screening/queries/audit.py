"""What the log may tell: events about votes on open records are the voter's own business."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from reviewapp.models import AuditEvent, Membership
from screening.constants import SETTLED_STATUSES, AuditKind
from screening.models import Record, Report

VOTE_KINDS = (
    AuditKind.DECISION_SUBMITTED,
    AuditKind.DECISION_UNDONE,
    AuditKind.CONSENSUS_PROPOSED,
    AuditKind.CONSENSUS_DECLINED,
)


def without_open_votes(events: QuerySet[AuditEvent], membership: Membership) -> QuerySet[AuditEvent]:
    """Leave out events about others' votes on records and reports that are not settled, their existence included."""
    settled_record = Record.objects.filter(pk=OuterRef("object_id"), title_abstract_status__in=SETTLED_STATUSES)
    settled_report = Report.objects.filter(pk=OuterRef("object_id"), full_text_status__in=SETTLED_STATUSES)
    about_votes = Q(kind__in=VOTE_KINDS)
    settled = (Q(object_type="record") & Q(Exists(settled_record))) | (
        Q(object_type="report") & Q(Exists(settled_report))
    )
    return events.filter(~about_votes | Q(actor_id=membership.user_id) | settled)
