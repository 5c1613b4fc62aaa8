"""One's own assessment: its page, autosave, finishing and reopening."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from bias.access import access_own_assessment, access_settings
from bias.forms.assessment import VersionForm, changes_from, named_values, seen_values
from bias.models import BiasAssessment
from bias.queries.assessed import instrument_for
from bias.queries.evaluations import next_own
from bias.queries.pages import assessment_view
from bias.queries.settled import study_reports
from bias.services.assessments import ConflictError, finish_assessment, reopen_assessment, save_assessment
from bias.services.evaluations import choose_type
from bias.services.writing import Sheet
from reviewapp.access import access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of, wants_fragment
from reviewapp.models import Membership

STATE = "bias/fragments/assessment_state.html"


@require_GET
def assessment_next(request: Request, review_id: int) -> HttpResponse:
    """To the next assessment that waits for this member, else to the list."""
    membership = access_screener(request.user, review_id)
    following = next_own(membership, access_settings(membership))
    if following is None:
        messages.info(request, "Nothing waits for you here.")
        return redirect("bias:evaluation_list", review_id)
    return redirect("bias:assessment_page", review_id, following)


def _render(
    request: Request,
    membership: Membership,
    assessment: BiasAssessment,
    *,
    sheet: Sheet | None = None,
    problem: DomainError | None = None,
    posted: Mapping[str, str] | None = None,
) -> HttpResponse:
    settings = sheet.settings if sheet else access_settings(membership)
    view = assessment_view(
        sheet.assessment if sheet else assessment,
        settings,
        answers=sheet.answers if sheet else None,
        judgements=sheet.judgements if sheet else None,
        posted=posted,
        theirs=problem.theirs if isinstance(problem, ConflictError) else None,
    )
    context = {"view": view, "assessment": view.assessment, "evaluation": view.evaluation, "problem": problem}
    if not wants_fragment(request):
        context |= {
            "settings": settings,
            "instrument": instrument_for(view.assessment),
            "reports": study_reports(view.evaluation.study_id),
        }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "bias/assessment_page.html", context, fragment=STATE, status=status)


@require_GET
def assessment_page(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """The questions of one evaluation by domain, with the member's own answers and judgements."""
    membership = access_screener(request.user, review_id)
    return _render(request, membership, access_own_assessment(membership, evaluation_id))


@require_POST
def assessment_save(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Keep what was sent: one field from a page with scripts, a whole domain from one without."""
    membership = access_screener(request.user, review_id)
    assessment = access_own_assessment(membership, evaluation_id)
    form, named = VersionForm(request.POST), named_values(request.POST)
    if not form.is_valid():
        return _render(request, membership, assessment, problem=DomainError("Load the page again."), posted=named)
    try:
        sheet = save_assessment(
            membership=membership,
            assessment_id=assessment.pk,
            changes=changes_from(named),
            version=form.cleaned_data["version"],
            seen=seen_values(request.POST),
        )
    except DomainError as problem:
        return _render(request, membership, assessment, problem=problem, posted=named)
    if wants_fragment(request):
        return _render(request, membership, assessment, sheet=sheet)
    messages.success(request, "Saved.")
    return redirect(request.path.removesuffix("save/") + "#" + request.POST.get("place", "")[:80])


@require_POST
def assessment_type(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Say what the study does with the model, where nobody has yet."""
    membership = access_screener(request.user, review_id)
    assessment = access_own_assessment(membership, evaluation_id)
    try:
        choose_type(
            membership=membership,
            evaluation_id=evaluation_id,
            evaluation_type=request.POST.get("evaluation_type", ""),
        )
    except DomainError as problem:
        return _render(request, membership, assessment, problem=problem)
    return redirect("bias:assessment_page", review_id, evaluation_id)


@require_POST
def assessment_finish(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Lock the assessment, once nothing is missing."""
    membership = access_screener(request.user, review_id)
    assessment = access_own_assessment(membership, evaluation_id)
    try:
        finish_assessment(membership=membership, assessment_id=assessment.pk)
    except DomainError as problem:
        return _render(request, membership, assessment, problem=problem)
    messages.success(request, f"Your assessment of {assessment.evaluation} is finished.")
    return redirect("bias:evaluation_list", review_id)


@require_POST
def assessment_reopen(request: Request, review_id: int, evaluation_id: int) -> HttpResponse:
    """Take up a finished assessment again."""
    membership = access_screener(request.user, review_id)
    assessment = access_own_assessment(membership, evaluation_id)
    try:
        reopen_assessment(membership=membership, assessment_id=assessment.pk)
    except DomainError as problem:
        return _render(request, membership, assessment, problem=problem)
    return redirect("bias:assessment_page", review_id, evaluation_id)
