"""The review's summary of risk of bias, built in the background and kept until its contents change."""

from __future__ import annotations

from django.db import models

from reviewapp.models import Job, Review


class BiasSummary(models.Model):
    """The last summary built. It is stale where `digest` is not the digest of the judgements that stand now."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="bias_summary")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of everything the content rests on.")
    content = models.JSONField(default=dict)
    built_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name_plural = "bias summaries"

    def __str__(self) -> str:
        return f"Risk of bias summary of {self.review}"
