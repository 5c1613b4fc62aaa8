"""Entering values into one's own sheet: each save is one transaction and one event; a stale one is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from extraction.constants import AuditKind, ItemType, Mark, SheetKind, SheetState
from extraction.models import ExtractedValue, Extraction
from extraction.queries.cells import definition_of
from extraction.rules.cells import Key
from extraction.rules.definition import Definition
from extraction.rules.values import ValueProblem, clean, show_cell
from extraction.services.cells import (
    Given,
    Held,
    Put,
    cells_needed,
    derived_puts,
    lock_sheet,
    notes_of,
    read_cells,
    says_the_same,
    write_cells,
)
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership

__all__ = ["CellConflict", "CellProblem", "Given", "Outcome", "save_value", "save_values"]


class CellConflict(StaleError):
    """The cell has changed since it was seen. `current` is what stands there now (None: it is empty)."""

    def __init__(self, current: ExtractedValue | None) -> None:
        super().__init__("This was changed in another window since you opened it. Choose which of the two stays.")
        self.current = current


class CellProblem(DomainError):
    """What was typed cannot be kept. `key` is the cell."""

    def __init__(self, message: str, key: Key, part: str = "") -> None:
        super().__init__(message, field=part or None)
        self.key = key


@dataclass(frozen=True)
class Outcome:
    """What became of a save. Cells by key; `derived` are those that followed."""

    saved: dict[Key, ExtractedValue] = field(default_factory=dict)
    derived: dict[Key, ExtractedValue] = field(default_factory=dict)
    problems: dict[Key, DomainError] = field(default_factory=dict)
    """CellProblem or CellConflict; what they are about was not written."""


def require_own_open(membership: Membership, sheet: Extraction) -> None:
    """Only the extractor writes, and only while the sheet is not ready. Raises ForbiddenError or DomainError."""
    if sheet.extractor_id != membership.user_id or sheet.kind == SheetKind.CONSENSUS or not membership.can_screen:
        raise ForbiddenError("This sheet is not yours.")
    if sheet.state == SheetState.READY:
        raise StaleError("You have marked this sheet as ready. Reopen it to change something.")
    if sheet.study.withdrawn_at is not None:
        raise DomainError("This study is no longer part of the review.")


def save_value(*, membership: Membership, sheet_id: int, key: Key, given: Given) -> Outcome:
    """Save one cell of one's own sheet: in one transaction, with one event, in at most 6 queries.

    Saving what stands there already changes nothing and is no conflict, so that a save may be sent twice.
    Raises CellConflict (409), CellProblem (422), ForbiddenError for another's sheet, StaleError for a ready one.
    """
    return save_values(membership=membership, sheet_id=sheet_id, values={key: given})


@transaction.atomic
def save_values(*, membership: Membership, sheet_id: int, values: Mapping[Key, Given], strict: bool = True) -> Outcome:
    """Save many cells of one's own sheet at once, in one transaction with one event.

    `strict`: the first problem is raised and nothing is written; else the rest is saved and the problems are told.
    Raises as save_value.
    """
    held = lock_sheet(pk=sheet_id, review_id=membership.review_id)
    require_own_open(membership, held.row)
    occasion = Occasion(membership.review, membership.user)
    live = read_cells(held.row, cells_needed(held, {item for item, _ in values}))
    outcome = Outcome()
    puts: list[Put] = []
    for key, given in values.items():
        try:
            puts += checked(held, live, key, given)
        except (CellProblem, CellConflict) as problem:
            if strict:
                raise
            outcome.problems[key] = problem
    before = {put.key: live.get(put.key) for put in puts}
    written = write_cells(held, [*puts, *_following(held, live, puts)], live, occasion)
    if written:
        Extraction.objects.filter(pk=held.row.pk).update(changed_at=occasion.at)
        _log(held, written, before, occasion)
    derived_keys = {(row.item, row.entry_id) for row in written} - set(before)
    outcome.derived.update({key: live[key] for key in derived_keys})
    outcome.saved.update({key: live[key] for key in before if key in live})
    return outcome


def _following(held: Held, live: Mapping[Key, ExtractedValue], puts: list[Put]) -> list[Put]:
    """Derived cells, if what is written enters a formula."""
    items = {put.key[0] for put in puts}
    return derived_puts(held, live, puts) if cells_needed(held, items) != items else []


def checked(held: Held, live: Mapping[Key, ExtractedValue], key: Key, given: Given) -> list[Put]:
    """The cell to write, its value clean; nothing if it says so already. Raises CellProblem or CellConflict."""
    put = Put(key, cleaned(held, key, given))
    current = live.get(key)
    try:
        same = says_the_same(current, put, notes_of(given, held.reports))
    except DomainError as problem:
        raise CellProblem(problem.message, key, problem.field or "") from problem
    if not same and given.based_on is not None and given.based_on != (current.number if current else 0):
        raise CellConflict(current)
    return [put]


def cleaned(held: Held, key: Key, given: Given) -> Given:
    """`given` with its value as it is kept. Raises CellProblem for a cell that is not there and for a wrong value."""
    item_id, entry_id = key
    definition = definition_of(held.row.version)
    item = definition.item(item_id)
    group = definition.group_of(item_id)
    entry = held.entries.get(entry_id) if entry_id is not None else None
    if item is None or item.type == ItemType.DERIVED:
        raise CellProblem("This is not asked in the form.", key)
    if (entry.group if entry else "") != group or (entry is None and entry_id is not None):
        raise CellProblem("This entry has been removed.", key)
    if given.mark != Mark.VALUE:
        return replace(given, value=None, mark=Mark(given.mark).value)
    try:
        return replace(given, value=clean(item, given.value), mark=Mark.VALUE.value)
    except ValueProblem as problem:
        raise CellProblem(problem.message, key, problem.part) from problem


def _log(
    held: Held, written: list[ExtractedValue], before: Mapping[Key, ExtractedValue | None], occasion: Occasion
) -> None:
    """One event: the value itself for one cell, how many for several."""
    definition = definition_of(held.row.version)
    entered = [row for row in written if (row.item, row.entry_id) in before]
    if len(entered) != 1:
        after: dict[str, Any] = {"values": len(entered)}
        log_event(occasion, AuditKind.VALUE_ENTERED, held.row, label=str(held.row.study), after=after)
        return
    row = entered[0]
    item = definition.item(row.item)
    label = f"{held.row.study}: {item.label if item else row.item}"
    old = before[(row.item, row.entry_id)]
    log_event(
        occasion,
        AuditKind.VALUE_ENTERED,
        held.row,
        label=label,
        before=words(definition, old) if old else {},
        after=words(definition, row),
    )


def words(definition: Definition, row: ExtractedValue) -> dict[str, Any]:
    """A cell in the log."""
    item = definition.item(row.item)
    said: dict[str, Any] = {"value": show_cell(item, row.mark, row.value) if item else str(row.value)}
    said |= {name: getattr(row, name) for name in ("comment", "page", "quote") if getattr(row, name)}
    return said | ({"report": row.report_id} if row.report_id else {})
