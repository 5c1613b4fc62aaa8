"""A form as a file: JSON, or a workbook that people can read and change. extraction.importers.form reads both again.

The workbook has a sheet each for sections, groups, items, answers (options) and columns, one row per part in the order
of the form. Every cell is text, so that nothing is taken for a number, a date or a formula.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from extraction.rules.definition import Definition, Item, Json, dump

KIND = "extraction form"
SHEETS = {
    "Sections": ("id", "title", "help", "group"),
    "Groups": ("id", "title", "parent", "minimum", "maximum"),
    "Items": (
        "section",
        "id",
        "type",
        "label",
        "help",
        "required",
        "unit",
        "precision",
        "minimum",
        "maximum",
        "pattern",
        "formula",
        "shown_item",
        "shown_operator",
        "shown_values",
    ),
    "Answers": ("of", "id", "label", "stands_for"),
    "Columns": ("item", "id", "label", "type", "unit"),
}
"""Sheets of the workbook and their columns."""


def form_json(definition: Definition, name: str) -> bytes:
    """The definition as JSON, with the name of the form."""
    body = {"kind": KIND, "name": name, "definition": dump(definition)}
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def form_xlsx(definition: Definition, name: str) -> bytes:
    """The definition as a workbook."""
    book = Workbook(write_only=True)
    rows = {
        "Sections": [[section.id, section.title, section.help, section.group] for section in definition.sections],
        "Groups": [
            [group.id, group.title, group.parent, str(group.minimum), _text(group.maximum)]
            for group in definition.groups
        ],
        "Items": [_item_row(section.id, item) for section in definition.sections for item in section.items],
        "Answers": list(_answer_rows(definition)),
        "Columns": [
            [item.id, column.id, column.label, column.type.value, column.unit]
            for item in definition.items()
            for column in item.columns
        ],
    }
    for title, head in SHEETS.items():
        sheet = book.create_sheet(title)
        sheet.append([_cell(sheet, text, bold=True) for text in head])
        for row in rows[title]:
            sheet.append([_cell(sheet, text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _item_row(section_id: str, item: Item) -> list[str]:
    condition = item.shown_if
    shown: Json = {}
    if condition is not None:
        shown = {"item": condition.item, "operator": condition.operator.value, "values": " ".join(condition.values)}
    return [
        section_id,
        item.id,
        item.type.value,
        item.label,
        item.help,
        "yes" if item.required else "",
        item.unit,
        _text(item.precision),
        _text(item.minimum),
        _text(item.maximum),
        item.pattern,
        item.formula,
        shown.get("item", ""),
        shown.get("operator", ""),
        shown.get("values", ""),
    ]


def _answer_rows(definition: Definition) -> Iterator[list[str]]:
    for item in definition.items():
        owners = [(item.id, item.options), *((column.id, column.options) for column in item.columns)]
        for owner_id, options in owners:
            for option in options:
                yield [owner_id, option.id, option.label, " ".join(option.stands_for)]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _cell(sheet: WriteOnlyWorksheet, text: str, *, bold: bool = False) -> Cell:
    """A cell of text: also one that begins with "=" stays text."""
    cell = WriteOnlyCell(sheet, value="")
    cell.value = text
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
