"""The table as a Word document: a heading, a paragraph, a table per part with shaded cells, and the notes below."""

from __future__ import annotations

import datetime as dt
import io
import re

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell as WordCell

from bias.exporters.drawing import Looks
from bias.exporters.table import counts_lines, grid_of, notes_of
from bias.instruments.looks import Look, Palette
from bias.rules.summary_types import PartSummary, Summary, TableRow

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FIXED = dt.datetime(2000, 1, 1)
"""Stands in the file's properties, so that the same summary gives the same file."""
LANDSCAPE_FROM = 8


def table_docx(summary: Summary, palette: Palette, title: str) -> bytes:
    """The document. Levels are words on the palette's colours; notes, scale, definitions and paragraph follow."""
    document = Document()
    document.core_properties.title = _clean(f"Risk of bias: {title}")[:255]
    document.core_properties.created = document.core_properties.modified = FIXED
    document.core_properties.author = ""
    document.styles["Normal"].font.size = Pt(9.5)
    if any(len(grid_of(summary, part, title).headings) >= LANDSCAPE_FROM for part in summary.parts):
        section = document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    for part in summary.parts:
        _part(document, summary, part, palette, title)
    _counts(document, summary)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return FORBIDDEN.sub("", text)


def _part(document: WordDocument, summary: Summary, part: PartSummary, palette: Palette, title: str) -> None:
    grid, looks = grid_of(summary, part, title), Looks.of(summary, palette)
    document.add_heading(_clean(grid.title), level=1)
    table = document.add_table(rows=1, cols=len(grid.headings))
    table.style = "Table Grid"
    for cell, heading in zip(table.rows[0].cells, grid.headings, strict=True):
        _write(cell, heading, bold=True)
    _repeat_head(table.rows[0]._tr)
    for row, words in zip(part.rows, grid.rows, strict=True):
        shown = _looks_of(row, summary, part, looks, len(words))
        for cell, word, look in zip(table.add_row().cells, words, shown, strict=True):
            _write(cell, word)
            if look is not None:
                _shade(cell, look)
    if not part.rows:
        document.add_paragraph("Nothing is settled yet.")
    for note in notes_of(summary, part):
        paragraph = document.add_paragraph(_clean(note))
        paragraph.paragraph_format.space_after = Pt(3)


def _looks_of(row: TableRow, summary: Summary, part: PartSummary, looks: Looks, width: int) -> list[Look | None]:
    """The look of each cell of a line, in the order of `grid_of`; None for cells that hold no level."""
    shown: list[Look | None] = [None]
    shown += [None] * any(each.type for each in part.rows)
    shown += [looks.level(cell.level) for cell in (*row.domains, row.overall)]
    if part.by_rule:
        shown.append(looks.level(row.rule) if row.rule else None)
    if part.applicability:
        shown += [looks.concern(cell.level) for cell in (*row.applicability, row.overall_applicability)]
    return [*shown, *[None] * (width - len(shown))]


def _write(cell: WordCell, text: str, *, bold: bool = False) -> None:
    run = cell.paragraphs[0].add_run(_clean(text))
    run.bold = bold
    run.font.size = Pt(8.5)
    cell.paragraphs[0].paragraph_format.space_after = Pt(0)


def _shade(cell: WordCell, look: Look) -> None:
    """The colour behind, and the text in one that reads on it."""
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", look.fill.removeprefix("#"))):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)
    cell.paragraphs[0].runs[0].font.color.rgb = RGBColor.from_string(look.text.removeprefix("#"))


def _repeat_head(row: object) -> None:
    """The headings stand on every page."""
    properties = row.get_or_add_trPr()  # type: ignore[attr-defined]  # an lxml element of python-docx
    properties.append(OxmlElement("w:tblHeader"))


def _counts(document: WordDocument, summary: Summary) -> None:
    lines = list(counts_lines(summary))
    document.add_heading("How often each level was judged", level=1)
    table = document.add_table(rows=0, cols=max(len(line) for line in lines))
    table.style = "Table Grid"
    for line in lines:
        for cell, text in zip(table.add_row().cells, line, strict=False):
            _write(cell, text, bold=bool(line[0]))
    for row in table.rows:
        row.cells[1].width = Cm(5)
