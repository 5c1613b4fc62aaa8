"""Duplicates: where they stand, the queue of doubtful pairs, and taking decisions back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_lead, access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.access import access_pair, access_record
from screening.charts import overlap_figure
from screening.constants import PairVerdict
from screening.models import DuplicatePair
from screening.queries.duplicate_queue import KINDS, QueueFilter, queue_view
from screening.queries.duplicate_sources import duplicate_summary, source_overlap
from screening.queries.duplicates import SORTS, distinct_pairs, merged_pairs, pair_row, pairs_to_decide
from screening.services.duplicates import decide_pair, reopen_pair, start_duplicate_search
from screening.services.marks import mark_while_screening
from screening.tasks import find_duplicates

PAGE_SIZE = 50
MOST_PERCENT = 100
STATE_WORDS = {
    PairVerdict.DISTINCT: "released; both records are screened",
    PairVerdict.SAME: "merged again",
    PairVerdict.OPEN: "open again and waits in the queue",
    PairVerdict.UNLIKELY: "left apart",
}
"""What became of a pair that was taken back."""


@require_GET
def duplicate_list(request: Request, review_id: int) -> HttpResponse:
    """Per source what was found, removed and unique; and the pairs that hold as the same report."""
    membership = access_member(request.user, review_id)
    by, sort = request.GET.get("by", ""), request.GET.get("sort", "")
    sort = sort if sort in SORTS else "recent" if by == "apart" else "unsure"
    listed = distinct_pairs(review_id, sort=sort) if by == "apart" else merged_pairs(review_id, by=by, sort=sort)
    context = {
        "summary": duplicate_summary(review_id),
        "to_decide": pairs_to_decide(membership),
        "page": Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page")),
        "by": by,
        "sort": sort,
    }
    return render_review(request, membership, "screening/duplicate_list.html", context)


@require_GET
def duplicate_sources(request: Request, review_id: int) -> HttpResponse:
    """Per source what it gave and how sources overlap, as a table and as a heat map."""
    membership = access_member(request.user, review_id)
    overlap = source_overlap(review_id)
    context = {"summary": duplicate_summary(review_id), "overlap": overlap, "figure": overlap_figure(overlap)}
    return render_review(request, membership, "screening/duplicate_sources.html", context)


@require_POST
def duplicate_start(request: Request, review_id: int) -> HttpResponse:
    """Look for duplicates in the background."""
    membership = access_lead(request.user, review_id)
    job = start_duplicate_search(membership=membership)
    find_duplicates.delay_on_commit(job.pk)
    return redirect("screening:duplicate_list", review_id)


def _percent(text: str) -> int | None:
    number = as_number(text.strip())
    return number if number is not None and number <= MOST_PERCENT else None


def _wanted(given: QueryDict) -> QueueFilter:
    """The filter in an address or form; what is not understood narrows nothing."""
    kind = given.get("kind", "")
    return QueueFilter(
        kind=kind if kind in KINDS else "", low=_percent(given.get("low", "")), high=_percent(given.get("high", ""))
    )


def _queue_url(review_id: int, wanted: QueueFilter, place: str) -> str:
    return f"{reverse('screening:duplicate_queue', args=[review_id])}?{'&'.join(filter(None, (wanted.query, place)))}"


def _render_queue(
    request: Request,
    membership: Membership,
    *,
    after: int | None = None,
    at: int | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    wanted = _wanted(request.GET if request.method == "GET" else request.POST)
    view = queue_view(membership, wanted, after=after, at=at)
    return render_review(
        request,
        membership,
        "screening/duplicate_queue.html",
        {"queue": view, "pair": view.pair, "wanted": wanted, "kinds": KINDS.items(), "problem": problem},
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
    return redirect(_queue_url(review_id, _wanted(request.POST), f"after={pair_id}"))


@require_POST
def duplicate_reopen(request: Request, review_id: int, pair_id: int) -> HttpResponse:
    """Take a decision back, a person's or the system's; answers in the queue or in the row of the list."""
    membership = access_screener(request.user, review_id)
    pair = access_pair(membership, pair_id)
    in_queue = request.POST.get("back") == "queue"
    try:
        pair = reopen_pair(membership=membership, pair=pair)
    except DomainError as problem:
        if in_queue:
            return _render_queue(request, membership, problem=problem)
        if request.htmx:
            return _render_row(request, membership, pair, problem)
        raise
    if request.htmx:
        return (
            _render_queue(request, membership, at=pair_id) if in_queue else _render_row(request, membership, pair, None)
        )
    if in_queue:
        return redirect(_queue_url(review_id, _wanted(request.POST), f"at={pair_id}"))
    messages.success(request, f"The pair is {STATE_WORDS[PairVerdict(pair.verdict)]}.")
    return redirect("screening:duplicate_list", review_id)


def _render_row(
    request: Request, membership: Membership, pair: DuplicatePair, problem: DomainError | None
) -> HttpResponse:
    """One row of the list after something was done to it: what it is now, and the way back."""
    row = pair_row(membership.review_id, pair.pk)
    context = {"pair": row, "changed": STATE_WORDS[PairVerdict(row.verdict)], "problem": problem}
    fragment = "screening/fragments/duplicate_row.html"
    status = status_of(problem) if problem else 200
    return render_review(request, membership, fragment, context, fragment=fragment, status=status)


@require_POST
def duplicate_mark(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """A person names another record of which this one is a duplicate."""
    membership = access_screener(request.user, review_id)
    record = access_record(membership, record_id)
    number = as_number(request.POST.get("of", "").strip().lstrip("#"))
    if number is None:
        raise DomainError("Give the number of the other record, as its page shows it.", field="of")
    pair = mark_while_screening(membership=membership, record=record, of=access_record(membership, number))
    is_same = pair.verdict == PairVerdict.SAME
    messages.success(request, "The two records now count as one report." if is_same else "Marked; a lead confirms.")
    return redirect("screening:record_detail", review_id, record_id)
