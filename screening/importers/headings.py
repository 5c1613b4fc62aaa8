"""Tables whose columns nobody knows: which row holds the headings, what a person sees of it, and what they said of it.

The page's preview, detection and the parser all ask :func:`find_headings`, so that what was shown is what is read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from screening.importers.build import ALL, FIRST
from screening.importers.columns import normal_heading
from screening.importers.formats import PREVIEW_ROWS, Preview
from screening.importers.rows import Header, Row
from screening.importers.types import ImportFileError, RejectedEntry

HEADINGS_WITHIN = 30
"""The row of headings of an unknown table is looked for among so many rows."""
MAX_PREVIEW_CELL = 300
VOTE_HEADINGS = {"reviewer": "reviewer", "verdict": "verdict", "stage": "stage", "reason": "reason"}
"""Targets of a vote made elsewhere, with the heading under which :func:`take_votes` looks for each."""


@dataclass(frozen=True, slots=True)
class Headings:
    """The row of headings of a table whose columns nobody knows; each column has a name of its own."""

    columns: tuple[str, ...]
    line: int
    position: int
    """How many rows stand before it."""


def find_headings(rows: Iterable[Row | RejectedEntry]) -> Headings | None:
    """The first row that fills at least half as many cells as the fullest of the first rows: a banner does not.

    A column without a heading is called ``column 3``, the second of a name ``Notes (column 5)``; there are as many columns as
    most rows have cells. ``None``: no rows.
    """
    first = list(islice(rows, HEADINGS_WITHIN))
    filled = [sum(1 for cell in row.cells if cell.strip()) if isinstance(row, Row) else 0 for row in first]
    if not any(filled):
        return None
    position = next(at for at, count in enumerate(filled) if count * 2 >= max(filled))
    row = first[position]
    assert isinstance(row, Row)  # a refused row fills no cell
    widths = Counter(len(other.cells) for other in first[position + 1 :] if isinstance(other, Row))
    width = max(len(row.cells), widths.most_common(1)[0][0] if widths else 0)
    names: dict[str, str] = {}
    for number, cell in enumerate([*row.cells, *[""] * (width - len(row.cells))], 1):
        name = " ".join(cell.strip("\ufeff").split()) or f"column {number}"
        name = f"{name} (column {number})" if normal_heading(name) in names else name
        names[normal_heading(name)] = name
    return Headings(tuple(names.values()), row.line, position)


def preview_rows(rows: Sequence[Row | RejectedEntry]) -> Preview:
    """Columns as :func:`mapped_header` names them, and up to five rows after them; cells are cut to 300 characters."""
    found = find_headings(rows)
    if found is None:
        return Preview((), ())
    width = len(found.columns)
    after = [row for row in rows[found.position + 1 :] if isinstance(row, Row) and any(map(str.strip, row.cells))]
    shown = ([*row.cells, *[""] * width][:width] for row in after[:PREVIEW_ROWS])
    return Preview(found.columns, tuple(tuple(cell[:MAX_PREVIEW_CELL] for cell in cells) for cells in shown))


def mapped_header(mapping: Mapping[str, str], rows: Iterable[Row | RejectedEntry]) -> Header:
    """A header by a person's word: heading (or ``#3`` for the third column of a table without header) → target.

    ``rows`` are the first of the table. Raises :class:`ImportFileError` for a mapping that does not fit them.
    """
    unknown = set(mapping.values()) - FIRST - ALL - set(VOTE_HEADINGS) - {""}
    if unknown:
        raise ImportFileError(f"No such field: {', '.join(sorted(unknown))}.")
    found = find_headings(rows)
    if found is None:
        raise ImportFileError("0 records found: the table is empty.")
    headerless = all(name.startswith("#") and name[1:].isdigit() for name in mapping)
    columns = [f"#{at}" for at in range(1, len(found.columns) + 1)] if headerless else list(found.columns)
    header = Header.of(columns, -1 if headerless else found.position, found.line)
    if header.is_wos:
        raise ImportFileError("The columns are Web of Science’s own, which are known; leave the mapping out.")
    missing = [name for name in mapping if normal_heading(name) not in header.names]
    if missing:
        raise ImportFileError(f"The table has no column {_quoted(missing)}. Its columns are: {_quoted(columns)}.")
    targets: dict[str, tuple[str, ...]] = {}
    voting = {}
    for heading, target in mapping.items():
        if target in VOTE_HEADINGS:
            voting[normal_heading(heading)] = VOTE_HEADINGS[target]
        elif target:
            targets[target] = (*targets.get(target, ()), normal_heading(heading))
    if "title" not in targets:
        raise ImportFileError("The mapping names no title column.")
    names = tuple(voting.get(name, name) for name in header.names)
    return replace(header, names=names, targets=targets, vendor=None)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
