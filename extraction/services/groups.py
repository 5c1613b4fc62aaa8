"""Entries of repeating groups on one's own sheet: added, named, ordered, removed and brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from extraction.constants import AuditKind, ValueOrigin
from extraction.models import Extraction, GroupEntry
from extraction.queries.cells import definition_of, in_order
from extraction.rules.cells import Entry
from extraction.rules.text import tidy_line
from extraction.services.cells import Held, derived_puts, lock_sheet, read_cells, write_cells
from extraction.services.values import require_own_open
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import Membership

LABEL_LENGTH = 200
MOST_ENTRIES = 1_000


@dataclass(frozen=True)
class NewEntry:
    """An entry to be added with those within it."""

    group: str
    label: str = ""
    within: Sequence[NewEntry] = field(default=())


def _held(membership: Membership, sheet_id: int) -> Held:
    held = lock_sheet(pk=sheet_id, review_id=membership.review_id)
    require_own_open(membership, held.row)
    return held


def _own(held: Held, entry_id: int) -> Entry:
    entry = held.entries.get(entry_id)
    if entry is None:
        raise StaleError("This entry has been removed in the meantime.")
    return entry


def _label(text: str) -> str:
    label = tidy_line(text)
    if len(label) > LABEL_LENGTH:
        raise DomainError(f"A name has at most {LABEL_LENGTH} characters.", field="label")
    return label


def _log(membership: Membership, held: Held, before: dict[str, object], after: dict[str, object]) -> Occasion:
    occasion = Occasion(membership.review, membership.user)
    Extraction.objects.filter(pk=held.row.pk).update(changed_at=occasion.at)
    log_event(occasion, AuditKind.GROUP_CHANGED, held.row, label=str(held.row.study), before=before, after=after)
    return occasion


def _title(held: Held, group_id: str) -> str:
    group = definition_of(held.row.version).group(group_id)
    return group.title if group else group_id


def _siblings(held: Held, group: str, parent: int | None) -> list[Entry]:
    return [entry for entry in held.entries.values() if (entry.group, entry.parent) == (group, parent)]


def _check_room(held: Held, group_id: str, parent: int | None) -> int:
    """The position after the last one. Raises DomainError where no further entry may stand."""
    group = definition_of(held.row.version).group(group_id)
    above = held.entries.get(parent) if parent is not None else None
    if group is None or (above.group if above else "") != group.parent or (parent is not None and above is None):
        raise DomainError("This part of the form does not repeat here.")
    siblings = _siblings(held, group_id, parent)
    if len(siblings) >= (group.maximum or MOST_ENTRIES):
        raise DomainError(f"There can be at most {group.maximum or MOST_ENTRIES} here.")
    return max((entry.position for entry in siblings), default=0) + 1


@transaction.atomic
def add_entry(
    *, membership: Membership, sheet_id: int, group: str, parent_id: int | None = None, label: str = ""
) -> GroupEntry:
    """Add an entry after the last one. Raises DomainError where none may be added, and as values.save_value."""
    held = _held(membership, sheet_id)
    position = _check_room(held, group, parent_id)
    entry = GroupEntry.objects.create(
        extraction=held.row, group=group, parent_id=parent_id, label=_label(label), position=position
    )
    _log(membership, held, {}, {"group": _title(held, group), "label": entry.label, "change": "added"})
    return entry


@transaction.atomic
def add_entries(*, membership: Membership, sheet_id: int, entries: Sequence[NewEntry]) -> list[GroupEntry]:
    """Add many entries, each with those within it, in one query per level; answers them level by level, in order.

    Raises DomainError for groups that do not belong where they are put.
    """
    held = _held(membership, sheet_id)
    definition = definition_of(held.row.version)
    made: list[GroupEntry] = []
    level: list[tuple[GroupEntry | None, NewEntry]] = [(None, entry) for entry in entries]
    counts: dict[tuple[str, int | None], int] = {}
    for entry in held.entries.values():
        place = (entry.group, entry.parent)
        counts[place] = max(counts.get(place, 0), entry.position)
    while level:
        rows = []
        for parent, new in level:
            group = definition.group(new.group)
            if group is None or group.parent != (parent.group if parent else ""):
                raise DomainError("This part of the form does not repeat here.")
            place = (new.group, parent.pk if parent else None)
            counts[place] = counts.get(place, 0) + 1
            rows.append(
                GroupEntry(
                    extraction=held.row, group=new.group, parent=parent, label=_label(new.label), position=counts[place]
                )
            )
        made += GroupEntry.objects.bulk_create(rows)
        level = [(row, inner) for row, (_, new) in zip(rows, level, strict=True) for inner in new.within]
    if made:
        _log(membership, held, {}, {"entries": len(made), "change": "added"})
    return made


@transaction.atomic
def rename_entry(*, membership: Membership, sheet_id: int, entry_id: int, label: str) -> None:
    """Give an entry a name, by which it is matched with the other extractor's."""
    held = _held(membership, sheet_id)
    entry, new = _own(held, entry_id), _label(label)
    if new != entry.label:
        GroupEntry.objects.filter(pk=entry.id).update(label=new)
        _log(membership, held, {"label": entry.label}, {"label": new, "group": _title(held, entry.group)})


