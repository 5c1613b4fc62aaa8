"""Searches: the list, one search with its files, adding and editing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review
from reviewapp.models import Membership
from screening.access import access_search
from screening.forms.search import SearchForm, UploadForm
from screening.models import Search
from screening.queries.searches import search_line, search_lines
from screening.services.searches import create_search, update_search
from screening.services.uploads import receive_upload
from screening.tasks import import_batch


@require_GET
def search_list(request: Request, review_id: int) -> HttpResponse:
    """All searches of the review, with reported and stored counts."""
    membership = access_member(request.user, review_id)
    return render_review(request, membership, "screening/search_list.html", {"lines": search_lines(review_id)})


@require_http_methods(["GET", "POST"])
def search_create(request: Request, review_id: int) -> HttpResponse:
    """A new search."""
    membership = access_lead(request.user, review_id)
    form = SearchForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            search = create_search(membership=membership, facts=form.facts())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, "The search is written down. Now bring in its export file.")
            return redirect("screening:search_detail", review_id, search.pk)
    return _render_form(request, membership, form)


@require_http_methods(["GET", "POST"])
def search_edit(request: Request, review_id: int, search_id: int) -> HttpResponse:
    """Correct what is written down about a search; the log keeps what it was."""
    membership = access_lead(request.user, review_id)
    search = access_search(membership, search_id)
    form = SearchForm(request.POST if request.method == "POST" else None, instance=search)
    if request.method == "POST" and form.is_valid():
        try:
            update_search(membership=membership, search=search, facts=form.facts())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, "The search has been changed.")
            return redirect("screening:search_detail", review_id, search_id)
    return _render_form(request, membership, form, search)


def _render_form(
    request: Request, membership: Membership, form: SearchForm, search: Search | None = None
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context = {"form": form, "search": search}
    return render_review(request, membership, "screening/search_form.html", context, status=status)


def _render_search(
    request: Request, membership: Membership, search: Search, form: UploadForm, status: int = 200
) -> HttpResponse:
    context = {"line": search_line(search), "search": search, "form": form}
    return render_review(
        request,
        membership,
        "screening/search_detail.html",
        context,
        fragment="screening/fragments/search_files.html",
        status=status,
    )


@require_GET
def search_detail(request: Request, review_id: int, search_id: int) -> HttpResponse:
    """One search: its facts, its strategy verbatim, its files; htmx asks for the files while they are imported."""
    membership = access_member(request.user, review_id)
    return _render_search(request, membership, access_search(membership, search_id), UploadForm())


@require_POST
def search_upload(request: Request, review_id: int, search_id: int) -> HttpResponse:
    """Bring in one or more export files. One that is refused does not hold up the others."""
    membership = access_lead(request.user, review_id)
    search = access_search(membership, search_id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _render_search(request, membership, search, form, status=422)
    also = form.cleaned_data["also_elsewhere"]
    for file in form.cleaned_data["export_files"]:
        try:
            batch = receive_upload(
                membership=membership, search=search, file=file, filename=file.name or "", also_elsewhere=also
            )
        except DomainError as error:
            form.add_error("export_files", f"{file.name}: {error.message}")
        else:
            import_batch.delay_on_commit(batch.job_id)
    if form.errors:
        return _render_search(request, membership, search, form, status=422)
    return redirect("screening:search_detail", review_id, search_id)
