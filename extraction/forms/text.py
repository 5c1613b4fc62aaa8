"""Texts with live references."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from extraction.rules.livetext import MAX_BODY
from extraction.services.texts import TextDraft


class TextForm(forms.Form):
    """One text."""

    edits = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200, label="Title")
    theme = forms.TypedChoiceField(
        coerce=int,
        required=False,
        empty_value=None,
        label="Theme",
        help_text="{{count}} and {{studies}} then mean the studies of this theme.",
    )
    body = forms.CharField(
        required=False,
        max_length=MAX_BODY,
        strip=False,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def __init__(self, *args: Any, themes: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["theme"].choices = [("", "None: all included studies"), *themes]  # type: ignore[attr-defined]  # a choice field

    def draft(self) -> TextDraft:
        """The valid form as the service takes it."""
        data = self.cleaned_data
        return TextDraft(title=data["title"], body=data["body"], theme_id=data["theme"])
