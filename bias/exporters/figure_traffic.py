"""The traffic-light plot: studies by domains, the overall level set apart by a grey band, paged so that it can be read.

A page is no higher than A4, has its own head, legend and list of domains, and can stand alone in print.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bias.exporters.drawing import (
    BAND,
    INK,
    LEADING,
    MARGIN,
    MUTED,
    RADIUS,
    SMALL,
    Looks,
    disc,
    document,
    draw_legend,
    draw_paragraphs,
    line_at,
    lines_of,
    rect_at,
    scale_notes,
    text_at,
    width_of,
)
from bias.instruments.looks import Look, Palette
from bias.rules.summary_text import subject_of
from bias.rules.summary_types import Cell, PartSummary, Summary, TableRow

COLUMN, BAND_COLUMN, GAP = 36.0, 62.0, 8.0
NAME_MOST, NAME_LEAST, NAME_LINES = 300.0, 120.0, 3
HEAD_HEIGHT, ROW_PAD = 46.0, 10.0
PAGE_HEIGHT, LEAST_WIDTH, LEAST_ROWS = 1040.0, 560.0, 8
"""A page of A4 with its margins, at 96 units an inch."""
FOOT_GAP = 14.0


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: what stands over it, where it is, and whether the grey band lies behind it."""

    code: str
    x: float
    width: float
    band: bool
    concern: bool
    place: int

    @property
    def centre(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class _Grid:
    name_width: float
    columns: tuple[_Column, ...]
    width: float


@dataclass(frozen=True, slots=True)
class _Foot:
    """What stands below the rows of every page, drawn from y 0, each block with its height."""

    blocks: tuple[tuple[float, list[str]], ...]

    @property
    def height(self) -> float:
        return sum(height for height, _ in self.blocks) + FOOT_GAP


def traffic_pages(summary: Summary, part: PartSummary, palette: Palette, title: str) -> list[str]:
    """The pages as SVG documents; one that says so where nothing is settled yet."""
    looks, grid = Looks.of(summary, palette), _grid(part)
    foot = _foot(summary, part, looks, grid)
    room = PAGE_HEIGHT - MARGIN * 2 - HEAD_HEIGHT - foot.height
    pages = _split(part.rows, grid, room)
    drawn = []
    for place, rows in enumerate(pages, 1):
        number = f"{place} of {len(pages)}" if len(pages) > 1 else ""
        body, height = _page(rows, grid, looks, foot, number)
        drawn.append(document(body, grid.width, height, *_words(part, title, rows)))
    return drawn


def traffic_page_count(summary: Summary, part: PartSummary) -> int:
    """How many pages `traffic_pages` gives, in any palette."""
    grid = _grid(part)
    foot = _foot(summary, part, Looks.of(summary, Palette.RECOMMENDED), grid)
    return len(_split(part.rows, grid, PAGE_HEIGHT - MARGIN * 2 - HEAD_HEIGHT - foot.height))


def _words(part: PartSummary, title: str, rows: Sequence[TableRow]) -> tuple[str, str]:
    about = f"{subject_of(part.axis).capitalize()} by study and domain: {title}"
    span = f"{rows[0].name} to {rows[-1].name}. " if rows else ""
    return about, f"{span}{part.text}" if rows else "Nothing is settled yet."


def _grid(part: PartSummary) -> _Grid:
    longest = max((width_of(row.name) for row in part.rows), default=0.0)
    name_width = min(max(longest + 8, NAME_LEAST), NAME_MOST)
    blocks = [(part.domains, False)] + ([(part.concerns, True)] if part.applicability else [])
    needed = sum(len(heads) * COLUMN + GAP + BAND_COLUMN for heads, _ in blocks) + GAP * 2 * (len(blocks) - 1)
    name_width = max(name_width, LEAST_WIDTH - 2 * MARGIN - GAP - needed)
    x = MARGIN + name_width + GAP
    columns: list[_Column] = []
    for heads, concern in blocks:
        if concern:
            x += GAP * 2
        for place, head in enumerate(heads):
            columns.append(_Column(head.code, x, COLUMN, band=False, concern=concern, place=place))
            x += COLUMN
        columns.append(_Column("Overall", x + GAP, BAND_COLUMN, band=True, concern=concern, place=len(heads)))
        x += GAP + BAND_COLUMN
    return _Grid(name_width, tuple(columns), x + MARGIN)


def _name_lines(row: TableRow, grid: _Grid) -> list[str]:
    lines = lines_of(row.name, grid.name_width - 8) or [""]
    if len(lines) <= NAME_LINES:
        return lines
    return [*lines[: NAME_LINES - 1], f"{lines[NAME_LINES - 1][:-2].rstrip()}…"]


def _height(row: TableRow, grid: _Grid) -> float:
    return max(2 * RADIUS + 5, len(_name_lines(row, grid)) * LEADING + ROW_PAD / 2)


def _split(rows: Sequence[TableRow], grid: _Grid, room: float) -> list[tuple[TableRow, ...]]:
    """Rows by page, as even as their heights allow."""
    heights = [_height(row, grid) for row in rows]
    room = max(room, LEAST_ROWS * (2 * RADIUS + 5))
    count = max(1, -(-int(sum(heights)) // int(room)))
    even = min(room, sum(heights) / count + 2 * RADIUS + 5)
    pages: list[list[TableRow]] = [[]]
    used = 0.0
    for row, height in zip(rows, heights, strict=True):
        if pages[-1] and used + height > even:
            pages.append([])
            used = 0.0
        pages[-1].append(row)
        used += height
    return [tuple(page) for page in pages]


def _page(rows: Sequence[TableRow], grid: _Grid, looks: Looks, foot: _Foot, number: str) -> tuple[list[str], float]:
    top = MARGIN + HEAD_HEIGHT
    bottom = top + sum(_height(row, grid) for row in rows)
    body = list(_head(grid, rows, bottom))
    y = top
    for row in rows:
        height = _height(row, grid)
        body.append(line_at(MARGIN, y, grid.width - MARGIN, y))
        body += _row(row, grid, looks, y + height / 2)
        y += height
    body.append(line_at(MARGIN, y, grid.width - MARGIN, y))
    y += FOOT_GAP
    for height, elements in foot.blocks:
        body.append(f'<g transform="translate(0 {y:.2f})">')
        body += elements
        body.append("</g>")
        y += height
    if number:
        body.append(text_at(number, grid.width - MARGIN, y + 4, size=SMALL, anchor="end", fill=MUTED))
    return body, round(y + MARGIN)


def _head(grid: _Grid, rows: Sequence[TableRow], bottom: float) -> Iterator[str]:
    for column in grid.columns:
        if column.band:
            yield rect_at(column.x, MARGIN, column.width, bottom - MARGIN, BAND)
    first = next((column for column in grid.columns if column.concern), None)
    yield text_at("Study", MARGIN, MARGIN + HEAD_HEIGHT - 10)
    for column in grid.columns:
        yield text_at(column.code, column.centre, MARGIN + HEAD_HEIGHT - 10, anchor="middle", fill=INK)
    if first is not None:
        yield text_at("Applicability", first.x + 4, MARGIN + 12, size=SMALL, fill=MUTED)
    if not rows:
        yield text_at("Nothing is settled yet.", MARGIN, MARGIN + HEAD_HEIGHT + 12, fill=MUTED)


def _row(row: TableRow, grid: _Grid, looks: Looks, middle: float) -> Iterator[str]:
    lines = _name_lines(row, grid)
    y = middle - (len(lines) - 1) * LEADING / 2 + 4.5
    for line in lines:
        yield text_at(line, MARGIN, y)
        y += LEADING
    for column in grid.columns:
        cell, shown = _cell(row, column, looks)
        yield from disc(shown, column.centre, middle)
        if cell.marks:
            marks = ",".join(cell.marks)
            yield text_at(marks, column.centre + RADIUS + 1.5, middle - 3, size=9)


def _cell(row: TableRow, column: _Column, looks: Looks) -> tuple[Cell, Look]:
    if column.concern:
        cell = row.overall_applicability if column.band else row.applicability[column.place]
        return cell, looks.concern(cell.level)
    cell = row.overall if column.band else row.domains[column.place]
    return cell, looks.level(cell.level)


def _foot(summary: Summary, part: PartSummary, looks: Looks, grid: _Grid) -> _Foot:
    """Legend, list of domains and notes."""
    width = grid.width - 2 * MARGIN
    open_cells = any(each.not_judged for each in (*part.counts, part.overall, *part.applicability))
    signs = looks.legend(concerns=bool(part.applicability), not_judged=open_cells)
    legend, legend_height = draw_legend(signs, MARGIN, 0, width)
    texts = [*domain_list(part), *scale_notes(summary), *_marks_note(part)]
    notes, notes_height = draw_paragraphs(texts, MARGIN, 0, width)
    return _Foot(((legend_height + 4, legend), (notes_height + 8, notes)))


def domain_list(part: PartSummary) -> list[str]:
    """D1 Participants; D2 …, and the same for applicability."""
    found = ["; ".join(f"{head.code} {head.name}" for head in part.domains) + "."]
    if part.applicability:
        found.append("Concern about applicability: " + "; ".join(f"{h.code} {h.name}" for h in part.concerns) + ".")
    return found


def _marks_note(part: PartSummary) -> list[str]:
    if not part.footnotes:
        return []
    return ["Letters beside a sign refer to the notes below the table, where each is explained."]
