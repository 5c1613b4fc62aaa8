"""What was typed, read as values: extraction.rules.values has their shapes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from extraction.constants import ItemType
from extraction.rules.definition_types import Column, Item
from extraction.rules.text import matches, tidy, tidy_line

MAX_LINE = 1_000
MAX_LONG = 20_000
MAX_TERM = 200
MAX_ROWS = 200
MAX_DIGITS = 30

YES_NO_WORDS: Mapping[str, str] = {"yes": "Yes", "no": "No", "unclear": "Unclear"}
ESTIMATE_PARTS = ("estimate", "low", "high", "level", "se", "p")
USUAL_LEVEL = "95"

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_P = re.compile(r"([<>≤≥=]?)\s*(.+)")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ValueProblem(ValueError):
    """What was typed cannot be kept; the words say what to do. `part` names the part of the value, if it has parts."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.part = part


def clean(item: Item, raw: object) -> Any:
    """The value of what was typed; None where nothing was typed. Raises ValueProblem."""
    value = _CLEANERS[item.type](item, raw)
    return None if value in ("", [], {}) else value


def _string(raw: object) -> str:
    """What was typed, as text."""
    if raw is None:
        return ""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueProblem("This is not something that can be kept here.")
    return str(raw)


def _parts(raw: object, allowed: tuple[str, ...]) -> dict[str, object]:
    if raw in (None, ""):
        return {}
    if not isinstance(raw, Mapping):
        raise ValueProblem("This is not something that can be kept here.")
    return {name: raw.get(name) for name in allowed}


def _within(text: str, limit: int) -> str:
    if len(text) > limit:
        raise ValueProblem(f"Write at most {limit:,} characters; these are {len(text):,}.")
    return text


def _text(item: Item, raw: object) -> str:
    text = _within(tidy_line(_string(raw)), MAX_LINE)
    if text and item.pattern and not matches(item.pattern, text):
        raise ValueProblem(f"Write it like this: {item.pattern} (# stands for a digit, @ for a letter).")
    return text


def _long_text(item: Item, raw: object) -> str:
    return _within(tidy(_string(raw)), MAX_LONG)


def _term(item: Item, raw: object) -> str:
    return _within(tidy_line(_string(raw)), MAX_TERM)


def _number_text(typed: str, part: str = "") -> str:
    """A number as reported: "3.10" stays "3.10", "1e-3" becomes "0.001"; "" for nothing."""
    text = re.sub(r"[\s\u2009\u202f]", "", typed.replace("−", "-"))
    if not text:
        return ""
    if re.fullmatch(r"[+-]?\d+,\d+", text) and not _GROUPED.fullmatch(text):
        raise ValueProblem("Write a point before the decimals: 3.5", part)
    if "," in text:
        raise ValueProblem("Write the number without commas, with a point before the decimals.", part)
    if not text.isascii() or not _NUMBER.fullmatch(text):
        raise ValueProblem("Write a number, such as 12 or 3.5.", part)
    number = Decimal(text)
    if number.is_zero():
        number = abs(number)
    if (number and abs(number.adjusted()) > MAX_DIGITS) or len(text) > MAX_DIGITS + 10:
        raise ValueProblem("This number is too long.", part)
    return format(number, "f")


def _bounded(item: Item, text: str, part: str = "") -> str:
    """The number's text, once it keeps to the item's limits and precision."""
    if not text:
        return ""
    number = Decimal(text)
    unit = f" {item.unit}" if item.unit else ""
    if item.minimum is not None and number < item.minimum:
        raise ValueProblem(f"The smallest possible value is {item.minimum:f}{unit}.", part)
    if item.maximum is not None and number > item.maximum:
        raise ValueProblem(f"The largest possible value is {item.maximum:f}{unit}.", part)
    if item.precision is not None and -number.normalize().as_tuple().exponent > item.precision:  # type: ignore[operator]  # finite
        digits = f"{item.precision} digit{'' if item.precision == 1 else 's'}"
        raise ValueProblem(f"Write at most {digits} after the point." if item.precision else "Write no decimals.", part)
    return text


def _number(item: Item, raw: object) -> str:
    return _bounded(item, _number_text(_string(raw)))


def _integer(item: Item, raw: object) -> int | None:
    typed = re.sub(r"\s", "", _string(raw))
    text = _number_text(typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed)
    if not text:
        return None
    number = Decimal(_bounded(item, text))
    if number != number.to_integral_value():
        raise ValueProblem("Write a whole number.")
    return int(number)


def _year(item: Item, raw: object) -> int | None:
    typed = _string(raw).strip()
    if not typed:
        return None
    if not re.fullmatch(r"[0-9]{4}", typed):
        raise ValueProblem("Write the year with four digits, such as 2021.")
    _bounded(item, typed)
    return int(typed)


def _range(item: Item, raw: object) -> dict[str, str]:
    parts = _parts(raw, ("low", "high"))
    kept = {name: _bounded(item, _number_text(_string(typed), name), name) for name, typed in parts.items()}
    found = {name: text for name, text in kept.items() if text}
    if len(found) == 2 and Decimal(found["low"]) > Decimal(found["high"]):
        raise ValueProblem("The first number of the range is above the second.", "low")
    return found


