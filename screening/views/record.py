"""Records: the list and one record."""

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
from reviewapp.numbers import as_number
from screening.access import access_record
from screening.forms.export import ExportForm, record_filter
from screening.models import Record, Search
from screening.queries.records import COPY_WORDS, STATUS_WORDS, record_list, record_rows, record_view
from screening.rules.borrowed import FIELDS
from screening.services.borrowing import choose_fields

PAGE_SIZE = 50


@require_GET
def record_index(request: Request, review_id: int) -> HttpResponse:
    """All records, narrowed by search, file, status, copies and words of the title."""
    membership = access_member(request.user, review_id)
    wanted = record_filter(request.GET)
    page = Paginator(record_list(review_id, wanted), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": record_rows(list(page)),
        "wanted": wanted,
        "searches": Search.objects.filter(review_id=review_id),
        "status_words": STATUS_WORDS,
        "copy_words": COPY_WORDS,
        "export_form": ExportForm(),
    }
    return render_review(request, membership, "screening/record_list.html", context)


@require_GET
def record_detail(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """One record: every field, what each source called it, and its history as this member may know it."""
    membership = access_member(request.user, review_id)
    return _render_record(request, membership, access_record(membership, record_id))


def _render_record(
    request: Request, membership: Membership, record: Record, problem: DomainError | None = None
) -> HttpResponse:
    view = record_view(membership, record)
    context = {"view": view, "record": record.as_shown(), "problem": problem}
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "screening/record_detail.html", context, status=status)


@require_POST
def record_fields(request: Request, review_id: int, record_id: int) -> HttpResponse:
    """Choose which copy's value is shown for each field of a kept record."""
    membership = access_screener(request.user, review_id)
    record = access_record(membership, record_id)
    numbers = {name: as_number(request.POST.get(name, "")) for name in FIELDS}
    choices = {name: number for name, number in numbers.items() if number is not None}
    try:
        choose_fields(membership=membership, record=record, choices=choices)
    except DomainError as problem:
        return _render_record(request, membership, access_record(membership, record_id), problem)
    messages.success(request, "These values are shown now.")
    return redirect("screening:record_detail", review_id, record_id)
