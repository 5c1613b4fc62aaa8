"""Exports of records: the list as it is filtered, or a box of the flow, as a file that streams while it is written."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from reviewapp.access import access_member
from reviewapp.audit import Occasion
from reviewapp.errors import DomainError
from reviewapp.htmx import Request
from reviewapp.models import Membership
from screening.exporters.registry import EXPORTERS
from screening.forms.export import ExportForm, record_filter
from screening.queries.exports import (
    Selection,
    export_options,
    export_rows,
    filter_words,
    selection_of,
    voter_names,
)
from screening.queries.flow import box_records
from screening.queries.records import RecordFilter, record_list
from screening.services.exports import ExportFacts, log_export


@require_POST
def record_export(request: Request, review_id: int) -> HttpResponseBase:
    """The records that the list shows with the same query string."""
    membership = access_member(request.user, review_id)
    wanted = record_filter(request.GET)
    selection = selection_of(review_id, record_list(review_id, wanted))
    name = "records" if wanted == RecordFilter() else "filtered-records"
    return _file(request, membership, selection, (name, filter_words(wanted)))


@require_POST
def flow_rows_export(request: Request, review_id: int, key: str) -> HttpResponseBase:
    """The records behind one box of the flow: its own, or those of its reports or studies."""
    membership = access_member(request.user, review_id)
    records = box_records(review_id, key)
    if records is None:
        raise Http404("No such box.")
    return _file(request, membership, selection_of(review_id, records), (slugify(key), f"Flow: {key}"))


def _file(
    request: Request, membership: Membership, selection: Selection, names: tuple[str, str]
) -> StreamingHttpResponse:
    """`names`: what the file is called, and what the log says was exported."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        raise DomainError("Choose one of the formats that are offered.", field="format")
    exporter, votes = EXPORTERS[form.cleaned_data["format"]], form.cleaned_data["votes"]
    occasion = Occasion(membership.review, membership.user)
    facts = ExportFacts(selection=names[1], count=len(selection.ids), format=exporter.label, votes=votes)
    log_export(occasion=occasion, review=membership.review, facts=facts)
    voters = voter_names(membership.review_id) if votes else {}
    notes = membership.is_lead
    pieces = exporter.write(export_rows(selection, voters, notes=notes), export_options(voters, notes=notes))
    response = StreamingHttpResponse(pieces, content_type=exporter.content_type)
    day = timezone.localdate(occasion.at).isoformat()
    filename = f"{membership.review.slug}-{names[0]}-{day}.{exporter.extension}"
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Accel-Buffering"] = "no"
    return response
