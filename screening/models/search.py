"""Where records come from: searches, the files imported for them, and the entries that could not be stored."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from reviewapp.models import Job, Review
from screening.constants import BatchQuestion, BatchState, SourceKind


class Search(models.Model):
    """One search of one information source (PRISMA items 6-7, PRISMA-S)."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="searches")
    kind = models.CharField(max_length=20, choices=SourceKind, default=SourceKind.DATABASE)
    source = models.CharField(max_length=120, help_text="The database or register, e.g. MEDLINE.")
    platform = models.CharField(max_length=120, blank=True, help_text="Where it was searched, e.g. Ovid.")
    strategy = models.TextField(blank=True, help_text="The search strategy, verbatim.")
    limits = models.TextField(blank=True, help_text="Limits and filters, with reasons.")
    date_run = models.DateField(null=True, blank=True)
    reported_count = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many records the source said it found."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "searches"

    def __str__(self) -> str:
        shown = self.platform and self.platform.casefold() not in self.source.casefold()
        return f"{self.source} ({self.platform})" if shown else self.source


def batch_path(batch: ImportBatch, filename: str) -> str:
    """Where an uploaded export file is kept; the person's own file name is a column, never a path."""
    return f"reviews/{batch.search.review_id}/imports/{batch.sha256[:16]}"


class ImportBatch(models.Model):
    """One file brought in for a Search; keeps the file, its hash and every rejected entry with its line."""

    search = models.ForeignKey(Search, on_delete=models.PROTECT, related_name="batches")
    file = models.FileField(upload_to=batch_path, max_length=300)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.WAITING)
    format_label = models.CharField(max_length=80, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    warnings = models.JSONField(default=list)
    field_counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    error_line = models.PositiveBigIntegerField(null=True)
    archive = models.CharField(max_length=255, blank=True, help_text="The ZIP archive it came in.")
    question = models.CharField(
        max_length=10, choices=BatchQuestion, blank=True, help_text="What is asked while the state is ASKING."
    )
    preview = models.JSONField(
        default=dict, help_text='Shown with the question: {"sample": str} or {"columns": [str], "rows": [[str]]}.'
    )
    answers = models.JSONField(
        default=dict, help_text='What a person said: {"encoding": name, "mapping": {column: target}}.'
    )
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    compared_at = models.DateTimeField(
        null=True, help_text="When its records were last compared with all others to find duplicates."
    )

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "import batches"
        constraints = [
            models.UniqueConstraint(
                fields=["search", "sha256"],
                condition=Q(state__in=[BatchState.WAITING, BatchState.ASKING, BatchState.DONE]),
                name="batch_same_file_once_per_search",
            ),
            models.CheckConstraint(
                condition=Q(state=BatchState.ASKING) & ~Q(question="") | ~Q(state=BatchState.ASKING) & Q(question=""),
                name="batch_asks_while_asking",
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class RejectedRow(models.Model):
    """An entry of an imported file that could not be stored: its line and why."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="rejected_rows")
    line = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    raw = models.TextField(blank=True)

    class Meta:
        ordering = ["line", "id"]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class ColumnMapping(models.Model):
    """Which column is which, in tables with these headings: said once by a person, remembered for the review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="column_mappings")
    signature = models.CharField(max_length=64, help_text="SHA-256 of the headings, in order.")
    mapping = models.JSONField(help_text="{column heading: target}.")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["review", "signature"], name="mapping_once_per_headings")]

    def __str__(self) -> str:
        return ", ".join(self.mapping)
