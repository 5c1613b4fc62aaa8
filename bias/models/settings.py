"""With what a review judges risk of bias: the instrument, its scale, how many assessors; a team's own instruments."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from bias.constants import DEFAULT_ASSESSORS, DEFAULT_PILOT, MAX_ASSESSORS, InstrumentState, Scale
from reviewapp.models import Review


class CustomInstrument(models.Model):
    """One version of a team's own instrument. A version in use is never changed; a change makes the next version."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="bias_instruments")
    name = models.CharField(max_length=120)
    number = models.PositiveSmallIntegerField(help_text="Version, from 1.")
    state = models.CharField(max_length=8, choices=InstrumentState, default=InstrumentState.DRAFT)
    definition = models.JSONField(help_text="Domains, questions, levels and rule; shape: bias.instruments.custom.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "number"]
        constraints = [models.UniqueConstraint("review", Lower("name"), "number", name="instrument_version_once")]

    def __str__(self) -> str:
        return f"{self.name} (version {self.number})"


class BiasSettings(models.Model):
    """The part of the protocol about risk of bias. Once the first judgement is made (`fixed_at`), a change is an
    amendment and says why."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="bias_settings")
    instrument = models.CharField(max_length=40, help_text='Key in the registry of instruments, or "custom".')
    custom = models.ForeignKey(CustomInstrument, on_delete=models.PROTECT, related_name="+", null=True)
    scale = models.CharField(max_length=12, choices=Scale)
    level_definitions = models.JSONField(default=dict, help_text="{level: what it means in this review}.")
    overall_rule = models.TextField(blank=True, help_text="How the overall level follows, for an adapted scale.")
    judges_applicability = models.BooleanField(default=True)
    assessors = models.PositiveSmallIntegerField(
        default=DEFAULT_ASSESSORS, validators=[MinValueValidator(1), MaxValueValidator(MAX_ASSESSORS)]
    )
    pilot_studies = models.PositiveSmallIntegerField(default=DEFAULT_PILOT)
    question = models.JSONField(
        default=dict, help_text="Step 1: {population, setting, predictors, outcome, moment, use}, in the team's words."
    )
    why_this_tool = models.TextField(blank=True, help_text="For studies outside the instrument's scope.")
    fixed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "bias settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(instrument="custom", custom__isnull=False) | (~Q(instrument="custom") & Q(custom=None)),
                name="bias_settings_custom_named",
            ),
            models.CheckConstraint(
                condition=Q(assessors__gte=1, assessors__lte=MAX_ASSESSORS), name="bias_settings_assessors_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}, {self.get_scale_display()}"
