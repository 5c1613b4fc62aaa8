"""What is written down about a search, and the upload of its export files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from screening.models import Search
from screening.services.searches import SearchFacts

if TYPE_CHECKING:
    SearchModelForm = forms.ModelForm[Search]
else:  # Django's form classes take no parameters at run time
    SearchModelForm = forms.ModelForm


class SearchForm(SearchModelForm):
    """One search of one source (PRISMA-S)."""

    class Meta:
        model = Search
        fields = ["source", "kind", "platform", "date_run", "reported_count", "strategy", "limits"]
        widgets = {
            "date_run": forms.DateInput(attrs={"type": "date"}),
            "strategy": forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
            "limits": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"reported_count": "Records the source reported", "date_run": "Date of the search"}

    def facts(self) -> SearchFacts:
        """The valid form as the service takes it."""
        return SearchFacts(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Cleans to a list of uploaded files; empty ones are left to the service, which names them."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """Raises ValidationError when no file was chosen."""
        files = data if isinstance(data, (list, tuple)) else [data]
        if not [file for file in files if file]:
            raise forms.ValidationError("Choose at least one export file.")
        return list(files)


class UploadForm(forms.Form):
    """Export files of one search."""

    export_files = ManyFilesField(label="Export files", required=True, allow_empty_file=True)
    also_elsewhere = forms.BooleanField(
        required=False,
        label="Import it here too",
        help_text="Tick this only if a file that is already in another search belongs to this one as well.",
    )

    @property
    def max_bytes(self) -> int:
        """Of one file; the page says so before anything is sent."""
        return int(settings.MAX_IMPORT_FILE_BYTES)
