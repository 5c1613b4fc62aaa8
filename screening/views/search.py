"""Searches: the list, one search with its files, adding and editing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review, wants_fragment
from reviewapp.models import Membership
from screening.access import access_search
from screening.forms.search import SearchForm, UploadForm
from screening.models import Search
from screening.queries.imports import check_search
from screening.queries.searches import search_line, search_lines
from screening.rules.reported import counted
from screening.services.arrivals import Arrival, Destination, receive_files
from screening.services.searches import create_search, update_search
from screening.tasks import import_batch

FILES = "screening/fragments/search_files.html"
WORK = "screening/fragments/search_uploaded.html"


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


def _search_context(search: Search, form: UploadForm) -> dict[str, Any]:
    line = search_line(search)
    check = None if line.is_moving else check_search(search)
    return {"line": line, "search": search, "form": form, "check": check}


def render_files(request: Request, membership: Membership, search: Search) -> HttpResponse:
    """The list of the search's files, for htmx."""
    context = _search_context(search, UploadForm())
    return render_review(request, membership, FILES, context, fragment=FILES)


@require_GET
def search_detail(request: Request, review_id: int, search_id: int) -> HttpResponse:
    """One search: its facts, its strategy verbatim, its files; htmx asks for the files while they are imported."""
    membership = access_member(request.user, review_id)
    context = _search_context(access_search(membership, search_id), UploadForm())
    return render_review(request, membership, "screening/search_detail.html", context, fragment=FILES)


@require_POST
def search_upload(request: Request, review_id: int, search_id: int) -> HttpResponse:
    """Bring in export files and archives of them. One that is refused does not hold up the others."""
    membership = access_lead(request.user, review_id)
    search = access_search(membership, search_id)
    form = UploadForm(request.POST, request.FILES)
    arrivals = _take_in(form, membership, search) if form.is_valid() else []
    refused = [arrival for arrival in arrivals if arrival.batch is None]
    if taken := len(arrivals) - len(refused):
        messages.success(request, f"{counted(taken, 'file has', 'files have')} arrived and will now be read.")
    went_well = form.is_valid() and not refused
    if went_well and not wants_fragment(request):
        return redirect("screening:search_detail", review_id, search_id)
    shown = UploadForm() if went_well else form
    context = {**_search_context(search, shown), "refused": refused, "went_well": went_well}
    status = 200 if went_well else 422
    return render_review(request, membership, "screening/search_detail.html", context, fragment=WORK, status=status)


def _take_in(form: UploadForm, membership: Membership, search: Search) -> list[Arrival]:
    """What became of every file sent; those taken in are handed to a worker one by one."""
    to = Destination(membership=membership, search=search, also_elsewhere=form.cleaned_data["also_elsewhere"])
    arrivals = []
    for arrival in receive_files(to, form.cleaned_data["export_files"]):
        arrivals.append(arrival)
        if arrival.batch is not None:
            import_batch.delay_on_commit(arrival.batch.job_id)
    return arrivals
