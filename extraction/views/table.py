"""Evidence tables: the list, one table with its files, and its layout."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.access import access_table
from extraction.exporters.document import table_docx
from extraction.exporters.grid import table_csv, table_html, table_xlsx
from extraction.forms.table import LayoutForm, TableCreateForm
from extraction.models import EvidenceTable
from extraction.queries.tables import evidence, finished_table, table_overview
from extraction.rules.tables import KIND, dump_layout, parse_layout
from extraction.rules.tables_types import Layout, OutGroup, Table, TableColumn
from extraction.services.tables import change_table, create_table, remove_table
from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError, StaleError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership

PAGE_SIZE = 100
FIRST_COLUMNS = 6
TYPES: dict[str, tuple[Callable[[Table], str | bytes], str]] = {
    "html": (table_html, "text/html; charset=utf-8"),
    "csv": (table_csv, "text/csv; charset=utf-8"),
    "xlsx": (table_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": (table_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


@require_GET
def table_list(request: Request, review_id: int) -> HttpResponse:
    """Tables and cross-tabulations of the review."""
    membership = access_member(request.user, review_id)
    context = {"overview": table_overview(review_id)}
    return render_review(request, membership, "extraction/table_list.html", context)


@require_http_methods(["GET", "POST"])
def table_create(request: Request, review_id: int) -> HttpResponse:
    """A new table; its first columns are those of the form."""
    membership = access_lead(request.user, review_id)
    forms = table_overview(review_id).forms
    form = TableCreateForm(request.POST or None, offered=[(each.pk, each.name) for each in forms])
    if request.method == "POST" and form.is_valid():
        chosen = next(each for each in forms if each.pk == form.cleaned_data["form"])
        items = [item.id for item in evidence(review_id, chosen).definition.items()][:FIRST_COLUMNS]
        layout = dump_layout(Layout(tuple(TableColumn(item) for item in items)))
        row = create_table(membership=membership, form_id=chosen.pk, title=form.cleaned_data["title"], layout=layout)
        return redirect("extraction:table_edit", review_id, row.pk)
    context = {"form": form, "forms": forms}
    status = 422 if form.is_bound else 200
    return render_review(request, membership, "extraction/table_create.html", context, status=status)


def _page_of(table: Table, number: str | None) -> tuple[object, list[OutGroup]]:
    """One page of rows, under their headings."""
    flat = [(group.heading, row) for group in table.groups for row in group.rows]
    page = Paginator(flat, PAGE_SIZE).get_page(number)
    groups: list[OutGroup] = []
    for heading, row in page:
        if groups and groups[-1].heading == heading:
            groups[-1] = OutGroup(heading, (*groups[-1].rows, row))
        else:
            groups.append(OutGroup(heading, (row,)))
    return page, groups


@require_GET
def table_detail(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """The table of the settled values as they stand now."""
    membership = access_member(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    table, found = finished_table(row)
    page, groups = _page_of(table, request.GET.get("page"))
    context = {"row": row, "table": table, "page": page, "groups": groups, "missing": found.missing, "kinds": TYPES}
    return render_review(request, membership, "extraction/table_detail.html", context)


@require_GET
def table_file(request: Request, review_id: int, table_id: int, table_kind: str) -> HttpResponse:
    """The table as a file."""
    membership = access_member(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    if table_kind not in TYPES:
        raise Http404("There is no such file.")
    write, content_type = TYPES[table_kind]
    response = HttpResponse(write(finished_table(row)[0]), content_type=content_type)
    name = f"{slugify(row.title)[:60] or 'table'}-{membership.review.slug}.{table_kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "POST"])
def table_edit(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """Lay the table out."""
    membership = access_lead(request.user, review_id)
    row = access_table(membership, table_id, kind=KIND)
    if request.method == "GET":
        return _render_edit(request, membership, row, None)
    form = _form(request, row)
    if not form.is_valid():
        return _render_edit(request, membership, row, form)
    try:
        change_table(
            membership=membership,
            table_id=row.pk,
            edits=form.cleaned_data["edits"],
            title=form.cleaned_data["title"],
            layout=dump_layout(form.layout()),
        )
    except DomainError as problem:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return _render_edit(request, membership, row, form, status_of(problem))
    messages.success(request, "The table is laid out anew.")
    return redirect("extraction:table_detail", review_id, row.pk)


def _form(request: Request, row: EvidenceTable) -> LayoutForm:
    found = evidence(row.review_id, row.form)
    shown = sum(name.startswith("note-item-") for name in request.POST)
    studies = [(study.id, study.label) for study in found.studies]
    return LayoutForm(request.POST, definition=found.definition, studies=studies, notes=max(shown - 3, 0))


def _render_edit(
    request: Request, membership: Membership, row: EvidenceTable, form: LayoutForm | None, status: int = 422
) -> HttpResponse:
    table, found = finished_table(row)
    if form is None:
        studies = [(study.id, study.label) for study in found.studies]
        initial = {"edits": row.edits, "title": row.title}
        layout = parse_layout(row.layout)
        form = LayoutForm(initial=initial, definition=found.definition, studies=studies, layout=layout)
        status = 200
    context = {"row": row, "form": form, "table": table}
    return render_review(request, membership, "extraction/table_edit.html", context, status=status)


@require_POST
def table_remove(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """Take a table or cross-tabulation off the list."""
    membership = access_lead(request.user, review_id)
    try:
        row = remove_table(membership=membership, table_id=table_id)
    except StaleError as gone:
        raise Http404(gone.message) from gone
    messages.success(request, f"“{row.title}” is off the list. You can put it back below.")
    return redirect("extraction:table_list", review_id)


@require_POST
def table_restore(request: Request, review_id: int, table_id: int) -> HttpResponse:
    """Put a table or cross-tabulation on the list again."""
    membership = access_lead(request.user, review_id)
    try:
        row = remove_table(membership=membership, table_id=table_id, back=True)
    except StaleError as gone:
        raise Http404(gone.message) from gone
    messages.success(request, f"“{row.title}” is on the list again.")
    return redirect("extraction:table_list", review_id)
