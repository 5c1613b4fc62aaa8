"""A real worker, killed in the middle of an import: the job is taken over, each record is stored once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from reviewapp.constants import JobState
from reviewapp.models import AuditEvent, Job
from screening.constants import AuditKind, BatchState
from screening.models import ImportBatch, Record, StagedRecord
from screening.queries.imports import batch_line
from screening.services.uploads import receive_upload
from screening.tasks import MAX_ATTEMPTS, import_batch
from tests.factories import Cast, make_cast, make_search
from tests.worker import Worker, wait_for

COUNT = 30_000


def big_file() -> bytes:
    """RIS of about 20 MB: long enough to be interrupted."""
    abstract = "We followed adults who slept badly for a year and asked them how they were. " * 8
    return "".join(
        f"TY  - JOUR\nTI  - Sleep trial number {n}\nAU  - Rowe, Ann\nPY  - 2020\nAB  - {abstract}\nER  - \n\n"
        for n in range(COUNT)
    ).encode()


def upload(cast: Cast, content: bytes) -> ImportBatch:
    return receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review),
        file=ContentFile(content, name="big.ris"),
        filename="big.ris",
    )


@pytest.mark.django_db
def test_a_job_that_keeps_killing_its_worker_is_given_up() -> None:
    cast = make_cast()
    batch = upload(cast, b"TY  - JOUR\nTI  - A\nER  - \n")
    Job.objects.filter(pk=batch.job_id).update(attempts=MAX_ATTEMPTS)
    import_batch(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert batch.job is not None
    assert (batch.job.state, batch.job.error) == (JobState.FAILED, batch.error)


@pytest.mark.worker
@pytest.mark.durability
def test_a_worker_killed_while_it_imports_loses_and_doubles_nothing(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.stop()
    worker.extra = {"CELERY_VISIBILITY_TIMEOUT": "6"}
    worker.start()
    cast = make_cast()
    batch = upload(cast, big_file())
    import_batch.delay(batch.job_id)
    staged = StagedRecord.objects.filter(batch=batch)
    for goal in (2_000, 6_000):
        assert wait_for(lambda goal=goal: staged.count() >= goal, 60), worker.log()
        worker.kill()
        assert not Record.objects.filter(batch=batch).exists()
        worker.start()
    assert wait_for(lambda: Job.objects.get(pk=batch.job_id).is_finished, 120), worker.log()
    batch.refresh_from_db()
    job = Job.objects.get(pk=batch.job_id)
    assert (batch.state, job.state, job.attempts) == (BatchState.DONE, JobState.DONE, 3)
    assert batch_line(batch).read == COUNT
    positions = set(Record.objects.filter(batch=batch).values_list("position", flat=True))
    assert positions == set(range(1, COUNT + 1))
    assert not StagedRecord.objects.exists()
    assert AuditEvent.objects.filter(kind=AuditKind.BATCH_IMPORTED, object_id=batch.pk).count() == 1
