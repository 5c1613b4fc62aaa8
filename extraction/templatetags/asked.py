"""What the templates of items need: cells of tables, values in words. `{% load asked %}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template

from extraction.constants import ItemType, Mark
from extraction.rules.definition import Column, Item
from extraction.rules.values import YES_NO_WORDS, show, show_cell

register = template.Library()

SPARE_ROWS = 1
FIRST_ROWS = 3


@dataclass(frozen=True)
class TableCell:
    """One cell of a table as its input shows it."""

    column: Column
    value: Any
    row: int


@register.filter
def table_rows(item: Item, value: object) -> list[list[TableCell]]:
    """The rows of a table's input: what is there and one to spare; three where there is nothing."""
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    blank: list[Mapping[str, Any]] = [{}] * (SPARE_ROWS if rows else FIRST_ROWS)
    return [
        [TableCell(column, row.get(column.id, ""), number) for column in item.columns]
        for number, row in enumerate([*rows, *blank], start=1)
    ]


@register.filter
def in_words(item: Item, value: Any) -> str:
    """A value as people read it: `{{ item|in_words:cell.value }}`."""
    return show(item, value)


@register.simple_tag
def cell_words(item: Item, cell: Any) -> str:
    """What stands in a cell: its value or its mark; "" for no cell."""
    return show_cell(item, cell.mark, cell.value) if cell else ""


@register.filter
def is_value(mark: object) -> bool:
    """Whether a mark says that a value stands in the cell; so does no mark at all."""
    return not mark or mark == Mark.VALUE


@register.filter
def yes_no_choices(item: Item) -> list[tuple[str, str]]:
    """The answers of a yes/no item: (code, words)."""
    return list(YES_NO_WORDS.items())


@register.filter
def column_choices(column: Column) -> list[tuple[str, str]]:
    """The answers that a table's column offers: (code, words)."""
    if column.type == ItemType.YES_NO:
        return list(YES_NO_WORDS.items())
    return [(option.id, option.label) for option in column.options]