def _estimate(item: Item, raw: object) -> dict[str, str]:
    parts = {name: _string(typed) for name, typed in _parts(raw, ESTIMATE_PARTS).items()}
    found = {
        name: _bounded(item, _number_text(parts.get(name, ""), name), name) for name in ("estimate", "low", "high")
    }
    found["se"] = _number_text(parts.get("se", ""), "se")
    if found["se"] and Decimal(found["se"]) < 0:
        raise ValueProblem("A standard error is not below 0.", "se")
    found["p"] = _p_value(parts.get("p", ""))
    found["level"] = _level(parts.get("level", "")) if found["low"] or found["high"] else ""
    ordered = [Decimal(found[name]) for name in ("low", "estimate", "high") if found[name]]
    if ordered != sorted(ordered):
        raise ValueProblem("The estimate lies outside its interval, or the limits are the wrong way round.", "low")
    return {name: found[name] for name in ESTIMATE_PARTS if found[name]}


def _p_value(typed: str) -> str:
    text = typed.strip().removeprefix("p").removeprefix("P").strip()
    if not text:
        return ""
    matched = _P.fullmatch(text)
    sign, rest = matched.groups() if matched else ("", "x")
    number = _number_text(rest, "p")
    if not number or not 0 <= Decimal(number) <= 1:
        raise ValueProblem("Write p as a number from 0 to 1, such as 0.03 or <0.001.", "p")
    return ("" if sign == "=" else sign) + number


def _level(typed: str) -> str:
    text = _number_text(typed.replace("%", ""), "level") or USUAL_LEVEL
    if not 0 < Decimal(text) < 100:
        raise ValueProblem("Write the level of the interval as per cent, such as 95.", "level")
    return text


def _date(item: Item, raw: object) -> str:
    typed = _string(raw).strip()
    matched = _DATE.fullmatch(typed) if typed.isascii() else None
    if typed and matched is None:
        raise ValueProblem("Write the date as year, month, day: 2021-05-03; or 2021-05, or 2021.")
    if matched is not None:
        year, month, day = (int(part) if part else 1 for part in matched.groups())
        try:
            datetime.date(year, month, day)
        except ValueError as error:
            raise ValueProblem("There is no such date.") from error
    return typed


def _yes_no(item: Item, raw: object) -> str:
    code = _string(raw).strip().lower()
    if code and code not in YES_NO_WORDS:
        raise ValueProblem("Choose yes, no or unclear.")
    return code


def _single(item: Item, raw: object) -> str:
    chosen = _string(raw).strip()
    if chosen and item.option(chosen) is None:
        raise ValueProblem("Choose one of the answers offered.")
    return chosen


def _multiple(item: Item, raw: object) -> list[str]:
    given = [raw] if isinstance(raw, str) else raw or []
    if not isinstance(given, list | tuple):
        raise ValueProblem("Choose from the answers offered.")
    chosen = {_single(item, one) for one in given}
    return [option.id for option in item.options if option.id in chosen]


def _single_other(item: Item, raw: object) -> dict[str, str]:
    parts = _parts({"option": raw} if isinstance(raw, str) else raw, ("option", "other"))
    chosen, other = _single(item, parts.get("option")), _within(tidy_line(_string(parts.get("other"))), MAX_LINE)
    if chosen and other:
        raise ValueProblem("Choose an answer or write another, not both.", "other")
    return {"option": chosen} if chosen else {"other": other} if other else {}


def _table(item: Item, raw: object) -> list[dict[str, Any]]:
    rows = raw or []
    if not isinstance(rows, list | tuple):
        raise ValueProblem("This is not a table.")
    if len(rows) > MAX_ROWS:
        raise ValueProblem(f"A table has at most {MAX_ROWS} rows.")
    kept = [_row(item, row, number) for number, row in enumerate(rows)]
    return [row for row in kept if row]


def _row(item: Item, row: object, number: int) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise ValueProblem("This is not a row of a table.")
    cells: dict[str, Any] = {}
    for column in item.columns:
        try:
            value = clean(item_of_column(column), row.get(column.id))
        except ValueProblem as problem:
            raise ValueProblem(
                f"Row {number + 1}, {column.label}: {problem.message}", f"{number}-{column.id}"
            ) from None
        if value is not None:
            cells[column.id] = value
    return cells


def item_of_column(column: Column) -> Item:
    """A column as an item, to clean and show its cells."""
    return Item(column.id, column.type, column.label, unit=column.unit, options=column.options)


def _file(item: Item, raw: object) -> dict[str, Any]:
    parts = _parts(raw, ("sha256", "name", "size"))
    if not parts:
        return {}
    name, size = tidy_line(_string(parts["name"])), parts["size"]
    if not _SHA256.fullmatch(_string(parts["sha256"])) or not name or not isinstance(size, int):
        raise ValueProblem("The file has not arrived.")
    return {"sha256": parts["sha256"], "name": _within(name, MAX_LINE), "size": size}


_CLEANERS: Mapping[ItemType, Callable[[Item, object], Any]] = {
    ItemType.TEXT: _text,
    ItemType.LONG_TEXT: _long_text,
    ItemType.QUOTATION: _long_text,
    ItemType.VOCABULARY: _term,
    ItemType.INTEGER: _integer,
    ItemType.YEAR: _year,
    ItemType.NUMBER: _number,
    ItemType.DERIVED: _number,
    ItemType.RANGE: _range,
    ItemType.ESTIMATE: _estimate,
    ItemType.DATE: _date,
    ItemType.YES_NO: _yes_no,
    ItemType.SINGLE: _single,
    ItemType.MULTIPLE: _multiple,
    ItemType.SINGLE_OTHER: _single_other,
    ItemType.TABLE: _table,
    ItemType.FILE: _file,
}
