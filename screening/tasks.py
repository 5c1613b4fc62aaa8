"""Background work of screening. Each task takes a job's id, calls one service, and is safe to run twice."""

from __future__ import annotations

from celery import shared_task

from reviewapp.jobs import JobBusy, running
from screening.models import ImportBatch
from screening.services.duplicates import seek_duplicates
from screening.services.imports import import_file

RETRY = {"autoretry_for": (JobBusy,), "max_retries": 60, "default_retry_delay": 5}
"""A job held by another worker: that one finishes it, or dies, and then this delivery takes over."""


@shared_task(**RETRY)  # type: ignore[untyped-decorator]  # celery ships no types for its decorator's options
def import_batch(job_id: int) -> None:
    """Import the file that this job was made for."""
    with running(job_id) as progress:
        batch_id = ImportBatch.objects.filter(job_id=job_id).values_list("pk", flat=True).first()
        if progress is None or batch_id is None:
            return
        import_file(batch_id=batch_id, report=progress.report)


@shared_task(**RETRY)  # type: ignore[untyped-decorator]
def find_duplicates(job_id: int) -> None:
    """Look for duplicates among the records of the job's review."""
    with running(job_id) as progress:
        if progress is None:
            return
        counts = seek_duplicates(job=progress.job, report=progress.report)
        progress.job.message = (
            f"{counts['removed']:,} removed as duplicates; {counts['doubtful']:,} doubtful pairs wait for a person."
        )
