"""The investigation: unit of inclusion. May have several reports."""

from __future__ import annotations

from django.db import models

from reviewapp.models import Review


class Study(models.Model):
    """An included investigation. Withdrawn, not deleted, when its last report leaves it."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="studies")
    label = models.CharField(max_length=120, help_text="As in the tables: first author and year.")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["label", "id"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.label