@transaction.atomic
def move_entry(*, membership: Membership, sheet_id: int, entry_id: int, step: int) -> None:
    """Move an entry up (step -1) or down (1) among its siblings; nothing happens at the end."""
    held = _held(membership, sheet_id)
    entry = _own(held, entry_id)
    siblings = _siblings(held, entry.group, entry.parent)
    place = [one.id for one in siblings].index(entry.id)
    target = place + (1 if step > 0 else -1)
    if not 0 <= target < len(siblings):
        return
    siblings[place], siblings[target] = siblings[target], siblings[place]
    rows = [GroupEntry(pk=one.id, position=number) for number, one in enumerate(siblings, start=1)]
    GroupEntry.objects.bulk_update(rows, ["position"])
    _log(membership, held, {}, {"group": _title(held, entry.group), "label": entry.label, "change": "moved"})


@transaction.atomic
def remove_entry(*, membership: Membership, sheet_id: int, entry_id: int) -> None:
    """Take an entry off the sheet with all within it. Its values are kept and come back with it (restore_entry)."""
    held = _held(membership, sheet_id)
    entry = _own(held, entry_id)
    after = {"group": _title(held, entry.group), "label": entry.label, "change": "removed"}
    occasion = _log(membership, held, {}, dict(after))
    GroupEntry.objects.filter(pk=entry.id).update(removed_at=occasion.at)
    _follow(held, occasion)


@transaction.atomic
def restore_entry(*, membership: Membership, sheet_id: int, entry_id: int) -> None:
    """Bring a removed entry back with its values. Safe to press twice."""
    held = _held(membership, sheet_id)
    row = GroupEntry.objects.filter(pk=entry_id, extraction=held.row).first()
    if row is None or (row.parent_id is not None and row.parent_id not in held.entries):
        raise StaleError("What this stood in has been removed too: bring that back first.")
    if row.removed_at is None:
        return
    _check_room(held, row.group, row.parent_id)
    after = {"group": _title(held, row.group), "label": row.label, "change": "brought back"}
    occasion = _log(membership, held, {}, dict(after))
    GroupEntry.objects.filter(pk=entry_id).update(removed_at=None)
    _follow(held, occasion)


def _follow(held: Held, occasion: Occasion) -> None:
    """Derived values after entries came or went."""
    rows = GroupEntry.objects.filter(extraction=held.row, removed_at=None).order_by("position", "id")
    fields = ("id", "group", "parent_id", "label", "position", "match")
    now = Held(held.row, in_order(Entry(*values) for values in rows.values_list(*fields)), held.reports)
    live = read_cells(held.row)
    puts = [put for put in derived_puts(now, live) if put.origin == ValueOrigin.DERIVED]
    write_cells(now, puts, live, occasion)
