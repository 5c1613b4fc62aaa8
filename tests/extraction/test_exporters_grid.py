"""Files of evidence tables, opened again: CSV, Excel, Word, web page. No formula anywhere."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from docx import Document

from extraction.exporters.document import table_docx
from extraction.exporters.grid import table_csv, table_html, table_xlsx
from extraction.rules.tables import build_table
from extraction.rules.tables_types import Footnote, Layout, Table, TableColumn
from tests.extraction.evidence import DEFINITION, STUDIES, study

EVIL = study(4, "=HYPERLINK(1)", design="+cmd|' /C calc'!A0 <b>\x07", dose="-3.50")


@pytest.fixture
def table() -> Table:
    layout = Layout(
        (TableColumn("design"), TableColumn("dose"), TableColumn("family")),
        group_by="blind",
        footnotes=(Footnote("As reported", "design", 2), Footnote("=1+1")),
        abbreviations=(("GAN", "adversarial"),),
    )
    return build_table("Table 1: [all]", layout, DEFINITION, [*STUDIES, EVIL])


def test_csv(table: Table) -> None:
    rows = list(csv.reader(io.StringIO(table_csv(table).removeprefix("\ufeff"))))
    assert rows[0] == ["Blind", "Study", "Design", "Dose (mg)", "Model family"]
    assert rows[1] == ["Yes", "Abe 2019", "RCT [a]", "12", "GAN"]
    evil = next(row for row in rows if "HYPERLINK" in row[1])
    assert evil[1] == "'=HYPERLINK(1)"
    assert evil[2].startswith("'+cmd")
    assert evil[3] == "-3.50"
    assert rows[-4:] == [["Table 1: [all]"], ["a. As reported"], ["'=1+1"], ["Abbreviations: GAN, adversarial."]]


def test_xlsx(table: Table) -> None:
    book = openpyxl.load_workbook(io.BytesIO(table_xlsx(table)))
    sheet = book["Table 1 all"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Blind", "Study", "Design", "Dose (mg)", "Model family")
    assert rows[1] == ("Yes", "Abe 2019", "RCT [a]", 12, "GAN")
    assert [cell.value for cell in sheet["D"]][1:] == [12, -3.5, 3.1, "–"]
    assert sheet["D3"].number_format == "0.00"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert book["Notes"]["A1"].value == "Table 1: [all]"


def test_docx(table: Table) -> None:
    document = Document(io.BytesIO(table_docx(table)))
    [written] = document.tables
    assert [cell.text for cell in written.rows[0].cells] == ["Study", "Design", "Dose (mg)", "Model family"]
    assert written.rows[1].cells[0].text == written.rows[1].cells[3].text == "Yes"
    assert [cell.text for cell in written.rows[2].cells] == ["Abe 2019", "RCTa", "12", "GAN"]
    assert any("<b>" in row.cells[1].text for row in written.rows)
    words = [paragraph.text for paragraph in document.paragraphs]
    assert words[0] == "Table 1: [all]"
    assert words[-1] == "Abbreviations: GAN, adversarial."
    assert table_docx(table) == table_docx(table)


def test_html(table: Table) -> None:
    page = table_html(table)
    assert '<th scope="col">Design</th>' in page
    assert "RCT<sup>a</sup>" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
