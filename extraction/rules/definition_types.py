"""What a form asks, as types: sections, repeating groups and items. Read and written by extraction.rules.definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from extraction.constants import ItemType

Json = dict[str, Any]
"""A JSON object as Django's JSONField gives it."""

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_ITEMS = 400
MAX_OPTIONS = 500
MAX_DEPTH = 4
"""Groups within groups."""
MAX_TEXT = 4_000
MAX_PRECISION = 10
MAX_ENTRIES = 1_000

OPTION_TYPES = frozenset({ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER, ItemType.VOCABULARY})
"""Types that offer options. The options of a vocabulary are the terms it starts with."""
NUMBER_TYPES = frozenset({ItemType.INTEGER, ItemType.NUMBER, ItemType.RANGE, ItemType.ESTIMATE, ItemType.YEAR})
"""Types that take a minimum and a maximum."""
UNIT_TYPES = frozenset({ItemType.INTEGER, ItemType.NUMBER, ItemType.RANGE, ItemType.ESTIMATE, ItemType.DERIVED})
PRECISION_TYPES = frozenset({ItemType.NUMBER, ItemType.RANGE, ItemType.ESTIMATE, ItemType.DERIVED})
PATTERN_TYPES = frozenset({ItemType.TEXT})
CONDITION_TYPES = frozenset({ItemType.YES_NO, *OPTION_TYPES})
"""Types whose answers a condition can name."""
COLUMN_TYPES = frozenset({ItemType.TEXT, ItemType.INTEGER, ItemType.NUMBER, ItemType.YES_NO, ItemType.SINGLE})
"""Types of a table's columns."""


class DefinitionError(ValueError):
    """A definition that cannot be used. `path` names the place: "sections[0].items[3].options"."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class Operator(StrEnum):
    """How a condition compares."""

    IS = "is"
    IS_NOT = "is_not"
    REPORTED = "reported"


@dataclass(frozen=True)
class Option:
    """One answer that is offered."""

    id: str
    label: str
    stands_for: tuple[str, ...] = ()
    """Ids of options that were merged into this one: what was answered with them is carried over."""


@dataclass(frozen=True)
class Condition:
    """When an item is shown. `values` are ids of options, or yes/no/unclear, of the item named; any of them counts.

    REPORTED needs no values: the other item holds a value. The other item stands at the same level or above.
    """

    item: str
    operator: Operator = Operator.IS
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    id: str
    label: str
    type: ItemType = ItemType.TEXT
    unit: str = ""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Item:
    """One thing to collect."""

    id: str
    type: ItemType
    label: str
    help: str = ""
    required: bool = False
    shown_if: Condition | None = None
    unit: str = ""
    precision: int | None = None
    """Digits after the point at most; None for any."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pattern: str = ""
    """What the whole text looks like: # is a digit, @ a letter, * anything, all else is itself: "NCT########"."""
    options: tuple[Option, ...] = ()
    columns: tuple[Column, ...] = ()
    formula: str = ""
    """DERIVED: names other items by their ids. Grammar: extraction.rules.derive."""

    def option(self, option_id: str) -> Option | None:
        """The option with this id."""
        return next((option for option in self.options if option.id == option_id), None)


@dataclass(frozen=True)
class Section:
    """Items under one heading, of the study or of one group's entries."""

    id: str
    title: str
    help: str = ""
    group: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Group:
    """A part that repeats: arms, outcomes, models. `minimum` and `maximum` bound its entries (per parent's entry)."""

    id: str
    title: str
    parent: str = ""
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True)
class Definition:
    """A whole form."""

    sections: tuple[Section, ...] = ()
    groups: tuple[Group, ...] = ()

    @cached_property
    def _by_id(self) -> Mapping[str, tuple[Item, Section]]:
        return {item.id: (item, section) for section in self.sections for item in section.items}

    def items(self) -> Iterator[Item]:
        """All items in the order of the form."""
        for section in self.sections:
            yield from section.items

    def item(self, item_id: str) -> Item | None:
        """The item with this id."""
        found = self._by_id.get(item_id)
        return found[0] if found else None

    def section_of(self, item_id: str) -> Section | None:
        """The section an item stands in."""
        found = self._by_id.get(item_id)
        return found[1] if found else None

    def group_of(self, item_id: str) -> str:
        """Id of the group an item is asked in; "" for the study's own items and for unknown ids."""
        section = self.section_of(item_id)
        return section.group if section else ""

    def items_of_group(self, group_id: str) -> list[Item]:
        """The items asked once per entry of this group; of the study for ""."""
        return [item for section in self.sections if section.group == group_id for item in section.items]

    def section(self, section_id: str) -> Section | None:
        """The section with this id."""
        return next((section for section in self.sections if section.id == section_id), None)

    def sections_of_group(self, group_id: str) -> list[Section]:
        """The sections of this group; of the study for ""."""
        return [section for section in self.sections if section.group == group_id]

    def group(self, group_id: str) -> Group | None:
        """The group with this id."""
        return next((group for group in self.groups if group.id == group_id), None)

    def groups_within(self, parent_id: str) -> list[Group]:
        """The groups directly within this one; those of the study for ""."""
        return [group for group in self.groups if group.parent == parent_id]

    def path_of_group(self, group_id: str) -> list[str]:
        """Ids from the outermost group down to this one; empty for the study."""
        path: list[str] = []
        group = self.group(group_id)
        while group is not None and group.id not in path:
            path.insert(0, group.id)
            group = self.group(group.parent)
        return path

    def ids(self) -> set[str]:
        """Every id in use: of groups, sections, items, options and columns."""
        found = {group.id for group in self.groups} | {section.id for section in self.sections}
        for item in self.items():
            found |= {item.id, *(column.id for column in item.columns)}
            found |= {one for option in item.options for one in (option.id, *option.stands_for)}
            found |= {option.id for column in item.columns for option in column.options}
        return found
