"""Writing cells: the one place where values are superseded and added, while the sheet is locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from extraction.constants import Mark, ValueOrigin
from extraction.models import ExtractedValue, Extraction, FormVersion, GroupEntry
from extraction.queries.cells import answers_of, definition_of, in_order
from extraction.rules.cells import Entry, Key, Sheet, derived_values, sources_of
from extraction.rules.shown import Answer
from reviewapp.audit import Occasion
from reviewapp.errors import DomainError
from screening.models import Report, Study

PAGE_LENGTH = 20
NOTE_LENGTH = 5_000


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is written into a cell: a value as typed (read by rules.values.clean), its mark, and where it stands."""

    value: Any = None
    mark: str = Mark.VALUE
    comment: str = ""
    report_id: int | None = None
    page: str = ""
    quote: str = ""
    based_on: int | None = None
    """Number of the cell that was seen (0: it was empty). None: whatever stands is superseded."""


@dataclass(frozen=True)
class Put:
    """A cell that is to hold this from now on; the value is clean."""

    key: Key
    given: Given
    origin: str = ValueOrigin.ENTERED


@dataclass(frozen=True)
class Held:
    """A sheet that is locked: its entries as plain values, and the reports of its study."""

    row: Extraction
    entries: Mapping[int, Entry]
    reports: Collection[int]


_SHEET = tuple(field.attname for field in Extraction._meta.concrete_fields)
_STUDY = ("id", "review_id", "label", "withdrawn_at")
_VERSION = ("id", "form_id", "number", "state", "edits", "created_at")
_LOCK = f"""
SELECT {", ".join(f"e.{name}" for name in _SHEET)},
    {", ".join(f"s.{name}" for name in _STUDY)},
    {", ".join(f"v.{name}" for name in _VERSION)},
    (SELECT json_agg(json_build_array(g.id, g.group, g.parent_id, g.label, g.position, g.match)
            ORDER BY g.position, g.id)
        FROM {GroupEntry._meta.db_table} g WHERE g.extraction_id = e.id AND g.removed_at IS NULL),
    (SELECT array_agg(r.id) FROM {Report._meta.db_table} r WHERE r.study_id = e.study_id AND r.withdrawn_at IS NULL)
FROM {Extraction._meta.db_table} e
    JOIN {Study._meta.db_table} s ON s.id = e.study_id
    JOIN {FormVersion._meta.db_table} v ON v.id = e.version_id
WHERE e.id = %s AND e.review_id = %s
FOR UPDATE OF e"""
"""Written out: building this statement for every save took a fifth of it."""


def lock_sheet(*, pk: int, review_id: int) -> Held:
    """Lock a sheet within its review, with its study, version, entries and reports, in one query.

    The version's definition is read only when it is not known yet. Raises DomainError where there is no such sheet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [pk, review_id])
        values = cursor.fetchone()
    if values is None:
        raise DomainError("This sheet does not exist any more.")
    until_study = len(_SHEET) + len(_STUDY)
    row = Extraction.from_db("default", _SHEET, values[: len(_SHEET)])
    row.study = Study.from_db("default", _STUDY, values[len(_SHEET) : until_study])
    row.version = FormVersion.from_db("default", _VERSION, values[until_study:-2])
    entries, reports = values[-2] or [], values[-1] or []
    return Held(row, in_order(Entry(*one) for one in entries), reports)


def notes_of(given: Given, reports: Collection[int]) -> dict[str, Any]:
    """Comment and place as columns. Raises DomainError for a report of another study and for what is too long."""
    if given.report_id is not None and given.report_id not in reports:
        raise DomainError("This report does not belong to the study.", field="report")
    if len(given.page) > PAGE_LENGTH:
        raise DomainError(f"Write the page with at most {PAGE_LENGTH} characters.", field="page")
    if max(len(given.comment), len(given.quote)) > NOTE_LENGTH:
        raise DomainError(f"Write at most {NOTE_LENGTH:,} characters.", field="comment")
    return {
        "comment": given.comment.replace("\x00", "").strip(),
        "report_id": given.report_id,
        "page": given.page.replace("\x00", "").strip(),
        "quote": given.quote.replace("\x00", "").strip(),
    }


def says_the_same(row: ExtractedValue | None, put: Put, notes: Mapping[str, Any]) -> bool:
    """Whether a cell holds just this already. On a consensus sheet, leaving a cell empty is a decision to be kept."""
    if row is None:
        settled = put.origin not in (ValueOrigin.ENTERED, ValueOrigin.DERIVED)
        return not settled and put.given.mark == Mark.VALUE and put.given.value is None and not any(notes.values())
    stands = (row.mark, row.value, row.origin)
    return stands == (put.given.mark, put.given.value, put.origin) and all(
        getattr(row, name) == value for name, value in notes.items()
    )


def write_cells(
    held: Held, puts: Iterable[Put], live: dict[Key, ExtractedValue], occasion: Occasion
) -> list[ExtractedValue]:
    """Supersede what stands and write the rest anew, in at most two queries; `live` then holds the new rows.

    What says the same already is left alone.
    """
    superseded: list[int] = []
    new: list[ExtractedValue] = []
    for put in puts:
        row, notes = live.get(put.key), notes_of(put.given, held.reports)
        if says_the_same(row, put, notes):
            continue
        if row is not None:
            superseded.append(row.pk)
        new.append(_row(held.row, put, notes, (row.number if row else 0) + 1, occasion))
    if superseded:
        ExtractedValue.objects.filter(pk__in=superseded).update(superseded_at=occasion.at)
    ExtractedValue.objects.bulk_create(new, batch_size=2_000)
    live |= {(row.item, row.entry_id): row for row in new}
    return new


def _row(sheet: Extraction, put: Put, notes: Mapping[str, Any], number: int, occasion: Occasion) -> ExtractedValue:
    item, entry_id = put.key
    actor = occasion.actor
    return ExtractedValue(
        extraction=sheet,
        item=item,
        entry_id=entry_id,
        mark=put.given.mark,
        value=put.given.value,
        origin=put.origin,
        number=number,
        version_id=sheet.version_id,
        entered_by_id=actor.pk if actor else sheet.extractor_id,
        entered_at=occasion.at,
        **notes,
    )


def read_cells(sheet: Extraction, items: Collection[str] | None = None) -> dict[Key, ExtractedValue]:
    """Live cells of a locked sheet, of these items only or all. One query."""
    rows = ExtractedValue.objects.filter(extraction=sheet, superseded_at=None)
    if items is not None:
        rows = rows.filter(item__in=list(items))
    return {(row.item, row.entry_id): row for row in rows}


def cells_needed(held: Held, items: Collection[str]) -> set[str]:
    """Items whose cells have to be known to write these: themselves, and those of formulas that they enter."""
    sources = sources_of(definition_of(held.row.version))
    return {*items, *sources} if sources & set(items) else set(items)


def derived_puts(held: Held, live: Mapping[Key, ExtractedValue], coming: Sequence[Put] = ()) -> list[Put]:
    """What the derived cells have to hold once the coming cells are written, as the values now stand."""
    answers = answers_of(live) | {put.key: Answer(put.given.mark, put.given.value) for put in coming}
    sheet = Sheet(definition_of(held.row.version), held.entries, answers)
    return [
        Put(key, Given(value=value), ValueOrigin.DERIVED)
        for key, value in derived_values(sheet).items()
        if value is not None or key in live
    ]
