"""Types of evidence tables: what was collected, how it is laid out, and the table that comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from extraction.constants import Mark
from extraction.rules.definition_types import Definition


class Shape(StrEnum):
    """How repeating groups stand in a table."""

    JOINED = "joined"
    LONG = "long"
    WIDE = "wide"


SHAPE_LABELS = {
    Shape.JOINED: "One row per study; repeated values stand in one cell",
    Shape.LONG: "Long: one row per entry of a repeating group",
    Shape.WIDE: "Wide: one row per study, one column per entry",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a repeating group on a settled sheet."""

    id: int
    group: str
    parent: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in one cell of a settled sheet."""

    mark: str = Mark.VALUE
    value: Any = None


@dataclass(frozen=True)
class Settled:
    """The settled values of one study, in the version of the form that they were given in."""

    id: int
    label: str
    definition: Definition = field(default_factory=Definition)
    values: Mapping[tuple[str, int | None], Kept] = field(default_factory=dict)
    """By (id of the item, id of the entry or None)."""
    entries: tuple[Entry, ...] = ()

    @cached_property
    def _children(self) -> dict[tuple[str, int | None], list[Entry]]:
        found: dict[tuple[str, int | None], list[Entry]] = {}
        for entry in self.entries:
            found.setdefault((entry.group, entry.parent), []).append(entry)
        return found

    def entries_of(self, group: str, parent: int | None) -> list[Entry]:
        """The entries of a group within one entry of its parent (None: of the study)."""
        return self._children.get((group, parent), [])

    def places(self, item_id: str) -> list[int | None]:
        """The entries in which an item is asked, outermost first; [None] for an item of the study itself."""
        places: list[int | None] = [None]
        for group in self.definition.path_of_group(self.definition.group_of(item_id)):
            places = [entry.id for place in places for entry in self.entries_of(group, place)]
        return places


@dataclass(frozen=True)
class TableColumn:
    """One item as a column; `heading` stands instead of the item's label."""

    item: str
    heading: str = ""


@dataclass(frozen=True)
class Footnote:
    """A note to a cell (item and study), a column (item), a row (study) or to the whole table."""

    text: str
    item: str = ""
    study: int = 0


@dataclass(frozen=True)
class Layout:
    """How a table is laid out. `group_by` and `sort_by` are ids of items; empty: not grouped, sorted by study."""

    columns: tuple[TableColumn, ...] = ()
    group_by: str = ""
    sort_by: str = ""
    descending: bool = False
    shape: Shape = Shape.JOINED
    footnotes: tuple[Footnote, ...] = ()
    abbreviations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OutCell:
    """A cell as it is printed; `number` where it is one number and nothing else."""

    text: str
    marks: tuple[str, ...] = ()
    number: Decimal | None = None

    def __str__(self) -> str:
        return f"{self.text} [{', '.join(self.marks)}]" if self.marks else self.text


@dataclass(frozen=True, slots=True)
class OutRow:
    """A row; its first cell is the study."""

    study: int
    cells: tuple[OutCell, ...]


@dataclass(frozen=True, slots=True)
class OutGroup:
    """Rows under one heading ("" where the table is not grouped)."""

    heading: str
    rows: tuple[OutRow, ...]


@dataclass(frozen=True)
class Table:
    """A finished table with everything that is printed below it, and what its editors should look at."""

    title: str
    headings: tuple[OutCell, ...]
    groups: tuple[OutGroup, ...]
    footnotes: tuple[tuple[str, str], ...] = ()
    """(mark, text); a note to the whole table has no mark."""
    abbreviations: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    """Abbreviations that are explained but stand nowhere in the table."""
    group_title: str = ""
    """What the rows are grouped by."""
    undefined: tuple[str, ...] = ()
    """Capital words of the table that nothing explains."""
    gone: tuple[str, ...] = ()
    """Ids of columns that are not in the form any more."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(len(group.rows) for group in self.groups)

    @property
    def notes(self) -> list[str]:
        """Footnotes and abbreviations as lines of text, as every file prints them."""
        lines = [f"{mark}. {text}" if mark else text for mark, text in self.footnotes]
        if self.abbreviations:
            lines.append("Abbreviations: " + "; ".join(f"{short}, {long}" for short, long in self.abbreviations) + ".")
        return lines
