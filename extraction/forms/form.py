"""Django's forms for extraction forms as a whole: making, changing, publishing, bringing in."""

from __future__ import annotations

from django import forms

from extraction.constants import DEFAULT_PILOT, ExtractionMode
from extraction.models import ExtractionForm
from extraction.rules.templates import TEMPLATES
from extraction.services.forms import MAX_PILOT, FormSettings

MAX_FILE = 5_000_000


class SettingsForm(forms.Form):
    """What a form is called and how it is used."""

    name = forms.CharField(max_length=120, help_text="Such as “Main form” or “Accuracy results”.")
    mode = forms.ChoiceField(
        choices=ExtractionMode.choices,
        initial=ExtractionMode.DOUBLE,
        widget=forms.RadioSelect,
        label="How the work is shared",
    )
    pilot_studies = forms.IntegerField(
        min_value=1,
        max_value=MAX_PILOT,
        initial=DEFAULT_PILOT,
        label="Studies of the pilot",
        help_text="The form is tried on so many studies first.",
    )

    @classmethod
    def of(cls, form: ExtractionForm) -> SettingsForm:
        """The form filled with what holds now."""
        return cls(initial={"name": form.name, "mode": form.mode, "pilot_studies": form.pilot_studies})

    def settings(self) -> FormSettings:
        """The cleaned form for the services."""
        return FormSettings(**{name: self.cleaned_data[name] for name in ("name", "mode", "pilot_studies")})


class CreateForm(SettingsForm):
    """A new form: blank, from a template, or from a file."""

    template = forms.ChoiceField(
        choices=[("", "Blank"), *((template.key, template.title) for template in TEMPLATES.values())],
        required=False,
        widget=forms.RadioSelect,
        label="Begin with",
    )
    file = forms.FileField(
        required=False, label="Or a file", help_text="A form exported here before, as JSON or XLSX. It goes first."
    )
    field_order = ("name", "template", "file", "mode", "pilot_studies")

    def clean_file(self) -> object:
        """Not larger than a form can be."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_FILE:
            raise forms.ValidationError("This file is too large to be a form.")
        return file


class PublishForm(forms.Form):
    """How a draft is put to use."""

    edits = forms.IntegerField(widget=forms.HiddenInput)
    use = forms.ChoiceField(choices=[("pilot", "Pilot"), ("in_use", "In use")])
    reopen = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")], required=False)
    note = forms.CharField(required=False, max_length=2_000)
