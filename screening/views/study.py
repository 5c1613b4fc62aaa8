"""Included studies and their reports."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.access import access_report, access_study
from screening.forms.report import StudyLabelForm, StudyLinkForm
from screening.models import Study
from screening.queries.offers import companions, links_to_make, open_offer_ids
from screening.queries.reports import study_list as list_studies
from screening.services.studies import link_studies, rename_study, unlink_report

PAGE_SIZE = 50


@require_GET
def study_list(request: Request, review_id: int) -> HttpResponse:
    """The included studies, each with its reports."""
    membership = access_member(request.user, review_id)
    page = Paginator(list_studies(review_id), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "offers": len(open_offer_ids(review_id)), "links": links_to_make(review_id)}
    return render_review(request, membership, "screening/study_list.html", context)


def _render_study(
    request: Request, membership: Membership, study: Study, problem: DomainError | None = None
) -> HttpResponse:
    context = {
        "study": study,
        "reports": study.reports.select_related("record").order_by("id"),
        "others": Study.objects.filter(review_id=membership.review_id, withdrawn_at=None).exclude(pk=study.pk),
        "companions": companions(study),
        "problem": problem,
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "screening/study_detail.html", context, status=status)


@require_GET
def study_detail(request: Request, review_id: int, study_id: int) -> HttpResponse:
    """One study with its reports."""
    membership = access_member(request.user, review_id)
    return _render_study(request, membership, access_study(membership, study_id))


@require_POST
def study_rename(request: Request, review_id: int, study_id: int) -> HttpResponse:
    """Change a study's label."""
    membership = access_screener(request.user, review_id)
    study = access_study(membership, study_id)
    form = StudyLabelForm(request.POST)
    if not form.is_valid():
        problem = DomainError("A study needs a label of at most 120 characters.", field="label")
        return _render_study(request, membership, study, problem)
    try:
        rename_study(membership=membership, study_id=study_id, label=form.cleaned_data["label"])
    except DomainError as problem:
        return _render_study(request, membership, study, problem)
    messages.success(request, "The study has a new label.")
    return redirect("screening:study_detail", review_id, study_id)


@require_POST
def study_link(request: Request, review_id: int, study_id: int) -> HttpResponse:
    """The reports of this study are reports of another one: they move there."""
    membership = access_screener(request.user, review_id)
    study = access_study(membership, study_id)
    form = StudyLinkForm(request.POST)
    if not form.is_valid():
        return _render_study(request, membership, study, DomainError("Choose the other study.", field="into"))
    try:
        target = link_studies(membership=membership, study_id=study_id, into_id=form.cleaned_data["into"])
    except DomainError as problem:
        return _render_study(request, membership, study, problem)
    messages.success(request, f"The reports now belong to {target.label}.")
    return redirect("screening:study_detail", review_id, target.pk)


@require_POST
def study_unlink(request: Request, review_id: int, study_id: int, report_id: int) -> HttpResponse:
    """Give one report its own study again."""
    membership = access_screener(request.user, review_id)
    study = access_study(membership, study_id)
    access_report(membership, report_id)
    try:
        alone = unlink_report(membership=membership, study_id=study_id, report_id=report_id)
    except DomainError as problem:
        return _render_study(request, membership, study, problem)
    messages.success(request, f"The report is a study of its own now: {alone.label}.")
    return redirect("screening:study_detail", review_id, study_id)
