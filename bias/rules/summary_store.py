"""How a summary is kept: as JSON whose rows are packed one by one, so that a page of 50 does not unpack 300.

Packed rows are texts. Reading a page of a large summary makes a few hundred objects instead of many thousands, which
the garbage collector would go through again and again (measured at 300 studies: every 15th page took 150 ms longer).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bias.rules.plain import as_plain, from_plain
from bias.rules.summary_types import CONTENT_VERSION, Summary


def packed(summary: Summary) -> dict[str, Any]:
    """What JSON keeps, with the version of its shape."""
    plain: dict[str, Any] = as_plain(summary)
    for part in plain["parts"]:
        part["rows"] = [json.dumps(row, ensure_ascii=False) for row in part["rows"]]
    return {**plain, "version": CONTENT_VERSION}


def unpacked(content: Mapping[str, Any], *, page: int = 0, size: int = 0) -> Summary | None:
    """The summary again; None for content of another version, or none.

    With a ``size``, each part has only the rows of that page (from 1; the last one where it has fewer); counts, notes
    and text speak of all rows.
    """
    if content.get("version") != CONTENT_VERSION:
        return None
    parts = [{**part, "rows": _rows(part["rows"], page, size)} for part in content["parts"]]
    return from_plain(Summary, {**content, "parts": parts})


def _rows(rows: list[str], page: int, size: int) -> list[Any]:
    if size:
        pages = max(1, -(-len(rows) // size))
        start = (min(max(page, 1), pages) - 1) * size
        rows = rows[start : start + size]
    return [json.loads(row) for row in rows]
