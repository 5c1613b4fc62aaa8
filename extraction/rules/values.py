"""Values of items: their shape, how they are read from what was typed, compared, and shown.

Shape of `ExtractedValue.value` by the type of the item (numbers are kept as text, as they were reported: "3.10"):

    TEXT, LONG_TEXT, QUOTATION   "text"
    VOCABULARY                   "the term"
    INTEGER, YEAR                12
    NUMBER, DERIVED              "3.10"
    RANGE                        {"low": "3.1", "high": "4"}                        one of the two may be missing
    ESTIMATE                     {"estimate": "1.2", "low": "1.0", "high": "1.4", "level": "95", "se": "0.1",
                                  "p": "<0.001"}                                     only what is reported
    DATE                         "2021", "2021-05" or "2021-05-03"
    YES_NO                       "yes", "no" or "unclear"
    SINGLE                       "option id"
    MULTIPLE                     ["option id", …]                                    in the order of the options
    SINGLE_OTHER                 {"option": "option id"} or {"other": "text"}
    TABLE                        [{"column id": value of the column's type, …}, …]   a cell without a value is left out
    FILE                         {"sha256": "…", "name": "scan.pdf", "size": 123}

"Not reported" and "not applicable" are marks beside the value (constants.Mark), for every type; the value is then None.
What is kept can be cleaned again and stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Item
from extraction.rules.text import normal
from extraction.rules.values_typed import (
    ESTIMATE_PARTS,
    USUAL_LEVEL,
    YES_NO_WORDS,
    ValueProblem,
    clean,
    item_of_column,
)

__all__ = [
    "ESTIMATE_PARTS",
    "GONE",
    "USUAL_LEVEL",
    "YES_NO_WORDS",
    "ValueProblem",
    "canonical",
    "clean",
    "item_of_column",
    "number_of",
    "same",
    "show",
    "show_cell",
    "without_limits",
]

GONE = "(an answer that is no longer offered)"


def same(item: Item, one: object, other: object) -> bool:
    """Whether two kept values say the same: numbers by value, text by its normal form, choices and tables as sets."""
    return canonical(item, one) == canonical(item, other)


def canonical(item: Item, value: Any) -> str:
    """One text for all values that say the same, e.g. to count agreement; "" for no value."""
    if value is None:
        return ""
    return json.dumps(_plain(item, value), sort_keys=True, ensure_ascii=False)


def show(item: Item, value: Any, *, units: bool = True) -> str:
    """The value for people and tables; "" for no value."""
    if value is None:
        return ""
    text = _SHOWN[item.type](item, value)
    return f"{text} {item.unit}" if units and item.unit and text else text


def show_cell(item: Item, mark: str, value: Any, *, units: bool = True) -> str:
    """What stands in a cell: its value, "Not reported" or "Not applicable"."""
    return show(item, value, units=units) if mark == Mark.VALUE else str(Mark(mark).label)


def number_of(value: Any) -> Decimal | None:
    """A kept number, of INTEGER, YEAR, NUMBER or DERIVED items and of parts of RANGE and ESTIMATE, as a Decimal."""
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _plain(item: Item, value: Any) -> Any:
    """A value without what does not count when two are compared."""
    match item.type:
        case ItemType.TEXT | ItemType.LONG_TEXT | ItemType.QUOTATION | ItemType.VOCABULARY:
            return normal(value)
        case ItemType.INTEGER | ItemType.YEAR | ItemType.NUMBER | ItemType.DERIVED:
            return _plain_number(str(value))
        case ItemType.RANGE | ItemType.ESTIMATE:
            return {name: _plain_p(text) if name == "p" else _plain_number(text) for name, text in value.items()}
        case ItemType.MULTIPLE:
            return sorted(set(value))
        case ItemType.SINGLE_OTHER:
            return {name: normal(text) if name == "other" else text for name, text in value.items()}
        case ItemType.TABLE:
            columns = {column.id: item_of_column(column) for column in item.columns}
            rows = [{key: canonical(columns[key], row[key]) for key in row if key in columns} for row in value]
            return sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
        case ItemType.FILE:
            return value["sha256"]
        case _:
            return value


def _plain_number(text: str) -> str:
    number = Decimal(text)
    return "0" if number.is_zero() else format(number.normalize(), "f")


def _plain_p(text: str) -> str:
    sign = text[0] if text[0] in "<>≤≥" else ""
    return sign + _plain_number(text.removeprefix(sign))


# --- shown ----------------------------------------------------------------------------------------------------------


def _shown_text(item: Item, value: Any) -> str:
    return str(value)


def _shown_range(item: Item, value: Mapping[str, str]) -> str:
    low, high = value.get("low"), value.get("high")
    if low and high:
        return f"{low} to {high}"
    return f"from {low}" if low else f"up to {high}"


def _shown_estimate(item: Item, value: Mapping[str, str]) -> str:
    """ "1.20 (95% CI 1.01 to 1.40), SE 0.1, p <0.001"; the unit stands after the whole."""
    interval = ""
    if value.get("low") or value.get("high"):
        interval = f"{value.get('level', USUAL_LEVEL)}% CI {_shown_range(item, value)}"
    head = value.get("estimate", "")
    if interval:
        head = f"{head} ({interval})" if head else interval
    p = value.get("p", "")
    more = [f"SE {value['se']}"] if value.get("se") else []
    more += [f"p {p}" if p[0] in "<>≤≥" else f"p = {p}"] if p else []
    return ", ".join([part for part in [head, *more] if part])


def _shown_yes_no(item: Item, value: str) -> str:
    return YES_NO_WORDS.get(value, GONE)


def _shown_option(item: Item, value: str) -> str:
    option = item.option(value)
    return option.label if option else GONE


def _shown_options(item: Item, value: list[str]) -> str:
    return "; ".join(_shown_option(item, one) for one in value)


def _shown_option_or_other(item: Item, value: Mapping[str, str]) -> str:
    return value["other"] if "other" in value else _shown_option(item, value["option"])


def _shown_table(item: Item, value: list[Mapping[str, Any]]) -> str:
    """ "Arm: A, n: 12; Arm: B, n: 13"."""
    rows = []
    for row in value:
        cells = [(c.label, show(item_of_column(c), row[c.id])) for c in item.columns if c.id in row]
        rows.append(", ".join(f"{label}: {text}" for label, text in cells))
    return "; ".join(rows)


def _shown_file(item: Item, value: Mapping[str, Any]) -> str:
    return str(value["name"])


_SHOWN: Mapping[ItemType, Callable[[Item, Any], str]] = dict.fromkeys(ItemType, _shown_text) | {
    ItemType.RANGE: _shown_range,
    ItemType.ESTIMATE: _shown_estimate,
    ItemType.YES_NO: _shown_yes_no,
    ItemType.SINGLE: _shown_option,
    ItemType.MULTIPLE: _shown_options,
    ItemType.SINGLE_OTHER: _shown_option_or_other,
    ItemType.TABLE: _shown_table,
    ItemType.FILE: _shown_file,
}


def without_limits(item: Item) -> Item:
    """The item without its limits, to read a value that was kept before they were set."""
    return replace(item, minimum=None, maximum=None, precision=None, pattern="")
