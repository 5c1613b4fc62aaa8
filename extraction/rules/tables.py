"""Evidence tables: a layout and settled values in, rows of words out.

Shape of `EvidenceTable.layout` for a table (what has its default may be left out):

    {"kind": "table", "columns": [{"item": "i8fq…", "heading": "Model"}], "group_by": "i2…", "sort_by": "i3…",
     "descending": false, "shape": "joined", "footnotes": [{"text": "…", "item": "i8…", "study": 12}],
     "abbreviations": [["GAN", "generative adversarial network"]]}
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules import abbreviations
from extraction.rules.definition_types import NUMBER_TYPES, Definition, Item, Json
from extraction.rules.tables_types import (
    Footnote,
    Kept,
    Layout,
    OutCell,
    OutGroup,
    OutRow,
    Settled,
    Shape,
    Table,
    TableColumn,
)
from extraction.rules.values import number_of, show_cell

JOIN = "; "
NOTHING = "–"
KIND = "table"
EMPTY_GROUP = "No value"
_NUMBERS = frozenset({*NUMBER_TYPES, ItemType.DERIVED, ItemType.YEAR, ItemType.INTEGER, ItemType.NUMBER})


@dataclass(frozen=True)
class _Plan:
    """One printed column: an item, and for the wide shape which of its entries (counted from 0)."""

    item: str
    heading: str
    place: int | None = None


def parse_layout(data: Mapping[str, Any]) -> Layout:
    """Read a layout; entries that are not understood are left out, so that an older layout can still be shown."""
    shape = data.get("shape")
    return Layout(
        columns=tuple(TableColumn(str(one["item"]), str(one.get("heading", ""))) for one in data.get("columns", [])),
        group_by=str(data.get("group_by", "")),
        sort_by=str(data.get("sort_by", "")),
        descending=bool(data.get("descending", False)),
        shape=Shape(shape) if shape in list(Shape) else Shape.JOINED,
        footnotes=tuple(
            Footnote(str(one["text"]), str(one.get("item", "")), int(one.get("study", 0)))
            for one in data.get("footnotes", [])
        ),
        abbreviations=tuple((str(short), str(long)) for short, long in data.get("abbreviations", [])),
    )


def dump_layout(layout: Layout) -> Json:
    """The JSON of a layout: parse_layout(dump_layout(x)) == x."""
    return {
        "kind": KIND,
        "columns": [{"item": column.item, "heading": column.heading} for column in layout.columns],
        "group_by": layout.group_by,
        "sort_by": layout.sort_by,
        "descending": layout.descending,
        "shape": str(layout.shape.value),
        "footnotes": [{"text": note.text, "item": note.item, "study": note.study} for note in layout.footnotes],
        "abbreviations": [list(pair) for pair in layout.abbreviations],
    }


def build_table(title: str, layout: Layout, definition: Definition, studies: Sequence[Settled]) -> Table:
    """Lay out the settled values. `definition` is the form as it stands now: headings, and the order of choices."""
    columns = [column for column in layout.columns if definition.item(column.item)]
    plans = _plans(columns, layout.shape, definition, studies)
    grouping = definition.item(layout.group_by)
    notes = _Notes(layout.footnotes)
    headings = (OutCell("Study"), *(OutCell(p.heading, notes.marks(p.item, 0)) for p in plans))
    groups = tuple(
        OutGroup(heading, tuple(row for study in members for row in _rows(study, plans, layout, notes)))
        for heading, members in _grouped(_sorted(studies, layout, definition), layout.group_by, definition)
    )
    footnotes = tuple(notes.listed())
    found = abbreviations.check(_texts(headings, groups, footnotes), dict(layout.abbreviations))
    return Table(
        title=title,
        headings=headings,
        groups=groups,
        footnotes=footnotes,
        abbreviations=found.used,
        unused=found.unused,
        undefined=found.undefined,
        group_title=grouping.label if grouping else "",
        gone=tuple(column.item for column in layout.columns if not definition.item(column.item)),
    )


def relabelled(old: Definition, new: Definition) -> Definition:
    """A definition whose answers are called as in a newer one, so that studies settled before and after a change of
    words stand in one class. An answer that was merged into another is called like that one."""

    def labels(item: Item) -> Item:
        newer = new.item(item.id)
        if newer is None or not item.options or newer.type != item.type:
            return item
        words = {one: option.label for option in newer.options for one in (*option.stands_for, option.id)}
        options = (replace(option, label=words.get(option.id, option.label)) for option in item.options)
        return replace(item, options=tuple(options))

    sections = (replace(section, items=tuple(labels(item) for item in section.items)) for section in old.sections)
    return Definition(tuple(sections), old.groups)


def shown(study: Settled, item_id: str) -> str:
    """All values of an item in a study as one text; "" where nothing was entered."""
    texts = [_cell(study, item_id, place).text for place in study.places(item_id)]
    return JOIN.join(text for text in texts if text)


def _texts(headings: Sequence[OutCell], groups: Sequence[OutGroup], notes: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What is read for abbreviations: everything but the names of the studies."""
    yield from (cell.text for cell in headings)
    for group in groups:
        yield group.heading
        yield from (cell.text for row in group.rows for cell in row.cells[1:])
    yield from (text for _, text in notes)


