"""Imported files: the receipt, the rejected entries, cancelling, trying again and taking back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_lead, access_member
from reviewapp.exporters import csv_lines
from reviewapp.htmx import Request, render_review, wants_fragment
from reviewapp.models import Membership
from screening.access import access_batch
from screening.exporters.receipt import HEADER, receipt_json, receipt_rows
from screening.forms.elsewhere import VotesForm
from screening.models import ImportBatch
from screening.queries.elsewhere import elsewhere_view, unnamed_verdicts
from screening.queries.imports import receipt_view, rejected_rows
from screening.services.imports import withdraw_import
from screening.services.uploads import cancel_import, read_again, retry_import
from screening.tasks import import_batch
from screening.views.search import render_files

PAGE_SIZE = 50


@require_GET
def batch_detail(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """The receipt: read = stored + rejected, what each field holds, every rejected entry with its line."""
    membership = access_member(request.user, review_id)
    batch = access_batch(membership, batch_id)
    context = batch_context(membership, batch, request.GET.get("page"))
    return render_review(request, membership, "screening/batch_detail.html", context)


def batch_context(membership: Membership, batch: ImportBatch, page: str | None = None) -> dict[str, Any]:
    """What the receipt's page shows to this member."""
    votes = elsewhere_view(membership, batch)
    return {
        "receipt": receipt_view(batch),
        "batch": batch,
        "page": Paginator(rejected_rows(batch), PAGE_SIZE).get_page(page),
        "votes_form": VotesForm(votes) if votes else None,
        "unnamed": unnamed_verdicts(batch),
    }


@require_GET
def batch_rejects(request: Request, review_id: int, batch_id: int) -> StreamingHttpResponse:
    """The rejected entries as CSV."""
    membership = access_member(request.user, review_id)
    batch = access_batch(membership, batch_id)
    rows = ((str(row.line), row.reason, row.raw) for row in rejected_rows(batch).iterator())
    response = StreamingHttpResponse(csv_lines(["line", "reason", "entry"], rows), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.csv"'
    return response


@require_GET
def batch_receipt(request: Request, review_id: int, batch_id: int, receipt_kind: str) -> StreamingHttpResponse:
    """The whole receipt as a file: CSV or JSON."""
    membership = access_member(request.user, review_id)
    batch = access_batch(membership, batch_id)
    receipt, rejected = receipt_view(batch), rejected_rows(batch).defer("raw").iterator()
    if receipt_kind == "csv":
        lines, content_type = csv_lines(HEADER, receipt_rows(receipt, rejected)), "text/csv"
    else:
        lines, content_type = receipt_json(receipt, rejected), "application/json"
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="receipt-{batch.pk}.{receipt_kind}"'
    return response


@require_POST
def batch_cancel(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Stop an import that waits or runs; the list of files answers with what became of it."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    cancel_import(membership=membership, batch=batch)
    if wants_fragment(request):
        return render_files(request, membership, batch.search)
    messages.success(request, f"The import of “{batch.filename}” has been cancelled. Nothing of it is counted.")
    return redirect("screening:search_detail", review_id, batch.search_id)


@require_POST
def batch_retry(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Read a file again that was not imported."""
    membership = access_lead(request.user, review_id)
    batch = retry_import(membership=membership, batch=access_batch(membership, batch_id))
    import_batch.delay_on_commit(batch.job_id)
    if wants_fragment(request):
        return render_files(request, membership, batch.search)
    return redirect("screening:search_detail", review_id, batch.search_id)


@require_POST
def batch_read_again(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Take an import back and ask which characters its file holds, then read it anew."""
    membership = access_lead(request.user, review_id)
    batch = read_again(membership=membership, batch=access_batch(membership, batch_id))
    import_batch.delay_on_commit(batch.job_id)
    return redirect("screening:batch_detail", review_id, batch.pk)


@require_POST
def batch_withdraw(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Take a whole import back while nobody has worked with its records."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    count = withdraw_import(membership=membership, batch=batch)
    messages.success(request, f"The import has been taken back: {count:,} records.")
    return redirect("screening:search_detail", review_id, batch.search_id)
