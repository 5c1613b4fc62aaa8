"""What a cross-tabulation counts and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from extraction.rules.crosstabs import COUNTING_LABELS, LOOK_LABELS, Counting, CrossLayout, Look


class CrossForm(forms.Form):
    """Two items, how studies with several values are counted, and the figure."""

    edits = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200, label="Title")
    rows = forms.ChoiceField(label="Rows")
    columns = forms.ChoiceField(required=False, label="Columns")
    counting = forms.ChoiceField(
        choices=[(str(one.value), label) for one, label in COUNTING_LABELS.items()],
        label="A study with several values is counted",
        help_text="For instance a hybrid of two model families. The caption says how it was done.",
    )
    look = forms.ChoiceField(choices=[(str(one.value), label) for one, label in LOOK_LABELS.items()], label="Drawn as")

    def __init__(self, *args: Any, items: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = list(items)
        self.fields["rows"].choices = offered  # type: ignore[attr-defined]  # a choice field
        self.fields["columns"].choices = [("", "Nothing: one item alone"), *offered]  # type: ignore[attr-defined]  # as above

    def layout(self) -> CrossLayout:
        """The valid form as a layout."""
        data = self.cleaned_data
        return CrossLayout(data["rows"], data["columns"], Counting(data["counting"]), Look(data["look"]))

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for an item with itself."""
        data = super().clean() or {}
        if data.get("rows") and data.get("rows") == data.get("columns"):
            self.add_error("columns", "Choose another item than for the rows.")
        return data
