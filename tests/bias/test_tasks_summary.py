"""A real worker, killed while it builds a summary: the job is taken over and the summary stored once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bias.constants import AuditKind
from bias.models import BiasSummary
from bias.services.summary import request_summary
from bias.tasks import summarise_bias
from reviewapp.constants import JobState
from reviewapp.models import AuditEvent, Job
from screening.tasks import MAX_ATTEMPTS
from tests.bias.summarised import make_settled
from tests.factories import Cast, make_cast
from tests.worker import Worker, own_database_url, wait_for


@pytest.mark.django_db
def test_a_job_that_keeps_killing_its_worker_is_given_up(cast: Cast) -> None:
    make_settled(cast, 1)
    job = request_summary(membership=cast.membership("bob"))
    assert job is not None
    Job.objects.filter(pk=job.pk).update(attempts=MAX_ATTEMPTS)
    summarise_bias(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "Tell the administrator" in job.error


@contextmanager
def storing_held_up(worker: Worker) -> Iterator[None]:
    """The transaction that stores the summary has done so, and waits before its last write and commit."""
    waits = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND query LIKE 'INSERT INTO \"reviewapp_auditevent\"%'"
    )
    with psycopg.connect(own_database_url()) as holder, psycopg.connect(own_database_url(), autocommit=True) as asker:
        holder.execute("LOCK TABLE reviewapp_auditevent IN EXCLUSIVE MODE")
        assert wait_for(lambda: asker.execute(waits).fetchall(), 60), worker.log()[-3000:]
        yield
        holder.rollback()


@pytest.mark.worker
@pytest.mark.durability
def test_a_worker_killed_while_it_builds_finishes_on_its_own_once(worker: Worker) -> None:
    worker.stop()
    worker.extra = {"CELERY_VISIBILITY_TIMEOUT": "6", "JOB_SWEEP_SECONDS": "2"}
    worker.start()
    cast = make_cast()
    make_settled(cast, 60, answers=True)
    job = request_summary(membership=cast.membership("bob"))
    assert job is not None
    summarise_bias.delay(job.pk)
    with storing_held_up(worker):
        worker.kill()
    assert not BiasSummary.objects.filter(review=cast.review).exists()
    assert Job.objects.get(pk=job.pk).state == JobState.RUNNING
    worker.start()
    assert wait_for(lambda: Job.objects.get(pk=job.pk).is_finished, 120), worker.log()[-3000:]
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    kept = BiasSummary.objects.get(review=cast.review)
    assert kept.job_id == job.pk
    assert kept.content["evaluations"] == 60
    assert AuditEvent.objects.filter(kind=AuditKind.SUMMARY_BUILT, review=cast.review).count() == 1
    assert Job.objects.filter(review=cast.review).count() == 1
