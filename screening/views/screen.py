"""Screening: one record (or report) at a time, vote and next in one response."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of, wants_fragment
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.constants import Stage
from screening.forms.decision import DecisionForm
from screening.queries.reports import live_file
from screening.queries.screening import Queue, screen_page
from screening.services.claims import hold_places, skip_place
from screening.services.decisions import submit_decision, undo_decision


def _queue(membership: Membership, stage: Stage) -> Queue:
    return Queue(membership.review_id, stage, membership.user_id)


def render_screen(
    request: Request, membership: Membership, stage: Stage, *, status: int = 200, **context: object
) -> HttpResponse:
    """The screening page, or its part for htmx: `show_id` if it is still held for the reviewer, else the next."""
    queue = _queue(membership, stage)
    show_id = context.pop("show_id", None)
    held = hold_places(queue, timezone.now(), voted=bool(context.pop("voted", False)))
    page = screen_page(queue, held, show_id=show_id if isinstance(show_id, int) else None)
    if page.item is None or page.item.id != show_id:
        context.pop("form", None)  # what was written belongs to another record
    if page.item and page.item.report:
        context["file"] = live_file(page.item.report)
    return render_review(
        request,
        membership,
        "screening/screen_page.html",
        {"page": page, "item": page.item, "stage": stage, **context},
        fragment="screening/fragments/screen.html",
        status=status,
    )


@require_GET
def screen_index(request: Request, review_id: int) -> HttpResponse:
    """Where the Screening tab leads: title and abstract."""
    access_screener(request.user, review_id)
    return redirect("screening:screen_open", review_id, Stage.TITLE_ABSTRACT)


@require_GET
def screen_open(request: Request, review_id: int, stage: Stage) -> HttpResponse:
    """The next record for this reviewer; `?after=ID` is the prefetch of the one after that (204 if there is none)."""
    membership = access_screener(request.user, review_id)
    after = as_number(request.GET.get("after", ""))
    if after is None:
        return render_screen(request, membership, stage)
    held = hold_places(_queue(membership, stage), timezone.now())
    following = next((item for item in held.items if item.id != after), None)
    if following is None:
        return HttpResponse(status=204)
    return render_screen(request, membership, stage, show_id=following.id)


@require_POST
def screen_vote(request: Request, review_id: int, stage: Stage, target_id: int) -> HttpResponse:
    """Store a vote and answer with the next record in the same response."""
    membership = access_screener(request.user, review_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return render_screen(
            request, membership, stage, status=422, show_id=target_id, problem=form.problem(), form=form
        )
    try:
        submit_decision(membership=membership, stage=stage, target_id=target_id, judgement=form.judgement())
    except DomainError as problem:
        return render_screen(
            request, membership, stage, status=status_of(problem), show_id=target_id, problem=problem, form=form
        )
    if not wants_fragment(request):
        return redirect("screening:screen_open", review_id, stage)
    show_id = as_number(request.POST.get("next", ""))
    return render_screen(request, membership, stage, show_id=show_id, voted=True)


@require_POST
def screen_undo(request: Request, review_id: int, stage: Stage) -> HttpResponse:
    """Take back one's own last vote and show its record again."""
    membership = access_screener(request.user, review_id)
    try:
        target_id = undo_decision(membership=membership, stage=stage)
    except DomainError as problem:
        return render_screen(request, membership, stage, status=status_of(problem), problem=problem)
    if not wants_fragment(request):
        messages.success(request, "Your last vote has been taken back.")
        return redirect("screening:screen_open", review_id, stage)
    return render_screen(request, membership, stage, show_id=target_id, undone=True)


@require_POST
def screen_skip(request: Request, review_id: int, stage: Stage, target_id: int) -> HttpResponse:
    """Leave this one for later; it comes round again at the end."""
    membership = access_screener(request.user, review_id)
    skip_place(_queue(membership, stage), target_id)
    if not wants_fragment(request):
        return redirect("screening:screen_open", review_id, stage)
    return render_screen(request, membership, stage)
