"""Which records are grouped by which pairs, and which of a group is kept: read, and worked out, but not written.

Groups are the connected components over SAME pairs, held apart by DISTINCT pairs and by what the matching rules forbid.
`services/clusters.py` writes what comes out; a preview of other thresholds asks the same question of other verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q

from screening.constants import PairVerdict, PairZone, RetrievalStatus, ScreeningStatus
from screening.models import Decision, DuplicatePair, DuplicateSettings, Record, Report, ReportFile
from screening.queries.duplicates import MATCHED, match_inputs, source_name
from screening.rules.matching import MatchInput, ScoredPair, Zone, cluster, make_veto_check, pick_kept
from screening.rules.matching.types import RecordId

REFUSED = Q(verdict=PairVerdict.OPEN, zone=PairZone.CERTAIN, decided_by=None, marked_by=None)
"""What the system would merge, but for persons' decisions, full texts or rules that stand against it: asked anew each
time, so that it is merged once nothing stands against it any more."""
_JOINING = Q(verdict=PairVerdict.SAME) | REFUSED


@dataclass
class Standing:
    """Everything that is known of the records concerned before they are grouped."""

    pairs: list[DuplicatePair]
    inputs: dict[int, MatchInput]
    worked: set[int]
    """Records with a report that someone has begun to work with: they can only be the kept one of a group."""
    sought: set[int]
    """Records included at title and abstract: a report of each is sought while it is the kept one."""
    votes: Mapping[int, int]
    searches: Sequence[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    """Ids of those of the pairs that are REFUSED as they are stored; their verdict here is SAME."""

    def with_verdict(self, verdict: PairVerdict) -> list[DuplicatePair]:
        """Pairs with that verdict."""
        return [pair for pair in self.pairs if pair.verdict == verdict]

    def kept_of(self, group: Iterable[RecordId]) -> int:
        """The record to keep: work on its full text, inclusion, most votes, then the fullest description."""
        ids = [int(record_id) for record_id in group]
        ranks = {i: (i in self.worked, i in self.sought, self.votes.get(i, 0)) for i in ids}
        best = max(ranks.values())
        first = [self.inputs[i] for i in ids if ranks[i] == best]
        return int(pick_kept(first, source_order=self.searches))


def everything(review_id: int) -> set[int]:
    """All records that any joining pair names or that are duplicates now."""
    same = DuplicatePair.objects.filter(_JOINING, review_id=review_id)
    ids = {record_id for pair in same.values_list("first_id", "second_id") for record_id in pair}
    linked = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False)
    ids.update(record_id for pair in linked.values_list("id", "duplicate_of_id") for record_id in pair if record_id)
    return ids


def component(review_id: int, seeds: set[int]) -> set[int]:
    """All records that joining pairs or links join to the seeds. As many rounds as the longest chain has links."""
    found: set[int] = set()
    edge = set(seeds)
    while edge:
        found |= edge
        pairs = DuplicatePair.objects.filter(_JOINING, review_id=review_id).filter(
            Q(first_id__in=edge) | Q(second_id__in=edge)
        )
        links = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False).filter(
            Q(id__in=edge) | Q(duplicate_of_id__in=edge)
        )
        near = {record_id for pair in pairs.values_list("first_id", "second_id") for record_id in pair}
        near.update(record_id for link in links.values_list("id", "duplicate_of_id") for record_id in link if record_id)
        edge = near - found
    return found


def standing_of(review_id: int, ids: set[int], instead: Mapping[int, PairVerdict] | None = None) -> Standing:
    """What is known of these records. `instead`: verdicts by id of pair to be taken in place of the stored ones."""
    inputs = match_inputs(Record.objects.filter(review_id=review_id, id__in=ids, removal_reason__in=MATCHED))
    present = {int(item.id): item for item in inputs}
    pairs, refused = _pairs_within(review_id, present, instead or {})
    live = Report.objects.filter(record_id__in=ids, withdrawn_at=None)
    included = Record.objects.filter(id__in=ids, title_abstract_status=ScreeningStatus.INCLUDED)
    file = ReportFile.objects.filter(report_id=OuterRef("pk"), superseded_at=None)
    worked = live.filter(~Q(retrieval_status=RetrievalStatus.SOUGHT) | Exists(file))
    votes = Decision.objects.filter(record_id__in=ids, superseded_at=None).values_list("record_id")
    return Standing(
        pairs=pairs,
        refused=refused,
        inputs=present,
        worked=set(worked.values_list("record_id", flat=True)),
        sought=set(included.values_list("id", flat=True)),
        votes={record_id: number for record_id, number in votes.annotate(number=Count("id")) if record_id},
        searches=_preferred_sources(review_id, {item.source for item in inputs}),
    )


def _pairs_within(
    review_id: int, present: Mapping[int, MatchInput], instead: Mapping[int, PairVerdict]
) -> tuple[list[DuplicatePair], set[int]]:
    """The pairs that join or part two of these records, or would but for what stands against it; ids of the latter."""
    said = [PairVerdict.SAME, PairVerdict.DISTINCT]
    rows = DuplicatePair.objects.filter(review_id=review_id, first_id__in=list(present))
    pairs, refused = [], set()
    for pair in rows.filter(Q(verdict__in=said) | REFUSED | Q(pk__in=list(instead))):
        if pair.pk not in instead and pair.verdict == PairVerdict.OPEN:
            refused.add(pair.pk)
            pair.verdict = PairVerdict.SAME
        pair.verdict = instead.get(pair.pk, PairVerdict(pair.verdict))
        if pair.verdict in said and pair.second_id in present:
            pairs.append(pair)
    return pairs, refused


def _preferred_sources(review_id: int, present: set[str]) -> list[str]:
    """The sources of these records in the order that a lead has set, then by number."""
    order = DuplicateSettings.objects.filter(review_id=review_id).values_list("source_order", flat=True).first()
    wanted = [name for name in map(source_name, order or []) if name in present]
    return [*wanted, *sorted(present.difference(wanted))]


def groups_of(standing: Standing) -> list[tuple[RecordId, ...]]:
    """Groups of two records or more.

    First what the system may join by itself; then what persons said, which no rule overrides, and on top of it what
    the system joined, as far as nobody told it apart.
    """
    same = standing.with_verdict(PairVerdict.SAME)
    automatic = [
        ScoredPair(pair.first_id, pair.second_id, pair.probability or 0.0, Zone.CERTAIN)
        for pair in same
        if pair.decided_by_id is None
    ]
    apart = [(pair.first_id, pair.second_id) for pair in standing.with_verdict(PairVerdict.DISTINCT)]
    place = place_in(cluster(automatic, decided_distinct=apart, vetoed=_veto(standing, automatic)))
    return cluster(
        [pair for pair in automatic if place.get(pair.a, -1) == place.get(pair.b, -2)],
        decided_same=[(pair.first_id, pair.second_id) for pair in same if pair.decided_by_id is not None],
        decided_distinct=apart,
        vetoed=lambda a, b: a in standing.worked and b in standing.worked,
    )


def _veto(standing: Standing, automatic: list[ScoredPair]) -> Callable[[RecordId, RecordId], bool]:
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


def place_in(groups: list[tuple[RecordId, ...]]) -> dict[RecordId, int]:
    """Number of the group by record."""
    return {member: place for place, group in enumerate(groups) for member in group}
