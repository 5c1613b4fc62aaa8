"""Cross-tabulations: how many studies have which values of two items, and which combinations no study has.

Shape of `EvidenceTable.layout` for a cross-tabulation:

    {"kind": "crosstab", "rows": "i8…", "columns": "i2…" or "", "counting": "each" or "once", "look": "heat"}

A study is counted once per cell. A study with several values of an item (a hybrid) stands in the class of each of
them, or in one class of its own, as the lead chose; the caption says which. Totals count studies, not cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Definition, Item, Json
from extraction.rules.tables_types import Kept, Settled
from extraction.rules.values import YES_NO_WORDS, number_of, show_cell

KIND = "crosstab"
TOGETHER = " + "
MISSING = "No value"
MAX_CLASSES = 200


class Counting(StrEnum):
    """Where a study with several values of one item is counted."""

    EACH = "each"
    ONCE = "once"


COUNTING_LABELS = {
    Counting.EACH: "In each of its values",
    Counting.ONCE: "Once, in a class of its own",
}


class Look(StrEnum):
    """How the numbers are drawn."""

    HEAT = "heat"
    BARS = "bars"
    BUBBLE = "bubble"


LOOK_LABELS = {Look.HEAT: "Heat map", Look.BARS: "Bars", Look.BUBBLE: "Bubbles"}


@dataclass(frozen=True)
class CrossLayout:
    """Ids of the two items (`columns` may be empty: one item alone), and how hybrids are counted and all is drawn."""

    rows: str
    columns: str = ""
    counting: Counting = Counting.EACH
    look: Look = Look.HEAT


@dataclass(frozen=True)
class CrossRow:
    """One class of the row item: ids of its studies by class of the column item, and all of them."""

    label: str
    cells: tuple[tuple[int, ...], ...]
    studies: tuple[int, ...]


@dataclass(frozen=True)
class CrossTab:
    """The finished cross-tabulation."""

    row_title: str
    column_title: str
    columns: tuple[str, ...]
    rows: tuple[CrossRow, ...]
    totals: tuple[int, ...]
    studies: int
    caption: str
    hybrids: tuple[int, ...]
    """Studies with several values of one of the items."""

    @property
    def gaps_by_row(self) -> list[tuple[str, list[str]]]:
        """The gaps of each row that has some: (row, columns)."""
        found: dict[str, list[str]] = {}
        for row, column in self.gaps:
            found.setdefault(row, []).append(column)
        return list(found.items())

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """Combinations of values that no study has; classes without a value are not among them."""
        return [
            (row.label, column)
            for row in self.rows
            for column, cell in zip(self.columns, row.cells, strict=True)
            if not cell and MISSING not in (row.label, column)
        ]


def parse_cross(data: Mapping[str, Any]) -> CrossLayout:
    """Read a layout; what is not known has its default."""
    counting, look = data.get("counting"), data.get("look")
    return CrossLayout(
        rows=str(data.get("rows", "")),
        columns=str(data.get("columns", "")),
        counting=Counting(counting) if counting in list(Counting) else Counting.EACH,
        look=Look(look) if look in list(Look) else Look.HEAT,
    )


def dump_cross(layout: CrossLayout) -> Json:
    """The JSON of a layout: parse_cross(dump_cross(x)) == x."""
    return {
        "kind": KIND,
        "rows": layout.rows,
        "columns": layout.columns,
        "counting": layout.counting.value,
        "look": layout.look.value,
    }


def values_of(study: Settled, item_id: str) -> list[str]:
    """The distinct values of an item in a study as words, each choice by itself, in the order they stand."""
    item = study.definition.item(item_id)
    found: dict[str, None] = {}
    if item is not None:
        for place in study.places(item_id):
            kept = study.values.get((item_id, place))
            if kept is not None:
                found |= dict.fromkeys(_words(item, kept))
    return list(found)


def _words(item: Item, kept: Kept) -> list[str]:
    if kept.mark != Mark.VALUE:
        return [str(Mark(kept.mark).label)]
    if item.type == ItemType.MULTIPLE:
        return [show_cell(item, Mark.VALUE, [one]) for one in kept.value]
    text = show_cell(item, kept.mark, kept.value, units=False)
    return [text] if text else []


def classes_of(study: Settled, item_id: str, counting: Counting) -> list[str]:
    """The classes that a study is counted in: one per value, or one for all of them together."""
    values = values_of(study, item_id)
    if not values:
        return [MISSING]
    return values if counting == Counting.EACH else [TOGETHER.join(values)]


def build_crosstab(layout: CrossLayout, definition: Definition, studies: Sequence[Settled]) -> CrossTab | None:
    """Count the studies; None where the row item is not in the form."""
    rows, columns = definition.item(layout.rows), definition.item(layout.columns)
    if rows is None:
        return None
    row_classes = {study.id: classes_of(study, rows.id, layout.counting) for study in studies}
    column_classes = {
        study.id: classes_of(study, columns.id, layout.counting) if columns else [""] for study in studies
    }
    labels = _ordered(rows, row_classes)
    heads = _ordered(columns, column_classes) if columns else ["Studies"]
    cells: dict[tuple[str, str], list[int]] = {}
    for study in studies:
        for row in row_classes[study.id]:
            for column in column_classes[study.id]:
                cells.setdefault((row, column or "Studies"), []).append(study.id)
    hybrids = tuple(
        study.id for study in studies if any(len(values_of(study, item.id)) > 1 for item in (rows, columns) if item)
    )
    lines = [
        CrossRow(
            label=row,
            cells=tuple(tuple(cells.get((row, column), ())) for column in heads),
            studies=tuple(study.id for study in studies if row in row_classes[study.id]),
        )
        for row in labels
    ]
    return CrossTab(
        row_title=rows.label,
        column_title=columns.label if columns else "",
        columns=tuple(heads),
        rows=tuple(lines),
        totals=tuple(len({one for line in lines for one in line.cells[n]}) for n in range(len(heads))),
        studies=len(studies),
        caption=_caption(rows, columns, layout.counting, len(studies), len(hybrids)),
        hybrids=hybrids,
    )


def _ordered(item: Item, classes: Mapping[int, Sequence[str]]) -> list[str]:
    """Choices in the order of the form, those that no study has too; all else by number or alphabet; missing last."""
    found = {one for several in classes.values() for one in several}
    offered = [option.label for option in item.options] if item.type not in _OPEN else []
    if item.type == ItemType.YES_NO:
        offered = list(YES_NO_WORDS.values())
    order = {label: place for place, label in enumerate(offered)}
    both = sorted(found | set(offered), key=lambda text: _place(text, order))
    return both[:MAX_CLASSES]


_OPEN = frozenset({ItemType.VOCABULARY})
"""Types whose offered terms are suggestions: only those in use are classes."""


def _place(text: str, order: Mapping[str, int]) -> tuple[int, int, Decimal, str]:
    marks = [str(Mark.NOT_REPORTED.label), str(Mark.NOT_APPLICABLE.label), MISSING]
    if text in marks:
        return (3, marks.index(text), Decimal(0), text)
    if text in order:
        return (0, order[text], Decimal(0), text)
    number = number_of(text) if text.replace(".", "", 1).isdigit() else None
    return (1, 0, number, "") if number is not None else (2, 0, Decimal(0), text.casefold())


def _caption(rows: Item, columns: Item | None, counting: Counting, studies: int, hybrids: int) -> str:
    noun = "study" if studies == 1 else "studies"
    about = f"{rows.label} by {columns.label[:1].lower()}{columns.label[1:]}" if columns else rows.label
    text = f"{about}: number of studies out of {studies:,} {noun}."
    if not hybrids:
        return f"{text} No study has several values."
    one = hybrids == 1
    several = f"{hybrids:,} {'study has' if one else 'studies have'} several values of one item and"
    if counting == Counting.EACH:
        counted = (
            f"{'is' if one else 'are'} counted in each of them, so that numbers may add up to more than {studies:,}"
        )
    else:
        counted = f"{'is' if one else 'are'} counted once, in a class of {'its' if one else 'their'} own"
    return f"{text} {several} {counted}."
