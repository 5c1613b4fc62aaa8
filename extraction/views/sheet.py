"""Sheets: who extracts what, and one's own sheet as it is filled in, field by field or by section."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from extraction.access import access_file_value, access_form, access_own_cells, access_own_sheet
from extraction.constants import ItemType, Mark, SheetState
from extraction.forms.cells import SentCell, assign_people, sent_cell, sent_section
from extraction.models import Extraction
from extraction.queries.cells import definition_of, live_version, standing_value
from extraction.queries.forms import forms_of
from extraction.queries.opened import own_open
from extraction.queries.sheet_pages import CellView, Typed, input_name, reports_of, sheet_list, sheet_page
from extraction.rules.cells import Missing
from extraction.rules.values import show_cell
from extraction.services.attachments import attachment_path, keep_attachment
from extraction.services.groups import add_entry, move_entry, remove_entry, rename_entry, restore_entry
from extraction.services.sheets import (
    SheetIncompleteError,
    assign,
    assign_evenly,
    begin_check,
    extractors_of,
    mark_ready,
    reopen,
)
from extraction.services.terms import propose_term
from extraction.services.values import CellConflict, Outcome, save_value, save_values
from reviewapp.access import access_lead, access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.access import access_report
from screening.queries.reports import live_file

# --- who extracts what ----------------------------------------------------------------------------------------------


@require_GET
def sheet_index(request: Request, review_id: int) -> HttpResponse:
    """Where one goes on: the studies of the form with something to do, else of the newest form, else the forms."""
    membership = access_member(request.user, review_id)
    waiting = own_open(membership).values_list("form_id", flat=True).first()
    form_id = waiting or forms_of(review_id).order_by("-pk").values_list("pk", flat=True).first()
    return (
        redirect("extraction:sheet_list", review_id, form_id)
        if form_id
        else redirect("extraction:form_list", review_id)
    )


def _render_list(
    request: Request, membership: Membership, form_id: int, problem: DomainError | None = None
) -> HttpResponse:
    form = access_form(membership, form_id)
    version = live_version(form)
    context = {
        "form": form,
        "version": version,
        "forms": forms_of(membership.review_id),
        "list": sheet_list(membership, form, version, request.GET.get("page")),
        "people": extractors_of(membership.review_id) if membership.is_lead else [],
        "problem": problem,
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "extraction/sheet_list.html", context, status=status)


@require_GET
def sheet_list_page(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Studies of a form with one's own state; for leads also who extracts them, and progress as counts."""
    return _render_list(request, access_member(request.user, review_id), form_id)


