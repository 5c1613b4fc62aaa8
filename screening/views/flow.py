"""The PRISMA 2020 flow: the diagram, what each box holds, and its exports."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from reviewapp.access import access_member
from reviewapp.htmx import Request, render_review
from reviewapp.models import Review
from screening.exporters.flow_csv import flow_csv
from screening.exporters.flow_json import flow_json
from screening.exporters.flow_svg import flow_svg
from screening.forms.export import ExportForm
from screening.models import Record, Report, Study
from screening.queries.flow import flow_counts, flow_rows, searches_without_file
from screening.queries.records import record_rows
from screening.queries.reports import report_rows
from screening.rules.flow import FlowCounts
from screening.rules.flow_boxes import FlowBox, FlowLine, flow_boxes
from screening.rules.flow_checks import adds_up, check_flow
from screening.rules.flow_text import flow_text, quantity

PAGE_SIZE = 50


def _links(review_id: int, boxes: tuple[FlowBox, ...]) -> dict[str, str]:
    keys = [key for box in boxes for key in (box.id, *(line.key for line in box.lines))]
    rows = {key: flow_rows(review_id, key) for key in keys}
    return {
        key: reverse("screening:flow_rows", args=[review_id, key])
        for key, queryset in rows.items()
        if queryset is not None
    }


def _title(review: object) -> str:
    return f"PRISMA 2020 flow diagram: {review}"


def _open_work(counts: FlowCounts, uncounted: list[str]) -> list[str]:
    """What still waits, in words, in the order of the diagram. `uncounted`: searches without an imported file."""
    pending = counts.pending
    records = pending.records + pending.other_records_awaiting
    sought = pending.dbr_reports_sought + pending.other_reports_sought
    reports = pending.dbr_reports + pending.other_reports
    files, pairs = pending.imports_uncompared, pending.duplicates_awaiting
    work = (
        (pending.imports_running, f"{quantity(pending.imports_running, 'import')} still running"),
        (len(uncounted), f"no file imported yet for {', '.join(uncounted)}"),
        (files, f"{quantity(files, 'imported file')} not searched for duplicates yet"),
        (pairs, f"{quantity(pairs, 'pair')} of possible duplicates to judge"),
        (records, f"{quantity(records, 'record')} awaiting a decision"),
        (sought, f"{quantity(sought, 'report')} still sought"),
        (reports, f"{quantity(reports, 'report')} awaiting a decision at full text"),
    )
    return [words for n, words in work if n]


@require_GET
def flow_page(request: Request, review_id: int) -> HttpResponse:
    """The diagram with links, whether it adds up, and the results paragraph."""
    membership = access_member(request.user, review_id)
    counts = flow_counts(membership.review)
    boxes = flow_boxes(counts)
    links = _links(review_id, boxes)
    checks = check_flow(counts)
    svg = flow_svg(counts, title=_title(membership.review), links=links)
    context = {
        "svg": mark_safe(svg),  # the exporter escapes every text it draws
        "counts": counts,
        "open_work": _open_work(counts, searches_without_file(review_id)),
        "started": bool(counts.sources) or counts.pending.imports_running > 0,
        "boxes": [(box, [(line, links.get(line.key, "")) for line in box.lines]) for box in boxes],
        "failing": [check for check in checks if check.holds is False],
        "holding": [check for check in checks if check.holds],
        "adds_up": adds_up(checks),
        "text": flow_text(counts).replace("n = ", "n\u00a0=\u00a0"),
    }
    return render_review(request, membership, "screening/flow_page.html", context)


def _order(rows: QuerySet[Any]) -> tuple[str, ...]:
    return ("label", "id") if issubclass(rows.model, Study) else ("id",)


def _label(review: Review, key: str) -> str:
    """What the box or line is called in the diagram; a line that is empty by now has left the diagram."""
    boxes = flow_boxes(flow_counts(review))
    labels = {line.key: _line_label(box, line) for box in boxes for line in box.lines}
    labels |= {box.id: (box.title or box.lines[0].label).rstrip(":") for box in boxes}
    return labels.get(key, "Not in the diagram any more")


def _line_label(box: FlowBox, line: FlowLine) -> str:
    """A source or a reason alone would not say what is listed."""
    if not (line.indented or box.title.endswith("from:")):
        return line.label
    return f"{box.title or box.lines[0].label}: {line.label}".replace("::", ":")


@require_GET
def flow_list(request: Request, review_id: int, key: str) -> HttpResponse:
    """The records, reports or studies in one box of the flow."""
    membership = access_member(request.user, review_id)
    rows = flow_rows(review_id, key)
    if rows is None:
        raise Http404("No such box.")
    if issubclass(rows.model, Record):
        rows = rows.select_related("search").defer("raw", "abstract", "other", "notes", "keywords")
    elif issubclass(rows.model, Report):
        rows = rows.select_related("record").defer("record__raw", "record__abstract", "record__other")
    page = Paginator(rows.order_by(*_order(rows)), PAGE_SIZE).get_page(request.GET.get("page"))
    kind = rows.model._meta.model_name
    found: list[Any] = list(page)
    shown = record_rows(found) if kind == "record" else report_rows(found) if kind == "report" else found
    context = {"page": page, "rows": shown, "kind": kind, "label": _label(membership.review, key), "key": key}
    context["export_form"] = ExportForm()
    return render_review(request, membership, "screening/flow_list.html", context)


def _file(counts: FlowCounts, kind: str, review: str) -> tuple[str, str]:
    if kind == "svg":
        return flow_svg(counts, title=_title(review)), "image/svg+xml"
    if kind == "csv":
        return flow_csv(counts), "text/csv; charset=utf-8"
    return json.dumps(flow_json(counts), indent=1, ensure_ascii=False), "application/json"


@require_GET
def flow_export(request: Request, review_id: int, kind: str) -> HttpResponse:
    """The flow as a file: `svg`, `csv` for the R package PRISMA2020, or `json`."""
    membership = access_member(request.user, review_id)
    counts = flow_counts(membership.review)
    text, content_type = _file(counts, kind, str(membership.review))
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="flow-{membership.review.slug}.{kind}"'
    return response
