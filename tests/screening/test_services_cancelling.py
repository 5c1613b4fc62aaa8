"""Cancelling an import: at once where no worker has it, by the worker where one has; nothing of it counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import connection

from reviewapp.constants import JobState
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.jobs import LOCK_CLASS, running
from reviewapp.models import Job
from screening.constants import BatchState
from screening.models import ImportBatch, Record
from screening.services.uploads import cancel_import, receive_upload, retry_import
from screening.tasks import import_batch
from tests.factories import Cast, make_search
from tests.worker import own_database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batch(cast: Cast) -> ImportBatch:
    content = b"TY  - JOUR\nTI  - Sleep\nER  - \n"
    file = ContentFile(content, name="a.ris")
    search = make_search(cast.review)
    return receive_upload(membership=cast.membership("alice"), search=search, file=file, filename="a.ris")


def job_of(batch: ImportBatch) -> int:
    assert batch.job_id is not None
    return batch.job_id


@contextmanager
def held_by_a_worker(job_id: int) -> Iterator[None]:
    """Another connection has the job in hand."""
    with psycopg.connect(own_database_url()) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, job_id])
        yield


def test_one_that_no_worker_has_is_marked_at_once(cast: Cast, batch: ImportBatch) -> None:
    cancel_import(membership=cast.membership("alice"), batch=batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert "cancelled" in batch.error
    assert Job.objects.get(pk=job_of(batch)).state == JobState.CANCELLED
    import_batch(job_of(batch))
    assert not Record.objects.exists()


def test_one_that_a_worker_has_waits_for_it_and_cannot_be_started_meanwhile(cast: Cast, batch: ImportBatch) -> None:
    alice = cast.membership("alice")
    Job.objects.filter(pk=job_of(batch)).update(state=JobState.RUNNING)
    with held_by_a_worker(job_of(batch)):
        cancel_import(membership=alice, batch=batch)
        batch.refresh_from_db()
        assert batch.state == BatchState.WAITING
        with pytest.raises(DomainError, match="just being stopped"):
            retry_import(membership=alice, batch=batch)
    again = retry_import(membership=alice, batch=batch)
    assert Job.objects.get(pk=job_of(again)).state == JobState.QUEUED
    import_batch(job_of(again))
    assert Record.objects.count() == 1


def test_what_has_ended_cannot_be_cancelled(cast: Cast, batch: ImportBatch) -> None:
    import_batch(job_of(batch))
    with pytest.raises(StaleError):
        cancel_import(membership=cast.membership("alice"), batch=batch)
    assert Record.objects.count() == 1


def test_another_reviewer_may_not_cancel(cast: Cast, batch: ImportBatch) -> None:
    with pytest.raises(ForbiddenError):
        cancel_import(membership=cast.membership("bob"), batch=batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.WAITING


def test_a_job_cancelled_while_it_is_claimed_stays_cancelled(
    cast: Cast, batch: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(own_database_url(), autocommit=True) as other:

        def cancel_first(execute: object, sql: str, params: object, many: bool, context: object) -> object:
            if sql.startswith('UPDATE "reviewapp_job"'):
                other.execute("UPDATE reviewapp_job SET state = 'cancelled' WHERE id = %s", [job_of(batch)])
            return execute(sql, params, many, context)  # type: ignore[operator]  # Django's own callable

        with connection.execute_wrapper(cancel_first), running(job_of(batch)) as progress:
            assert progress is None
    assert Job.objects.get(pk=job_of(batch)).state == JobState.CANCELLED
