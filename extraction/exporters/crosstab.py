"""A cross-tabulation as CSV."""

from __future__ import annotations

from extraction.exporters.grid import csv_text
from extraction.rules.crosstabs import CrossTab
from reviewapp.exporters import BOM, safe_cell


def crosstab_csv(table: CrossTab, title: str) -> str:
    """Numbers with the totals of studies, a blank line, then title, caption and gaps. UTF-8 with a byte-order mark."""
    head = [table.row_title, *table.columns, *(["Studies in the row"] if table.column_title else [])]
    rows: list[list[str]] = [[safe_cell(text) for text in head]]
    for line in table.rows:
        totals = [str(len(line.studies))] if table.column_title else []
        rows.append([safe_cell(line.label), *(str(len(cell)) for cell in line.cells), *totals])
    totals = [str(table.studies)] if table.column_title else []
    rows.append(["Studies in the column", *(str(n) for n in table.totals), *totals])
    notes = [title, table.caption]
    if table.column_title and table.gaps:
        notes.append(
            "No study: " + "; ".join(f"{row} × {', '.join(columns)}" for row, columns in table.gaps_by_row) + "."
        )
    return BOM + csv_text([*rows, [], *([safe_cell(note)] for note in notes)])
