"""What the log may tell of sheets: nothing of another's before both are ready."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from extraction.constants import ValueOrigin
from extraction.models import Extraction
from extraction.queries.opened import OWN_KINDS, opened_pairs
from reviewapp.contributions import AuditWords
from reviewapp.models import AuditEvent, Membership, User
from screening.models import Report, Study

OBJECT = "extraction"


def without_open_sheets(events: QuerySet[AuditEvent], membership: Membership) -> QuerySet[AuditEvent]:
    """Leave out events about others' sheets, their existence included, until both of the study are ready."""
    closed = Extraction.objects.filter(pk=OuterRef("object_id"), kind__in=OWN_KINDS).exclude(
        Exists(opened_pairs(OuterRef("form"), OuterRef("study")))
    )
    return events.filter(~Q(object_type=OBJECT) | Q(actor_id=membership.user_id) | ~Exists(closed))


def _people(ids: Collection[int]) -> dict[int, str]:
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}


def _studies(ids: Collection[int]) -> dict[int, str]:
    return dict(Study.objects.filter(pk__in=ids).values_list("pk", "label"))


def _reports(ids: Collection[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in Report.objects.filter(pk__in=ids).select_related("record")}


SHEET_WORDS = AuditWords(
    object_types=(OBJECT,),
    names={
        "value": "Value",
        "values": "Values",
        "page": "Page",
        "quote": "Quote",
        "comment": "Comment",
        "report": "Report",
        "origin": "How it came about",
        "group": "Part",
        "label": "Name",
        "change": "Change",
        "entries": "Entries",
        "matched": "Matched with",
    },
    choices={"origin": {str(value): str(label) for value, label in ValueOrigin.choices}},
    rows={"report": _reports},
)
ASSIGNED_WORDS = AuditWords(
    object_types=("extractionform",),
    names={"people": "People", "study": "Study", "studies": "Studies"},
    rows={"people": _people, "study": _studies, "studies": _studies},
)
