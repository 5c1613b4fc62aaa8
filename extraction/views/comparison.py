"""Comparing two sheets that are ready, settling the differences value by value, and how far the two agreed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from extraction.access import access_consensus, access_form, access_pair
from extraction.forms.cells import sent_cell
from extraction.models import Extraction
from extraction.queries import agreement, comparison
from extraction.queries.cells import definition_of
from extraction.queries.opened import to_compare
from extraction.rules.compare import Side
from extraction.services.consensus import (
    Choice,
    ask,
    consensus_ready,
    leave_out,
    open_consensus,
    rematch,
    reopen_consensus,
    settle,
    settle_all,
)
from extraction.services.sheets import SheetIncompleteError
from extraction.services.values import CellProblem
from reviewapp.access import access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number


@require_GET
def comparison_index(request: Request, review_id: int) -> HttpResponse:
    """To the first comparison that waits for this member, else to the list."""
    membership = access_screener(request.user, review_id)
    first = to_compare(membership).first()
    if first is None:
        messages.info(request, "Nothing waits to be settled by you.")
        return redirect("extraction:sheet_index", review_id)
    return redirect("extraction:comparison_page", review_id, first.form_id, first.study_id)


def _render(
    request: Request,
    membership: Membership,
    pair: tuple[Extraction, Extraction],
    problem: DomainError | None = None,
    refused: str = "",
) -> HttpResponse:
    view = comparison.comparison_page(*pair)
    if isinstance(problem, SheetIncompleteError):
        missing = [(f"row-v-{one.item}-{one.entry or 0}", one.words) for one in problem.missing]
        view = replace(view, missing=missing)
    context: dict[str, Any] = {
        "view": view,
        "form": pair[0].form,
        "study": pair[0].study,
        "extracts": membership.user_id in {row.extractor_id for row in pair},
        "problem": problem,
        "refused": refused,
        "posted": request.POST,
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "extraction/comparison_page.html", context, status=status)


@require_GET
def comparison_page(request: Request, review_id: int, form_id: int, study_id: int) -> HttpResponse:
    """Both sheets field by field, differences first."""
    membership = access_screener(request.user, review_id)
    return _render(request, membership, access_pair(membership, form_id, study_id))


@require_POST
def comparison_open(request: Request, review_id: int, form_id: int, study_id: int) -> HttpResponse:
    """Begin to settle: the consensus sheet is made with all on which both agree."""
    membership = access_screener(request.user, review_id)
    access_pair(membership, form_id, study_id)
    open_consensus(membership=membership, form_id=form_id, study_id=study_id)
    return redirect("extraction:comparison_page", review_id, form_id, study_id)


def _act(
    request: Request, review_id: int, sheet_id: int, action: Callable[[Membership, Extraction], str], said: str = ""
) -> HttpResponse:
    """Do something on a consensus sheet and go back to its place on the page; a problem is shown on the page."""
    membership = access_screener(request.user, review_id)
    sheet = access_consensus(membership, sheet_id)
    try:
        anchor = action(membership, sheet)
    except DomainError as problem:
        pair = access_pair(membership, sheet.form_id, sheet.study_id)
        return _render(request, membership, pair, problem, request.POST.get("name", ""))
    if said:
        messages.success(request, said)
    url = reverse("extraction:comparison_page", args=[review_id, sheet.form_id, sheet.study_id])
    return redirect(f"{url}#{anchor}" if anchor else url)


def _choice(sheet: Extraction, request: Request) -> Choice:
    """What was chosen for one cell. Raises DomainError for a cell that the form does not have."""
    sent = sent_cell(definition_of(sheet.version), request.POST)
    if sent is None:
        raise DomainError("This is not asked in the form any more. Load the page again.")
    side = request.POST.get("side", "")
    given = replace(sent.given, based_on=None)
    chosen = Side(side) if side in {one.value for one in Side} else None
    return Choice(key=sent.key, side=chosen, given=given, based_on=sent.given.based_on)


@require_POST
def comparison_settle(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Settle one cell: take the first's or the second's value, or write a third."""

    def act(membership: Membership, sheet: Extraction) -> str:
        choice = _choice(sheet, request)
        if choice.side is None and request.POST.get("side") != "own":
            raise CellProblem("Choose which value stands.", choice.key)
        settle(membership=membership, sheet_id=sheet_id, choice=choice)
        return f"row-{request.POST.get('name', '')}"

    return _act(request, review_id, sheet_id, act)


@require_POST
def comparison_take(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Take one side for everything that is unsettled."""

    def act(membership: Membership, sheet: Extraction) -> str:
        side = Side.SECOND if request.POST.get("side") == Side.SECOND else Side.FIRST
        settle_all(membership=membership, form_id=sheet.form_id, study_id=sheet.study_id, side=side, ready=False)
        return ""

    return _act(request, review_id, sheet_id, act, "All that differed is settled.")


@require_POST
def comparison_ask(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Put a question to the extractors, or answer one."""

    def act(membership: Membership, sheet: Extraction) -> str:
        choice = _choice(sheet, request)
        ask(membership=membership, sheet_id=sheet_id, key=choice.key, text=request.POST.get("text", ""))
        return f"row-{request.POST.get('name', '')}"

    return _act(request, review_id, sheet_id, act, "Your note stands beside the values.")


@require_POST
def comparison_match(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Match an entry of the first sheet with another of the second, or with none."""

    def act(membership: Membership, sheet: Extraction) -> str:
        first, second = (as_number(request.POST.get(name, "")) for name in ("first", "second"))
        rematch(membership=membership, sheet_id=sheet_id, first_id=first or 0, second_id=second or None)
        return ""

    return _act(request, review_id, sheet_id, act, "Matched anew.")


@require_POST
def comparison_leave(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Leave an entry out of the consensus sheet, or bring it back."""

    def act(membership: Membership, sheet: Extraction) -> str:
        entry, back = as_number(request.POST.get("entry", "")) or 0, request.POST.get("back") == "1"
        leave_out(membership=membership, sheet_id=sheet_id, entry_id=entry, back=back)
        return f"pair-{entry}"

    return _act(request, review_id, sheet_id, act)


@require_POST
def comparison_ready(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """The consensus sheet is complete; what is unsettled or missing is listed otherwise."""

    def act(membership: Membership, sheet: Extraction) -> str:
        consensus_ready(membership=membership, sheet_id=sheet_id)
        return ""

    return _act(request, review_id, sheet_id, act, "The consensus sheet is ready.")


@require_POST
def comparison_reopen(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Open a consensus sheet again."""

    def act(membership: Membership, sheet: Extraction) -> str:
        reopen_consensus(membership=membership, sheet_id=sheet_id)
        return ""

    return _act(request, review_id, sheet_id, act, "The consensus sheet is open again.")


@require_GET
def agreement_page(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Agreement per item before settling, and errors per item after."""
    membership = access_member(request.user, review_id)
    form = access_form(membership, form_id)
    context = {"form": form, "view": agreement.agreement_page(membership, form)}
    return render_review(request, membership, "extraction/agreement_page.html", context)
