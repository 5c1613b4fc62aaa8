"""From pairs to groups: which records are one report, and which of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from screening.rules.matching.types import MatchInput, RecordId, ScoredPair, Zone, order_of

IdPair = tuple[RecordId, RecordId]


class _Groups:
    """Disjoint groups that refuse to join when a pair across them must stay apart."""

    def __init__(self, apart: Iterable[IdPair], vetoed: Callable[[RecordId, RecordId], bool] | None) -> None:
        self.members: dict[RecordId, list[RecordId]] = {}
        self.apart: dict[RecordId, set[RecordId]] = {}
        self.vetoed = vetoed
        for a, b in apart:
            self.apart.setdefault(a, set()).add(b)
            self.apart.setdefault(b, set()).add(a)

    def of(self, record_id: RecordId) -> list[RecordId]:
        return self.members.setdefault(record_id, [record_id])

    def may_join(self, left: list[RecordId], right: list[RecordId]) -> bool:
        if any(not self.apart.get(a, frozenset()).isdisjoint(right) for a in left):
            return False
        return self.vetoed is None or not any(self.vetoed(a, b) for a in left for b in right)

    def join(self, a: RecordId, b: RecordId, *, check: bool) -> None:
        left, right = self.of(a), self.of(b)
        if left is right or (check and not self.may_join(left, right)):
            return
        if len(left) < len(right):
            left, right = right, left
        left.extend(right)
        for member in right:
            self.members[member] = left


def cluster(
    pairs: Iterable[ScoredPair],
    *,
    decided_same: Iterable[IdPair] = (),
    decided_distinct: Iterable[IdPair] = (),
    vetoed: Callable[[RecordId, RecordId], bool] | None = None,
) -> list[tuple[RecordId, ...]]:
    """Groups of two or more ids that are one report, ids in order, groups in the order of their first id.

    A person's `decided_same` always joins; certain pairs join from the most probable down, unless that would put two
    records into one group which a person decided to be distinct, which `pairs` holds a veto for, or which `vetoed`
    (see `make_veto_check`) forbids. Doubtful pairs join nothing. The result does not depend on the order of `pairs`.
    """
    scored = sorted(pairs, key=lambda p: (-p.probability, order_of(p.a), order_of(p.b)))
    apart = list(decided_distinct)
    apart += [(p.a, p.b) for p in scored if p.vetoes]
    groups = _Groups(apart, vetoed)
    for a, b in sorted(decided_same, key=lambda pair: sorted(map(order_of, pair))):
        groups.join(a, b, check=False)
    for pair in scored:
        if pair.zone is Zone.CERTAIN:
            groups.join(pair.a, pair.b, check=True)
    distinct_groups = {id(group): group for group in groups.members.values() if len(group) > 1}
    found = [tuple(sorted(group, key=order_of)) for group in distinct_groups.values()]
    return sorted(found, key=lambda group: order_of(group[0]))


def open_questions(pairs: Iterable[ScoredPair], clusters: Iterable[Sequence[RecordId]]) -> list[ScoredPair]:
    """The doubtful pairs still worth a person's look: the most probable one for each two groups, none inside a group."""
    group_of: dict[RecordId, RecordId] = {member: group[0] for group in clusters for member in group}
    best: dict[frozenset[RecordId], ScoredPair] = {}
    doubtful = [pair for pair in pairs if pair.zone is Zone.DOUBTFUL]
    for pair in sorted(doubtful, key=lambda p: (-p.probability, order_of(p.a), order_of(p.b))):
        sides = frozenset((group_of.get(pair.a, pair.a), group_of.get(pair.b, pair.b)))
        if len(sides) == 2:
            best.setdefault(sides, pair)
    return list(best.values())


_WEIGHTS: Mapping[str, float] = {
    "abstract": 4, "doi": 3, "authors": 2, "journal": 2, "pages": 2, "volume": 1.5, "year": 1.5, "pmid": 1.5,
    "issue": 1, "isbn": 0.5, "booktitle": 0.5, "publication_type": 0.5, "title": 4,
}  # fmt: skip


def completeness(record: MatchInput) -> float:
    """How much of a full description a record holds: the sum of the weights of its filled fields."""
    return sum(weight for name, weight in _WEIGHTS.items() if getattr(record, name))


def pick_kept(records: Sequence[MatchInput], *, source_order: Sequence[str] = ()) -> RecordId:
    """The id of the record to keep: the most complete, then the earliest source in `source_order`, then longest, then id.

    Raises ValueError when `records` is empty.
    """
    if not records:
        raise ValueError("no records to choose from")
    rank = {name: place for place, name in enumerate(source_order)}

    def key(record: MatchInput) -> tuple[float, int, int, tuple[bool, int, str]]:
        length = len(record.abstract) + len(record.title) + sum(map(len, record.authors))
        return (-completeness(record), rank.get(record.source, len(rank)), -length, order_of(record.id))

    return min(records, key=key).id
