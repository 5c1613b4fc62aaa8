"""Themes, and the passages that put a study into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from extraction.models import Theme
from extraction.services.themes import MAX_QUOTE, Passage, ThemeDraft


class ThemeForm(forms.Form):
    """One theme."""

    title = forms.CharField(max_length=200, label="Title")
    section = forms.CharField(
        required=False, max_length=120, label="Section", help_text="The part of the text it belongs to."
    )
    text = forms.CharField(
        required=False,
        max_length=10_000,
        label="What it is about",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    planned = forms.BooleanField(required=False, label="Named in the protocol", initial=True)
    position = forms.IntegerField(
        required=False, min_value=0, max_value=10_000, label="Place in the list", help_text="Empty: where it is now."
    )

    def draft(self) -> ThemeDraft:
        """The valid form as the service takes it."""
        return ThemeDraft(**{name: self.cleaned_data[name] for name in self.fields})

    @staticmethod
    def initial_of(theme: Theme) -> dict[str, object]:
        """The theme as it stands."""
        return {name: getattr(theme, name) for name in ThemeForm.base_fields}


class CodingForm(forms.Form):
    """A study and the passage that puts it into the theme."""

    study = forms.TypedChoiceField(coerce=int, label="Study")
    quote = forms.CharField(
        required=False,
        max_length=MAX_QUOTE,
        label="Quotation",
        help_text="Word for word, as the report has it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    page = forms.CharField(required=False, max_length=20, label="Page")
    note = forms.CharField(required=False, max_length=MAX_QUOTE, label="Note", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, studies: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["study"].choices = [("", "Choose a study"), *studies]  # type: ignore[attr-defined]  # a choice field

    def passage(self) -> Passage:
        """The valid form as the service takes it."""
        data = self.cleaned_data
        return Passage(quote=data["quote"], page=data["page"], note=data["note"])
