"""Export of records: the format, and with or without votes. The filter of the list of records."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from reviewapp.numbers import as_number
from screening.exporters.registry import EXPORTERS
from screening.queries.records import RecordFilter


class ExportForm(forms.Form):
    """How to write the records that the page's address names."""

    format = forms.ChoiceField(
        choices=[(exporter.name, exporter.label) for exporter in EXPORTERS.values()],
        label="Format",
        help_text="A cell of an Excel workbook holds 32,767 characters; longer text is cut there. CSV has all of it.",
    )
    votes = forms.BooleanField(
        required=False,
        label="With votes and reasons",
        help_text="Only votes on settled records are in the file.",
    )


def record_filter(query: QueryDict) -> RecordFilter:
    """What the query string of the list of records asks for; what it does not say narrows nothing."""
    return RecordFilter(
        search=as_number(query.get("search", "")),
        batch=as_number(query.get("batch", "")),
        status=query.get("status", ""),
        copies=query.get("copies", ""),
        text=query.get("text", "").strip()[:200],
    )
