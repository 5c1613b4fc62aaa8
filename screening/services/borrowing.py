"""Whose values a kept record shows: missing fields are filled from its copies, and a person may choose for each field.

The source's own fields stay untouched; what is borrowed stands beside them, with its origin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, Review
from screening.constants import AuditKind
from screening.models import DuplicateSettings, Record, Search
from screening.rules.borrowed import FIELDS, Borrowed, Copy, borrow

_CHUNK = 500


def refresh_borrowed(*, review_id: int, record_ids: Collection[int]) -> int:
    """Bring what these records borrow in line with the copies they have now; how many changed.

    What came from a copy that is released goes, missing fields are filled, choices that persons made stand or come
    back. Three queries and one update per 500 records. Call in the transaction of the change, the review row locked.
    """
    rank = _source_rank(review_id)
    ids = sorted(record_ids)
    parts = (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
    return sum(_refresh(review_id, part, rank) for part in parts)


def _source_rank(review_id: int) -> dict[int, int]:
    """Place of each search in the order that a lead has set, by its id."""
    order = DuplicateSettings.objects.filter(review_id=review_id).values_list("source_order", flat=True).first()
    return {search_id: place for place, search_id in enumerate(order or [])}


def _refresh(review_id: int, ids: Sequence[int], rank: Mapping[int, int]) -> int:
    copies = _copies(review_id, ids, rank)
    rows = Record.objects.filter(review_id=review_id, pk__in=ids).order_by("id")
    changed = []
    for row in rows.filter(Q(pk__in=copies) | Q(borrowed__isnull=False)).values("id", "borrowed", *FIELDS):
        former = row["borrowed"] or {}
        found = borrow(row, copies.get(row["id"], []), former)
        if found != former:
            changed.append(Record(pk=row["id"], borrowed=found or None))
    Record.objects.bulk_update(changed, ["borrowed"], batch_size=_CHUNK)
    return len(changed)


def _copies(review_id: int, ids: Sequence[int], rank: Mapping[int, int]) -> dict[int, list[Copy]]:
    """The copies of each record, from the preferred source first."""
    rows = list(
        Record.objects.filter(review_id=review_id, duplicate_of_id__in=ids).values(
            "id", "duplicate_of_id", "search_id", *FIELDS
        )
    )
    sources = Search.objects.in_bulk({row["search_id"] for row in rows})
    found: dict[int, list[Copy]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (rank.get(row["search_id"], len(rank)), row["search_id"], row["id"])):
        found[row["duplicate_of_id"] or 0].append(Copy(row["id"], str(sources[row["search_id"]]), row))
    return found


def _values(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in FIELDS}


@transaction.atomic
def choose_fields(*, membership: Membership, record: Record, choices: Mapping[str, int]) -> Record:
    """A person chooses for some fields of a kept record whose value is shown: {field: id of a copy, or of the record}.

    Fields not named stay as they are. One event, none if nothing changes.
    Raises ForbiddenError for observers, StaleError where the record is no longer kept or a copy no longer its copy,
    DomainError for a field that cannot be chosen or that the copy does not have.
    """
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    Review.objects.select_for_update(no_key=True).get(pk=membership.review_id)
    record = Record.objects.select_for_update(of=("self",), no_key=True).get(
        pk=record.pk, review_id=membership.review_id
    )
    if record.duplicate_of_id is not None:
        raise StaleError("This record counts as a duplicate of another now. Choose on that one's page.")
    copies = _copies(membership.review_id, [record.pk], _source_rank(membership.review_id)).get(record.pk, [])
    former: Borrowed = dict(record.borrowed or {})
    found = borrow(_values(record), copies, _with_choices(record, copies, former, choices))
    before, after = _changes(former, found)
    if before == after:
        return record
    record.borrowed = found or None
    record.save(update_fields=["borrowed"])
    log_event(Occasion(membership.review, membership.user), AuditKind.FIELDS_CHOSEN, record, before=before, after=after)
    return record


def _with_choices(
    record: Record, copies: Sequence[Copy], former: Borrowed, choices: Mapping[str, int]
) -> dict[str, Mapping[str, Any]]:
    by_id = {copy.id: copy for copy in copies}
    wanted: dict[str, Mapping[str, Any]] = dict(former)
    for name, chosen in choices.items():
        if name not in FIELDS:
            raise DomainError("This field cannot be shown as a copy has it.")
        shown = former.get(name, {}).get("from", record.pk)
        if chosen == shown:
            continue  # what is filled automatically stays automatic
        if chosen == record.pk:
            wanted.pop(name, None)
            continue
        if chosen not in by_id:
            raise StaleError("One of these records is no longer a copy of this one.")
        if not by_id[chosen].values.get(name):
            raise DomainError(f"{by_id[chosen].source} gives no value for “{FIELDS[name]}”.", field=name)
        wanted[name] = {"wanted": chosen}
    return wanted


def _changes(former: Borrowed, found: Borrowed) -> tuple[dict[str, str], dict[str, str]]:
    """What was and is shown for the fields that change, in words for the log."""
    before = {name: _whose(former.get(name)) for name in FIELDS}
    after = {name: _whose(found.get(name)) for name in FIELDS}
    changed = [name for name in FIELDS if before[name] != after[name]]
    return {FIELDS[name]: before[name] for name in changed}, {FIELDS[name]: after[name] for name in changed}


def _whose(entry: Mapping[str, Any] | None) -> str:
    if not entry or "from" not in entry:
        return "As its own source has it"
    return f"{entry['source']}, #{entry['from']}"
