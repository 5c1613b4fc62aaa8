"""Settings of screening: reviewers per stage, exclusion reasons."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_lead
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.constants import MAX_REQUIRED, Stage
from screening.models import ExclusionReason, StageSettings
from screening.services.stages import add_reason, move_reason, retire_reason, set_required


def _render_settings(request: Request, membership: Membership, problem: DomainError | None = None) -> HttpResponse:
    review_id = membership.review_id
    context = {
        "stages": StageSettings.objects.filter(review_id=review_id).order_by("-stage"),
        "reasons": ExclusionReason.objects.filter(review_id=review_id, retired_at=None),
        "numbers": range(1, MAX_REQUIRED + 1),
        "problem": problem,
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "screening/settings_page.html", context, status=status)


@require_GET
def screening_settings(request: Request, review_id: int) -> HttpResponse:
    """Reviewers per stage and the ordered exclusion reasons."""
    return _render_settings(request, access_lead(request.user, review_id))


class RequiredForm(forms.Form):
    """How many reviewers a stage asks for."""

    stage = forms.ChoiceField(choices=Stage.choices)
    required = forms.IntegerField()


@require_POST
def required_change(request: Request, review_id: int) -> HttpResponse:
    """Change how many reviewers a stage asks for."""
    membership = access_lead(request.user, review_id)
    form = RequiredForm(request.POST)
    if not form.is_valid():
        return _render_settings(request, membership, DomainError("Give the number of reviewers.", field="required"))
    stage = Stage(form.cleaned_data["stage"])
    try:
        set_required(membership=membership, stage=stage, required=form.cleaned_data["required"])
    except DomainError as problem:
        return _render_settings(request, membership, problem)
    messages.success(request, f"{stage.label}: {form.cleaned_data['required']} reviewers.")
    return redirect("screening:screening_settings", review_id)


@require_POST
def reason_add(request: Request, review_id: int) -> HttpResponse:
    """Add an exclusion reason at the end of the list."""
    membership = access_lead(request.user, review_id)
    try:
        add_reason(membership=membership, text=request.POST.get("text", "")[:120])
    except DomainError as problem:
        return _render_settings(request, membership, problem)
    return redirect("screening:screening_settings", review_id)


@require_POST
def reason_move(request: Request, review_id: int, reason_id: int) -> HttpResponse:
    """Move an exclusion reason one place up or down."""
    membership = access_lead(request.user, review_id)
    move_reason(membership=membership, reason_id=reason_id, up=request.POST.get("direction") == "up")
    return redirect("screening:screening_settings", review_id)


@require_POST
def reason_retire(request: Request, review_id: int, reason_id: int) -> HttpResponse:
    """Take an exclusion reason off the list."""
    membership = access_lead(request.user, review_id)
    try:
        retire_reason(membership=membership, reason_id=reason_id)
    except DomainError as problem:
        return _render_settings(request, membership, problem)
    return redirect("screening:screening_settings", review_id)
