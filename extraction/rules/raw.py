"""What a page sends for an item, put together for extraction.rules.values.clean.

Names of the inputs, as templates/extraction/includes/item_input.html writes them, for an input named NAME:

    most types                   NAME
    MULTIPLE                     NAME, once per chosen option
    RANGE, ESTIMATE              NAME-low, NAME-high, NAME-estimate, NAME-level, NAME-se, NAME-p
    SINGLE_OTHER                 NAME (an option's id, or "other") and NAME-other
    TABLE                        NAME-<column id>, once per row, in order
    every type                   NAME-mark ("value", "not_reported", "not_applicable"), NAME-comment, NAME-report,
                                 NAME-page, NAME-quote
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Item
from extraction.rules.values_typed import ESTIMATE_PARTS

OTHER = "other"
"""What a choice sends when another answer is written beside it."""

Getlist = Callable[[str], Sequence[str]]
"""All values sent under a name, e.g. QueryDict.getlist."""


def raw_of(item: Item, name: str, sent: Getlist) -> Any:
    """The typed value of an item from a sent form, for `clean`. FILE is not read here: its upload is stored first."""
    match item.type:
        case ItemType.MULTIPLE:
            return [one for one in sent(name) if one]
        case ItemType.RANGE:
            return {part: _one(sent, f"{name}-{part}") for part in ("low", "high")}
        case ItemType.ESTIMATE:
            return {part: _one(sent, f"{name}-{part}") for part in ESTIMATE_PARTS}
        case ItemType.SINGLE_OTHER:
            chosen, other = _one(sent, name), _one(sent, f"{name}-other")
            return {"option": "" if chosen == OTHER else chosen, "other": other if chosen in ("", OTHER) else ""}
        case ItemType.TABLE:
            columns = {column.id: sent(f"{name}-{column.id}") for column in item.columns}
            rows = max((len(cells) for cells in columns.values()), default=0)
            return [{key: cells[n] if n < len(cells) else "" for key, cells in columns.items()} for n in range(rows)]
        case _:
            return _one(sent, name)


def mark_of(name: str, sent: Getlist) -> Mark:
    """The mark sent for an item; what is not known counts as a value."""
    typed = _one(sent, f"{name}-mark")
    return Mark(typed) if typed in Mark.values else Mark.VALUE


def _one(sent: Getlist, name: str) -> str:
    values = sent(name)
    return values[-1] if values else ""
