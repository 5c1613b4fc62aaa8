"""Reports: sought, retrieved, their full texts."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.access import access_report
from screening.constants import RetrievalStatus, Stage
from screening.forms.report import ReportFileForm, RetrievalForm
from screening.models import Report
from screening.queries.reports import FILTERS, live_file, report_counts, report_rows, report_view
from screening.queries.reports import report_list as list_reports
from screening.queries.screening import Queue, waiting_for
from screening.services.retrieval import add_report_file, set_retrieval

PAGE_SIZE = 50


@require_GET
def report_list(request: Request, review_id: int) -> HttpResponse:
    """All reports, narrowed by where their retrieval stands."""
    membership = access_member(request.user, review_id)
    which = request.GET.get("which", "")
    page = Paginator(list_reports(review_id, which), PAGE_SIZE).get_page(request.GET.get("page"))
    queue = Queue(review_id, Stage.FULL_TEXT, membership.user_id)
    context = {
        "page": page,
        "rows": report_rows(list(page)),
        "counts": report_counts(review_id),
        "filters": [(key, words) for key, (words, _) in FILTERS.items()],
        "which": which,
        "to_assess": waiting_for(queue) if membership.can_screen else 0,
    }
    return render_review(request, membership, "screening/report_list.html", context)


def _render_report(
    request: Request, membership: Membership, report: Report, problem: DomainError | None = None
) -> HttpResponse:
    context = {"view": report_view(membership, report), "report": report, "problem": problem}
    context["size_limit"] = settings.MAX_REPORT_FILE_BYTES
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "screening/report_detail.html", context, status=status)


@require_GET
def report_detail(request: Request, review_id: int, report_id: int) -> HttpResponse:
    """One report: its retrieval, its full text and, once settled, the judgements."""
    membership = access_member(request.user, review_id)
    return _render_report(request, membership, access_report(membership, report_id))


@require_POST
def report_upload(request: Request, review_id: int, report_id: int) -> HttpResponse:
    """Keep a PDF as the report's full text."""
    membership = access_screener(request.user, review_id)
    report = access_report(membership, report_id)
    form = ReportFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _render_report(request, membership, report, DomainError("Choose the PDF.", field="file"))
    try:
        add_report_file(membership=membership, report_id=report_id, file=form.cleaned_data["file"])
    except DomainError as problem:
        return _render_report(request, membership, report, problem)
    messages.success(request, "The full text is kept, and the report is retrieved.")
    return redirect("screening:report_detail", review_id, report_id)


@require_POST
def report_retrieval(request: Request, review_id: int, report_id: int) -> HttpResponse:
    """Mark a report retrieved elsewhere, not retrieved (with a note), or sought again."""
    membership = access_screener(request.user, review_id)
    report = access_report(membership, report_id)
    form = RetrievalForm(request.POST)
    if not form.is_valid():
        return _render_report(request, membership, report, DomainError("Choose where the retrieval stands."))
    status = RetrievalStatus(form.cleaned_data["status"])
    try:
        set_retrieval(membership=membership, report_id=report_id, status=status, note=form.cleaned_data["note"])
    except DomainError as problem:
        return _render_report(request, membership, report, problem)
    messages.success(request, f"The report is marked as {status.label.lower()}.")
    return redirect("screening:report_detail", review_id, report_id)


@require_GET
def report_file(request: Request, review_id: int, report_id: int) -> FileResponse:
    """The PDF, for members of the review only."""
    membership = access_member(request.user, review_id)
    kept = live_file(access_report(membership, report_id))
    if kept is None:
        raise Http404("No full text is kept here.")
    response = FileResponse(kept.file.open("rb"), content_type="application/pdf", filename=kept.filename)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
