"""Records: the list and one record."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from reviewapp.access import access_member
from reviewapp.htmx import Request, render_review
from screening.access import access_record
from screening.forms.export import ExportForm, record_filter
from screening.models import Search
from screening.queries.records import COPY_WORDS, STATUS_WORDS, record_list, record_rows, record_view

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
    view = record_view(membership, access_record(membership, record_id))
    return render_review(request, membership, "screening/record_detail.html", {"view": view, "record": view.record})
