"""Background work of screening. Each task takes a job's id, calls one service, and is safe to run twice.

A job held by another worker (JobBusy) is delivered again: that worker finishes it, or dies and its lock with it, and
then this delivery takes over. So is one whose database went away; what it had not committed is done again.
"""

from __future__ import annotations

from celery import Task, shared_task
from celery.contrib.django.task import DjangoTask
from django.core.cache import cache
from django.db import InterfaceError, OperationalError

from reviewapp.errors import DomainError
from reviewapp.jobs import JobBusy, Progress, lost_jobs, running
from screening.constants import JobKind
from screening.services.duplicate_settings import sort_pairs_of_job
from screening.services.duplicates import seek_duplicates
from screening.services.elsewhere import bring_in_of_job
from screening.services.imports import abandon_import, batch_of_job, import_file

AGAIN = (JobBusy, OperationalError, InterfaceError)
RETRY_SECONDS = 5
MAX_RETRIES = 720
"""An hour: longer than any import or search for duplicates is expected to hold its job."""
MAX_ATTEMPTS = 5
"""Starts of one job, before it is taken to be what kills its workers."""


def _refuse_endless(progress: Progress) -> None:
    if progress.job.attempts > MAX_ATTEMPTS:
        raise DomainError(
            f"This was started {MAX_ATTEMPTS} times and stopped the server's worker each time. Tell the administrator."
        )


@shared_task(base=DjangoTask, autoretry_for=AGAIN, max_retries=MAX_RETRIES, default_retry_delay=RETRY_SECONDS)
def import_batch(job_id: int) -> None:
    """Import the file that this job was made for. A batch whose job has ended without it is marked as not imported."""
    with running(job_id) as progress:
        batch_id = batch_of_job(job_id)
        if batch_id is None:
            return
        if progress is None:
            abandon_import(batch_id=batch_id)
            return
        try:
            _refuse_endless(progress)
        except DomainError as error:
            abandon_import(batch_id=batch_id, message=error.message)
            raise
        progress.job.message = import_file(batch_id=batch_id, report=progress.report)


@shared_task(base=DjangoTask, autoretry_for=AGAIN, max_retries=MAX_RETRIES, default_retry_delay=RETRY_SECONDS)
def find_duplicates(job_id: int) -> None:
    """Look for duplicates among the records of the job's review."""
    with running(job_id) as progress:
        if progress is None:
            return
        _refuse_endless(progress)
        counts = seek_duplicates(job=progress.job, report=progress.report)
        progress.job.message = (
            f"{counts['removed']:,} removed as duplicates; {counts['doubtful']:,} doubtful pairs wait for a person."
        )


@shared_task(base=DjangoTask, autoretry_for=AGAIN, max_retries=MAX_RETRIES, default_retry_delay=RETRY_SECONDS)
def apply_duplicate_settings(job_id: int) -> None:
    """Bring the pairs of the job's review in line with its thresholds and source order."""
    with running(job_id) as progress:
        if progress is None:
            return
        _refuse_endless(progress)
        changes = sort_pairs_of_job(job=progress.job)
        progress.job.message = changes.in_words()


@shared_task(base=DjangoTask, autoretry_for=AGAIN, max_retries=MAX_RETRIES, default_retry_delay=RETRY_SECONDS)
def bring_in_votes(job_id: int) -> None:
    """Bring in the votes of the file that this job was made for, in one transaction."""
    with running(job_id) as progress:
        if progress is None:
            return
        _refuse_endless(progress)
        outcome = bring_in_of_job(progress.job)
        if outcome is not None:
            progress.job.message = outcome.in_words()[:300]


TASKS: dict[str, Task[[int], None]] = {
    JobKind.IMPORT: import_batch,
    JobKind.FIND_DUPLICATES: find_duplicates,
    JobKind.APPLY_DUPLICATE_SETTINGS: apply_duplicate_settings,
    JobKind.BRING_IN_VOTES: bring_in_votes,
}
ONCE_SECONDS = 600
"""A job is enqueued again once in this time for each of its starts: those that only wait their turn do not pile up."""


@shared_task(base=DjangoTask)
def take_up_lost_jobs() -> None:
    """Enqueue again what a killed worker left or a killed broker forgot. Enqueueing once too often does no harm."""
    for job in lost_jobs(TASKS):
        if cache.add(f"job-taken-up-{job.pk}-{job.attempts}", True, ONCE_SECONDS):
            TASKS[job.kind].delay(job.pk)
