"""From pairs to groups of records of one report: which record of each group is kept, and `duplicate_of` of the others.

Groups are the connected components over SAME pairs, held apart by DISTINCT pairs and by what the matching rules forbid.
Everything here is recomputed from the pairs, so doing it again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from reviewapp.audit import Occasion
from reviewapp.errors import DomainError
from screening.constants import PairVerdict, RemovalReason, RetrievalStatus, ScreeningStatus
from screening.models import Decision, DuplicatePair, Record, Report, ReportFile
from screening.queries.duplicates import MATCHED, match_inputs
from screening.rules.matching import MatchInput, ScoredPair, Zone, cluster, make_veto_check, pick_kept
from screening.rules.matching.types import RecordId
from screening.services.settling import seek_report, withdraw_report

APART = "would join records that must stay apart"


@dataclass(frozen=True)
class ClusterChanges:
    """What a refresh changed: numbers of records and pairs."""

    marked: int = 0
    released: int = 0
    reopened: int = 0


@dataclass
class _Standing:
    """Everything that is known of the records concerned before they are grouped."""

    pairs: list[DuplicatePair]
    inputs: dict[int, MatchInput]
    worked: set[int]
    """Records with a report that someone has begun to work with: they can only be the kept one of a group."""
    sought: set[int]
    """Records with any live report."""
    votes: Mapping[int, int]
    searches: Sequence[str] = field(default_factory=list)

    def with_verdict(self, verdict: PairVerdict) -> list[DuplicatePair]:
        """Pairs with that verdict."""
        return [pair for pair in self.pairs if pair.verdict == verdict]

    def kept_of(self, group: Iterable[RecordId]) -> int:
        """The record to keep: work on its full text, a report, most votes, then the fullest description."""
        ids = [int(record_id) for record_id in group]
        ranks = {i: (i in self.worked, i in self.sought, self.votes.get(i, 0)) for i in ids}
        best = max(ranks.values())
        first = [self.inputs[i] for i in ids if ranks[i] == best]
        return int(pick_kept(first, source_order=self.searches))


def refresh_clusters(*, review_id: int, occasion: Occasion, seeds: set[int] | None = None) -> ClusterChanges:
    """Bring `duplicate_of` in line with the pairs, for the whole review or for the groups that `seeds` belong to.

    Votes stay where they are, on kept and duplicate records alike. The report of a record that becomes a duplicate is
    withdrawn and comes back when it is released. An automatic SAME pair that would chain records which must stay apart
    becomes OPEN: a person decides. Call inside the transaction of the change, with the review row locked.
    Raises DomainError when persons' decisions contradict each other, or two full texts would become one.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("refresh_clusters must run in the transaction of the change.")
    ids = _everything(review_id) if seeds is None else _component(review_id, seeds)
    standing = _standing(review_id, ids)
    groups = _groups(standing)
    _check_contradictions(standing, groups)
    reopened = _reopen_refused(standing, groups)
    kept: dict[int, int] = {}
    for group in groups:
        keep = standing.kept_of(group)
        kept.update({int(member): keep for member in group if member != keep})
    marked, released = _apply(review_id, ids, kept, occasion)
    return ClusterChanges(marked, released, reopened)


def _everything(review_id: int) -> set[int]:
    same = DuplicatePair.objects.filter(review_id=review_id, verdict=PairVerdict.SAME)
    ids = {record_id for pair in same.values_list("first_id", "second_id") for record_id in pair}
    linked = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False)
    ids.update(record_id for pair in linked.values_list("id", "duplicate_of_id") for record_id in pair if record_id)
    return ids


def _component(review_id: int, seeds: set[int]) -> set[int]:
    """All records that SAME pairs or present links join to the seeds. As many rounds as the longest chain has links."""
    found: set[int] = set()
    edge = set(seeds)
    while edge:
        found |= edge
        pairs = DuplicatePair.objects.filter(review_id=review_id, verdict=PairVerdict.SAME).filter(
            Q(first_id__in=edge) | Q(second_id__in=edge)
        )
        links = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False).filter(
            Q(id__in=edge) | Q(duplicate_of_id__in=edge)
        )
        near = {record_id for pair in pairs.values_list("first_id", "second_id") for record_id in pair}
        near.update(record_id for link in links.values_list("id", "duplicate_of_id") for record_id in link if record_id)
        edge = near - found
    return found


