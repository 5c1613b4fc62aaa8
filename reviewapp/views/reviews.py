"""The list of one's reviews, a new review, a review's overview."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from reviewapp.access import access_member
from reviewapp.contributions import registry
from reviewapp.errors import DomainError
from reviewapp.forms import ReviewForm, show_error
from reviewapp.htmx import Request, render_page, render_review
from reviewapp.models import Membership
from reviewapp.queries.log import log_events, log_lines
from reviewapp.queries.reviews import my_memberships, shown_jobs, waiting_for
from reviewapp.services.reviews import create_review
from reviewapp.views.jobs import job_cards

PAGE_SIZE = 50
RECENT_EVENTS = 6


@require_GET
def review_list(request: Request) -> HttpResponse:
    """The reviews in which one takes part."""
    page = Paginator(my_memberships(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    return render_page(request, "reviewapp/review_list.html", {"page": page})


@require_http_methods(["GET", "POST"])
def review_create(request: Request) -> HttpResponse:
    """A new review; its creator leads it."""
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render_page(request, "reviewapp/review_create.html", {"form": form})
    if form.is_valid():
        try:
            membership = create_review(actor=request.user, draft=form.draft())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, "Your review is set up, and you lead it.")
            step = next(iter(registry.setup_steps.values()), "reviewapp:review_overview")
            return redirect(step, membership.review_id)
    return render_page(request, "reviewapp/review_create.html", {"form": form}, status=422)


@require_GET
def review_overview(request: Request, review_id: int) -> HttpResponse:
    """Where the review stands and what waits for this member."""
    membership = access_member(request.user, review_id)
    context = {
        "todos": waiting_for(membership),
        "jobs": job_cards(membership, shown_jobs(membership, timezone.now())),
        "panels": _panels(request, membership),
        "lines": log_lines(log_events(membership)[:RECENT_EVENTS], with_changes=False) if membership.is_lead else [],
    }
    return render_review(request, membership, "reviewapp/review_overview.html", context)


def _panels(request: Request, membership: Membership) -> list[str]:
    """What the apps show of the review, each from its own template."""
    base = {"review": membership.review, "membership": membership}
    return [
        render_to_string(panel.template, {**base, **panel.context(membership)}, request)
        for panel in registry.ordered_panels()
    ]
