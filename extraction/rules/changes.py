"""What a change of a form does to what was collected: what differs, what is carried over, what is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Column, Definition, Group, Item
from extraction.rules.values import ValueProblem, clean, item_of_column, number_of, show


class OptionChange(StrEnum):
    """What happened to one option of an item."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MERGED = "merged"


@dataclass(frozen=True)
class OptionDifference:
    """One option, before and after; for MERGED, `after` is the option it went into."""

    kind: OptionChange
    before: str
    after: str


@dataclass(frozen=True)
class ItemDifference:
    """One item that stands in both versions and differs."""

    old: Item
    new: Item
    words: tuple[str, ...]
    """What differs, each in a sentence for people."""
    options: tuple[OptionDifference, ...] = ()
    regrouped: bool = False
    """It is now asked in another repeating group: nothing can be carried over."""
    retyped: bool = False
    newly_required: bool = False


@dataclass(frozen=True)
class Changes:
    """All that differs between two versions of a form."""

    added: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()
    changed: tuple[ItemDifference, ...] = ()
    groups_added: tuple[Group, ...] = ()
    groups_removed: tuple[Group, ...] = ()
    groups_changed: tuple[str, ...] = ()
    """In a sentence each."""
    layout: tuple[str, ...] = field(default=())
    """Sections and their order: nothing that matters to what was collected."""

    @property
    def nothing(self) -> bool:
        """The two versions ask the same."""
        return not any(getattr(self, name) for name in self.__dataclass_fields__)


class Outcome(StrEnum):
    """What becomes of one live cell when its sheet moves to the new version."""

    KEEP = "keep"
    """It stands as it is."""
    CARRY = "carry"
    """It is written anew in the shape that the new version wants."""
    ASK = "ask"
    """It cannot be carried over: it stays in the history, and the item is asked again."""
    DROP = "drop"
    """The item is no longer asked: it stays where it is, readable in the version it was entered with."""


class Cell(NamedTuple):
    """One live cell: the id of its item, its mark and its value."""

    item: str
    mark: str
    value: Any


class Fate(NamedTuple):
    """What becomes of a cell, and the value it then holds (KEEP, CARRY)."""

    outcome: Outcome
    value: Any


def fate(old: Definition, new: Definition, cell: Cell) -> Fate:
    """What becomes of one live cell when its sheet moves from one version to the other."""
    was, now = old.item(cell.item), new.item(cell.item)
    if now is None:
        return Fate(Outcome.DROP, cell.value)
    if was is None or regrouped(old, new, was.id):
        return Fate(Outcome.ASK, None)
    if cell.mark != Mark.VALUE:
        return Fate(Outcome.KEEP, None)
    carried = carry(cell.value, was, now)
    if carried is None:
        return Fate(Outcome.ASK, None)
    return Fate(Outcome.KEEP if carried == cell.value else Outcome.CARRY, carried)


def regrouped(old: Definition, new: Definition, item_id: str) -> bool:
    """Whether an item is asked in another repeating group, or its group stands elsewhere: its cells are others."""
    return old.path_of_group(old.group_of(item_id)) != new.path_of_group(new.group_of(item_id))


def affected(old: Definition, new: Definition) -> set[str]:
    """Ids of the old items of which some values may not stand as they are: all others are kept without a look."""
    found = set()
    for was in old.items():
        now = new.item(was.id)
        if now is None or regrouped(old, new, was.id) or _bare(was) != _bare(now):
            found.add(was.id)
    return found


def _bare(item: Item) -> Item:
    """An item without what does not matter to its values."""
    return replace(item, label="", help="", required=False, shown_if=None)


def asked_of_all(old: Definition, new: Definition) -> list[Item]:
    """Items that every sheet is asked for after the change: those that are new (a value derived is asked of nobody)."""
    return [item for item in new.items() if old.item(item.id) is None and item.type != ItemType.DERIVED]


def carry(value: Any, old_item: Item, new_item: Item) -> Any | None:
    """The value in the shape of the new item; None where that would be a guess, or the value breaks its limits."""
    if value is None or old_item.unit != new_item.unit or old_item.formula != new_item.formula:
        return None
    if old_item.type == new_item.type:
        if _bare(old_item) == _bare(new_item):
            return value
        converted = _SAME_TYPE.get(old_item.type, _as_it_is)(value, old_item, new_item)
    else:
        convert = _CONVERTED.get((old_item.type, new_item.type))
        converted = convert(value, old_item, new_item) if convert else None
    try:
        return None if converted is None else clean(new_item, converted)
    except ValueProblem:
        return None


