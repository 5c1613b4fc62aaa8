"""Duplicates: where they stand, the queue of doubtful pairs, and taking decisions back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_lead, access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.access import access_pair, access_record
from screening.constants import PairVerdict
from screening.queries.duplicates import SORTS, distinct_pairs, duplicate_summary, merged_pairs, queue_view
from screening.services.duplicates import decide_pair, mark_duplicate, reopen_pair, start_duplicate_search
from screening.tasks import find_duplicates

PAGE_SIZE = 50


@require_GET
def duplicate_list(request: Request, review_id: int) -> HttpResponse:
    """Per source what was found, removed and unique; and the pairs that hold as the same report."""
    membership = access_member(request.user, review_id)
    by, sort = request.GET.get("by", ""), request.GET.get("sort", "unsure")
    pairs = distinct_pairs(review_id) if by == "apart" else merged_pairs(review_id, by=by, sort=sort)
    context = {
        "summary": duplicate_summary(review_id),
        "page": Paginator(pairs, PAGE_SIZE).get_page(request.GET.get("page")),
        "by": by,
        "sort": sort if sort in SORTS else "unsure",
    }
    return render_review(request, membership, "screening/duplicate_list.html", context)


@require_POST
def duplicate_start(request: Request, review_id: int) -> HttpResponse:
    """Look for duplicates in the background."""
    membership = access_lead(request.user, review_id)
    job = start_duplicate_search(membership=membership)
    find_duplicates.delay_on_commit(job.pk)
    return redirect("screening:duplicate_list", review_id)


def _render_queue(
    request: Request,
    membership: Membership,
    *,
    after: int | None = None,
    at: int | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    view = queue_view(review_id=membership.review_id, user_id=membership.user_id, after=after, at=at)
    return render_review(
        request,
        membership,
        "screening/duplicate_queue.html",
        {"queue": view, "pair": view.pair, "problem": problem},
        fragment="screening/fragments/duplicate_pair.html",
        status=status_of(problem) if problem else 200,
    )


@require_GET
def duplicate_queue(request: Request, review_id: int) -> HttpResponse:
    """The doubtful pairs, one at a time, most probable first; `?after=ID` skips that one."""
    membership = access_screener(request.user, review_id)
    after, at = as_number(request.GET.get("after", "")), as_number(request.GET.get("at", ""))
    return _render_queue(request, membership, after=after, at=at)


@require_POST
def duplicate_decide(request: Request, review_id: int, pair_id: int) -> HttpResponse:
    """Same report or different ones; answers with the next pair."""
    membership = access_screener(request.user, review_id)
    pair = access_pair(membership, pair_id)
    verdict = PairVerdict.SAME if request.POST.get("verdict") == "same" else PairVerdict.DISTINCT
    try:
        decide_pair(membership=membership, pair=pair, verdict=verdict)
    except DomainError as problem:
        return _render_queue(request, membership, at=pair_id, problem=problem)
    if request.htmx:
        return _render_queue(request, membership, after=pair_id)
    return redirect(f"{reverse('screening:duplicate_queue', args=[review_id])}?after={pair_id}")


@require_POST
def duplicate_reopen(request: Request, review_id: int, pair_id: int) -> HttpResponse:
    """Take a decision back, a person's or the system's."""
    membership = access_screener(request.user, review_id)
    pair = access_pair(membership, pair_id)
    try:
        pair = reopen_pair(membership=membership, pair=pair)
    except DomainError as problem:
        return _render_queue(request, membership, problem=problem)
    if request.POST.get("back") == "queue":
        if request.htmx:
            return _render_queue(request, membership, at=pair_id)
        return redirect(f"{reverse('screening:duplicate_queue', args=[review_id])}?at={pair_id}")
    said = "released; both records are screened" if pair.verdict == PairVerdict.DISTINCT else "open again"
    messages.success(request, f"The pair is {said}.")
    return redirect("screening:duplicate_list", review_id)


@require_POST
def duplicate_mark(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """A person names another record of which this one is a duplicate."""
    membership = access_screener(request.user, review_id)
    record = access_record(membership, record_id)
    number = as_number(request.POST.get("of", "").strip().lstrip("#"))
    if number is None:
        raise DomainError("Give the number of the other record, as its page shows it.", field="of")
    mark_duplicate(membership=membership, record=record, of=access_record(membership, number))
    messages.success(request, "The two records now count as one report.")
    return redirect("screening:record_detail", review_id, record_id)
