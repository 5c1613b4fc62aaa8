"""What a person may do to background work: cancel it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind, JobState
from reviewapp.errors import ForbiddenError, StaleError
from reviewapp.models import Job, Membership


def may_cancel(membership: Membership, job: Job) -> bool:
    """A lead, or the member who started the job, while it is unfinished; observers change nothing."""
    started_it = job.created_by_id == membership.user_id and membership.can_screen
    return not job.is_finished and (membership.is_lead or started_it)


@transaction.atomic
def cancel_job(*, membership: Membership, job: Job) -> Job:
    """Mark the job cancelled; a worker that runs it stops at its next progress report.

    Raises ForbiddenError without the right, StaleError for a job that has ended meanwhile.
    """
    present = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if present.is_finished:
        raise StaleError("This work has already ended, so there was nothing to cancel.")
    if not may_cancel(membership, present):
        raise ForbiddenError("Only a lead, or the person who started this work, can cancel it.")
    occasion = Occasion(membership.review, membership.user, timezone.now())
    before = {"state": present.state, "done": present.done, "total": present.total}
    present.state, present.finished_at = JobState.CANCELLED, occasion.at
    present.save(update_fields=["state", "finished_at"])
    log_event(
        occasion,
        AuditKind.JOB_CANCELLED,
        present,
        label=present.label,
        before=before,
        after={"state": JobState.CANCELLED},
    )
    return present
