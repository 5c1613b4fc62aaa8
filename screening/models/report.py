"""What is sought, retrieved and assessed for eligibility: reports and their files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from reviewapp.models import Review
from screening.constants import RetrievalStatus, ScreeningStatus
from screening.models.record import Record
from screening.models.study import Study


class Report(models.Model):
    """The document. Made when its record is included at title/abstract; withdrawn, not deleted, when that is undone."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="reports")
    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="report")
    retrieval_status = models.CharField(max_length=14, choices=RetrievalStatus, default=RetrievalStatus.SOUGHT)
    retrieval_note = models.TextField(blank=True)
    full_text_status = models.CharField(max_length=10, choices=ScreeningStatus, default=ScreeningStatus.PENDING)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports", null=True)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(retrieval_status=RetrievalStatus.NOT_RETRIEVED) | ~Q(retrieval_note=""),
                name="report_not_retrieved_has_note",
            ),
            models.CheckConstraint(
                condition=Q(retrieval_status=RetrievalStatus.RETRIEVED) | Q(full_text_status=ScreeningStatus.PENDING),
                name="report_screened_only_when_retrieved",
            ),
            models.CheckConstraint(
                condition=(Q(study=None) & ~Q(full_text_status=ScreeningStatus.INCLUDED))
                | Q(study__isnull=False, full_text_status=ScreeningStatus.INCLUDED),
                name="report_included_belongs_to_study",
            ),
        ]
        indexes = [
            models.Index(
                fields=["review", "retrieval_status", "full_text_status", "id"],
                condition=Q(withdrawn_at=None),
                name="report_screening_queue",
            )
        ]

    def __str__(self) -> str:
        return str(self.record)


def report_file_path(file: ReportFile, filename: str) -> str:
    """Where a full text is kept; the person's own file name is a column, never a path."""
    return f"reviews/{file.report.review_id}/reports/{file.sha256}.pdf"


class ReportFile(models.Model):
    """One uploaded full text. A new upload supersedes the former; nothing is deleted."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    file = models.FileField(upload_to=report_file_path, max_length=300)
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["report"], condition=Q(superseded_at=None), name="report_one_live_file")
        ]

    def __str__(self) -> str:
        return self.filename
