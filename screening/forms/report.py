"""Retrieval of reports, and studies."""

from __future__ import annotations

from django import forms

from screening.constants import RetrievalStatus


class ReportFileForm(forms.Form):
    """A full text. Whether it is a PDF is the service's rule."""

    file = forms.FileField(label="Full text (PDF)", allow_empty_file=True)


class RetrievalForm(forms.Form):
    """Where the retrieval of a report stands."""

    status = forms.ChoiceField(choices=RetrievalStatus.choices)
    note = forms.CharField(required=False, max_length=2000)


class StudyLabelForm(forms.Form):
    """A study's label."""

    label = forms.CharField(max_length=120)


class StudyLinkForm(forms.Form):
    """Another study of the review."""

    into = forms.IntegerField(min_value=1)
