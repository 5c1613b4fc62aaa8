"""Tables as CSV that a spreadsheet cannot be tricked by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from reviewapp.constants import FORMULA_STARTS

BOM = "\ufeff"


def safe_cell(value: object) -> str:
    """The value as text; one that a spreadsheet would run as a formula gets an apostrophe before it (OWASP).

    None becomes the empty text; numbers, negative ones too, stay as they are.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a CSV file (UTF-8 with a byte-order mark, so that spreadsheets read accents), one at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BOM
    writer.writerow(header)
    yield buffer.getvalue()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(value) for value in row])
        yield buffer.getvalue()
