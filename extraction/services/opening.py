"""The consensus sheet of a study: opened once both originals are ready, its entries matched, and what both agree on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from extraction.constants import SheetKind, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, GroupEntry
from extraction.queries.cells import FilledSheet, filled
from extraction.rules.cells import Key
from extraction.rules.compare import Compared, Pair, Side, compare_cells, key_of, pairs
from extraction.services.cells import Given, Held, Put, derived_puts, lock_sheet, read_cells, write_cells
from extraction.services.sheets import OWN_KINDS, is_opened
from reviewapp.audit import Occasion
from reviewapp.errors import ForbiddenError, StaleError
from reviewapp.models import Membership


@dataclass(frozen=True)
class Opened:
    """A locked consensus sheet with both originals, their pairs, and its entry for each pair's `match`."""

    held: Held
    first: FilledSheet
    second: FilledSheet
    matched: Sequence[Pair]

    def entry_of(self, pair: Pair) -> tuple[bool, int | None]:
        """(is there, entry): the consensus sheet's entry of a pair; it is missing once it was left out."""
        if not pair.group:
            return True, None
        found = next((one.id for one in self.held.entries.values() if one.match == pair.match), None)
        return found is not None, found

    def compared(self) -> dict[Key, Compared]:
        """All cells of the two sheets by the consensus sheet's cell; without entries that were left out."""
        places = {entry.match: entry.id for entry in self.held.entries.values()}
        return {
            (one.item.id, places[one.pair.match] if one.pair.group else None): one
            for one in compare_cells(self.first.sheet, self.second.sheet, self.matched)
            if not one.pair.group or one.pair.match in places
        }


def originals(form_id: int, study_id: int, *, lock: bool = False) -> list[Extraction]:
    """The two extractors' sheets of a study, first and second."""
    rows = Extraction.objects.filter(form_id=form_id, study_id=study_id, kind__in=OWN_KINDS).order_by("place")
    if lock:
        rows = rows.select_for_update(of=("self",))
    return list(rows.select_related("version", "extractor"))


def require_settler(membership: Membership, both: Collection[Extraction]) -> None:
    """The two extractors, leads and adjudicators settle, once both are ready; the words are the same for all else."""
    extracts = any(row.extractor_id == membership.user_id for row in both)
    may = membership.can_screen and (extracts or membership.is_lead or membership.can_adjudicate)
    if not may or not is_opened(both):
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")


@transaction.atomic
def open_consensus(*, membership: Membership, form_id: int, study_id: int) -> Extraction:
    """The consensus sheet of a study; made, with all on which both agree, when nobody has begun it.

    Raises ForbiddenError before both sheets are ready, and for members who settle nothing here.
    """
    both = originals(form_id, study_id, lock=True)
    if not both or any(row.review_id != membership.review_id for row in both):
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")
    require_settler(membership, both)
    there = Extraction.objects.filter(form_id=form_id, study_id=study_id, kind=SheetKind.CONSENSUS).first()
    if there is not None:
        return there
    occasion = Occasion(membership.review, membership.user)
    sheet = Extraction.objects.create(
        review=membership.review,
        form_id=form_id,
        version=max((row.version for row in both), key=lambda version: version.number),
        study_id=study_id,
        kind=SheetKind.CONSENSUS,
        extractor=membership.user,
        assigned_at=occasion.at,
        changed_at=occasion.at,
    )
    align(sheet, both, membership, frozenset())
    return sheet


