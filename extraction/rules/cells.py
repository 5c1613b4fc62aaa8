"""A sheet as plain values: entries of its repeating groups and what stands in its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from extraction.constants import ItemType, Mark
from extraction.rules import derive
from extraction.rules.definition_types import Definition, Item
from extraction.rules.shown import Answer, is_shown
from extraction.rules.values import number_of

Key = tuple[str, int | None]
"""A cell: the item's id and the id of the group's entry it is asked in (None: of the study)."""


class Entry(NamedTuple):
    """One entry of a repeating group."""

    id: int
    group: str
    parent: int | None
    label: str = ""
    position: int = 1
    match: str = ""


@dataclass(frozen=True)
class Missing:
    """What a sheet lacks: an item of an entry, or entries of a group."""

    words: str
    item: str = ""
    entry: int | None = None
    group: str = ""


@dataclass(frozen=True)
class Sheet:
    """Entries by id, in order; answers by cell. An answer without a value and with the mark VALUE is none."""

    definition: Definition
    entries: Mapping[int, Entry]
    answers: Mapping[Key, Answer] = field(default_factory=dict)

    def entry_for(self, item_id: str, entry_id: int | None) -> tuple[bool, int | None]:
        """(found, entry): where an item is answered, seen from an entry: there or in one above."""
        group = self.definition.group_of(item_id)
        if not group:
            return self.definition.item(item_id) is not None, None
        entry = self.entries.get(entry_id) if entry_id is not None else None
        while entry is not None and entry.group != group:
            entry = self.entries.get(entry.parent) if entry.parent is not None else None
        return (entry is not None, entry.id if entry else None)

    def answer(self, item_id: str, entry_id: int | None) -> Answer | None:
        """What stands in the cell that an entry sees; None for nothing."""
        found, place = self.entry_for(item_id, entry_id)
        answer = self.answers.get((item_id, place)) if found else None
        return answer if answer is not None and has_content(answer.mark, answer.value) else None

    def is_shown(self, item: Item, entry_id: int | None) -> bool:
        """Whether the item is asked in this entry."""
        return is_shown(self.definition, item, lambda other: self.answer(other, entry_id))

    def scopes(self) -> Iterator[tuple[str, int | None]]:
        """(group, entry) of the study and of every entry, in the order of groups and entries."""
        yield "", None
        for entry in self.entries.values():
            yield entry.group, entry.id

    def asked(self) -> Iterator[tuple[Item, int | None]]:
        """Every item that is asked, per entry."""
        for group, entry_id in self.scopes():
            for item in self.definition.items_of_group(group):
                if self.is_shown(item, entry_id):
                    yield item, entry_id


def has_content(mark: str, value: Any) -> bool:
    """Whether a cell says something: a value, "not reported" or "not applicable"."""
    return mark != Mark.VALUE or value is not None


def progress(sheet: Sheet) -> tuple[int, int]:
    """(answered, asked) of the required items, each per entry."""
    required = [(i, e) for i, e in sheet.asked() if i.required and i.type != ItemType.DERIVED]
    return sum(sheet.answer(item.id, entry) is not None for item, entry in required), len(required)


def missing(sheet: Sheet) -> list[Missing]:
    """Required items without an answer, and groups with fewer entries than they need; in the order of the form."""
    found = [
        Missing(_words(sheet, item, entry_id), item.id, entry_id)
        for item, entry_id in sheet.asked()
        if item.required and item.type != ItemType.DERIVED and sheet.answer(item.id, entry_id) is None
    ]
    for group in sheet.definition.groups:
        parents = [e.id for e in sheet.entries.values() if e.group == group.parent] if group.parent else [None]
        for parent in parents:
            count = sum(entry.group == group.id and entry.parent == parent for entry in sheet.entries.values())
            if count < group.minimum:
                words = f"{group.title}: at least {group.minimum}, there {'is' if count == 1 else 'are'} {count}"
                found.append(Missing(words, entry=parent, group=group.id))
    return found


def path_words(sheet: Sheet, entry_id: int | None) -> str:
    """An entry with those above it: "LSTM, Horizon 24 h"; "" for the study."""
    parts: list[str] = []
    entry = sheet.entries.get(entry_id) if entry_id is not None else None
    while entry is not None:
        group = sheet.definition.group(entry.group)
        parts.insert(0, entry.label or f"{group.title if group else 'Entry'} {entry.position}")
        entry = sheet.entries.get(entry.parent) if entry.parent is not None else None
    return ", ".join(parts)


def _words(sheet: Sheet, item: Item, entry_id: int | None) -> str:
    path = path_words(sheet, entry_id)
    return f"{item.label} ({path})" if path else item.label


# --- derived --------------------------------------------------------------------------------------------------------


def derived_values(sheet: Sheet) -> dict[Key, str | None]:
    """The value of every derived item per entry; None where it has none. A formula that goes in circles has none."""
    results: dict[Key, str | None] = {}
    for group, entry_id in sheet.scopes():
        for item in sheet.definition.items_of_group(group):
            if item.type == ItemType.DERIVED:
                _derive(sheet, item, entry_id, results, frozenset())
    return results


def _derive(
    sheet: Sheet, item: Item, entry_id: int | None, results: dict[Key, str | None], within: frozenset[Key]
) -> str | None:
    key = (item.id, entry_id)
    if key in results:
        return results[key]
    if key in within:
        return None

    def look(source: derive.Source) -> Decimal | None:
        other = sheet.definition.item(source.item)
        found, place = sheet.entry_for(source.item, entry_id)
        if other is None or not found:
            return None
        if other.type == ItemType.DERIVED:
            return number_of(_derive(sheet, other, place, results, within | {key}))
        answer = sheet.answer(source.item, entry_id)
        return _number(answer.value, source.part) if answer and answer.mark == Mark.VALUE else None

    try:
        result = derive.evaluate(derive.parse_formula(item.formula), look) if item.formula else None
    except derive.FormulaError:  # the builder refuses such a formula; an imported form may hold one: it has no value
        result = None
    results[key] = None if result is None else derive.rounded(result, item.precision)
    return results[key]


def _number(value: Any, part: str) -> Decimal | None:
    if isinstance(value, Mapping):
        return number_of(value.get(part or "estimate"))
    return None if part or isinstance(value, list) else number_of(value)


def sources_of(definition: Definition) -> frozenset[str]:
    """Ids of derived items and of all items their formulas name: a change of one of these changes derived values."""
    found: set[str] = set()
    for item in definition.items():
        if item.type == ItemType.DERIVED and item.formula:
            found.add(item.id)
            try:
                found |= {source.item for source in derive.sources(derive.parse_formula(item.formula))}
            except derive.FormulaError:  # as in _derive: without a value, without sources
                continue
    return frozenset(found)
