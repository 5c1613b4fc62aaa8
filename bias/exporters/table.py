"""The table as rows of words, the same for every file: CSV, the robvis CSV, an Excel workbook.

Cells hold the full word of a level, never a symbol alone, and each file prints the scale, whose it is, the meanings of
its levels, the notes and the paragraph.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bias.exporters.drawing import scale_notes
from bias.rules.summary_types import Cell, PartSummary, Summary, TableRow
from reviewapp.exporters import BOM, safe_cell

ROBVIS_NOTE = (
    "For robvis, use the tool Generic. robvis shows Moderate and Unclear as one class, labelled Unclear unless "
    "judgement_labels is set; in this file they are kept apart."
)
WIDE, NARROW = 34, 15
MAX_CELL = 32_767


@dataclass(frozen=True, slots=True)
class Grid:
    """Headings and rows of one part, and what is printed below them."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def grid_of(summary: Summary, part: PartSummary, title: str) -> Grid:
    """Studies by domains, overall, what the rule says, applicability; then footnotes, scale and paragraph."""
    headings = ["Study", *(f"{head.code} {head.name}" for head in part.domains), "Overall"]
    types = any(row.type for row in part.rows)
    if types:
        headings.insert(1, "Type of evaluation")
    if part.by_rule:
        headings.append("Overall by the rule")
    if part.applicability:
        headings += [f"Applicability: {head.name}" for head in part.concerns]
        headings.append("Applicability: overall")
    if summary.weighted:
        headings.append("Weight")
    rows = tuple(tuple(_row(row, summary, part, types=types)) for row in part.rows)
    return Grid(title=_title(summary, part, title), headings=tuple(headings), rows=rows, notes=notes_of(summary, part))


def _title(summary: Summary, part: PartSummary, title: str) -> str:
    about = f"{part.label}, {summary.instrument}" if len(summary.parts) > 1 else f"Risk of bias, {summary.instrument}"
    return f"{about}: {title}"


def notes_of(summary: Summary, part: PartSummary) -> tuple[str, ...]:
    """What stands below the table: footnotes, the scale with its definitions and rule, the paragraph, the source."""
    notes = [f"{note.mark}. {note.text}" for note in part.footnotes]
    notes += [f"Scale: {note}" if not place else note for place, note in enumerate(scale_notes(summary))]
    if summary.why_this_tool:
        notes.append(f"Why this instrument: {summary.why_this_tool}")
    if part.concerns and not part.applicability:
        notes.append("Applicability was not judged in this review.")
    if part.text:
        notes.append(part.text)
    if summary.link:
        notes.append(f"The instrument: {summary.link}")
    return tuple(notes)


def _row(row: TableRow, summary: Summary, part: PartSummary, *, types: bool) -> Iterator[str]:
    yield _marked(row.name, row.marks)
    if types:
        yield row.type
    for cell in (*row.domains, row.overall):
        yield _cell(cell, summary)
    if part.by_rule:
        yield summary.word(row.rule) if row.rule else ""
    if part.applicability:
        for cell in (*row.applicability, row.overall_applicability):
            yield _cell(cell, summary)
    if summary.weighted:
        yield f"{row.weight:g}" if row.weight is not None else ""


def _cell(cell: Cell, summary: Summary) -> str:
    return _marked(summary.word(cell.level), cell.marks)


def _marked(text: str, marks: Sequence[str]) -> str:
    return f"{text} [{', '.join(marks)}]" if marks else text


def table_csv(summary: Summary, part: PartSummary, title: str) -> str:
    """The table, a blank line, then the notes, one a line. A cell that a spreadsheet would run gets an apostrophe."""
    grid = grid_of(summary, part, title)
    return BOM + _csv([grid.headings, *grid.rows, (), *((note,) for note in (grid.title, *grid.notes))])


def robvis_csv(summary: Summary, part: PartSummary) -> str:
    """Study, D1 …, Overall as robvis reads it; the weights last where there are any. Levels keep their own words.

    A study that comes twice gets a number, since robvis needs names that differ, and there is no byte-order mark, which
    R would take for part of a name. What robvis makes of the levels stands
    in `ROBVIS_NOTE`, not in the file, which holds nothing but the table.
    """
    headings = ["Study", *(head.code for head in part.domains), "Overall"]
    if summary.weighted:
        headings.append("Weight")
    seen: dict[str, int] = {}
    rows = []
    for row in part.rows:
        seen[row.name] = seen.get(row.name, 0) + 1
        name = row.name if seen[row.name] == 1 else f"{row.name} ({seen[row.name]})"
        words = [summary.word(cell.level) if cell.level else "NA" for cell in (*row.domains, row.overall)]
        rows.append([name, *words, *([f"{row.weight:g}"] if summary.weighted and row.weight is not None else [])])
    return _csv([headings, *rows])


def _csv(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return buffer.getvalue()


def table_xlsx(summary: Summary, title: str) -> bytes:
    """A sheet per part with its table and notes, and one with the counts. No cell is a formula."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for part in summary.parts:
        sheet = book.create_sheet(_sheet_name(part, summary))
        _fill(sheet, grid_of(summary, part, title))
    counts = book.create_sheet("Counts")
    for line in counts_lines(summary):
        _append(counts, line)
    for letter in ("A", "B"):
        counts.column_dimensions[letter].width = WIDE
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet_name(part: PartSummary, summary: Summary) -> str:
    return "".join(c for c in part.label if c not in "[]:*?/\\")[:31] if len(summary.parts) > 1 else "Risk of bias"


def _fill(sheet: Worksheet, grid: Grid) -> None:
    _append(sheet, grid.headings)
    for row in grid.rows:
        _append(sheet, row)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"
    for number in range(1, len(grid.headings) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDE if number == 1 else NARROW
    sheet.append([])
    for note in (grid.title, *grid.notes):
        _append(sheet, (note,))


def _append(sheet: Worksheet, cells: Sequence[str]) -> None:
    """Texts as texts, whatever they begin with."""
    sheet.append([ILLEGAL_CHARACTERS_RE.sub("", safe_cell(text))[:MAX_CELL] for text in cells])


def counts_lines(summary: Summary) -> Iterator[tuple[str, ...]]:
    """How often each level was judged, by domain and overall, and overall by the rule."""
    for part in summary.parts:
        yield (part.label, "Domain", *(each.word for each in summary.levels), "Not judged")
        for each in (*part.counts, part.overall):
            yield ("", each.name, *map(str, each.numbers), str(each.not_judged))
        if part.by_rule:
            yield ("", "Overall by the rule", *map(str, part.by_rule), "")
        if part.applicability:
            yield (part.label, "Applicability", *(each.word for each in summary.concern_levels), "Not judged")
            for each in part.applicability:
                yield ("", each.name, *map(str, each.numbers), str(each.not_judged))