class _Notes:
    """Footnotes with their marks: a, b, … z, aa, … in the order of the layout."""

    def __init__(self, footnotes: Sequence[Footnote]) -> None:
        self._by_place: dict[tuple[str, int], list[str]] = {}
        self._listed: list[tuple[str, str]] = []
        number = 0
        for note in footnotes:
            mark = ""
            if note.item or note.study:
                mark = _letters(number)
                number += 1
                self._by_place.setdefault((note.item, note.study), []).append(mark)
            self._listed.append((mark, note.text))

    def marks(self, item: str, study: int) -> tuple[str, ...]:
        return tuple(self._by_place.get((item, study), ()))

    def listed(self) -> list[tuple[str, str]]:
        return self._listed


def _letters(number: int) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = string.ascii_lowercase[rest] + text
    return text


def _plans(
    columns: Sequence[TableColumn], shape: Shape, definition: Definition, studies: Sequence[Settled]
) -> list[_Plan]:
    plans: list[_Plan] = []
    for column in columns:
        item = definition.item(column.item)
        assert item is not None
        heading = column.heading or (f"{item.label} ({item.unit})" if item.unit else item.label)
        group = definition.group(definition.group_of(item.id))
        if shape != Shape.WIDE or group is None:
            plans.append(_Plan(item.id, heading))
            continue
        most = max((len(study.places(item.id)) for study in studies), default=0)
        plans += [_Plan(item.id, f"{group.title} {n + 1}: {heading}", n) for n in range(max(most, 1))]
    return plans


def _cell(study: Settled, item_id: str, place: int | None) -> OutCell:
    item = study.definition.item(item_id)
    kept = study.values.get((item_id, place))
    if item is None or kept is None:
        return OutCell("")
    return OutCell(show_cell(item, kept.mark, kept.value, units=False), number=_number(item, kept))


def _number(item: Item, kept: Kept) -> Decimal | None:
    return number_of(kept.value) if item.type in _NUMBERS and kept.mark == Mark.VALUE else None


def _rows(study: Settled, plans: Sequence[_Plan], layout: Layout, notes: _Notes) -> Iterator[OutRow]:
    head = OutCell(study.label, notes.marks("", study.id))
    if layout.shape == Shape.LONG:
        groups = {study.definition.group_of(plan.item) for plan in plans}
        contexts = _contexts(study, groups)
        for context in contexts:
            cells = [_in_context(study, plan.item, context) for plan in plans]
            yield OutRow(study.id, (head, *_marked(cells, plans, study.id, notes)))
        return
    cells = [_one_row(study, plan) for plan in plans]
    yield OutRow(study.id, (head, *_marked(cells, plans, study.id, notes)))


def _marked(cells: Sequence[OutCell], plans: Sequence[_Plan], study: int, notes: _Notes) -> Iterator[OutCell]:
    for cell, plan in zip(cells, plans, strict=True):
        marks = notes.marks(plan.item, study)
        text = cell.text or NOTHING
        yield OutCell(text, marks, cell.number)


def _one_row(study: Settled, plan: _Plan) -> OutCell:
    places = study.places(plan.item)
    if plan.place is not None:
        return _cell(study, plan.item, places[plan.place]) if plan.place < len(places) else OutCell("")
    if len(places) == 1:
        return _cell(study, plan.item, places[0])
    return OutCell(shown(study, plan.item))


def _contexts(study: Settled, groups: set[str]) -> list[dict[str, int]]:
    """One context per row: which entry of each group it is about. Groups beside each other stand below each other."""
    wanted = {step for group in groups for step in study.definition.path_of_group(group)}

    def expand(group: str, place: int | None, context: dict[str, int]) -> list[dict[str, int]]:
        rows: list[dict[str, int]] = []
        for within in study.definition.groups_within(group):
            if within.id in wanted:
                for entry in study.entries_of(within.id, place):
                    rows += expand(within.id, entry.id, context | {within.id: entry.id})
        return rows or [context]

    return expand("", None, {})


def _in_context(study: Settled, item_id: str, context: Mapping[str, int]) -> OutCell:
    group = study.definition.group_of(item_id)
    if group and group not in context:
        return OutCell("")
    return _cell(study, item_id, context.get(group))


def _sorted(studies: Sequence[Settled], layout: Layout, definition: Definition) -> list[Settled]:
    """By the item's number, else its words, studies without a value last; then by the name of the study."""
    by_name = sorted(studies, key=lambda study: (study.label.casefold(), study.id))
    item = definition.item(layout.sort_by)
    if item is None:
        return by_name[::-1] if layout.descending else by_name
    keys = {study.id: _sort_key(study, item) for study in by_name}
    filled = [study for study in by_name if keys[study.id] is not None]
    filled.sort(key=lambda study: keys[study.id] or (0, Decimal(0), ""), reverse=layout.descending)
    return filled + [study for study in by_name if keys[study.id] is None]


def _sort_key(study: Settled, item: Item) -> tuple[int, Decimal, str] | None:
    for place in study.places(item.id):
        cell = _cell(study, item.id, place)
        if cell.number is not None:
            return (0, cell.number, "")
        kept = study.values.get((item.id, place))
        if kept is not None and kept.mark == Mark.VALUE and cell.text:
            return (1, Decimal(0), cell.text.casefold())
    return None


def _grouped(studies: Sequence[Settled], item_id: str, definition: Definition) -> list[tuple[str, list[Settled]]]:
    """Studies under the words of an item: choices in the order of the form, all else by the alphabet, none last."""
    item = definition.item(item_id)
    if item is None:
        return [("", list(studies))]
    found: dict[str, list[Settled]] = {}
    for study in studies:
        found.setdefault(shown(study, item_id), []).append(study)
    order = {option.label: place for place, option in enumerate(item.options)}
    keys = sorted(found, key=lambda text: (not text, order.get(text, len(order)), text.casefold()))
    return [(text or EMPTY_GROUP, found[text]) for text in keys]
