"""Progress of background work as rows that people see.

A task takes a job's id and runs `with running(job_id) as progress:`. The job is claimed under a PostgreSQL advisory
lock that dies with the worker's connection, so a task delivered twice runs once, and one whose worker was killed can
be taken over by the redelivery at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import UNFINISHED_JOB_STATES, AuditKind, JobState
from reviewapp.errors import DomainError
from reviewapp.models import Job, Review, User

logger = logging.getLogger(__name__)
LOCK_CLASS = 0x4A4F42  # "JOB": the first key of the two-key advisory lock
CRASHED = "Something went wrong on our side. Nothing was half-written. Try again, or tell the administrator."
PROGRESS_INTERVAL = 0.5  # seconds between two writes of the same job's progress


class JobCancelled(Exception):
    """The job was cancelled by a person while it ran."""


class JobBusy(Exception):
    """Another worker holds the job: the task should be delivered again later."""


def create_job(*, review: Review, actor: User, kind: str, label: str) -> Job:
    """A queued job. The caller enqueues the task with `delay_on_commit(job.pk)`."""
    return Job.objects.create(review=review, created_by=actor, kind=kind, label=label[:200], created_at=timezone.now())


class Progress:
    """What a running task tells its job. Writes at most every half second; outside the work's own transaction only
    if the caller is not inside one, so long tasks commit in chunks."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._last = 0.0

    def report(self, done: int, total: int | None = None, message: str | None = None, *, force: bool = False) -> None:
        """Store the progress. Raises JobCancelled if a person has cancelled the job."""
        self.job.done = done
        if total is not None:
            self.job.total = total
        if message is not None:
            self.job.message = message[:300]
        now = time.monotonic()
        if not force and now - self._last < PROGRESS_INTERVAL:
            return
        self._last = now
        updated = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING).update(
            done=self.job.done, total=self.job.total, message=self.job.message
        )
        if not updated:
            raise JobCancelled(f"Job {self.job.pk} was cancelled.")


def _try_lock(job_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, job_id])
        row = cursor.fetchone()
    return bool(row and row[0])


def _unlock(job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, job_id])


def keep_from_workers(job_id: int) -> bool:
    """True if no worker holds the job now; then none can take it up before the present transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, job_id])
        row = cursor.fetchone()
    return bool(row and row[0])


HELD = (
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def lost_jobs(kinds: Iterable[str]) -> list[Job]:
    """Unfinished jobs of these kinds that no worker holds and perhaps none will: to be enqueued again.

    A RUNNING one's worker has died. A QUEUED one may wait its turn, or its message was lost with the broker; which of
    the two cannot be told, so it counts once it is older than the time between two sweeps.
    """
    queued_before = timezone.now() - dt.timedelta(seconds=settings.CELERY_JOB_SWEEP_SECONDS)
    unheld = Job.objects.filter(kind__in=list(kinds)).exclude(pk__in=RawSQL(HELD, [LOCK_CLASS]))
    running_or_old = Q(state=JobState.RUNNING) | Q(state=JobState.QUEUED, created_at__lt=queued_before)
    return list(unheld.filter(running_or_old).order_by("id"))


@contextmanager
def running(job_id: int) -> Iterator[Progress | None]:
    """Claim the job and mark how it ends. Yields None when there is nothing to do (gone or finished).

    A DomainError becomes the job's error in its own words; any other error becomes a plain sentence, is logged with its
    traceback and raised again. A database that went away does not end the job: the task is to be delivered again.
    Raises JobBusy when another worker holds the job.
    """
    if not _try_lock(job_id):
        raise JobBusy(f"Job {job_id} is held by another worker.")
    try:
        job = Job.objects.select_related("review").filter(pk=job_id, state__in=UNFINISHED_JOB_STATES).first()
        if job is None:
            yield None
            return
        job.state, job.attempts, job.started_at = JobState.RUNNING, job.attempts + 1, timezone.now()
        begun = Job.objects.filter(pk=job_id, state__in=UNFINISHED_JOB_STATES).update(
            state=job.state, attempts=job.attempts, started_at=job.started_at
        )
        if not begun:  # cancelled since it was read
            yield None
            return
        try:
            yield Progress(job)
        except JobCancelled:
            logger.info("job %s was cancelled", job_id)
        except DomainError as error:
            _finish(job, JobState.FAILED, error.message)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            _finish(job, JobState.FAILED, CRASHED)
            raise
        else:
            _finish(job, JobState.DONE, "")
    finally:
        if not connection.needs_rollback and connection.connection is not None and not connection.connection.closed:
            _unlock(job_id)


def _finish(job: Job, state: JobState, error: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(
            state=state, error=error, finished_at=now, done=job.done, total=job.total, message=job.message
        )
        if state == JobState.FAILED:
            occasion = Occasion(job.review, None, now)
            log_event(occasion, AuditKind.JOB_FAILED, job, label=job.label, after={"error": error})
