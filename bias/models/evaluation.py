"""What is assessed: one development or validation of one model (or one result) of one study."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from bias.constants import EvaluationType
from reviewapp.models import Review
from screening.models import Study


class Evaluation(models.Model):
    """One evaluation of a distinct model, or one result, in one study. Withdrawn, not deleted."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="evaluations")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="evaluations")
    label = models.CharField(max_length=200, blank=True, help_text="The model or result, e.g. Dr. VAE.")
    evaluation_type = models.CharField(max_length=6, choices=EvaluationType, blank=True)
    out_of_scope = models.BooleanField(default=False, help_text="The study is not what the instrument was made for.")
    scope_reason = models.TextField(blank=True, help_text="Why it is assessed with this instrument all the same.")
    weight = models.FloatField(null=True, help_text="For weighted bars; None where the review states no weights.")
    due_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["study__label", "study_id", "id"]
        constraints = [
            models.UniqueConstraint(
                "study",
                Lower("label"),
                "evaluation_type",
                condition=Q(withdrawn_at=None),
                name="evaluation_once_per_study",
            ),
            models.CheckConstraint(condition=Q(weight=None) | Q(weight__gt=0), name="evaluation_weight_positive"),
        ]
        indexes = [models.Index(fields=["review", "study"], condition=Q(withdrawn_at=None), name="evaluation_live")]

    def __str__(self) -> str:
        return f"{self.study}: {self.label}" if self.label else str(self.study)
