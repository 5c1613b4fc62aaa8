"""Settling what two extractors found: the consensus sheet is a row of its own, and both originals stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction

from extraction.constants import AuditKind, Mark, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, GroupEntry
from extraction.queries.cells import definition_of, filled
from extraction.rules.cells import Key, Missing, Sheet, missing, path_words
from extraction.rules.compare import Compared, Side, alone_token, is_settled, key_of, pair_token
from extraction.rules.shown import Answer
from extraction.services.cells import Given, Put, read_cells
from extraction.services.opening import Opened, align, locked_consensus, open_consensus, taken, write
from extraction.services.sheets import SheetIncompleteError
from extraction.services.values import CellConflict, checked, words
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.models import Membership

__all__ = [
    "Choice",
    "ask",
    "consensus_ready",
    "leave_out",
    "open_consensus",
    "rematch",
    "reopen_consensus",
    "settle",
    "settle_all",
    "unsettled",
]

TAKEN: Mapping[Side, str] = {Side.FIRST: ValueOrigin.TAKEN_FIRST, Side.SECOND: ValueOrigin.TAKEN_SECOND}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How one cell of the consensus sheet is settled: a side is taken, or a value of one's own is given."""

    key: Key
    side: Side | None = None
    given: Given = field(default_factory=Given)
    based_on: int | None = None


def _put(opened: Opened, live: Mapping[Key, ExtractedValue], choice: Choice) -> list[Put]:
    """The cell to write for a choice. Raises CellConflict, CellProblem, or DomainError for a cell that is not there."""
    current = live.get(choice.key)
    if choice.side is None:
        given = replace(choice.given, based_on=choice.based_on)
        return [replace(put, origin=ValueOrigin.SETTLED) for put in checked(opened.held, live, choice.key, given)]
    one = opened.compared().get(choice.key)
    if one is None:
        raise DomainError("This is not compared here.")
    source = key_of(one, choice.side)
    filled_sheet = opened.first if choice.side == Side.FIRST else opened.second
    row = filled_sheet.cells.get(source) if source else None
    put = Put(choice.key, taken(row), ValueOrigin.AGREED if one.equal else TAKEN[choice.side])
    stale = choice.based_on is not None and choice.based_on != (current.number if current else 0)
    if stale and not (current and (current.mark, current.value) == (put.given.mark, put.given.value)):
        raise CellConflict(current)
    return [put]


@transaction.atomic
def settle(*, membership: Membership, sheet_id: int, choice: Choice) -> ExtractedValue | None:
    """Settle one cell of the consensus sheet: take the first's or the second's value, or write a third.

    Raises CellConflict if somebody settled it meanwhile, CellProblem for a value that is wrong, ForbiddenError and
    StaleError as open_consensus.
    """
    opened = locked_consensus(membership, sheet_id)
    live = read_cells(opened.held.row)
    before, occasion = live.get(choice.key), Occasion(membership.review, membership.user)
    puts = _put(opened, live, choice)
    write(opened, puts, live, occasion)
    _log(opened, choice.key, before, live.get(choice.key), occasion)
    return live.get(choice.key)


def _log(
    opened: Opened, key: Key, before: ExtractedValue | None, after: ExtractedValue | None, occasion: Occasion
) -> None:
    definition = definition_of(opened.held.row.version)
    item = definition.item(key[0])
    label = f"{opened.held.row.study}: {item.label if item else key[0]}"
    origin = {"origin": after.origin} if after else {}
    log_event(
        occasion,
        AuditKind.VALUE_SETTLED,
        opened.held.row,
        label=label,
        before=words(definition, before) if before else {},
        after=(words(definition, after) if after else {}) | origin,
    )


@transaction.atomic
def ask(*, membership: Membership, sheet_id: int, key: Key, text: str) -> ExtractedValue | None:
    """Put a note to the extractors into an unsettled cell, or answer one; all of them stay readable, in order.

    Raises DomainError for an empty note, and as settle.
    """
    if not text.strip():
        raise DomainError("Write what you want to ask.", field="text")
    opened = locked_consensus(membership, sheet_id)
    live = read_cells(opened.held.row)
    before, occasion = live.get(key), Occasion(membership.review, membership.user)
    if key not in opened.compared():
        raise DomainError("This is not compared here.")
    put = Put(key, Given(value=None, mark=Mark.VALUE, comment=text), ValueOrigin.SETTLED)
    write(opened, [put], live, occasion)
    _log(opened, key, before, live.get(key), occasion)
    return live.get(key)


@transaction.atomic
def settle_all(
    *,
    membership: Membership,
    form_id: int,
    study_id: int,
    side: Side = Side.FIRST,
    sides: Mapping[str, Side] | None = None,
    ready: bool = True,
) -> Extraction:
    """Settle all that is unsettled by taking one side; `sides` names another side for single items (by item id).

    One transaction with one event. `ready`: the consensus sheet is then marked as ready. Raises as settle, and
    SheetIncompleteError where something required is then missing.
    """
    sheet = open_consensus(membership=membership, form_id=form_id, study_id=study_id)
    opened = locked_consensus(membership, sheet.pk)
    live = read_cells(sheet)
    by_item = sides or {}
    puts = [
        put
        for key, one in opened.compared().items()
        if not one.equal and not _settled(live.get(key))
        for put in _put(opened, live, Choice(key=key, side=by_item.get(key[0], side)))
    ]
    occasion = Occasion(membership.review, membership.user)
    write(opened, puts, live, occasion)
    log_event(occasion, AuditKind.VALUE_SETTLED, sheet, label=str(opened.held.row.study), after={"values": len(puts)})
    return consensus_ready(membership=membership, sheet_id=sheet.pk) if ready else sheet


