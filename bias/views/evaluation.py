"""What is assessed: the list by study, adding, changing and withdrawing, and who assesses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bias.access import access_evaluation, access_settings, bias_settings
from bias.constants import AssessmentKind
from bias.forms.evaluation import AssessorsForm, EvaluationForm, ShareForm, initial_of
from bias.models import BiasAssessment, Evaluation
from bias.queries.assessed import instrument_for
from bias.queries.evaluations import list_totals, studies_to_assess, study_rows, suggestions
from bias.queries.settled import settled_view, study_reports
from bias.services.assigning import assessors_of, assign, assign_evenly
from bias.services.evaluations import (
    add_evaluation,
    add_one_for_each,
    add_suggested,
    change_evaluation,
    withdraw_evaluation,
)
from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.access import access_study

PAGE_SIZE = 50


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _render_list(request: Request, membership: Membership, problem: DomainError | None = None) -> HttpResponse:
    settings = bias_settings(membership)
    page = Paginator(studies_to_assess(membership.review_id), PAGE_SIZE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "settings": settings,
        "instrument": instrument_for(settings) if settings else None,
        "page": page,
        "rows": study_rows(membership, settings, list(page), timezone.localdate()) if settings else [],
        "totals": list_totals(membership, settings) if settings else None,
        "problem": problem,
    }
    if membership.is_lead and settings:
        context["share"] = ShareForm(people=assessors_of(membership.review_id))
        context["suggested"] = sum(1 for row in suggestions(membership.review) if not row.there)
    return render_review(
        request, membership, "bias/evaluation_list.html", context, status=status_of(problem) if problem else 200
    )


@require_GET
def evaluation_list(request: Request, review_id: int) -> HttpResponse:
    """Every included study with its evaluations."""
    return _render_list(request, access_member(request.user, review_id))


@require_POST
def evaluation_each(request: Request, review_id: int) -> HttpResponse:
    """One evaluation for every study that has none."""
    membership = access_lead(request.user, review_id)
    try:
        added = add_one_for_each(membership=membership)
    except DomainError as problem:
        return _render_list(request, membership, problem)
    messages.success(request, f"{_counted(added, 'evaluation', 'evaluations')} added.")
    return redirect("bias:evaluation_list", review_id)


@require_POST
def evaluation_share(request: Request, review_id: int) -> HttpResponse:
    """Share all evaluations without assessors evenly."""
    membership = access_lead(request.user, review_id)
    form = ShareForm(request.POST, people=assessors_of(review_id))
    if not form.is_valid():
        return _render_list(request, membership, DomainError("Choose who assesses.", field="people"))
    try:
        given = assign_evenly(membership=membership, user_ids=form.user_ids())
    except DomainError as problem:
        return _render_list(request, membership, problem)
    messages.success(request, f"{_counted(given, 'assessment', 'assessments')} given out.")
    return redirect("bias:evaluation_list", review_id)


@require_http_methods(["GET", "POST"])
def evaluation_suggested(request: Request, review_id: int) -> HttpResponse:
    """What other parts of the review suggest; those ticked are added."""
    membership = access_lead(request.user, review_id)
    rows = suggestions(membership.review)
    if request.method == "POST":
        chosen = set(request.POST.getlist("chosen"))
        added = add_suggested(membership=membership, suggestions=[r.suggestion for r in rows if r.key in chosen])
        messages.success(request, f"{_counted(added, 'evaluation', 'evaluations')} added.")
        return redirect("bias:evaluation_list", review_id)
    return render_review(request, membership, "bias/evaluation_suggested.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def evaluation_create(request: Request, review_id: int, study_id: int) -> HttpResponse:
    """One more evaluation of a study."""
    membership = access_lead(request.user, review_id)
    study = access_study(membership, study_id)
    settings = bias_settings(membership)
    if settings is None:
        raise DomainError("Choose the instrument first, in the settings of risk of bias.")
    form = EvaluationForm(request.POST or None, instrument=instrument_for(settings))
    if form.is_bound and form.is_valid():
        try:
            evaluation = add_evaluation(membership=membership, study_id=study_id, draft=form.draft())
        except DomainError as problem:
            show_error(form, problem)
        else:
            messages.success(request, "The evaluation is added. Now choose who assesses it.")
            return redirect("bias:evaluation_edit", review_id, evaluation.pk)
    context = {"form": form, "study": study, "settings": settings, "instrument": instrument_for(settings)}
    return render_review(
        request, membership, "bias/evaluation_form.html", context, status=422 if form.is_bound else 200
    )


def _render_edit(
    request: Request,
    membership: Membership,
    evaluation: Evaluation,
    *,
    form: forms.Form | None = None,
    assessors: forms.Form | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    settings = access_settings(membership)
    instrument = instrument_for(settings)
    own = BiasAssessment.objects.filter(evaluation=evaluation, kind=AssessmentKind.INDEPENDENT).order_by("id")
    now = list(own.values_list("assessor_id", flat=True))
    context = {
        "evaluation": evaluation,
        "study": evaluation.study,
        "instrument": instrument,
        "settings": settings,
        "form": form or EvaluationForm(initial=initial_of(evaluation), instrument=instrument),
        "assessors": assessors
        or AssessorsForm(people=assessors_of(membership.review_id), number=settings.assessors, now=now),
        "problem": problem,
    }
    status = status_of(problem) if problem else 422 if form or assessors else 200
    return render_review(request, membership, "bias/evaluation_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def evaluation_edit(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Change an evaluation."""
    membership = access_lead(request.user, review_id)
    evaluation = access_evaluation(membership, evaluation_id)
    if request.method == "GET":
        return _render_edit(request, membership, evaluation)
    form = EvaluationForm(request.POST, instrument=instrument_for(access_settings(membership)))
    if form.is_valid():
        try:
            change_evaluation(membership=membership, evaluation_id=evaluation_id, draft=form.draft())
        except DomainError as problem:
            show_error(form, problem)
        else:
            messages.success(request, "The evaluation is changed.")
            return redirect("bias:evaluation_list", review_id)
    return _render_edit(request, membership, evaluation, form=form)


