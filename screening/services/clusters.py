"""From pairs to groups of records of one report: which record of each group is kept, and `duplicate_of` of the others.

Groups are the connected components over SAME pairs, held apart by DISTINCT pairs and by what the matching rules forbid.
Everything here is recomputed from the pairs, so doing it again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from reviewapp.audit import Occasion
from reviewapp.errors import DomainError
from screening.constants import PairVerdict, RemovalReason, ScreeningStatus
from screening.models import DuplicatePair, Record
from screening.queries.clusters import Standing, component, everything, groups_of, place_in, standing_of
from screening.queries.duplicates import MATCHED
from screening.rules.matching.types import RecordId
from screening.services.borrowing import refresh_borrowed
from screening.services.settling import seek_report, withdraw_report

APART = "would join records that must stay apart"


@dataclass(frozen=True)
class ClusterChanges:
    """What a refresh changed: records that were none and are duplicates now, the reverse, and pairs opened again."""

    marked: int = 0
    released: int = 0
    reopened: int = 0

    def in_words(self) -> str:
        """For a message: "3 records more are removed as duplicates."."""
        more = self.marked - self.released
        if not more:
            return "As many records are removed as duplicates as before."
        how = "more" if more > 0 else "fewer"
        if abs(more) == 1:
            return f"1 record {how} is removed as a duplicate."
        return f"{abs(more):,} records {how} are removed as duplicates."


def refresh_clusters(*, review_id: int, occasion: Occasion, seeds: set[int] | None = None) -> ClusterChanges:
    """Bring `duplicate_of` in line with the pairs, for the whole review or for the groups that `seeds` belong to.

    Votes stay where they are, on kept and duplicate records alike. The report of a record that becomes a duplicate is
    withdrawn and comes back when it is released. An automatic SAME pair that would chain records which must stay apart
    becomes OPEN: a person decides. It is SAME again once nothing stands against it. Call inside the transaction of the
    change, with the review row locked.
    Raises DomainError when persons' decisions contradict each other, or two full texts would become one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("refresh_clusters must run in the transaction of the change.")
    ids = everything(review_id) if seeds is None else component(review_id, seeds)
    standing = standing_of(review_id, ids)
    groups = groups_of(standing)
    _check_contradictions(standing, groups)
    reopened = _settle_automatic(standing, groups, occasion)
    kept: dict[int, int] = {}
    for group in groups:
        keep = standing.kept_of(group)
        kept.update({int(member): keep for member in group if member != keep})
    marked, released, touched = _apply(review_id, ids, kept, occasion)
    refresh_borrowed(review_id=review_id, record_ids=touched if seeds is None else ids)
    return ClusterChanges(marked, released, reopened)


def _check_contradictions(standing: Standing, groups: list[tuple[RecordId, ...]]) -> None:
    place = place_in(groups)
    for pair in standing.with_verdict(PairVerdict.DISTINCT):
        if pair.first_id in place and place[pair.first_id] == place.get(pair.second_id):
            a, b = standing.inputs[pair.first_id], standing.inputs[pair.second_id]
            raise DomainError(
                f"This contradicts another decision: “{a.title[:80]}” ({a.source}) and “{b.title[:80]}” ({b.source}) "
                "are marked as different reports, and through other records as the same. Undo one of these first."
            )
    for group in groups:
        if sum(member in standing.worked for member in group) > 1:
            raise DomainError(
                "Both records have a report whose full text someone has begun to work with, so they cannot be made one "
                "record. Link the two reports to one study instead, or mark one of them as sought again first."
            )


def _settle_automatic(standing: Standing, groups: list[tuple[RecordId, ...]], occasion: Occasion) -> int:
    """Store of the system's pairs which hold and which are refused and wait for a person; how many were opened."""
    place = place_in(groups)
    changed, reopened = [], 0
    for pair in standing.with_verdict(PairVerdict.SAME):
        joined = place.get(pair.first_id, -1) == place.get(pair.second_id, -2)
        if pair.decided_by_id is not None or joined != (pair.pk in standing.refused):
            continue
        pair.verdict = PairVerdict.SAME if joined else PairVerdict.OPEN
        pair.decided_at = occasion.at if joined else None
        reasons = [reason for reason in pair.reasons if reason != APART]
        pair.reasons = reasons if joined else [*reasons, APART]
        changed.append(pair)
        reopened += not joined
    DuplicatePair.objects.bulk_update(changed, ["verdict", "decided_at", "reasons"], batch_size=500)
    return reopened


def _apply(review_id: int, ids: set[int], kept: dict[int, int], occasion: Occasion) -> tuple[int, int, set[int]]:
    """Write the links that changed, records locked in the order of their ids; how many were marked and released, and
    which records are concerned: those and the kept ones they belonged or belong to."""
    rows = Record.objects.filter(review_id=review_id, id__in=ids).values_list("id", "duplicate_of_id", "removal_reason")
    moved = {i: link for i, link, reason in rows if reason in MATCHED and link != kept.get(i)}
    changed = list(moved)
    touched = {i for record_id, link in moved.items() for i in (record_id, link, kept.get(record_id)) if i}
    records = list(
        Record.objects.select_for_update(of=("self",), no_key=True)
        .filter(id__in=changed)
        .order_by("id")
        .only("id", "review_id", "title", "duplicate_of_id", "removal_reason", "title_abstract_status")
    )
    marked = released = 0
    for record in records:
        marked += record.duplicate_of_id is None
        record.duplicate_of_id = kept.get(record.pk)
        record.removal_reason = RemovalReason.DUPLICATE if record.duplicate_of_id else ""
        released += record.duplicate_of_id is None
    Record.objects.bulk_update(records, ["duplicate_of_id", "removal_reason"], batch_size=500)
    for record in records:
        if record.title_abstract_status == ScreeningStatus.INCLUDED:
            (withdraw_report if record.duplicate_of_id else seek_report)(record, occasion)
    return marked, released, touched
