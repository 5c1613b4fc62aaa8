"""A duplicate met while screening: of which record, and the mark itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from reviewapp.access import access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of, wants_fragment
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.access import access_pair, access_record
from screening.constants import PairVerdict, Stage
from screening.models import Record
from screening.queries.marks import mark_panel
from screening.services.marks import mark_while_screening, withdraw_mark
from screening.views.screen import render_screen


def _render_panel(
    request: Request, membership: Membership, record: Record, problem: DomainError | None = None
) -> HttpResponse:
    given = request.GET if request.method == "GET" else request.POST
    response = render_review(
        request,
        membership,
        "screening/mark_page.html",
        {"record": record, "panel": mark_panel(record, given.get("words", "")), "problem": problem},
        fragment="screening/fragments/mark_panel.html",
        status=status_of(problem) if problem else 200,
    )
    # a mark that is refused is said in the panel, not in place of the record
    return reswap(retarget(response, "#mark-panel"), "outerHTML") if problem else response


@require_GET
def mark_open(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """Likely candidates of which the record on the page may be a duplicate; `?words=` looks for others."""
    membership = access_screener(request.user, review_id)
    return _render_panel(request, membership, access_record(membership, record_id))


@require_POST
def mark_create(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """Mark it; answers with the next record."""
    membership = access_screener(request.user, review_id)
    record = access_record(membership, record_id)
    try:
        number = as_number(request.POST.get("of", "").strip().lstrip("#"))
        if number is None:
            raise DomainError("Choose the record of which this one is a duplicate.", field="of")
        pair = mark_while_screening(membership=membership, record=record, of=access_record(membership, number))
    except DomainError as problem:
        return _render_panel(request, membership, record, problem)
    if wants_fragment(request):
        return render_screen(request, membership, Stage.TITLE_ABSTRACT, marked=pair)
    said = "The two records count as one report." if pair.verdict == PairVerdict.SAME else "Marked; a lead confirms."
    messages.success(request, said)
    return redirect("screening:screen_open", review_id, Stage.TITLE_ABSTRACT)


@require_POST
def mark_withdraw(request: Request, review_id: int, pair_id: int) -> HttpResponse:
    """Take one's own mark back."""
    membership = access_screener(request.user, review_id)
    withdraw_mark(membership=membership, pair=access_pair(membership, pair_id))
    if wants_fragment(request):
        return render_screen(request, membership, Stage.TITLE_ABSTRACT, unmarked=True)
    messages.success(request, "Your mark is taken back.")
    return redirect("screening:screen_open", review_id, Stage.TITLE_ABSTRACT)
