"""Which reviews a person is in, what waits there, what runs there."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q, QuerySet

from reviewapp.constants import UNFINISHED_JOB_STATES, JobState
from reviewapp.contributions import Todo, registry
from reviewapp.models import Job, Membership, User

RECENT_JOBS = 5
JOB_OUTCOME_HOURS = 1


def my_memberships(user: User) -> QuerySet[Membership]:
    """The person's live memberships with their reviews, newest review first; `member_count` live members each."""
    return (
        Membership.objects.filter(user=user, removed_at=None)
        .select_related("review")
        .annotate(member_count=Count("review__memberships", filter=Q(review__memberships__removed_at=None)))
        .order_by("-review_id")
    )


def waiting_for(membership: Membership) -> list[Todo]:
    """Everything that waits for this member, from all apps; only what there is some of."""
    found = (todo for ask in registry.todos.values() for todo in ask(membership))
    return [todo for todo in found if todo.count]


def shown_jobs(membership: Membership, now: dt.datetime) -> list[Job]:
    """Unfinished work of the review, and what failed within the last hour; newest first."""
    lately = Q(finished_at__gte=now - dt.timedelta(hours=JOB_OUTCOME_HOURS), state=JobState.FAILED)
    jobs = Job.objects.filter(review_id=membership.review_id)
    return list(jobs.filter(Q(state__in=UNFINISHED_JOB_STATES) | lately)[:RECENT_JOBS])
