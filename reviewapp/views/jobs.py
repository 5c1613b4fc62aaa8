"""Background work: its card, and cancelling it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from reviewapp.access import access_job, access_member
from reviewapp.htmx import Request, render_review, wants_fragment
from reviewapp.models import Job, Membership
from reviewapp.services.jobs import cancel_job, may_cancel

JOB_ENDED = "job-ended"
"""Told to the page with a card's last answer, so that figures beside the card can be fetched anew."""


@dataclass(frozen=True)
class JobCard:
    """A job as the card draws it. `cancel_url` is empty for one who may not cancel it."""

    job: Job
    poll_url: str
    cancel_url: str


def job_cards(membership: Membership, jobs: Iterable[Job]) -> list[JobCard]:
    """Cards of jobs of the member's review."""
    return [
        JobCard(
            job,
            reverse("reviewapp:job_detail", args=[membership.review_id, job.pk]),
            reverse("reviewapp:job_cancel", args=[membership.review_id, job.pk]) if may_cancel(membership, job) else "",
        )
        for job in jobs
    ]


@never_cache
@require_GET
def job_detail(request: Request, review_id: int, job_id: int) -> HttpResponse:
    """A job's card, which asks for itself again until the job has ended."""
    membership = access_member(request.user, review_id)
    [card] = job_cards(membership, [access_job(membership, job_id)])
    return _render_card(request, membership, card)


@require_POST
def job_cancel(request: Request, review_id: int, job_id: int) -> HttpResponse:
    """Cancel a job: a lead, or who started it."""
    membership = access_member(request.user, review_id)
    job = cancel_job(membership=membership, job=access_job(membership, job_id))
    if wants_fragment(request):
        [card] = job_cards(membership, [job])
        return _render_card(request, membership, card)
    messages.success(request, f"Cancelled: {job.label}")
    return redirect("reviewapp:review_overview", review_id)


def _render_card(request: Request, membership: Membership, card: JobCard) -> HttpResponse:
    response = render_review(
        request, membership, "reviewapp/job_detail.html", {"card": card}, fragment="reviewapp/fragments/job.html"
    )
    if wants_fragment(request) and card.job.is_finished:
        trigger_client_event(response, JOB_ENDED, after="settle")
    return response
