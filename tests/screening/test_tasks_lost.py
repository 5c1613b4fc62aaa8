"""Work that a killed worker left or a killed broker forgot: found, and enqueued again once."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.utils import timezone

from reviewapp.constants import JobState
from reviewapp.jobs import LOCK_CLASS, create_job, lost_jobs
from reviewapp.models import Job
from screening.constants import BatchState, JobKind
from screening.models import Record
from screening.services import imports
from screening.services.uploads import receive_upload
from screening.tasks import TASKS, import_batch, take_up_lost_jobs
from tests.factories import Cast, make_search
from tests.worker import own_database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(cast: Cast) -> Job:
    return create_job(review=cast.review, actor=cast.alice, kind=JobKind.IMPORT, label="Import of a.ris")


def become(job: Job, state: str, *, old: bool = False) -> None:
    age = settings.CELERY_JOB_SWEEP_SECONDS + 1 if old else 0
    Job.objects.filter(pk=job.pk).update(state=state, created_at=timezone.now() - dt.timedelta(seconds=age))


def test_every_kind_of_job_has_its_task() -> None:
    assert set(TASKS) == set(JobKind)


@pytest.mark.parametrize(
    ("state", "old", "lost"),
    [
        (JobState.QUEUED, False, False),
        (JobState.QUEUED, True, True),
        (JobState.RUNNING, False, True),
        (JobState.DONE, True, False),
        (JobState.FAILED, True, False),
        (JobState.CANCELLED, True, False),
    ],
)
def test_a_job_that_nobody_holds_is_lost_while_it_is_unfinished(job: Job, state: str, old: bool, lost: bool) -> None:
    become(job, state, old=old)
    assert lost_jobs(JobKind) == ([job] if lost else [])
    assert lost_jobs([JobKind.FIND_DUPLICATES]) == []


def test_a_job_that_a_worker_holds_is_not_lost_until_the_worker_is(job: Job) -> None:
    become(job, JobState.RUNNING)
    with psycopg.connect(own_database_url()) as worker:
        worker.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, job.pk])
        assert lost_jobs(JobKind) == []
        worker.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, job.pk])
        assert lost_jobs(JobKind) == [job]


def test_a_lost_job_is_enqueued_again_once_for_each_of_its_starts(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    sent: list[int] = []
    monkeypatch.setattr(TASKS[JobKind.IMPORT], "delay", sent.append)
    become(job, JobState.RUNNING)
    take_up_lost_jobs()
    take_up_lost_jobs()
    assert sent == [job.pk]
    Job.objects.filter(pk=job.pk).update(attempts=1)
    take_up_lost_jobs()
    assert sent == [job.pk, job.pk]


def test_a_database_that_went_away_fails_neither_the_job_nor_its_file(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review),
        file=ContentFile(b"TY  - JOUR\nTI  - Sleep\nER  - \n", name="a.ris"),
        filename="a.ris",
    )
    with monkeypatch.context() as patch:
        patch.setattr(imports, "stage_rows", lambda *a: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError):
            import_batch(batch.job_id)
    assert Job.objects.get(pk=batch.job_id).state == JobState.RUNNING
    import_batch(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert Record.objects.count() == 1
