"""CSV, TSV and semicolon tables of any vendor, row by row; banners before the header, ragged rows and unclosed quotes survived."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from screening.importers.columns import vendor_of
from screening.importers.decoding import Lines
from screening.importers.formats import PREVIEW_ROWS, Format, Preview, Source, Stream
from screening.importers.headings import HEADINGS_WITHIN, find_headings, mapped_header, preview_rows
from screening.importers.rows import Header, Row, parse_rows
from screening.importers.types import ImportFileError, Parsed, ParseWarning, RejectedEntry

csv.field_size_limit(50_000_000)

_DELIMITERS = ",\t;|"
_HEADER_WITHIN = 30
_START_LINES = 400
_BANNER_LINES = 5
_ROW_LINES = 5_000
"""A quoted cell may run over so many lines; beyond that its quote counts as never closed."""


class _Tape:
    """Feeds lines to csv.reader, remembers those of the present row, and takes them back when a quote was never closed."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.number = 0
        self.taken: list[str] = []
        self.stopped = False

    def __iter__(self) -> "_Tape":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _ROW_LINES:
            self.stopped = True
            raise StopIteration
        line = next(self.lines)
        self.number += 1
        self.taken.append(line)
        return f"{line}\n"

    def begin(self) -> int:
        self.taken = []
        self.stopped = False
        return self.number + 1

    def give_back(self) -> None:
        """All lines of the present row but its first."""
        back = self.taken[1:]
        self.number -= len(back)
        self.lines = chain(back, self.lines)
        self.taken = self.taken[:1]


def read_rows(lines: Iterable[str], delimiter: str) -> Iterator[Row | RejectedEntry]:
    """Rows with the lines they came from. Blank lines are passed over."""
    tape = _Tape(lines)
    reader = csv.reader(tape, delimiter=delimiter)
    while True:
        line = tape.begin()
        try:
            cells = next(reader)
        except StopIteration:
            if not tape.stopped:
                return
            cells = []
        except csv.Error as error:
            yield RejectedEntry(line, f"The row cannot be read ({error}).", "\n".join(tape.taken)[:10_000])
            reader = csv.reader(tape, delimiter=delimiter)
            continue
        raw = "\n".join(tape.taken)
        if len(tape.taken) > 1 and raw.count('"') % 2:
            tape.give_back()
            reader = csv.reader(tape, delimiter=delimiter)
            yield RejectedEntry(line, "A quote is opened in this row and never closed.", tape.taken[0][:10_000])
        elif len(tape.taken) == 1 and raw.count('"') % 2 and _open_at_end(raw, delimiter):
            yield RejectedEntry(line, "A quote is opened in this row and never closed.", raw[:10_000])
        elif raw.strip():
            yield Row(line, tape.number, cells, raw)


def _open_at_end(raw: str, delimiter: str) -> bool:
    return re.search(rf'(?:^|{re.escape(delimiter)})"(?:[^"]|"")*$', raw) is not None


def find_header(lines: list[str]) -> tuple[Header | None, str]:
    """The header among the first lines, and the delimiter; ``None`` when no row names a title column.

    The best row names the most known headings; a banner before it is not one.
    """
    best: tuple[int, Header] | None = None
    for delimiter in _DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        for position, row in enumerate(_first_rows(lines, delimiter)):
            header = Header.of(row.cells, position, row.line)
            score = header.known
            if "title" in header.targets and score >= 2 and (best is None or score > best[0]):
                best = (score, header.with_delimiter(delimiter))
    if best is not None:
        return best[1], best[1].delimiter
    return None, _likely_delimiter(lines)


def _first_rows(lines: list[str], delimiter: str) -> Iterator[Row]:
    for count, row in enumerate(read_rows(lines, delimiter)):
        if count >= _HEADER_WITHIN:
            return
        if isinstance(row, Row):
            yield row


def _likely_delimiter(lines: list[str]) -> str:
    """The delimiter that gives the first rows the same number of cells, at least two; empty if none does.

    A banner of up to five lines without a delimiter may stand before rows of at least three cells.
    """
    best, best_cells = "", 1
    for delimiter in _DELIMITERS:
        counts = [len(row.cells) for row in _first_rows(lines, delimiter)]
        banner = next((at for at, count in enumerate(counts) if count > 2), 0)
        counts = counts[banner if banner <= _BANNER_LINES and len(counts) > banner + 1 else 0 :][:10]
        if counts and min(counts) > best_cells and max(counts) - min(counts) <= 1:
            best, best_cells = delimiter, min(counts)
    return best


def _head_lines(head: str) -> list[str]:
    lines = head.split("\n")
    return lines[:-1] if len(lines) > 200 else lines


def _sniff(head: str) -> float:
    text = head.lstrip("\ufeff \r\n\t")
    if text[:1] in "<{[@%" or text.startswith(("TY  -", "PMID-")):
        return 0.0
    lines = _head_lines(head)
    header, delimiter = find_header(lines)
    if header is not None:
        vendor = vendor_of(frozenset(header.names))
        return 0.8 if vendor is None else 0.99 if vendor.shape == "own" else 0.92
    return 0.45 if delimiter and len([line for line in lines if line.strip()]) >= 1 else 0.0


def _dialect(head: str) -> str:
    header, delimiter = find_header(_head_lines(head))
    vendor = vendor_of(frozenset(header.names)) if header else None
    if vendor is not None:
        return vendor.name
    if header is not None and header.is_wos:
        return "Web of Science (tab-delimited)"
    return "tab-delimited" if delimiter == "\t" else ""


def _columns(head: str) -> tuple[str, ...]:
    lines = _head_lines(head)
    header, delimiter = find_header(lines)
    if header is not None:
        return header.headings
    found = find_headings(read_rows(lines, delimiter or ","))
    return found.columns if found else ()


def _needs_mapping(head: str) -> bool:
    return find_header(_head_lines(head))[0] is None


def _opened(source: Source) -> tuple[Lines, list[str], Iterator[str]]:
    """The lines of the file, the first of them, and the stream of the others."""
    lines = source.lines()
    stream = iter(lines)
    return lines, list(islice(stream, _START_LINES)), stream


def _preview(source: Source) -> Preview:
    _, start, _ = _opened(source)
    return preview_rows(list(islice(read_rows(start, find_header(start)[1] or ","), HEADINGS_WITHIN + PREVIEW_ROWS)))


def _parse(source: Source) -> Stream:
    lines, start, stream = _opened(source)
    header, delimiter = find_header(start)
    rows = read_rows(chain(start, stream), delimiter or ",")
    if source.mapping:
        header = mapped_header(source.mapping, read_rows(start, delimiter or ","))
    elif header is None:
        seen = ", ".join(f"“{name}”" for name in _columns("\n".join(start))[:12])
        raise ImportFileError(f"No title column was found. The columns are: {seen}. Say which column is which.", line=1)
    return _with_remarks(parse_rows(rows, header), lines.remarks)


def _with_remarks(stream: Iterator[Parsed], remarks: list[tuple[int, str]]) -> Iterator[Parsed]:
    told = 0
    for item in stream:
        for line, message in remarks[told:]:
            yield ParseWarning(line, message)
        told = len(remarks)
        yield item


FORMAT = Format(
    name="csv",
    label="CSV",
    extensions=("csv", "tsv", "txt", "tab"),
    sniff=_sniff,
    dialect=_dialect,
    parse=_parse,
    columns=_columns,
    needs_mapping=_needs_mapping,
    preview=_preview,
)
