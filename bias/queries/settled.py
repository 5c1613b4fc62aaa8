"""What stands for one evaluation, for everyone to read; and the reports of its study, with their full texts."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.queries.page_types import AssessmentView
from bias.queries.pages import assessment_view
from screening.models import Report, ReportFile


def settled_view(evaluation: Evaluation, settings: BiasSettings) -> AssessmentView | None:
    """The settled assessment as pages show it; None before. With one assessor, that one's own once finished."""
    ready = BiasAssessment.objects.select_related("custom", "assessor").filter(
        evaluation=evaluation, state=AssessmentState.READY
    )
    row = ready.filter(kind__in=SETTLED_KINDS).first()
    if row is None and settings.assessors == 1:
        own = BiasAssessment.objects.filter(evaluation=evaluation, kind=AssessmentKind.INDEPENDENT)
        row = ready.filter(kind=AssessmentKind.INDEPENDENT).first() if own.count() == 1 else None
    if row is None:
        return None
    row.evaluation = evaluation
    return assessment_view(row, settings)


def study_reports(study_id: int) -> QuerySet[Report]:
    """The study's reports with their records; `has_file` where a full text is kept."""
    files = ReportFile.objects.filter(report=OuterRef("pk"), superseded_at=None)
    return (
        Report.objects.filter(study_id=study_id, withdrawn_at=None)
        .select_related("record")
        .annotate(has_file=Exists(files))
        .order_by("id")
    )
