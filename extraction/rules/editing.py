"""Changes of a draft: each takes a definition and gives the next. What cannot be done is a DefinitionError in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from extraction.rules.definition import dump, parse
from extraction.rules.definition_types import Column, Definition, DefinitionError, Group, Item, Option, Section

T = TypeVar("T")


def add_section(definition: Definition, section: Section) -> Definition:
    """A section after the last one of its group, or at the end."""
    places = [n for n, one in enumerate(definition.sections) if one.group == section.group]
    place = places[-1] + 1 if places else len(definition.sections)
    return checked(replace(definition, sections=inserted(definition.sections, place, section)))


def change_section(definition: Definition, section_id: str, *, title: str, help_text: str, group: str) -> Definition:
    """Another title, help text or group of a section. In another group its items are asked anew."""

    def changed(section: Section) -> Section:
        return replace(section, title=title, help=help_text, group=group) if section.id == section_id else section

    _known(definition.section(section_id), "section")
    return checked(_without_loose_conditions(replace(definition, sections=tuple(map(changed, definition.sections)))))


def move_section(definition: Definition, section_id: str, place: int) -> Definition:
    """A section to another place in the order (0 is the first)."""
    section = _known(definition.section(section_id), "section")
    rest = tuple(one for one in definition.sections if one.id != section_id)
    return checked(replace(definition, sections=inserted(rest, place, section)))


def remove_section(definition: Definition, section_id: str) -> Definition:
    """Without a section and its items; conditions that named them are gone too."""
    _known(definition.section(section_id), "section")
    rest = tuple(one for one in definition.sections if one.id != section_id)
    return checked(_without_loose_conditions(replace(definition, sections=rest)))


def add_group(definition: Definition, group: Group) -> Definition:
    """A repeating group, with no section yet."""
    return checked(replace(definition, groups=(*definition.groups, group)))


def change_group(definition: Definition, group: Group) -> Definition:
    """Another title, place or limits of a group."""
    _known(definition.group(group.id), "repeating group")
    groups = tuple(group if one.id == group.id else one for one in definition.groups)
    return checked(_without_loose_conditions(replace(definition, groups=groups)))


def remove_group(definition: Definition, group_id: str) -> Definition:
    """Without a group, the groups within it, and their sections."""
    _known(definition.group(group_id), "repeating group")
    gone = {group.id for group in definition.groups if group_id in definition.path_of_group(group.id)}
    groups = tuple(group for group in definition.groups if group.id not in gone)
    sections = tuple(section for section in definition.sections if section.group not in gone)
    return checked(_without_loose_conditions(Definition(sections, groups)))


def add_item(definition: Definition, section_id: str, item: Item, place: int | None = None) -> Definition:
    """An item in a section, at the end or at a place (0 is the first)."""

    def added(section: Section) -> Section:
        if section.id != section_id:
            return section
        at = len(section.items) if place is None else place
        return replace(section, items=inserted(section.items, at, item))

    _known(definition.section(section_id), "section")
    return checked(replace(definition, sections=tuple(map(added, definition.sections))))


def change_item(definition: Definition, item: Item) -> Definition:
    """An item with other settings; its id says which."""
    _known(definition.item(item.id), "item")
    changed = _each_item(definition, lambda one: item if one.id == item.id else one)
    return checked(_without_loose_conditions(changed))


def move_item(definition: Definition, item_id: str, section_id: str, place: int) -> Definition:
    """An item to a place in its own section or another one."""
    item = _known(definition.item(item_id), "item")
    _known(definition.section(section_id), "section")
    moved = add_item(_lifted(definition, item_id), section_id, replace(item, shown_if=None), place)
    with_condition = _each_item(moved, lambda one: item if one.id == item_id else one)
    return checked(_without_loose_conditions(with_condition))


def remove_item(definition: Definition, item_id: str) -> Definition:
    """Without an item; conditions that named it are gone too."""
    _known(definition.item(item_id), "item")
    return checked(_without_loose_conditions(_lifted(definition, item_id)))


def merge_options(item: Item, gone_id: str, into_id: str) -> Item:
    """One option of an item goes into another, which stands for it from then on."""
    gone = item.option(gone_id)
    if gone is None or item.option(into_id) is None or gone_id == into_id:
        raise DefinitionError("", "Choose two different answers to merge.")

    def merged(option: Option) -> Option:
        if option.id != into_id:
            return option
        return replace(option, stands_for=(*option.stands_for, gone.id, *gone.stands_for))

    return replace(item, options=tuple(merged(option) for option in item.options if option.id != gone_id))


def copied(item: Item, new_id: Callable[[str], str]) -> Item:
    """The same item again, with ids of its own."""
    columns = tuple(
        Column(new_id("c"), one.label, one.type, one.unit, fresh_options(one.options, new_id)) for one in item.columns
    )
    return replace(
        item,
        id=new_id("i"),
        label=f"{item.label} (copy)",
        options=fresh_options(item.options, new_id),
        columns=columns,
    )


def fresh_options(options: Sequence[Option], new_id: Callable[[str], str]) -> tuple[Option, ...]:
    """The same answers with ids of their own."""
    return tuple(Option(new_id("o"), option.label) for option in options)


def inserted(entries: Sequence[T], place: int, entry: T) -> tuple[T, ...]:
    """The entries with one more at a place within them."""
    at = min(max(place, 0), len(entries))
    return (*entries[:at], entry, *entries[at:])


def checked(definition: Definition) -> Definition:
    """The definition, once it holds together. Raises DefinitionError."""
    return parse(dump(definition))


def _known(found: T | None, noun: str) -> T:
    if found is None:
        raise DefinitionError("", f"This {noun} is not in the form any more.")
    return found


def _lifted(definition: Definition, item_id: str) -> Definition:
    sections = (
        replace(section, items=tuple(item for item in section.items if item.id != item_id))
        for section in definition.sections
    )
    return replace(definition, sections=tuple(sections))


def _each_item(definition: Definition, change: Callable[[Item], Item]) -> Definition:
    sections = (
        replace(section, items=tuple(change(item) for item in section.items)) for section in definition.sections
    )
    return replace(definition, sections=tuple(sections))


def _without_loose_conditions(definition: Definition) -> Definition:
    """Conditions whose item is gone, or is asked in another repeating group now, are taken off; so are answers gone."""

    def settled(item: Item) -> Item:
        condition = item.shown_if
        if condition is None:
            return item
        other = definition.item(condition.item)
        levels = {"", *definition.path_of_group(definition.group_of(item.id))}
        if other is None or definition.group_of(other.id) not in levels:
            return replace(item, shown_if=None)
        if not other.options or not condition.values:
            return item
        values = tuple(dict.fromkeys(found for one in condition.values if (found := _stands_now(other, one))))
        return replace(item, shown_if=replace(condition, values=values) if values else None)

    return _each_item(definition, settled)


def _stands_now(item: Item, option_id: str) -> str:
    """The option, or the one it was merged into; "" when it is gone."""
    return next((one.id for one in item.options if option_id in (one.id, *one.stands_for)), "")
