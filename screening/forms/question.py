"""What a person says of a file that waits for an answer: which encoding, which column is which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from screening.importers.encodings import encoding_in_words
from screening.importers.mapping import TARGETS, guess_mapping, mapping_faults
from screening.importers.votes import HIDDEN
from screening.services.questions import Answers

_DIFFERING = re.compile(r"([^\x00-\x7f]+)")


@dataclass(frozen=True)
class EncodingOption:
    """One encoding with the doubtful places as they read in it: lines of (text, whether it depends on the encoding)."""

    value: str
    words: str
    guessed: bool
    checked: bool
    lines: list[list[tuple[str, bool]]]


class EncodingForm(forms.Form):
    """Which encoding reads the file right; our guess is preselected."""

    encoding = forms.ChoiceField(
        label="Which of these reads right?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how the file is to be read.", "invalid_choice": "Choose one of these."},
    )

    def __init__(self, preview: dict[str, Any], data: Any = None) -> None:
        super().__init__(data, initial={"encoding": preview["guess"]})
        self.preview = preview
        field = self.fields["encoding"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(item["encoding"], encoding_in_words(item["encoding"])) for item in preview["readings"]]

    def options(self) -> Iterator[EncodingOption]:
        """The choices as the page shows them, the guess first."""
        chosen = self["encoding"].value()
        for item in self.preview["readings"]:
            name = item["encoding"]
            yield EncodingOption(
                value=name,
                words=encoding_in_words(name),
                guessed=name == self.preview["guess"],
                checked=name == chosen,
                lines=[_parts(text) for text in item["snippets"]],
            )

    def answers(self) -> Answers:
        """The valid form as the service takes it."""
        return Answers(encoding=self.cleaned_data["encoding"])


def _parts(text: str) -> list[tuple[str, bool]]:
    """ASCII reads the same in all of these encodings, everything else may differ."""
    return [(part, at % 2 == 1) for at, part in enumerate(_DIFFERING.split(text)) if part]


class MappingForm(forms.Form):
    """One select per column of the table; likely fields are preselected."""

    headerless = forms.BooleanField(
        required=False,
        label="This table has no headings",
        help_text="Tick this if what stands here as the names of the columns is a record already.",
    )

    def __init__(self, preview: dict[str, Any], data: Any = None) -> None:
        super().__init__(data)
        self.columns: list[str] = preview["columns"]
        self.rows: list[list[str]] = preview["rows"]
        guesses = guess_mapping(self.columns)
        for number, column in enumerate(self.columns):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                required=False,
                label=column,
                choices=[("", "Not used"), *TARGETS.items()],
                initial=guesses[column],
            )

    def lines(self) -> Iterator[tuple[BoundField, list[str]]]:
        """Each column: its field, and what stands in it in the first rows."""
        for number in range(len(self.columns)):
            yield self[f"column_{number}"], [row[number] for row in self.rows]

    @property
    def hides_votes(self) -> bool:
        """Whether cells are hidden that may be votes."""
        return any(HIDDEN in row for row in self.rows)

    def mapping(self) -> dict[str, str]:
        """{heading: target or ""}, of the cleaned form."""
        return {column: self.cleaned_data.get(f"column_{at}", "") for at, column in enumerate(self.columns)}

    def clean(self) -> dict[str, Any]:
        """A title is needed, and most fields can come from one column only."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for fault in mapping_faults(self.mapping()):
            self.add_error(None, fault)
        return cleaned

    def answers(self) -> Answers:
        """The valid form as the service takes it."""
        mapping = self.mapping()
        if self.cleaned_data["headerless"]:
            mapping = {f"#{at}": target for at, target in enumerate(mapping.values(), 1)}
        return Answers(mapping=mapping)
