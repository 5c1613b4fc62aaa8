"""Cross-tabulations: numbers of studies by one or two items, as table and figure, with their gaps."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from extraction.access import access_table
from extraction.charts import crosstab_figure
from extraction.constants import ItemType
from extraction.exporters.crosstab import crosstab_csv
from extraction.forms.crosstab import CrossForm
from extraction.models import EvidenceTable
from extraction.queries.tables import Evidence, evidence, finished_crosstab
from extraction.queries.themes import main_form
from extraction.rules.crosstabs import KIND, CrossTab, dump_cross, parse_cross
from extraction.services.tables import change_table, create_table
from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership

NOT_COUNTED = frozenset({ItemType.FILE, ItemType.TABLE, ItemType.QUOTATION, ItemType.LONG_TEXT, ItemType.ESTIMATE})


def _items(found: Evidence) -> list[tuple[str, str]]:
    return [(item.id, item.label) for item in found.definition.items() if item.type not in NOT_COUNTED]


def _context(row: EvidenceTable, table: CrossTab | None, found: Evidence) -> dict[str, object]:
    names = {study.id: study.label for study in found.studies}
    lines = [
        (line.label, [[names[one] for one in cell] for cell in line.cells], len(line.studies))
        for line in (table.rows if table else ())
    ]
    gaps = table.gaps if table and table.column_title else []
    return {
        "row": row,
        "table": table,
        "lines": lines,
        "figure": crosstab_figure(table, parse_cross(row.layout).look) if table else None,
        "gaps": table.gaps_by_row if table and gaps else [],
        "gap_count": len(gaps),
        "empty": [line.label for line in (table.rows if table else ()) if not line.studies],
        "hybrids": [names[one] for one in (table.hybrids if table else ())],
    }


@require_GET
def crosstab_detail(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """Table, figure and gaps."""
    membership = access_member(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    context = _context(row, *finished_crosstab(row))
    return render_review(request, membership, "extraction/crosstab_detail.html", context)


@require_GET
def crosstab_file(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """The numbers as CSV."""
    membership = access_member(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    table, _ = finished_crosstab(row)
    if table is None:
        raise DomainError("The item that is counted is not in the form any more.")
    response = HttpResponse(crosstab_csv(table, row.title), content_type="text/csv; charset=utf-8")
    name = f"{slugify(row.title)[:60] or 'cross-table'}-{membership.review.slug}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
def crosstab_create(request: Request, review_id: int) -> HttpResponse:
    """A new cross-tabulation of the review's main form."""
    membership = access_lead(request.user, review_id)
    chosen = main_form(review_id)
    form = CrossForm(request.POST or None, items=_items(evidence(review_id, chosen)))
    if form.is_bound and form.is_valid() and chosen is not None:
        layout = dump_cross(form.layout())
        row = create_table(membership=membership, form_id=chosen.pk, title=form.cleaned_data["title"], layout=layout)
        return redirect("extraction:crosstab_detail", review_id, row.pk)
    context = {"form": form, "extraction_form": chosen}
    status = 422 if form.is_bound else 200
    return render_review(request, membership, "extraction/crosstab_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def crosstab_edit(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """Other items, another way of counting, another figure."""
    membership = access_lead(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    items = _items(evidence(review_id, row.form))
    initial = {"edits": row.edits, "title": row.title, **row.layout}
    form = CrossForm(request.POST or None, items=items, initial=initial)
    if not (form.is_bound and form.is_valid()):
        return _render_edit(request, membership, row, form, 422 if form.is_bound else 200)
    try:
        change_table(
            membership=membership,
            table_id=row.pk,
            edits=form.cleaned_data["edits"] or 0,
            title=form.cleaned_data["title"],
            layout=dump_cross(form.layout()),
        )
    except DomainError as problem:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return _render_edit(request, membership, row, form, status_of(problem))
    messages.success(request, "The cross-table is changed.")
    return redirect("extraction:crosstab_detail", review_id, row.pk)


def _render_edit(
    request: Request, membership: Membership, row: EvidenceTable, form: CrossForm, status: int
) -> HttpResponse:
    context = {"form": form, "row": row, "extraction_form": row.form}
    return render_review(request, membership, "extraction/crosstab_form.html", context, status=status)
