"""Sheets read from their rows as plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from extraction.constants import FormState
from extraction.models import ExtractedValue, Extraction, ExtractionForm, FormVersion, GroupEntry
from extraction.rules.cells import Entry, Key, Sheet
from extraction.rules.definition import Definition, parse
from extraction.rules.shown import Answer

LIVE = (FormState.PILOT, FormState.IN_USE)
_MOST_KNOWN = 64
_known: dict[tuple[int, int, dt.datetime], Definition] = {}


def definition_of(version: FormVersion) -> Definition:
    """The version's definition as types. Only drafts change, and every change counts `edits`: others are read once."""
    if version.state == FormState.DRAFT:
        return parse(version.definition)
    key = (version.pk, version.edits, version.created_at)
    if key not in _known:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = parse(version.definition)
    return _known[key]


def live_version(form: ExtractionForm) -> FormVersion | None:
    """The version that is filled in now: on trial or in use."""
    return FormVersion.objects.filter(form=form, state__in=LIVE).first()


@dataclass(frozen=True)
class FilledSheet:
    """A sheet's row, what it holds as plain values, and the rows of its cells."""

    row: Extraction
    sheet: Sheet
    cells: Mapping[Key, ExtractedValue]


def entries_of(sheet_ids: Iterable[int]) -> dict[int, dict[int, Entry]]:
    """Live entries of each sheet, parents before their children. One query."""
    rows = GroupEntry.objects.filter(extraction_id__in=list(sheet_ids), removed_at=None).order_by("position", "id")
    values = rows.values_list("extraction_id", "id", "group", "parent_id", "label", "position", "match")
    found: dict[int, list[Entry]] = {}
    for sheet_id, entry_id, group, parent, label, position, match in values:
        entry = Entry(entry_id, group, parent, label, position, match)
        found.setdefault(sheet_id, []).append(entry)
    return {sheet_id: in_order(entries) for sheet_id, entries in found.items()}


def in_order(entries: Iterable[Entry]) -> dict[int, Entry]:
    """Entries by id, every parent followed by what is within it; what hangs on no live parent is left out."""
    within: dict[int | None, list[Entry]] = {}
    for entry in entries:
        within.setdefault(entry.parent, []).append(entry)
    ordered: dict[int, Entry] = {}
    waiting = list(reversed(within.get(None, [])))
    while waiting:
        entry = waiting.pop()
        ordered[entry.id] = entry
        waiting += reversed(within.get(entry.id, []))
    return ordered


def live_cells(sheet_ids: Iterable[int]) -> dict[int, dict[Key, ExtractedValue]]:
    """The cells of each sheet as they stand. One query."""
    found: dict[int, dict[Key, ExtractedValue]] = {}
    rows = ExtractedValue.objects.filter(extraction_id__in=list(sheet_ids), superseded_at=None).order_by()
    for row in rows:
        found.setdefault(row.extraction_id, {})[(row.item, row.entry_id)] = row
    return found


def standing_value(sheet_id: int, key: Key) -> Any:
    """The value that stands in one cell; None for nothing."""
    rows = ExtractedValue.objects.filter(extraction_id=sheet_id, item=key[0], entry_id=key[1], superseded_at=None)
    return rows.values_list("value", flat=True).first()


def answers_of(cells: Mapping[Key, ExtractedValue]) -> dict[Key, Answer]:
    """What stands in the cells."""
    return {key: Answer(row.mark, row.value) for key, row in cells.items()}


def filled(rows: Iterable[Extraction]) -> list[FilledSheet]:
    """Sheets with all they hold, in two queries; the rows have their `version`."""
    sheets = list(rows)
    ids = [row.pk for row in sheets]
    entries, cells = entries_of(ids), live_cells(ids)
    return [
        FilledSheet(
            row,
            Sheet(definition_of(row.version), entries.get(row.pk, {}), answers_of(cells.get(row.pk, {}))),
            cells.get(row.pk, {}),
        )
        for row in sheets
    ]