def align(sheet: Extraction, both: Sequence[Extraction], membership: Membership, fresh: Collection[str]) -> None:
    """Give the consensus sheet an entry for every pair, in order, and the values on which both agree in new ones.

    `fresh`: matches just made by a person; their entry comes back if there was one.
    """
    first, second = filled(both)
    matched = pairs(first.sheet, second.sheet)
    there = {row.match: row for row in GroupEntry.objects.filter(extraction=sheet)}
    made = _entries(sheet, matched, there, fresh)
    gone = [row.pk for match, row in there.items() if match not in {pair.match for pair in matched}]
    occasion = Occasion(membership.review, membership.user)
    GroupEntry.objects.filter(pk__in=gone, removed_at=None).update(removed_at=occasion.at)
    held = lock_sheet(pk=sheet.pk, review_id=sheet.review_id)
    opened = Opened(held, first, second, matched)
    live = read_cells(sheet)
    agreed = [
        Put(key, taken(first.cells[source]), ValueOrigin.AGREED)
        for key, one in opened.compared().items()
        if one.first is not None and one.equal and key not in live and (key[1] is None or key[1] in made or fresh)
        if (source := key_of(one, Side.FIRST)) is not None
    ]
    write(opened, agreed, live, occasion)


def _entries(
    sheet: Extraction, matched: Iterable[Pair], there: dict[str, GroupEntry], fresh: Collection[str]
) -> set[int]:
    """Make entries for pairs that have none, level by level; returns the ids of those made or brought back."""
    levels: dict[int, list[Pair]] = {}
    parents: dict[tuple[str, int], str] = {}
    for pair in matched:
        if pair.group:
            levels.setdefault(pair.depth, []).append(pair)
            parents |= {("first", pair.first.id): pair.match} if pair.first else {}
            parents |= {("second", pair.second.id): pair.match} if pair.second else {}
    changed: set[int] = set()
    for depth in sorted(levels):
        new: list[GroupEntry] = []
        for position, pair in enumerate(levels[depth], start=1):
            _store_match(pair)
            row = there.get(pair.match)
            if row is not None and pair.match in fresh and row.removed_at is not None:
                GroupEntry.objects.filter(pk=row.pk).update(removed_at=None)
                changed.add(row.pk)
            if row is None:
                parent = there.get(_parent_match(pair, parents))
                new.append(
                    GroupEntry(
                        extraction=sheet,
                        group=pair.group,
                        parent=parent,
                        label=pair.label,
                        position=position,
                        match=pair.match,
                    )
                )
        there |= {row.match: row for row in GroupEntry.objects.bulk_create(new)}
        changed |= {row.pk for row in new}
    return changed


def _store_match(pair: Pair) -> None:
    ids = [entry.id for entry in (pair.first, pair.second) if entry and not entry.match]
    if ids:
        GroupEntry.objects.filter(pk__in=ids).update(match=pair.match)


def _parent_match(pair: Pair, parents: Mapping[tuple[str, int], str]) -> str:
    if pair.first and pair.first.parent is not None:
        return parents.get(("first", pair.first.parent), "")
    if pair.second and pair.second.parent is not None:
        return parents.get(("second", pair.second.parent), "")
    return ""


def taken(row: ExtractedValue | None) -> Given:
    """A cell of an original as it is written to the consensus sheet, with where it stands; None: left empty."""
    if row is None:
        return Given()
    return Given(value=row.value, mark=row.mark, report_id=row.report_id, page=row.page, quote=row.quote)


def write(opened: Opened, puts: Sequence[Put], live: dict[Key, ExtractedValue], occasion: Occasion) -> None:
    held = opened.held
    write_cells(held, [*puts, *derived_puts(held, live, puts)], live, occasion)
    Extraction.objects.filter(pk=held.row.pk).update(changed_at=occasion.at)


def locked_consensus(membership: Membership, sheet_id: int, *, ready: bool = False) -> Opened:
    """Lock a consensus sheet that is being settled (`ready`: whatever its state). Raises as open_consensus."""
    held = lock_sheet(pk=sheet_id, review_id=membership.review_id)
    if held.row.kind != SheetKind.CONSENSUS:
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")
    both = originals(held.row.form_id, held.row.study_id)
    require_settler(membership, both)
    if held.row.state == SheetState.READY and not ready:
        raise StaleError("The consensus sheet is ready. Reopen it to change something.")
    first, second = filled(both)
    return Opened(held, first, second, pairs(first.sheet, second.sheet))
