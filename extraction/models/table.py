"""Evidence tables: which items of which form, in which order, with footnotes and abbreviations."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from extraction.models.form import ExtractionForm
from reviewapp.models import Review


class EvidenceTable(models.Model):
    """One table as the team laid it out. Shape of `layout`: extraction.rules.tables."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="evidence_tables")
    form = models.ForeignKey(ExtractionForm, on_delete=models.PROTECT, related_name="tables")
    title = models.CharField(max_length=200)
    layout = models.JSONField()
    edits = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title
