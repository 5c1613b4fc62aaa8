"""An evidence table as a Word document: title, table with headings that repeat on every page, notes below.

The table is written as XML in one go: python-docx's own cells take a second per thousand.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from html import escape

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from extraction.rules.tables_types import OutCell, Table

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FIXED = dt.datetime(2000, 1, 1)
"""Stands in the file's properties, so that the same table gives the same file."""
LANDSCAPE_FROM = 6
SIZE = '<w:sz w:val="17"/><w:szCs w:val="17"/>'
SHADE = '<w:shd w:val="clear" w:color="auto" w:fill="ECEEF0"/>'


def table_docx(table: Table) -> bytes:
    """The document. Wide tables stand on landscape pages."""
    document = Document()
    document.core_properties.title = _clean(table.title)[:255]
    document.core_properties.created = document.core_properties.modified = FIXED
    document.core_properties.author = ""
    document.styles["Normal"].font.size = Pt(9.5)
    if len(table.headings) >= LANDSCAPE_FROM:
        section = document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    document.add_heading(_clean(table.title), level=1)
    holder = document.add_paragraph()
    holder._p.addprevious(parse_xml("".join(_table(table))))
    holder.paragraph_format.space_after = Pt(0)
    for note in table.notes:
        document.add_paragraph(_clean(note)).paragraph_format.space_after = Pt(3)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _table(table: Table) -> Iterator[str]:
    width = len(table.headings)
    yield (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/>'
        '<w:tblLook w:val="04A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="0" '
        f'w:noVBand="1"/></w:tblPr><w:tblGrid>{"<w:gridCol/>" * width}</w:tblGrid>'
    )
    yield "<w:tr><w:trPr><w:tblHeader/></w:trPr>"
    yield from (_cell(cell, bold=True) for cell in table.headings)
    yield "</w:tr>"
    for group in table.groups:
        if table.group_title:
            yield f"<w:tr>{_cell(OutCell(group.heading), bold=True, span=width)}</w:tr>"
        for row in group.rows:
            yield "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
            yield from (_cell(cell) for cell in row.cells)
            yield "</w:tr>"
    yield "</w:tbl>"


def _cell(cell: OutCell, *, bold: bool = False, span: int = 1) -> str:
    looks = (f'<w:gridSpan w:val="{span}"/>{SHADE}') if span > 1 else ""
    properties = f"<w:tcPr>{looks}</w:tcPr>" if looks else ""
    weight = "<w:b/>" if bold else ""
    marks = (
        f'<w:r><w:rPr>{SIZE}<w:vertAlign w:val="superscript"/></w:rPr>{_words(", ".join(cell.marks))}</w:r>'
        if cell.marks
        else ""
    )
    return (
        f'<w:tc>{properties}<w:p><w:pPr><w:spacing w:after="0"/></w:pPr><w:r><w:rPr>{weight}{SIZE}</w:rPr>'
        f"{_words(cell.text)}</w:r>{marks}</w:p></w:tc>"
    )


def _words(text: str) -> str:
    lines = escape(_clean(text)).split("\n")
    return "<w:br/>".join(f'<w:t xml:space="preserve">{line}</w:t>' for line in lines)


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return FORBIDDEN.sub("", text)