def _standing(review_id: int, ids: set[int]) -> _Standing:
    inputs = match_inputs(Record.objects.filter(review_id=review_id, id__in=ids, removal_reason__in=MATCHED))
    present = {int(item.id): item for item in inputs}
    pairs = [
        pair
        for pair in DuplicatePair.objects.filter(
            review_id=review_id, first_id__in=ids, verdict__in=[PairVerdict.SAME, PairVerdict.DISTINCT]
        )
        if pair.first_id in present and pair.second_id in present
    ]
    live = Report.objects.filter(record_id__in=ids, withdrawn_at=None)
    file = ReportFile.objects.filter(report_id=OuterRef("pk"), superseded_at=None)
    worked = live.filter(~Q(retrieval_status=RetrievalStatus.SOUGHT) | Exists(file))
    votes = Decision.objects.filter(record_id__in=ids, superseded_at=None).values_list("record_id")
    return _Standing(
        pairs=pairs,
        inputs=present,
        worked=set(worked.values_list("record_id", flat=True)),
        sought=set(live.values_list("record_id", flat=True)),
        votes={record_id: number for record_id, number in votes.annotate(number=Count("id")) if record_id},
        searches=sorted({item.source for item in inputs}),
    )


def _groups(standing: _Standing) -> list[tuple[RecordId, ...]]:
    """First what the system may join by itself; then what persons said, which no rule overrides, and on top of it what
    the system joined, as far as nobody told it apart."""
    same = standing.with_verdict(PairVerdict.SAME)
    automatic = [
        ScoredPair(pair.first_id, pair.second_id, pair.probability or 0.0, Zone.CERTAIN)
        for pair in same
        if pair.decided_by_id is None
    ]
    apart = [(pair.first_id, pair.second_id) for pair in standing.with_verdict(PairVerdict.DISTINCT)]
    place = _group_of(cluster(automatic, decided_distinct=apart, vetoed=_veto(standing, automatic)))
    return cluster(
        [pair for pair in automatic if place.get(pair.a, -1) == place.get(pair.b, -2)],
        decided_same=[(pair.first_id, pair.second_id) for pair in same if pair.decided_by_id is not None],
        decided_distinct=apart,
        vetoed=lambda a, b: a in standing.worked and b in standing.worked,
    )


def _veto(standing: _Standing, automatic: list[ScoredPair]) -> Callable[[RecordId, RecordId], bool]:
    """What no chain of automatic pairs may join. A pair that was itself found to be the same stands."""
    decided = {frozenset((pair.a, pair.b)) for pair in automatic}
    degree = Counter(record_id for pair in automatic for record_id in (pair.a, pair.b))
    chained = {i for pair in decided if any(degree[member] > 1 for member in pair) for i in pair}
    rules = make_veto_check([standing.inputs[int(i)] for i in chained])

    def vetoed(a: RecordId, b: RecordId) -> bool:
        if a in standing.worked and b in standing.worked:
            return True
        return frozenset((a, b)) not in decided and rules(a, b)

    return vetoed


def _group_of(groups: list[tuple[RecordId, ...]]) -> dict[RecordId, int]:
    return {member: place for place, group in enumerate(groups) for member in group}


def _check_contradictions(standing: _Standing, groups: list[tuple[RecordId, ...]]) -> None:
    place = _group_of(groups)
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


def _reopen_refused(standing: _Standing, groups: list[tuple[RecordId, ...]]) -> int:
    place = _group_of(groups)
    refused = [
        pair
        for pair in standing.with_verdict(PairVerdict.SAME)
        if pair.decided_by_id is None and place.get(pair.first_id, -1) != place.get(pair.second_id, -2)
    ]
    for pair in refused:
        pair.verdict, pair.decided_at = PairVerdict.OPEN, None
        pair.reasons = [*pair.reasons, APART]
    DuplicatePair.objects.bulk_update(refused, ["verdict", "decided_at", "reasons"], batch_size=500)
    return len(refused)


def _apply(review_id: int, ids: set[int], kept: dict[int, int], occasion: Occasion) -> tuple[int, int]:
    """Write the links that changed, records locked in the order of their ids; how many were marked and released."""
    rows = Record.objects.filter(review_id=review_id, id__in=ids).values_list("id", "duplicate_of_id", "removal_reason")
    changed = [i for i, link, reason in rows if reason in MATCHED and link != kept.get(i)]
    records = list(
        Record.objects.select_for_update(of=("self",), no_key=True)
        .filter(id__in=changed)
        .order_by("id")
        .only("id", "review_id", "title", "duplicate_of_id", "removal_reason", "title_abstract_status")
    )
    released = 0
    for record in records:
        record.duplicate_of_id = kept.get(record.pk)
        record.removal_reason = RemovalReason.DUPLICATE if record.duplicate_of_id else ""
        released += record.duplicate_of_id is None
    Record.objects.bulk_update(records, ["duplicate_of_id", "removal_reason"], batch_size=500)
    for record in records:
        if record.title_abstract_status == ScreeningStatus.INCLUDED:
            (withdraw_report if record.duplicate_of_id else seek_report)(record, occasion)
    return len(records) - released, released
