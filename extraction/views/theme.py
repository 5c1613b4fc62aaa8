"""Themes: the list with what is not covered, one theme with its studies, and coding."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.access import access_coding, access_theme
from extraction.forms.theme import CodingForm, ThemeForm
from extraction.models import Theme
from extraction.queries.tables import evidence
from extraction.queries.themes import codings_of, counts_within, main_form, removed_codings, theme_overview
from extraction.services.themes import change_theme, code_study, create_theme, remove_coding, retire_theme
from reviewapp.access import access_lead, access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.models import Study

PAGE_SIZE = 50


@require_GET
def theme_list(request: Request, review_id: int) -> HttpResponse:
    """All themes by section, and included studies that are in none."""
    membership = access_member(request.user, review_id)
    context = {"overview": theme_overview(review_id)}
    return render_review(request, membership, "extraction/theme_list.html", context)


@require_http_methods(["GET", "POST"])
def theme_create(request: Request, review_id: int) -> HttpResponse:
    """A new theme."""
    membership = access_lead(request.user, review_id)
    form = ThemeForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            theme = create_theme(membership=membership, draft=form.draft())
        except DomainError as problem:
            form.add_error(problem.field, problem.message)
        else:
            messages.success(request, f"“{theme.title}” is on the list.")
            return redirect("extraction:theme_list", review_id)
    return render_review(request, membership, "extraction/theme_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def theme_edit(request: Request, review_id: int, theme_id: int) -> HttpResponse:
    """Another title, section, text or place."""
    membership = access_lead(request.user, review_id)
    theme = access_theme(membership, theme_id)
    form = ThemeForm(request.POST or None, initial=ThemeForm.initial_of(theme))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            change_theme(membership=membership, theme_id=theme.pk, draft=form.draft())
        except DomainError as problem:
            form.add_error(problem.field, problem.message)
        else:
            messages.success(request, "The theme is changed.")
            return redirect("extraction:theme_detail", review_id, theme.pk)
    context = {"form": form, "theme": theme}
    return render_review(request, membership, "extraction/theme_form.html", context, status=status)


def _studies(review_id: int) -> list[tuple[int, str]]:
    return list(Study.objects.filter(review_id=review_id, withdrawn_at=None).values_list("pk", "label"))


def _render_theme(
    request: Request, membership: Membership, theme: Theme, form: CodingForm | None = None, status: int = 200
) -> HttpResponse:
    found = evidence(membership.review_id, main_form(membership.review_id))
    codings = codings_of(theme)
    ids = frozenset(codings.values_list("study_id", flat=True))
    context = {
        "theme": theme,
        "page": Paginator(codings, PAGE_SIZE).get_page(request.GET.get("page")),
        "removed": list(removed_codings(theme)),
        "counts": counts_within(found, ids),
        "studies": len(found.studies),
        "coded": len(ids),
        "form": form or CodingForm(studies=[(study.id, study.label) for study in found.studies]),
    }
    return render_review(request, membership, "extraction/theme_detail.html", context, status=status)


@require_GET
def theme_detail(request: Request, review_id: int, theme_id: int) -> HttpResponse:
    """One theme: its studies with the passages, and how often each value stands among them."""
    membership = access_member(request.user, review_id)
    return _render_theme(request, membership, access_theme(membership, theme_id))


@require_POST
def theme_retire(request: Request, review_id: int, theme_id: int) -> HttpResponse:
    """Take a theme off the list."""
    membership = access_lead(request.user, review_id)
    theme = retire_theme(membership=membership, theme_id=access_theme(membership, theme_id).pk)
    messages.success(request, f"“{theme.title}” is off the list. You can put it back below.")
    return redirect("extraction:theme_list", review_id)


@require_POST
def theme_restore(request: Request, review_id: int, theme_id: int) -> HttpResponse:
    """Put a theme on the list again."""
    membership = access_lead(request.user, review_id)
    theme = retire_theme(membership=membership, theme_id=access_theme(membership, theme_id).pk, back=True)
    messages.success(request, f"“{theme.title}” is on the list again, with its studies.")
    return redirect("extraction:theme_list", review_id)


@require_POST
def theme_code(request: Request, review_id: int, theme_id: int) -> HttpResponse:
    """Put a study into the theme, or give its passage anew."""
    membership = access_screener(request.user, review_id)
    theme = access_theme(membership, theme_id)
    form = CodingForm(request.POST, studies=_studies(review_id))
    if not form.is_valid():
        return _render_theme(request, membership, theme, form, 422)
    try:
        coding = code_study(
            membership=membership,
            theme_id=theme.pk,
            study_id=form.cleaned_data["study"],
            passage=form.passage(),
        )
    except DomainError as problem:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return _render_theme(request, membership, theme, form, status_of(problem))
    messages.success(request, f"{coding.study} is in the theme.")
    return redirect("extraction:theme_detail", review_id, theme.pk)


@require_POST
def coding_remove(request: Request, review_id: int, coding_id: int) -> HttpResponse:
    """Take a study out of its theme."""
    membership = access_screener(request.user, review_id)
    coding = remove_coding(membership=membership, coding_id=access_coding(membership, coding_id).pk)
    messages.success(request, f"{coding.study} is out of the theme. You can undo this below.")
    return redirect("extraction:theme_detail", review_id, coding.theme_id)


@require_POST
def coding_restore(request: Request, review_id: int, coding_id: int) -> HttpResponse:
    """Undo taking a study out."""
    membership = access_screener(request.user, review_id)
    coding = remove_coding(membership=membership, coding_id=access_coding(membership, coding_id).pk, back=True)
    messages.success(request, f"{coding.study} is in the theme again.")
    return redirect("extraction:theme_detail", review_id, coding.theme_id)
