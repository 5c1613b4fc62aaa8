"""Narrative synthesis: planned themes, studies coded to them with a quotation, and text whose numbers are derived."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from reviewapp.models import Review
from screening.models import Report, Study


class Theme(models.Model):
    """One theme. Retired, not deleted."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="themes")
    title = models.CharField(max_length=200)
    section = models.CharField(max_length=120, blank=True, help_text="The part of the text it belongs to.")
    text = models.TextField(blank=True, help_text="What the theme is about.")
    planned = models.BooleanField(default=True, help_text="Named in the protocol; else it arose from the studies.")
    position = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                "review", "section", Lower("title"), condition=Q(retired_at=None), name="theme_once_per_section"
            )
        ]

    def __str__(self) -> str:
        return self.title


class ThemeCoding(models.Model):
    """A study belongs to a theme, and this is the passage that says so."""

    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="codings")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="codings")
    quote = models.TextField(blank=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+", null=True)
    page = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)
    coded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    coded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["theme", "study"], condition=Q(removed_at=None), name="coding_once")
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.theme}"


class TextBlock(models.Model):
    """A paragraph with live references: its counts and lists of studies come from the rows. Shape: rules.livetext."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="text_blocks")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="text_blocks", null=True)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()
    edits = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title
