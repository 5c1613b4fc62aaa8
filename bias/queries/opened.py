"""When the comparison of an evaluation opens: once all independent assessments are finished. Blinding rests here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState
from bias.models import BiasAssessment, BiasSettings, Evaluation


def independent(evaluation: str = "pk") -> QuerySet[BiasAssessment]:
    """Independent assessments of the outer query's evaluation."""
    return BiasAssessment.objects.filter(evaluation=OuterRef(evaluation), kind=AssessmentKind.INDEPENDENT)


def with_progress(evaluations: QuerySet[Evaluation]) -> QuerySet[Any]:
    """Adds `begun` (assessors assigned), `finished` (of them), `opened` and `settled` to evaluations.

    `opened`: as many as the review asks for have finished, and nobody is still at it.
    """
    kind = Q(assessments__kind=AssessmentKind.INDEPENDENT)
    needed = Subquery(BiasSettings.objects.filter(review=OuterRef("review")).values("assessors")[:1])
    settled = BiasAssessment.objects.filter(
        evaluation=OuterRef("pk"), kind__in=SETTLED_KINDS, state=AssessmentState.READY
    )
    return evaluations.annotate(
        begun=Count("assessments", filter=kind),
        finished=Count("assessments", filter=kind & Q(assessments__state=AssessmentState.READY)),
        needed=Coalesce(needed, Value(1)),
        settled=Exists(settled),
    ).annotate(opened=Q(begun=F("finished"), finished__gte=F("needed"), finished__gt=0))


def is_opened(assessments: Iterable[BiasAssessment], settings: BiasSettings) -> bool:
    """The same for one evaluation, from its assessments."""
    own = [row for row in assessments if row.kind == AssessmentKind.INDEPENDENT]
    return len(own) >= settings.assessors and bool(own) and all(row.state == AssessmentState.READY for row in own)


def opened_evaluations() -> QuerySet[Any]:
    """Evaluations whose comparison is open, of any review."""
    return with_progress(Evaluation.objects.all()).filter(opened=True)
