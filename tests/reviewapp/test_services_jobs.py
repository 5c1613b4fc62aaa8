"""Cancelling background work."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reviewapp.constants import AuditKind, JobState
from reviewapp.errors import ForbiddenError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import AuditEvent, Job, User
from reviewapp.services.jobs import cancel_job, may_cancel
from tests.factories import Cast


def job_of(cast: Cast, who: User) -> Job:
    return create_job(review=cast.review, actor=who, kind="test.job", label="A long job")


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_lead_or_the_one_who_started_it_cancels(cast: Cast, name: str) -> None:
    job = cancel_job(membership=cast.membership(name), job=job_of(cast, cast.bob))
    assert job.state == JobState.CANCELLED
    assert job.finished_at is not None
    event = AuditEvent.objects.get()
    assert (event.kind, event.before["state"], event.after["state"]) == (
        AuditKind.JOB_CANCELLED,
        "queued",
        "cancelled",
    )


@pytest.mark.parametrize("name", ["cara", "dan", "olga"])
def test_others_do_not(cast: Cast, name: str) -> None:
    job = job_of(cast, cast.bob)
    with pytest.raises(ForbiddenError):
        cancel_job(membership=cast.membership(name), job=job)
    assert not may_cancel(cast.membership(name), job)


def test_someone_made_an_observer_meanwhile_does_not(cast: Cast) -> None:
    assert not may_cancel(cast.membership("olga"), job_of(cast, cast.olga))


def test_what_has_ended_is_not_cancelled(cast: Cast) -> None:
    job = job_of(cast, cast.alice)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    with pytest.raises(StaleError):
        cancel_job(membership=cast.membership("alice"), job=job)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert not AuditEvent.objects.exists()
