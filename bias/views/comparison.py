"""Comparing finished assessments, and settling what is to stand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from bias.access import access_comparison, access_settings
from bias.constants import AssessmentState
from bias.forms.assessment import VersionForm, named_values
from bias.forms.comparison import TAKE, settled_from
from bias.queries.comparison import comparison_view
from bias.queries.evaluations import to_compare
from bias.queries.settled import study_reports
from bias.services.settling import answer_proposal, settle, undo_settlement
from reviewapp.access import access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership


@require_GET
def comparison_index(request: Request, review_id: int) -> HttpResponse:
    """To the first comparison that waits for this member, else to the list."""
    membership = access_screener(request.user, review_id)
    first = to_compare(membership).order_by("id").values_list("pk", flat=True).first()
    if first is None:
        messages.info(request, "Nothing waits to be settled by you.")
        return redirect("bias:evaluation_list", review_id)
    return redirect("bias:comparison_page", review_id, first)


def _render(
    request: Request,
    membership: Membership,
    evaluation: Any,
    problem: DomainError | None = None,
    posted: dict[str, str] | None = None,
) -> HttpResponse:
    settings = access_settings(membership)
    context = {
        "view": comparison_view(membership, evaluation, settings, posted),
        "evaluation": evaluation,
        "settings": settings,
        "reports": study_reports(evaluation.study_id),
        "problem": problem,
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "bias/comparison_page.html", context, status=status)


@require_GET
def comparison_page(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """All assessments of one evaluation side by side."""
    membership = access_screener(request.user, review_id)
    return _render(request, membership, access_comparison(membership, evaluation_id))


@require_POST
def comparison_settle(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Settle as a third reviewer, or propose what both agreed."""
    membership = access_screener(request.user, review_id)
    evaluation = access_comparison(membership, evaluation_id)
    named = named_values(request.POST)
    chosen = {name: value for name, value in request.POST.items() if name.startswith(TAKE) and isinstance(value, str)}
    form = VersionForm(request.POST)
    posted = {**named, **chosen}
    if not form.is_valid():
        return _render(request, membership, evaluation, DomainError("Load the page again."), posted)
    try:
        row = settle(
            membership=membership,
            evaluation_id=evaluation_id,
            draft=settled_from(chosen, named),
            version=form.cleaned_data["version"],
        )
    except DomainError as problem:
        return _render(request, membership, evaluation, problem, posted)
    stands = row.state == AssessmentState.READY
    messages.success(request, "It is settled." if stands else "Your proposal waits for the other assessor.")
    return _go_on(membership, evaluation_id) if stands else redirect("bias:comparison_page", review_id, evaluation_id)


@require_POST
def comparison_answer(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Confirm or decline what the other assessor proposed."""
    membership = access_screener(request.user, review_id)
    evaluation = access_comparison(membership, evaluation_id)
    form, answer = VersionForm(request.POST), request.POST.get("answer", "")
    if answer not in ("agree", "decline") or not form.is_valid():
        return _render(request, membership, evaluation, DomainError("Say whether you agree with the proposal or not."))
    agree = answer == "agree"
    try:
        answer_proposal(
            membership=membership,
            evaluation_id=evaluation_id,
            agree=agree,
            version=form.cleaned_data["version"],
        )
    except DomainError as problem:
        return _render(request, membership, evaluation, problem)
    messages.success(request, "It is settled." if agree else "The proposal has been declined.")
    return _go_on(membership, evaluation_id) if agree else redirect("bias:comparison_page", review_id, evaluation_id)


@require_POST
def comparison_undo(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Take a settled evaluation up again."""
    membership = access_screener(request.user, review_id)
    evaluation = access_comparison(membership, evaluation_id)
    try:
        undo_settlement(
            membership=membership, evaluation_id=evaluation_id, reason=request.POST.get("reason", "")[:2000]
        )
    except DomainError as problem:
        return _render(request, membership, evaluation, problem)
    messages.success(request, "It is open again; what was settled is kept as a proposal.")
    return redirect("bias:comparison_page", review_id, evaluation_id)


def _go_on(membership: Membership, evaluation_id: int) -> HttpResponse:
    """To the next comparison after this one, else to what stands."""
    following = to_compare(membership).filter(pk__gt=evaluation_id).order_by("id").values_list("pk", flat=True).first()
    if following is None:
        return redirect("bias:evaluation_detail", membership.review_id, evaluation_id)
    return redirect("bias:comparison_page", membership.review_id, following)