@require_POST
def sheet_share(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Share all studies without extractors evenly."""
    membership = access_lead(request.user, review_id)
    access_form(membership, form_id)
    try:
        given = assign_evenly(membership=membership, form_id=form_id, user_ids=assign_people(request.POST) or None)
    except DomainError as problem:
        return _render_list(request, membership, form_id, problem)
    messages.success(request, f"{given:,} sheets were given out." if given else "Every study has its extractors.")
    return redirect("extraction:sheet_list", review_id, form_id)


@require_POST
def sheet_assign(request: Request, review_id: int, form_id: int, study_id: int) -> HttpResponse:
    """Give one study its two extractors."""
    membership = access_lead(request.user, review_id)
    access_form(membership, form_id)
    try:
        assign(membership=membership, form_id=form_id, study_id=study_id, user_ids=assign_people(request.POST))
    except DomainError as problem:
        return _render_list(request, membership, form_id, problem)
    messages.success(request, "The extractors are set.")
    return redirect("extraction:sheet_list", review_id, form_id)


@require_GET
def sheet_next(request: Request, review_id: int) -> HttpResponse:
    """To one's next open sheet."""
    membership = access_screener(request.user, review_id)
    sheet_id = own_open(membership).values_list("pk", flat=True).first()
    if sheet_id is None:
        messages.info(request, "Nothing waits to be extracted by you.")
        return redirect("extraction:sheet_index", review_id)
    return redirect("extraction:sheet_page", review_id, sheet_id)


# --- one sheet ------------------------------------------------------------------------------------------------------


def _render_sheet(
    request: Request,
    membership: Membership,
    sheet: Extraction,
    problem: DomainError | None = None,
    typed: Typed | None = None,
) -> HttpResponse:
    missing: list[Missing] = list(problem.missing) if isinstance(problem, SheetIncompleteError) else []
    view = sheet_page(sheet, typed=typed, missing=missing)
    context = {
        "view": view,
        "sheet": sheet,
        "locked": sheet.state == SheetState.READY,
        "problem": problem,
        "shown_report": _shown_report(request, view.reports),
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "extraction/sheet_page.html", context, status=status)


def _shown_report(request: Request, reports: Any) -> Any:
    """The report whose PDF stands beside the form: the one asked for, else the first that has one."""
    wanted = as_number(request.GET.get("report", ""))
    kept = [report for report in reports if report.has_file]
    return next((report for report in kept if report.pk == wanted), kept[0] if kept else None)


@require_GET
def sheet_page_view(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """One's own sheet: sections and entries of the form, the report's PDF beside it."""
    membership = access_screener(request.user, review_id)
    return _render_sheet(request, membership, access_own_sheet(membership, sheet_id))


@require_POST
def sheet_value(request: Request, review_id: int, sheet_id: int) -> JsonResponse:
    """Save one cell. JSON: its number and derived values (200), what is wrong (422), or both values (409)."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_cells(membership, sheet_id)
    sent = sent_cell(definition_of(sheet.version), request.POST)
    if sent is None:
        return JsonResponse({"problem": "This is not asked in the form any more. Load the page again."}, status=422)
    try:
        sent = _with_file(request, sheet, sent)
        outcome = save_value(membership=membership, sheet_id=sheet_id, key=sent.key, given=sent.given)
    except CellConflict as conflict:
        return JsonResponse(_conflict(sheet, sent, conflict), status=409)
    except DomainError as problem:
        return JsonResponse({"problem": problem.message, "part": problem.field or ""}, status=status_of(problem))
    _propose(membership, sheet, sent)
    return JsonResponse(_saved(sheet, sent, outcome))


def _with_file(request: Request, sheet: Extraction, sent: SentCell) -> SentCell:
    """A file's cell with the upload kept, or with the file that stands there already; other cells as they are."""
    if sent.item.type != ItemType.FILE or sent.given.mark != Mark.VALUE:
        return sent
    upload = request.FILES.get(input_name(*sent.key))
    if isinstance(upload, UploadedFile):
        value: Any = keep_attachment(review_id=sheet.review_id, upload=upload)
    else:
        value = standing_value(sheet.pk, sent.key)
    return replace(sent, given=replace(sent.given, value=value))


@require_GET
def sheet_file(request: Request, review_id: int, value_id: int) -> FileResponse:
    """A file of an item, as a download, for those who may read the sheet that it stands on."""
    membership = access_member(request.user, review_id)
    value = access_file_value(membership, value_id)
    path = attachment_path(review_id, value["sha256"])
    if not default_storage.exists(path):
        raise Http404("The file is not kept here.")
    file = default_storage.open(path)
    response = FileResponse(file, as_attachment=True, filename=value["name"], content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _saved(sheet: Extraction, sent: SentCell, outcome: Outcome) -> dict[str, Any]:
    definition, row = definition_of(sheet.version), outcome.saved.get(sent.key)
    derived = {
        input_name(*key): show_cell(item, cell.mark, cell.value)
        for key, cell in outcome.derived.items()
        if (item := definition.item(key[0])) is not None
    }
    return {"number": row.number if row else 0, "derived": derived}


def _conflict(sheet: Extraction, sent: SentCell, conflict: CellConflict) -> dict[str, Any]:
    """What stands in the cell now: in words, and as the item's own inputs, to be taken."""
    row = conflict.current
    cell = CellView(sent.item, input_name(*sent.key), row, row.number if row else 0)
    reports = [(report.pk, report.words) for report in reports_of(sheet.study_id)]
    context = {"item": cell.item, "name": cell.name, "cell": row, "reports": reports}
    return {
        "problem": conflict.message,
        "number": cell.number,
        "words": show_cell(sent.item, row.mark, row.value) if row else "",
        "html": render_to_string("extraction/includes/item_input.html", context),
    }


def _propose(membership: Membership, sheet: Extraction, sent: SentCell) -> None:
    """A word that a vocabulary does not know yet is proposed to the leads."""
    text = sent.given.value
    if sent.item.type != ItemType.VOCABULARY or not text or text in {option.label for option in sent.item.options}:
        return
    propose_term(membership=membership, form_id=sheet.form_id, item_id=sent.item.id, text=str(text))


@require_POST
def sheet_section(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Save a section at once, without JavaScript: what is right is kept, the rest is shown again with what is wrong."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    sent = sent_section(definition_of(sheet.version), request.POST)
    try:
        sent = [_with_file(request, sheet, cell) for cell in sent]
        values = {cell.key: cell.given for cell in sent}
        outcome = save_values(membership=membership, sheet_id=sheet_id, values=values, strict=False)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    for cell in sent:
        if cell.key in outcome.saved:
            _propose(membership, sheet, cell)
    if outcome.problems:
        return _refused(request, membership, sheet, sent, outcome)
    messages.success(request, "Saved.")
    url = reverse("extraction:sheet_page", args=[review_id, sheet_id])
    return redirect(f"{url}#{request.POST.get('anchor', '')[:80]}")


def _refused(
    request: Request, membership: Membership, sheet: Extraction, sent: list[SentCell], outcome: Outcome
) -> HttpResponse:
    cells: dict[Any, dict[str, Any]] = {}
    for cell in sent:
        problem = outcome.problems.get(cell.key)
        if problem is not None:
            cells[cell.key] = {**vars(cell.given), "error": _words(cell, problem)}
    stale = any(isinstance(problem, CellConflict) for problem in outcome.problems.values())
    count = len(outcome.problems)
    message = f"{count} {'answer was' if count == 1 else 'answers were'} not saved. The rest is kept."
    shown: DomainError = CellConflict(None) if stale else DomainError(message)
    shown.message = message
    return _render_sheet(request, membership, sheet, shown, Typed(cells))


def _words(cell: SentCell, problem: DomainError) -> str:
    if isinstance(problem, CellConflict):
        row = problem.current
        there = show_cell(cell.item, row.mark, row.value) if row else ""
        return f"Changed in another window: it now says “{there}”. Save again to keep what stands here."
    return problem.message


# --- entries, ready -------------------------------------------------------------------------------------------------


def _back(review_id: int, sheet_id: int, anchor: str = "") -> HttpResponse:
    url = reverse("extraction:sheet_page", args=[review_id, sheet_id])
    return redirect(f"{url}#{anchor}" if anchor else url)


@require_POST
def sheet_entry_add(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Add an entry to a repeating group."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    group, parent = request.POST.get("group", ""), as_number(request.POST.get("parent", ""))
    label = request.POST.get("label", "")
    try:
        entry = add_entry(membership=membership, sheet_id=sheet_id, group=group, parent_id=parent or None, label=label)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    return _back(review_id, sheet_id, f"entry-{entry.pk}")


@require_POST
def sheet_entry_rename(request: Request, review_id: int, sheet_id: int, entry_id: int) -> HttpResponse:
    """Give an entry a name."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    label = request.POST.get("label", "")
    try:
        rename_entry(membership=membership, sheet_id=sheet_id, entry_id=entry_id, label=label)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    return _back(review_id, sheet_id, f"entry-{entry_id}")


@require_POST
def sheet_entry_move(request: Request, review_id: int, sheet_id: int, entry_id: int) -> HttpResponse:
    """Move an entry up or down by one place."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    step = -1 if request.POST.get("step") == "up" else 1
    try:
        move_entry(membership=membership, sheet_id=sheet_id, entry_id=entry_id, step=step)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    return _back(review_id, sheet_id, f"entry-{entry_id}")


@require_POST
def sheet_entry_remove(request: Request, review_id: int, sheet_id: int, entry_id: int) -> HttpResponse:
    """Take an entry off the sheet; it can be brought back."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    try:
        remove_entry(membership=membership, sheet_id=sheet_id, entry_id=entry_id)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    messages.success(request, "Removed with all within it. You can bring it back where it stood.")
    return _back(review_id, sheet_id, f"gone-{entry_id}")


@require_POST
def sheet_entry_restore(request: Request, review_id: int, sheet_id: int, entry_id: int) -> HttpResponse:
    """Bring a removed entry back with its values."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    try:
        restore_entry(membership=membership, sheet_id=sheet_id, entry_id=entry_id)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    return _back(review_id, sheet_id, f"entry-{entry_id}")


@require_POST
def sheet_ready(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """One's own sheet is complete; what is missing is listed otherwise."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    try:
        mark_ready(membership=membership, sheet_id=sheet_id)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    messages.success(request, f"Your sheet for {sheet.study} is ready.")
    return redirect("extraction:sheet_list", review_id, sheet.form_id)


@require_POST
def sheet_reopen(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Take one's own "ready" back while the other is not ready."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    try:
        reopen(membership=membership, sheet_id=sheet_id)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    messages.success(request, "Your sheet is open again.")
    return _back(review_id, sheet_id)


@require_POST
def sheet_check(request: Request, review_id: int, sheet_id: int) -> HttpResponse:
    """Begin a check: the sheet is filled with what the first extractor found."""
    membership = access_screener(request.user, review_id)
    sheet = access_own_sheet(membership, sheet_id)
    try:
        begin_check(membership=membership, sheet_id=sheet_id)
    except DomainError as problem:
        return _render_sheet(request, membership, sheet, problem)
    return _back(review_id, sheet_id)


@require_GET
@csp_replace({"frame-ancestors": [SELF]})  # type: ignore[arg-type]  # its type knows no views with arguments
@xframe_options_sameorigin
def sheet_pdf(request: Request, review_id: int, report_id: int) -> FileResponse:
    """A report's PDF for members, to stand beside the form: only pages of this site may frame it."""
    membership = access_member(request.user, review_id)
    kept = live_file(access_report(membership, report_id))
    if kept is None:
        raise Http404("No full text is kept here.")
    response = FileResponse(kept.file.open("rb"), content_type="application/pdf", filename=kept.filename)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
