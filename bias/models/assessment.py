"""Judgements: one person's assessment of one evaluation, its answers and domain levels; and the settled one beside."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from bias.constants import SETTLED_KINDS, Answer, AssessmentKind, AssessmentState, Level
from bias.models.evaluation import Evaluation
from bias.models.settings import CustomInstrument
from reviewapp.models import Review
from screening.models import Report


class BiasAssessment(models.Model):
    """All that one person judged of one evaluation, or what both agreed on (a row of its own; the originals stay)."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="assessments")
    kind = models.CharField(max_length=14, choices=AssessmentKind, default=AssessmentKind.INDEPENDENT)
    assessor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="bias_assessments",
        help_text="Who judged; for a settled one, who settled it.",
    )
    state = models.CharField(max_length=5, choices=AssessmentState, default=AssessmentState.OPEN)
    instrument = models.CharField(max_length=40, help_text="As in the settings when it was begun.")
    custom = models.ForeignKey(CustomInstrument, on_delete=models.PROTECT, related_name="+", null=True)
    scale = models.CharField(max_length=12)
    overall = models.JSONField(
        default=dict,
        help_text="{part: {level, reason, by, at, applicability, applicability_reason}}; part is empty for one part.",
    )
    version = models.PositiveIntegerField(default=0, help_text="Counts every write: a stale page is noticed by it.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "assessor"],
                condition=Q(kind=AssessmentKind.INDEPENDENT),
                name="assessment_once_per_assessor",
            ),
            models.UniqueConstraint(
                fields=["evaluation"], condition=Q(kind__in=SETTLED_KINDS), name="assessment_settled_once"
            ),
            models.CheckConstraint(
                condition=Q(state=AssessmentState.READY, ready_at__isnull=False)
                | Q(state=AssessmentState.OPEN, ready_at=None),
                name="assessment_ready_has_time",
            ),
        ]
        indexes = [models.Index(fields=["review", "kind", "state"], name="assessment_by_review")]

    def __str__(self) -> str:
        return f"{self.evaluation} ({self.get_kind_display()})"


class BiasJudgement(models.Model):
    """The level of one domain, with its support; for some domains also of applicability."""

    assessment = models.ForeignKey(BiasAssessment, on_delete=models.PROTECT, related_name="judgements")
    part = models.CharField(max_length=12, blank=True, help_text="development or evaluation; empty for one part.")
    domain = models.CharField(max_length=40)
    level = models.CharField(max_length=15, choices=Level, blank=True)
    rationale = models.TextField(blank=True)
    departure_reason = models.TextField(blank=True, help_text="Why the level departs from what the answers suggest.")
    applicability = models.CharField(max_length=15, choices=Level, blank=True)
    applicability_rationale = models.TextField(blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "part", "domain"], name="judgement_once_per_domain")
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.get_level_display() or 'open'}"


class SignallingAnswer(models.Model):
    """The answer to one signalling question, with the place in the report that supports it."""

    assessment = models.ForeignKey(BiasAssessment, on_delete=models.PROTECT, related_name="answers")
    part = models.CharField(max_length=12, blank=True)
    question = models.CharField(max_length=12, help_text="The official number, e.g. 4.5.")
    column = models.CharField(
        max_length=12, blank=True, help_text="development, validation, apparent, internal or external; empty for one."
    )
    answer = models.CharField(max_length=2, choices=Answer, blank=True)
    comment = models.TextField(blank=True)
    quote = models.TextField(blank=True)
    page = models.CharField(max_length=20, blank=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "part", "question", "column"], name="answer_once_per_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.answer or 'open'}"