def compare(old: Definition, new: Definition) -> Changes:
    """All that differs, in the order of the new form."""
    both = [(was, item) for item in new.items() if (was := old.item(item.id)) is not None]
    differences = [_difference(old, new, was, item) for was, item in both]
    return Changes(
        added=tuple(item for item in new.items() if old.item(item.id) is None),
        removed=tuple(item for item in old.items() if new.item(item.id) is None),
        changed=tuple(difference for difference in differences if difference.words),
        groups_added=tuple(group for group in new.groups if old.group(group.id) is None),
        groups_removed=tuple(group for group in old.groups if new.group(group.id) is None),
        groups_changed=tuple(_group_words(old, new)),
        layout=tuple(_layout_words(old, new)),
    )


# --- carried over ---------------------------------------------------------------------------------------------------

_Convert = Callable[[Any, Item, Item], Any | None]


def _as_it_is(value: Any, old: Item, new: Item) -> Any:
    return value


def _option(value: str, old: Item, new: Item) -> str | None:
    """The option in the new item, or the one it was merged into."""
    if new.option(value) is not None:
        return value
    return next((option.id for option in new.options if value in option.stands_for), None)


def _options(value: list[str], old: Item, new: Item) -> list[str] | None:
    """All options, or nothing: without one of them the answer would say something else."""
    found = [_option(one, old, new) for one in value]
    return None if None in found else [one for one in found if one]


def _option_or_other(value: Mapping[str, str], old: Item, new: Item) -> Mapping[str, str] | None:
    if "other" in value:
        return value
    option = _option(value["option"], old, new)
    return {"option": option} if option else None


def _rows(value: list[Mapping[str, Any]], old: Item, new: Item) -> list[dict[str, Any]] | None:
    """Rows with the columns that still stand; None when a cell cannot be carried over."""
    before = {column.id: column for column in old.columns}
    rows = []
    for row in value:
        cells: dict[str, Any] = {}
        for column in new.columns:
            if column.id in row and column.id in before:
                cell = _cell(row[column.id], before[column.id], column)
                if cell is None:
                    return None
                cells[column.id] = cell
        rows.append(cells)
    return rows


def _cell(value: Any, old: Column, new: Column) -> Any | None:
    return carry(value, item_of_column(old), item_of_column(new))


def _label(value: Any, old: Item, new: Item) -> str:
    """What was chosen, in words; the words of an option that is not known any more would be a guess."""
    return show(old, value, units=False)


