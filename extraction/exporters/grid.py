"""An evidence table as CSV, Excel workbook and web page. Word: extraction.exporters.document.

No cell of any file is a formula: texts that a spreadsheet would run get an apostrophe (reviewapp.exporters).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter

from extraction.rules.tables_types import OutCell, Table
from reviewapp.exporters import BOM, safe_cell

PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
MAX_CELL = 32_767
WIDEST, NARROWEST = 44, 10
STYLE = (
    "body{font:14px/1.4 sans-serif;margin:2rem;color:#17202a}table{border-collapse:collapse}"
    "caption{text-align:left;font-weight:bold;padding-bottom:.5rem}"
    "th,td{border-bottom:1px solid #b6bec7;padding:.35rem .6rem;text-align:left;vertical-align:top}"
    "thead th{border-bottom:2px solid #17202a}tbody th[colspan]{background:#eceef0}"
)


def headings_of(table: Table) -> list[OutCell]:
    """Headings of a file of rows; grouped tables have the group as their first column."""
    return [*([OutCell(table.group_title)] if table.group_title else []), *table.headings]


def rows_of(table: Table) -> Iterator[list[OutCell]]:
    """Rows of a file of rows."""
    for group in table.groups:
        for row in group.rows:
            yield [*([OutCell(group.heading)] if table.group_title else []), *row.cells]


def cell_text(cell: OutCell) -> str:
    """The cell for CSV: a plain number as it is, all else guarded."""
    text = str(cell)
    return text if cell.number is not None and PLAIN_NUMBER.fullmatch(text) else safe_cell(text)


def table_csv(table: Table) -> str:
    """Headings and rows, a blank line, then title and notes, one a line. UTF-8 with a byte-order mark."""
    rows = [[cell_text(cell) for cell in row] for row in rows_of(table)]
    notes = [[safe_cell(note)] for note in (table.title, *table.notes)]
    return BOM + csv_text([[safe_cell(str(cell)) for cell in headings_of(table)], *rows, [], *notes])


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells that are guarded already."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def table_xlsx(table: Table) -> bytes:
    """One sheet with the table, one with its notes. Numbers are numbers, with the digits they were reported with."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(sheet_name(table.title))
    widths = [NARROWEST] * len(headings_of(table))
    sheet.append([_text(str(cell)) for cell in headings_of(table)])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    looks: dict[str, StyleArray] = {}
    for number, row in enumerate(rows_of(table), start=2):
        for place, out in enumerate(row, start=1):
            cell = sheet.cell(number, place)
            cell.value, looked = _value(out)
            if looked not in looks:
                cell.number_format, cell.alignment = looked, Alignment(wrap_text=True, vertical="top")
                looks[looked] = cell._style
            cell._style = looks[looked]  # a look is looked up once: openpyxl takes half the time of a cell for it
            widths[place - 1] = max(widths[place - 1], min(WIDEST, len(out.text) + 2))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "B2"
    notes = book.create_sheet("Notes")
    notes.column_dimensions["A"].width = 100
    for note in (table.title, *table.notes):
        notes.append([_text(note)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def sheet_name(title: str) -> str:
    """A name that a workbook takes."""
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31].strip() or "Table"


def _text(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", safe_cell(text))[:MAX_CELL]


def _value(cell: OutCell) -> tuple[str | int | float, str]:
    """(value, number format) of a cell."""
    text = str(cell)
    if cell.number is None or not PLAIN_NUMBER.fullmatch(text):
        return _text(text), "General"
    return _number(cell.number), "0" + (f".{'0' * len(text.partition('.')[2])}" if "." in text else "")


def _number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def table_html(table: Table) -> str:
    """A page of its own with nothing but the table and its notes."""
    head = "".join(f'<th scope="col">{_html(cell)}</th>' for cell in table.headings)
    body: list[str] = []
    for group in table.groups:
        if table.group_title:
            body.append(f'<tr><th colspan="{len(table.headings)}" scope="colgroup">{escape(group.heading)}</th></tr>')
        for row in group.rows:
            cells = "".join(f"<td>{_html(cell)}</td>" for cell in row.cells[1:])
            body.append(f'<tr><th scope="row">{_html(row.cells[0])}</th>{cells}</tr>')
    notes = "".join(f"<p>{escape(note)}</p>" for note in table.notes)
    title = escape(table.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"</head>\n<body><table><caption>{title}</caption><thead><tr>{head}</tr></thead>\n<tbody>"
        + "\n".join(body)
        + f"</tbody></table>\n{notes}</body></html>\n"
    )


def _html(cell: OutCell) -> str:
    marks = f"<sup>{escape(', '.join(cell.marks))}</sup>" if cell.marks else ""
    return escape(cell.text).replace("\n", "<br>") + marks
