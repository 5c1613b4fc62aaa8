"""Layouts in words, for the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extraction.rules import crosstabs
from extraction.rules.crosstabs import COUNTING_LABELS, LOOK_LABELS, parse_cross
from extraction.rules.definition_types import Definition
from extraction.rules.tables import parse_layout
from extraction.rules.tables_types import SHAPE_LABELS


def layout_words(layout: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    """What a layout says, by name: items by their labels, choices by their words; what is empty is left out."""

    def label(item_id: str) -> str:
        item = definition.item(item_id)
        return item.label if item else item_id

    if layout.get("kind") == crosstabs.KIND:
        cross = parse_cross(layout)
        said: dict[str, Any] = {
            "rows": label(cross.rows),
            "columns": label(cross.columns) if cross.columns else "",
            "counting": COUNTING_LABELS[cross.counting],
            "look": LOOK_LABELS[cross.look],
        }
    else:
        table = parse_layout(layout)
        said = {
            "columns": [
                f"{label(column.item)} (as “{column.heading}”)" if column.heading else label(column.item)
                for column in table.columns
            ],
            "group_by": label(table.group_by) if table.group_by else "",
            "sort_by": label(table.sort_by) if table.sort_by else "",
            "descending": table.descending,
            "shape": SHAPE_LABELS[table.shape],
            "footnotes": [note.text for note in table.footnotes],
            "abbreviations": [f"{short} = {long}" for short, long in table.abbreviations],
        }
    return {name: value for name, value in said.items() if value}