def _whole(value: Any, old: Item, new: Item) -> int | None:
    number = number_of(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def _text_of(value: Any, old: Item, new: Item) -> str:
    return str(value)


def _short_text(value: str, old: Item, new: Item) -> str | None:
    return None if "\n" in value else value


def _only_option(value: list[str], old: Item, new: Item) -> str | None:
    return _option(value[0], old, new) if len(value) == 1 else None


def _estimate_alone(value: Mapping[str, str], old: Item, new: Item) -> str | None:
    return value["estimate"] if set(value) == {"estimate"} else None


def _year_alone(value: str, old: Item, new: Item) -> int | None:
    return int(value) if len(value) == 4 else None


def _offered(value: str, old: Item, new: Item) -> str | None:
    """The option whose label is the text."""
    labels = {option.label.casefold(): option.id for option in new.options}
    return labels.get(str(value).casefold())


_SAME_TYPE: Mapping[ItemType, _Convert] = {
    ItemType.SINGLE: _option,
    ItemType.MULTIPLE: _options,
    ItemType.SINGLE_OTHER: _option_or_other,
    ItemType.TABLE: _rows,
}
_T = ItemType
_CONVERTED: Mapping[tuple[ItemType, ItemType], _Convert] = {
    (_T.TEXT, _T.LONG_TEXT): _as_it_is,
    (_T.TEXT, _T.QUOTATION): _as_it_is,
    (_T.TEXT, _T.VOCABULARY): _as_it_is,
    (_T.TEXT, _T.SINGLE): _offered,
    (_T.TEXT, _T.SINGLE_OTHER): lambda value, old, new: (
        {"option": found} if (found := _offered(value, old, new)) else {"other": value}
    ),
    (_T.LONG_TEXT, _T.TEXT): _short_text,
    (_T.LONG_TEXT, _T.QUOTATION): _as_it_is,
    (_T.QUOTATION, _T.LONG_TEXT): _as_it_is,
    (_T.QUOTATION, _T.TEXT): _short_text,
    (_T.VOCABULARY, _T.TEXT): _as_it_is,
    (_T.VOCABULARY, _T.SINGLE): _offered,
    (_T.INTEGER, _T.NUMBER): _text_of,
    (_T.INTEGER, _T.YEAR): _text_of,
    (_T.INTEGER, _T.TEXT): _text_of,
    (_T.INTEGER, _T.ESTIMATE): lambda value, old, new: {"estimate": str(value)},
    (_T.NUMBER, _T.INTEGER): _whole,
    (_T.NUMBER, _T.TEXT): _text_of,
    (_T.NUMBER, _T.ESTIMATE): lambda value, old, new: {"estimate": value},
    (_T.ESTIMATE, _T.NUMBER): _estimate_alone,
    (_T.YEAR, _T.INTEGER): _as_it_is,
    (_T.YEAR, _T.DATE): _text_of,
    (_T.YEAR, _T.TEXT): _text_of,
    (_T.DATE, _T.YEAR): _year_alone,
    (_T.DATE, _T.TEXT): _text_of,
    (_T.YES_NO, _T.TEXT): _label,
    (_T.SINGLE, _T.TEXT): _label,
    (_T.SINGLE, _T.VOCABULARY): _label,
    (_T.SINGLE, _T.MULTIPLE): lambda value, old, new: [found] if (found := _option(value, old, new)) else None,
    (_T.SINGLE, _T.SINGLE_OTHER): lambda value, old, new: {"option": _option(value, old, new)},
    (_T.MULTIPLE, _T.SINGLE): _only_option,
    (_T.SINGLE_OTHER, _T.SINGLE): lambda value, old, new: (
        _option(value["option"], old, new) if "option" in value else _offered(value["other"], old, new)
    ),
    (_T.SINGLE_OTHER, _T.TEXT): _label,
    (_T.SINGLE_OTHER, _T.VOCABULARY): _label,
}


def kept_types(old: ItemType) -> list[ItemType]:
    """The types to which values of this one can be carried over, at least some of them."""
    return [new for new in ItemType if new == old or (old, new) in _CONVERTED]


# --- what differs ---------------------------------------------------------------------------------------------------


def _difference(old: Definition, new: Definition, was: Item, now: Item) -> ItemDifference:
    elsewhere = regrouped(old, new, was.id)
    options = tuple(_option_differences(was, now))
    newly_required = now.required and not was.required
    words = [
        (was.type != now.type, f"was “{was.type.label}”, is now “{now.type.label}”"),
        (was.label != now.label, f"was called “{was.label}”"),
        (elsewhere, f"was asked {_place(old, was)}, is now asked {_place(new, now)}"),
        (newly_required, "has to be answered now"),
        (was.required and not now.required, "need not be answered any more"),
        (was.unit != now.unit, f"was measured in {was.unit or 'no unit'}, now in {now.unit or 'no unit'}"),
        (_limits(was) != _limits(now), "has other limits"),
        (bool(options), "has other answers"),
        (_bare_columns(was) != _bare_columns(now), "has other columns"),
        (was.shown_if != now.shown_if, "is asked under another condition"),
        (was.formula != now.formula, "has another formula"),
        (was.help != now.help, "has another help text"),
    ]
    said = tuple(text for differs, text in words if differs)
    return ItemDifference(was, now, said, options, elsewhere, was.type != now.type, newly_required)


def _place(definition: Definition, item: Item) -> str:
    group = definition.group(definition.group_of(item.id))
    return f"per “{group.title}”" if group else "once per study"


def _limits(item: Item) -> tuple[object, ...]:
    return (item.minimum, item.maximum, item.precision, item.pattern)


def _bare_columns(item: Item) -> tuple[object, ...]:
    return item.columns


def _option_differences(was: Item, now: Item) -> list[OptionDifference]:
    merged = {one: option for option in now.options for one in option.stands_for}
    found = []
    for option in was.options:
        kept = now.option(option.id)
        if kept is not None and kept.label != option.label:
            found.append(OptionDifference(OptionChange.RENAMED, option.label, kept.label))
        elif kept is None and option.id in merged:
            found.append(OptionDifference(OptionChange.MERGED, option.label, merged[option.id].label))
        elif kept is None:
            found.append(OptionDifference(OptionChange.REMOVED, option.label, ""))
    added = [option for option in now.options if was.option(option.id) is None]
    return found + [OptionDifference(OptionChange.ADDED, "", option.label) for option in added]


def _group_words(old: Definition, new: Definition) -> list[str]:
    words = []
    for now in new.groups:
        was = old.group(now.id)
        if was is None:
            continue
        if was.title != now.title:
            words.append(f"“{was.title}” is now called “{now.title}”")
        if was.parent != now.parent:
            words.append(f"“{now.title}” stands elsewhere now")
        if (was.minimum, was.maximum) != (now.minimum, now.maximum):
            words.append(f"“{now.title}” has other limits of how many there are")
    return words


def _layout_words(old: Definition, new: Definition) -> list[str]:
    words = []
    for now in new.sections:
        was = old.section(now.id)
        if was is None:
            words.append(f"Section “{now.title}” is new")
        elif was.title != now.title:
            words.append(f"Section “{was.title}” is now called “{now.title}”")
        elif was.help != now.help:
            words.append(f"Section “{now.title}” has another help text")
    words += [f"Section “{was.title}” is gone" for was in old.sections if new.section(was.id) is None]
    if not words and _order(old) != _order(new):
        words.append("Items or sections stand in another order")
    return words


def _order(definition: Definition) -> list[tuple[str, tuple[str, ...]]]:
    return [(section.id, tuple(item.id for item in section.items)) for section in definition.sections]
