"""A form goes out as a file and comes in as the same form."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from extraction.constants import ItemType
from extraction.exporters.form import form_json, form_xlsx
from extraction.importers.form import FormFileError, read_form
from extraction.rules.definition import Definition, Item, Section
from extraction.rules.templates import TEMPLATES
from tests.extraction.strategies import definitions


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_a_form_comes_back_as_it_went_out(definition: Definition) -> None:
    assert read_form("form.json", form_json(definition, "Main")) == definition
    assert read_form("form.xlsx", form_xlsx(definition, "Main")) == definition


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_templates_come_back(key: str) -> None:
    definition = TEMPLATES[key].definition
    assert read_form("form.xlsx", form_xlsx(definition, "Main")) == definition
    assert read_form("form.json", form_json(definition, "Main")) == definition


@pytest.mark.parametrize("label", ["=1+1", "_x000D_", "12", "+x", "a\nb\tc", "TRUE", "1.0"])
def test_labels_that_workbooks_like_to_change(label: str) -> None:
    definition = Definition((Section("s1", "S", items=(Item("i1", ItemType.TEXT, label),)),))
    assert read_form("form.xlsx", form_xlsx(definition, "Main")) == definition
    sheet = load_workbook(io.BytesIO(form_xlsx(definition, "Main")))["Items"]
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_numbers_that_a_person_typed_are_read() -> None:
    book = Workbook()
    book.remove(book["Sheet"])
    book.create_sheet("Sections").append(["id", "title"])
    book["Sections"].append(["s1", "Study"])
    book.create_sheet("Items").append(["section", "id", "type", "label", "precision", "maximum", "required"])
    book["Items"].append(["s1", "i1", "number", "Age", 1, 120, "Yes"])
    out = io.BytesIO()
    book.save(out)
    item = read_form("form.xlsx", out.getvalue()).item("i1")
    assert item is not None
    assert (item.precision, str(item.maximum), item.required) == (1, "120", True)


def workbook(**sheets: list[list[str]]) -> bytes:
    """A workbook of some sheets."""
    book = Workbook()
    book.remove(book["Sheet"])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped() -> bytes:
    """An archive that is no workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.txt", "x")
    return out.getvalue()


HEAD = ["section", "id", "type", "label"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "neither JSON nor a workbook"),
        (b"[" * 100_000, "neither JSON nor a workbook"),
        (b"{}", "not an extraction form"),
        (b"PK nonsense", "cannot be opened"),
        (zipped(), "cannot be opened"),
        (workbook(Other=[["x"]]), "no sheets “Sections” and “Items”"),
        (
            workbook(Sections=[["id", "title"]], Items=[HEAD, ["s9", "i1", "text", "A"]]),
            "section “s9”",
        ),
        (
            workbook(Sections=[["id", "title"], ["s1", "S"]], Items=[HEAD, ["s1", "i1", "poem", "A"]]),
            "no type “poem”",
        ),
        (
            json.dumps({"kind": "extraction form", "definition": {"sections": [{"id": "s1"}]}}).encode(),
            "sections[0].title",
        ),
        (json.dumps({"kind": "extraction form"}).encode(), "not an object"),
    ],
)
def test_what_is_no_form_is_said(content: bytes, words: str) -> None:
    with pytest.raises(FormFileError) as raised:
        read_form("form", content)
    assert words in str(raised.value)
