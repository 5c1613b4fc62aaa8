"""Background work of risk of bias. Each task takes a job's id, calls one service, and is safe to run twice."""

from __future__ import annotations

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.core.cache import cache

from bias.constants import JobKind
from bias.services.summary import build_summary, refresh_summary, stale_reviews
from reviewapp.errors import DomainError
from reviewapp.jobs import lost_jobs, running
from screening.tasks import AGAIN, MAX_ATTEMPTS, MAX_RETRIES, ONCE_SECONDS, RETRY_SECONDS


@shared_task(base=DjangoTask, autoretry_for=AGAIN, max_retries=MAX_RETRIES, default_retry_delay=RETRY_SECONDS)
def summarise_bias(job_id: int) -> None:
    """Build the summary of the job's review."""
    with running(job_id) as progress:
        if progress is None:
            return
        if progress.job.attempts > MAX_ATTEMPTS:
            raise DomainError(
                f"This was started {MAX_ATTEMPTS} times and stopped the server's worker each time. "
                "Tell the administrator."
            )
        progress.job.message = build_summary(job=progress.job, report=progress.report)


@shared_task(base=DjangoTask)
def keep_summaries() -> None:
    """Every half minute: enqueue again what a killed worker left, and follow judgements that have changed."""
    for job in lost_jobs([JobKind.SUMMARY]):
        if cache.add(f"job-taken-up-{job.pk}-{job.attempts}", True, ONCE_SECONDS):
            summarise_bias.delay(job.pk)
    for review_id in stale_reviews():
        started = refresh_summary(review_id=review_id)
        if started is not None:
            summarise_bias.delay(started.pk)
