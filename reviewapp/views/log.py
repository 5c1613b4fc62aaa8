"""The review's log, for leads: as a page and as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from reviewapp.access import access_lead
from reviewapp.exporters import csv_lines
from reviewapp.forms import LogFilterForm
from reviewapp.htmx import Request, render_review
from reviewapp.models import AuditEvent
from reviewapp.queries.log import SYSTEM, kind_words, log_events, log_lines

PAGE_SIZE = 50
CHUNK = 1000
CSV_HEADER = ("at", "person", "e-mail", "kind", "what", "object type", "object number", "object", "before", "after")


@require_GET
def log_list(request: Request, review_id: int) -> HttpResponse:
    """Who did what, when, to what, from what to what; newest first."""
    membership = access_lead(request.user, review_id)
    form = LogFilterForm(request.GET, membership=membership)
    valid = form.is_valid()
    events = log_events(membership, form.wanted()) if valid else AuditEvent.objects.none()
    page = Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "lines": log_lines(page), "filtered": valid and form.is_filtered()}
    return render_review(request, membership, "reviewapp/log_list.html", context, status=200 if valid else 422)


@require_GET
def log_download(request: Request, review_id: int) -> HttpResponseBase:
    """The filtered log as a CSV file, streamed."""
    membership = access_lead(request.user, review_id)
    form = LogFilterForm(request.GET, membership=membership)
    if not form.is_valid():
        context = {"form": form, "page": Paginator([], PAGE_SIZE).get_page(1), "lines": [], "filtered": True}
        return render_review(request, membership, "reviewapp/log_list.html", context, status=422)
    lines = csv_lines(CSV_HEADER, _rows(log_events(membership, form.wanted())))
    name = f"{membership.review.slug}-log-{timezone.localdate():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        (line.encode() for line in lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows(events: QuerySet[AuditEvent]) -> Iterator[tuple[object, ...]]:
    words = kind_words()
    for event in events.iterator(chunk_size=CHUNK):
        yield (
            event.at.isoformat(timespec="seconds"),
            event.actor.name if event.actor else SYSTEM,
            event.actor.email if event.actor else "",
            event.kind,
            words.get(event.kind, event.kind),
            event.object_type,
            event.object_id,
            event.object_label,
            _as_json(event.before),
            _as_json(event.after),
        )


def _as_json(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True) if values else ""
