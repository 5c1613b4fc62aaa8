"""What is to be collected: forms, their versions, and vocabularies that the team extends."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from extraction.constants import DEFAULT_PILOT, ExtractionMode, FormState
from reviewapp.models import Review


class ExtractionForm(models.Model):
    """A form of a review, through all its versions."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="extraction_forms")
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=8, choices=ExtractionMode, default=ExtractionMode.DOUBLE)
    pilot_studies = models.PositiveSmallIntegerField(default=DEFAULT_PILOT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("review", Lower("name"), condition=Q(retired_at=None), name="form_once_per_review")
        ]

    def __str__(self) -> str:
        return self.name


class FormVersion(models.Model):
    """One version of a form. Only a draft changes; sheets stay readable in the version they were made with.

    The ids of sections, groups and items in `definition` are given once and mean the same in every version, so a value
    is never shown under another item. Shape: extraction.rules.definition.
    """

    form = models.ForeignKey(ExtractionForm, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=FormState, default=FormState.DRAFT)
    definition = models.JSONField()
    note = models.TextField(blank=True, help_text="What changed, and why.")
    edits = models.PositiveIntegerField(default=0, help_text="Counts every write of a draft: a stale page is noticed.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["form", "number"]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="form_version_once"),
            models.UniqueConstraint(fields=["form"], condition=Q(state=FormState.DRAFT), name="form_one_draft"),
            models.UniqueConstraint(
                fields=["form"],
                condition=Q(state__in=[FormState.PILOT, FormState.IN_USE]),
                name="form_one_live_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} (version {self.number})"


class VocabularyTerm(models.Model):
    """A term of an item's vocabulary. Anyone who extracts proposes; a lead approves. Retired, not deleted."""

    form = models.ForeignKey(ExtractionForm, on_delete=models.PROTECT, related_name="terms")
    item = models.CharField(max_length=40, help_text="Id of the item in the form's definition.")
    text = models.CharField(max_length=200)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    declined_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["text", "id"]
        constraints = [models.UniqueConstraint("form", "item", Lower("text"), name="term_once_per_item")]

    def __str__(self) -> str:
        return self.text