def _settled(row: ExtractedValue | None) -> bool:
    return row is not None and is_settled(Answer(row.mark, row.value), row.comment)


def unsettled(opened_pairs: Mapping[Key, Compared], sheet: Sheet, cells: Mapping[Key, ExtractedValue]) -> list[Missing]:
    """Cells on which the two differ, that are still asked given what was settled, and that nobody has decided."""
    found = []
    for key, one in opened_pairs.items():
        if not one.equal and not _settled(cells.get(key)) and sheet.is_shown(one.item, key[1]):
            path = path_words(sheet, key[1])
            found.append(Missing(f"{one.item.label} ({path})" if path else one.item.label, key[0], key[1]))
    return found


@transaction.atomic
def consensus_ready(*, membership: Membership, sheet_id: int) -> Extraction:
    """Say that the consensus sheet is complete: its values are then the study's.

    Raises SheetIncompleteError with differences that nobody settled and required items without an answer.
    """
    opened = locked_consensus(membership, sheet_id)
    [whole] = filled([opened.held.row])
    found = unsettled(opened.compared(), whole.sheet, whole.cells)
    known = {(one.item, one.entry) for one in found}
    found += [one for one in missing(whole.sheet) if (one.item, one.entry) not in known and one.item]
    if found:
        raise SheetIncompleteError(found)
    occasion = Occasion(membership.review, membership.user)
    sheet = opened.held.row
    sheet.state, sheet.ready_at, sheet.changed_at = SheetState.READY, occasion.at, occasion.at
    sheet.save(update_fields=["state", "ready_at", "changed_at"])
    log_event(occasion, AuditKind.CONSENSUS_READY, sheet, label=str(sheet.study))
    return sheet


@transaction.atomic
def reopen_consensus(*, membership: Membership, sheet_id: int) -> Extraction:
    """Open a consensus sheet again, to change something. Safe to press twice."""
    opened = locked_consensus(membership, sheet_id, ready=True)
    sheet = opened.held.row
    if sheet.state == SheetState.READY:
        occasion = Occasion(membership.review, membership.user)
        sheet.state, sheet.ready_at, sheet.changed_at = SheetState.OPEN, None, occasion.at
        sheet.save(update_fields=["state", "ready_at", "changed_at"])
        log_event(occasion, AuditKind.SHEET_REOPENED, sheet, label=str(sheet.study))
    return sheet


@transaction.atomic
def rematch(*, membership: Membership, sheet_id: int, first_id: int, second_id: int | None) -> None:
    """Say that an entry of the first sheet stands for the same thing as this one of the second, or for none of them.

    What hangs within them is matched anew. What was settled for the former pairs stays with them and comes back when
    they are matched so again. Raises DomainError for entries that cannot be matched, and as settle.
    """
    opened = locked_consensus(membership, sheet_id)
    one = opened.first.sheet.entries.get(first_id)
    other = opened.second.sheet.entries.get(second_id) if second_id is not None else None
    together = {(pair.first and pair.first.id, pair.second and pair.second.id) for pair in opened.matched if pair.group}
    alike = other is None or (
        one is not None and (one.group, one.parent is None) == (other.group, other.parent is None)
    )
    if one is None or (second_id is not None and other is None) or not alike:
        raise DomainError("These two cannot be matched.")
    if other is not None and one.parent is not None and (one.parent, other.parent) not in together:
        raise DomainError("Match what these two stand in first.")
    affected = [
        pair
        for pair in opened.matched
        if pair.group and (pair.first == one or (other is not None and pair.second == other))
    ]
    loose = {e.id for pair in affected for e in (pair.first, pair.second) if e} - {first_id, second_id}
    roots = loose | {first_id} | ({second_id} if second_id is not None else set())
    _clear_within(opened, roots)
    token = pair_token(first_id, second_id) if second_id is not None else alone_token(first_id)
    GroupEntry.objects.filter(pk__in=[first_id, *([second_id] if second_id is not None else [])]).update(match=token)
    for entry_id in loose:
        GroupEntry.objects.filter(pk=entry_id).update(match=alone_token(entry_id))
    fresh = {token, *(alone_token(entry_id) for entry_id in loose)}
    both = [opened.first.row, opened.second.row]
    align(opened.held.row, both, membership, fresh)
    occasion = Occasion(membership.review, membership.user)
    after = {"label": one.label, "matched": other.label if other else ""}
    log_event(occasion, AuditKind.GROUP_CHANGED, opened.held.row, label=str(opened.held.row.study), after=after)


def _clear_within(opened: Opened, roots: Collection[int]) -> None:
    """Forget the matches of everything within these entries."""
    inside: set[int] = set()
    for sheet in (opened.first.sheet, opened.second.sheet):
        for entry in sheet.entries.values():  # parents come first
            if entry.parent in roots or entry.parent in inside:
                inside.add(entry.id)
    GroupEntry.objects.filter(pk__in=inside).update(match="")


@transaction.atomic
def leave_out(*, membership: Membership, sheet_id: int, entry_id: int, back: bool = False) -> None:
    """Leave an entry out of the consensus sheet with all within it, or bring it back."""
    opened = locked_consensus(membership, sheet_id)
    row = GroupEntry.objects.filter(pk=entry_id, extraction=opened.held.row).first()
    if row is None:
        raise DomainError("This entry is not on the consensus sheet.")
    if (row.removed_at is None) != back:
        occasion = Occasion(membership.review, membership.user)
        GroupEntry.objects.filter(pk=entry_id).update(removed_at=None if back else occasion.at)
        after = {"label": row.label, "change": "brought back" if back else "left out"}
        log_event(occasion, AuditKind.GROUP_CHANGED, opened.held.row, label=str(opened.held.row.study), after=after)
