"""What the log may tell of assessments: nothing of another's before the comparison is open."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from bias.constants import AssessmentKind, EvaluationType, Scale
from bias.instruments.registry import INSTRUMENTS
from bias.models import BiasAssessment, CustomInstrument, Evaluation
from bias.queries.opened import opened_evaluations
from bias.queries.words import FieldChoices, FieldNames, words
from reviewapp.contributions import AuditWords
from reviewapp.models import AuditEvent, Membership, User
from screening.models import Study

OBJECT = "biasassessment"


def without_open_assessments(events: QuerySet[AuditEvent], membership: Membership) -> QuerySet[AuditEvent]:
    """Leave out events about others' independent assessments, their existence included, until all assessors of the
    evaluation have finished. A row that is gone, a declined proposal, was open to its readers before."""
    closed = BiasAssessment.objects.filter(pk=OuterRef("object_id"), kind=AssessmentKind.INDEPENDENT).exclude(
        evaluation__in=opened_evaluations().values("pk")
    )
    return events.filter(~Q(object_type=OBJECT) | Q(actor_id=membership.user_id) | ~Exists(closed))


def _people(ids: Collection[int]) -> dict[int, str]:
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}


def _studies(ids: Collection[int]) -> dict[int, str]:
    return dict(Study.objects.filter(pk__in=ids).values_list("pk", "label"))


def _evaluations(ids: Collection[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in Evaluation.objects.filter(pk__in=ids).select_related("study")}


def _instruments(ids: Collection[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in CustomInstrument.objects.filter(pk__in=ids)}


AUDIT_WORDS = {
    "settings": AuditWords(
        object_types=("biassettings",),
        names={
            "reason": "Why it was amended",
            "question": "Review question, step 1",
            "custom": "Own instrument",
            "people": "People",
            "evaluations": "Evaluations",
            "studies": "Studies",
            "labels": "Labels",
        },
        choices={
            "instrument": {key: one.name for key, one in INSTRUMENTS.items()} | {"custom": "The team's own"},
            "scale": words(*Scale.choices),
        },
        rows={"custom": _instruments, "people": _people, "studies": _studies, "evaluations": _evaluations},
    ),
    "evaluations": AuditWords(
        object_types=("evaluation",),
        names={"people": "Assessors", "reason": "Why"},
        choices={"evaluation_type": words(*EvaluationType.choices)},
        rows={"people": _people, "study": _studies},
    ),
    "assessments": AuditWords(
        object_types=(OBJECT,),
        names=FieldNames({"reason": "Why", "why": "Why", "kind": "How"}),
        choices=FieldChoices({"kind": words(*AssessmentKind.choices)}),
    ),
}
"""Words for the values of this app's events, by the objects they are about."""
