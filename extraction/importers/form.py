"""Read a form from a file that was exported here (JSON or XLSX); what cannot be used is said by its place."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from extraction.rules.definition import Definition, DefinitionError, Json, parse

KIND = "extraction form"
MAX_ROWS = 20_000
MAX_UNPACKED = 50_000_000
"""Bytes that a workbook may unpack to."""

Row = Mapping[str, str]


class FormFileError(ValueError):
    """A file that cannot be read as a form; the words say why."""


def read_form(name: str, content: bytes) -> Definition:
    """The definition that a file holds. Raises FormFileError."""
    try:
        body = _from_workbook(content) if content.startswith(b"PK") else _from_json(content)
        return parse(body)
    except DefinitionError as error:
        raise FormFileError(f"“{name}” cannot be used as a form. {error.path}: {error.message}.") from error


def _from_json(content: bytes) -> object:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FormFileError("This is neither JSON nor a workbook.") from error
    if not isinstance(body, dict) or body.get("kind") != KIND:
        raise FormFileError("This JSON file is not an extraction form.")
    return body.get("definition")


def _from_workbook(content: bytes) -> Json:
    sheets = _sheets(content)
    answers, columns = _by_owner(sheets, "Answers", "of"), _by_owner(sheets, "Columns", "item")
    items: dict[str, list[Json]] = defaultdict(list)
    for row in sheets.get("Items", []):
        items[row.get("section", "")].append(_item(row, answers, columns))
    sections = [_given(row, ("id", "title", "help", "group")) for row in sheets.get("Sections", [])]
    known = {section["id"] for section in sections if "id" in section}
    lost = next((section for section in items if section not in known), None)
    if lost is not None:
        raise FormFileError(f"Items stand in the section “{lost}”, which is not on the sheet “Sections”.")
    for section in sections:
        section["items"] = items.get(section.get("id", ""), [])
    groups = [
        _given(row, ("id", "title", "parent")) | _numbers(row, ("minimum", "maximum"))
        for row in sheets.get("Groups", [])
    ]
    return {"sections": sections, "groups": groups}


def _sheets(content: bytes) -> dict[str, list[Row]]:
    """Rows of every sheet as texts by the titles in its first row; rows without any text are left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise FormFileError("This workbook is too large to be a form.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        if isinstance(error, FormFileError):
            raise
        raise FormFileError("This workbook cannot be opened.") from error
    if "Sections" not in book.sheetnames or "Items" not in book.sheetnames:
        raise FormFileError("This workbook is not an extraction form: it has no sheets “Sections” and “Items”.")
    found: dict[str, list[Row]] = {}
    for sheet in book.worksheets:
        rows = sheet.iter_rows(max_row=MAX_ROWS, values_only=True)
        head = [_text(value) for value in next(rows, ())]
        texts = ([_text(value) for value in row] for row in rows)
        found[sheet.title] = [dict(zip(head, row, strict=False)) for row in texts if any(row)]
    return found


def _by_owner(sheets: Mapping[str, list[Row]], sheet: str, name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sheets.get(sheet, []):
        found[row.get(name, "")].append(row)
    return found


def _item(row: Row, answers: Mapping[str, list[Row]], columns: Mapping[str, list[Row]]) -> Json:
    item_id = row.get("id", "")
    texts = ("id", "type", "label", "help", "unit", "minimum", "maximum", "pattern", "formula")
    item: Json = _given(row, texts) | _numbers(row, ("precision",))
    item["required"] = row.get("required", "").strip().lower() in ("yes", "true", "1")
    item["options"] = _options(answers.get(item_id, []))
    item["columns"] = [
        _given(column, ("id", "label", "type", "unit")) | {"options": _options(answers.get(column.get("id", ""), []))}
        for column in columns.get(item_id, [])
    ]
    if row.get("shown_item"):
        operator, values = row.get("shown_operator") or "is", row.get("shown_values", "").split()
        item["shown_if"] = {"item": row["shown_item"], "operator": operator, "values": values}
    return item


def _options(rows: list[Row]) -> list[Json]:
    return [_given(row, ("id", "label")) | {"stands_for": row.get("stands_for", "").split()} for row in rows]


def _given(row: Row, names: tuple[str, ...]) -> Json:
    return {name: row[name] for name in names if row.get(name)}


def _numbers(row: Row, names: tuple[str, ...]) -> Json:
    """Whole numbers; other text is left as it is, for the definition to refuse by its place."""
    return {name: int(row[name]) if row[name].isdecimal() else row[name] for name in names if row.get(name)}


def _text(value: object) -> str:
    """A cell as text; a number that a person typed in a cell has no “.0”."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
