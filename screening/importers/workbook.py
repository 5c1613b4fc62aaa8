"""Excel workbooks (.xlsx): opened only after their unpacked size was checked, read row by row; which sheets: :func:`_rows`."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path, PurePath
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from screening.importers.formats import PREVIEW_ROWS, Format, Preview, Source, Stream
from screening.importers.headings import HEADINGS_WITHIN, find_headings, mapped_header, preview_rows
from screening.importers.rows import Header, Row, parse_rows
from screening.importers.types import Detection, ImportFileError, ParseWarning
from screening.importers.zipped import check_zip

_HEADER_WITHIN = 30
_MAX_CELL = 100_000


def is_workbook(path: Path) -> bool:
    """A ZIP with a workbook in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def workbook_detection(path: Path, filename: str) -> Detection:
    """What the workbook holds. Raises :class:`ImportFileError` for a damaged one or one that would unpack too large."""
    check_zip(path)
    rows = _first_rows(path)
    header = _header(rows)
    dialect = header.vendor.name if header and header.vendor else ""
    extension = PurePath(filename).suffix.lower()
    return Detection(
        format="xlsx",
        label=f"Excel workbook, {dialect}" if dialect else "Excel workbook",
        dialect=dialect,
        encoding="",
        newline="",
        hint=""
        if extension in {".xlsx", ".xlsm", ""}
        else f"The name ends in {extension}, but the content is an Excel workbook.",
        columns=header.headings if header else found.columns if (found := find_headings(rows)) else (),
        needs_mapping=header is None,
    )


def _rows(path: Path, unread: list[tuple[str, int]] | None = None) -> Iterator[Row]:
    """Rows of the first sheet that has any, and of every later one whose first row repeats one of the first rows there:
    the headings. ``unread`` takes (sheet, rows) of the others. Dates become ISO text, whole numbers lose their ``.0``.

    openpyxl is handed a stream: it refuses a path that does not end in .xlsx, and a kept file's name has no ending.
    """
    with path.open("rb") as stream:
        yield from _rows_of(stream, [] if unread is None else unread)


def _rows_of(stream: BinaryIO, unread: list[tuple[str, int]]) -> Iterator[Row]:
    try:
        book = load_workbook(stream, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise ImportFileError(f"The Excel workbook is damaged and cannot be opened ({error}).") from error
    top: list[list[str]] = []
    try:
        for sheet in book.worksheets:
            rows = _sheet_rows(sheet.iter_rows(values_only=True))
            if top:
                head = next(rows, None)
                if head is not None and head.cells not in top:
                    unread.append((sheet.title, 1 + sum(1 for _ in rows)))
                yield from rows
                continue
            for row in rows:
                if len(top) < _HEADER_WITHIN:
                    top.append(list(row.cells))
                yield row
    finally:
        book.close()


def _sheet_rows(lines: Iterable[Sequence[object]]) -> Iterator[Row]:
    """Rows that are not empty, numbered as in their sheet."""
    for number, cells in enumerate(lines, 1):
        texts = [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield Row(number, number, texts, _as_csv(texts))


def _with_unread(stream: Stream, unread: list[tuple[str, int]]) -> Stream:
    """The stream, and a remark on every sheet that is not read."""
    yield from stream
    for title, count in unread:
        yield ParseWarning(
            1,
            f"The sheet “{title}” ({count:,} rows) was not read: its first row does not repeat the headings of the first "
            "sheet. To import it, save it as a file of its own.",
        )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:_MAX_CELL]


def _as_csv(cells: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(cells)
    return stream.getvalue()


def _first_rows(path: Path) -> list[Row]:
    return [row for _, row in zip(range(_HEADER_WITHIN), _rows(path), strict=False)]


def _header(rows: list[Row]) -> Header | None:
    headers = [Header.of(row.cells, position, row.line) for position, row in enumerate(rows)]
    fitting = [header for header in headers if "title" in header.targets and header.known >= 2]
    return max(fitting, key=lambda header: header.known, default=None)


def _parse(source: Source) -> Stream:
    first = _first_rows(source.path)
    unread: list[tuple[str, int]] = []
    rows = _rows(source.path, unread)
    if source.mapping:
        return _with_unread(parse_rows(_padded(rows, first), mapped_header(source.mapping, first)), unread)
    header = _header(first)
    if header is None:
        seen = ", ".join(f"“{name}”" for name in (first[0].cells if first else [])[:12])
        raise ImportFileError(f"No title column was found. The columns are: {seen}. Say which column is which.", line=1)
    return _with_unread(parse_rows(_padded(rows, [Row(1, 1, list(header.names), "")]), header), unread)


def _preview(source: Source) -> Preview:
    return preview_rows(
        [row for _, row in zip(range(HEADINGS_WITHIN + PREVIEW_ROWS), _rows(source.path), strict=False)]
    )


def _padded(rows: Iterator[Row], first: list[Row]) -> Iterator[Row]:
    """Empty cells at the end of a row are not stored in a workbook; they are not missing."""
    width = max((len(row.cells) for row in first), default=0)
    for row in chain(rows):
        row.cells.extend([""] * (width - len(row.cells)))
        yield row


def _never(head: str) -> float:
    return 0.0


FORMAT = Format(
    name="xlsx", label="Excel workbook", extensions=("xlsx", "xlsm"), sniff=_never, parse=_parse, preview=_preview
)