@require_POST
def evaluation_assign(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Choose who assesses an evaluation."""
    membership = access_lead(request.user, review_id)
    evaluation = access_evaluation(membership, evaluation_id)
    number = access_settings(membership).assessors
    form = AssessorsForm(request.POST, people=assessors_of(review_id), number=number)
    if not form.is_valid():
        return _render_edit(request, membership, evaluation, assessors=form)
    try:
        assign(membership=membership, evaluation_id=evaluation_id, user_ids=form.user_ids())
    except DomainError as problem:
        return _render_edit(request, membership, evaluation, problem=problem)
    messages.success(request, "The assessors are chosen.")
    return redirect("bias:evaluation_list", review_id)


@require_POST
def evaluation_withdraw(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Take an evaluation out of the assessment."""
    membership = access_lead(request.user, review_id)
    evaluation = access_evaluation(membership, evaluation_id)
    try:
        withdraw_evaluation(
            membership=membership, evaluation_id=evaluation_id, reason=request.POST.get("reason", "")[:2000]
        )
    except DomainError as problem:
        return _render_edit(request, membership, evaluation, problem=problem)
    messages.success(request, "The evaluation is withdrawn.")
    return redirect("bias:evaluation_list", review_id)


@require_GET
def evaluation_detail(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """What stands for an evaluation, once it is settled."""
    membership = access_member(request.user, review_id)
    evaluation = access_evaluation(membership, evaluation_id)
    context = {
        "evaluation": evaluation,
        "view": settled_view(evaluation, access_settings(membership)),
        "reports": study_reports(evaluation.study_id),
    }
    return render_review(request, membership, "bias/evaluation_detail.html", context)
