"""Laying out an evidence table: which items in which order, and what is printed below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from extraction.rules.definition_types import Definition, Item
from extraction.rules.tables_types import SHAPE_LABELS, Footnote, Layout, Shape, TableColumn

NEW_NOTES = 3
MAX_COLUMNS = 200


@dataclass(frozen=True)
class ColumnFields:
    """The fields of one item."""

    item: Item
    place: forms.BoundField
    heading: forms.BoundField


class TableCreateForm(forms.Form):
    """Title and form of a new table."""

    title = forms.CharField(max_length=200, label="Title")
    form = forms.TypedChoiceField(coerce=int, label="Extraction form", help_text="Whose settled values it shows.")

    def __init__(self, *args: Any, offered: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = list(offered)  # type: ignore[attr-defined]  # a choice field


class LayoutForm(forms.Form):
    """The whole layout of a table. The place of an item is a number; an empty one leaves it out."""

    edits = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200, label="Title")
    group_by = forms.ChoiceField(required=False, label="Group studies by")
    sort_by = forms.ChoiceField(required=False, label="Sort by")
    descending = forms.BooleanField(required=False, label="Largest or last first")
    shape = forms.ChoiceField(
        choices=[(str(shape.value), label) for shape, label in SHAPE_LABELS.items()], label="Repeating groups"
    )
    abbreviations = forms.CharField(
        required=False,
        max_length=50_000,
        strip=True,
        label="Abbreviations",
        help_text="One a line: the abbreviation, a colon, its meaning.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, definition: Definition, studies: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        layout: Layout | None = kwargs.pop("layout", None)
        self.notes_shown = (len(layout.footnotes) if layout else int(kwargs.pop("notes", 0))) + NEW_NOTES
        super().__init__(*args, **kwargs)
        self.items = list(definition.items())
        titles = [(item.id, item.label) for item in self.items]
        self.fields["group_by"].choices = [("", "Not grouped"), *titles]  # type: ignore[attr-defined]  # a choice field
        self.fields["sort_by"].choices = [("", "Name of the study"), *titles]  # type: ignore[attr-defined]  # as above
        for item in self.items:
            self.fields[f"place-{item.id}"] = forms.IntegerField(
                required=False, min_value=1, max_value=MAX_COLUMNS * 10, label=f"Place of {item.label}"
            )
            self.fields[f"heading-{item.id}"] = forms.CharField(
                required=False, max_length=200, label=f"Heading of {item.label}"
            )
        columns = [("", "Whole table or row"), *titles]
        rows = [("", "Whole table or column"), *((str(pk), label) for pk, label in studies)]
        for number in range(self.notes_shown):
            place = f"{number + 1}"
            self.fields[f"note-{number}"] = forms.CharField(required=False, max_length=1000, label=f"Note {place}")
            self.fields[f"note-item-{number}"] = forms.ChoiceField(
                required=False, choices=columns, label=f"Column of note {place}"
            )
            self.fields[f"note-study-{number}"] = forms.ChoiceField(
                required=False, choices=rows, label=f"Study of note {place}"
            )
        if layout is not None and not self.is_bound:
            self.initial = {**self.initial, **_initial(layout)}

    def column_fields(self) -> Iterator[ColumnFields]:
        """The fields of each item, in the order of the form."""
        for item in self.items:
            yield ColumnFields(item, self[f"place-{item.id}"], self[f"heading-{item.id}"])

    def note_fields(self) -> Iterator[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Text, column and study of each note."""
        for number in range(self.notes_shown):
            yield self[f"note-{number}"], self[f"note-item-{number}"], self[f"note-study-{number}"]

    def clean_abbreviations(self) -> str:
        """Raises ValidationError for a line without a colon."""
        text = str(self.cleaned_data["abbreviations"])
        for number, line in enumerate(text.splitlines(), start=1):
            short, colon, long = line.partition(":")
            if line.strip() and not (colon and short.strip() and long.strip()):
                raise forms.ValidationError(f"Line {number}: write the abbreviation, a colon, and its meaning.")
        return text

    def layout(self) -> Layout:
        """The valid form as a layout. Items of the same place stand in the order of the form."""
        data = self.cleaned_data
        placed = [(data[f"place-{item.id}"], n, item.id) for n, item in enumerate(self.items)]
        chosen = sorted((place, n, item) for place, n, item in placed if place is not None)
        pairs = (line.partition(":") for line in data["abbreviations"].splitlines() if line.strip())
        return Layout(
            columns=tuple(TableColumn(item, data[f"heading-{item}"].strip()) for _, _, item in chosen[:MAX_COLUMNS]),
            group_by=data["group_by"],
            sort_by=data["sort_by"],
            descending=data["descending"],
            shape=Shape(data["shape"]),
            footnotes=tuple(self._footnotes()),
            abbreviations=tuple({short.strip(): long.strip() for short, _, long in pairs}.items()),
        )

    def _footnotes(self) -> Iterator[Footnote]:
        for number in range(self.notes_shown):
            text = self.cleaned_data[f"note-{number}"].strip()
            if text:
                study = self.cleaned_data[f"note-study-{number}"]
                yield Footnote(text, self.cleaned_data[f"note-item-{number}"], int(study) if study else 0)


def _initial(layout: Layout) -> dict[str, object]:
    found: dict[str, object] = {
        "group_by": layout.group_by,
        "sort_by": layout.sort_by,
        "descending": layout.descending,
        "shape": layout.shape.value,
        "abbreviations": "\n".join(f"{short}: {long}" for short, long in layout.abbreviations),
    }
    for place, column in enumerate(layout.columns, start=1):
        found[f"place-{column.item}"] = place
        found[f"heading-{column.item}"] = column.heading
    for number, note in enumerate(layout.footnotes):
        found[f"note-{number}"] = note.text
        found[f"note-item-{number}"] = note.item
        found[f"note-study-{number}"] = str(note.study) if note.study else ""
    return found
