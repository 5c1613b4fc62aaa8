"""One's reviews, what waits there and what runs there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone

from reviewapp.constants import JobState
from reviewapp.contributions import Todo, registry
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership
from reviewapp.queries.reviews import JOB_OUTCOME_HOURS, my_memberships, shown_jobs, waiting_for
from tests.factories import Cast, make_review


def test_my_reviews_are_those_i_am_in_now(cast: Cast) -> None:
    newer = make_review(cast.alice)
    assert [m.review for m in my_memberships(cast.alice)] == [newer, cast.review]
    Membership.objects.filter(user=cast.bob).update(removed_at=timezone.now())
    assert list(my_memberships(cast.bob)) == []


def test_removed_members_are_not_counted(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(removed_at=timezone.now())
    assert my_memberships(cast.alice).get().member_count == 4


def test_only_what_waits_is_shown(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def todos(membership: Membership) -> Iterator[Todo]:
        yield Todo("0 records", 0, "/", "Screen")
        yield Todo("3 records", 3, "/", "Screen")

    monkeypatch.setattr(registry, "todos", {"test": todos})
    assert [todo.count for todo in waiting_for(cast.membership("alice"))] == [3]


def test_jobs_that_run_or_failed_just_now_are_shown(cast: Cast) -> None:
    now = timezone.now()
    long_ago = now - dt.timedelta(hours=JOB_OUTCOME_HOURS, seconds=1)

    def job(state: JobState, finished_at: dt.datetime | None) -> int:
        made = create_job(review=cast.review, actor=cast.alice, kind="test", label=str(state))
        Job.objects.filter(pk=made.pk).update(state=state, finished_at=finished_at)
        return made.pk

    queued, running = job(JobState.QUEUED, None), job(JobState.RUNNING, None)
    failed = job(JobState.FAILED, now)
    job(JobState.FAILED, long_ago)
    job(JobState.DONE, now)
    job(JobState.CANCELLED, now)
    create_job(review=cast.other_review, actor=cast.mallory, kind="test", label="Another review's")
    assert [shown.pk for shown in shown_jobs(cast.membership("olga"), now)] == [failed, running, queued]
