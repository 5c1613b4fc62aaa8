"""The public deduplication sets as matching input: reading, truth, doubted labels, and what a result is worth."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from screening.management.commands.dedupe_file import read_records, read_rows
from screening.rules.matching import MatchInput, ScoredPair, Zone, cluster, open_questions

Pair = frozenset[str]


@dataclass(frozen=True)
class LabelledSet:
    """Records in shuffled order, the true cluster of each id, and the pairs whose label is doubted."""

    name: str
    records: list[MatchInput]
    truth: dict[str, str]
    doubts: frozenset[Pair]

    @property
    def true_pairs(self) -> set[Pair]:
        members = defaultdict(list)
        for record_id, group in self.truth.items():
            members[group].append(record_id)
        return pairs_within(members.values()) - self.doubts


def load_set(folder: Path, *, seed: int = 3) -> LabelledSet:
    """One set from its folder, rows shuffled."""
    records = read_records(folder / "records.csv.gz")
    random.Random(seed).shuffle(records)
    truth = {str(row["id"]): str(row["cluster"]) for row in read_rows(folder / "truth.csv.gz")}
    path = folder / "doubts.csv.gz"
    doubts = (
        frozenset(frozenset((str(row["id1"]), str(row["id2"]))) for row in read_rows(path))
        if path.exists()
        else frozenset()
    )
    return LabelledSet(folder.name, records, truth, doubts)


def load_sets(data: Path) -> list[LabelledSet]:
    """All sets under a folder, smallest first."""
    found = [load_set(path) for path in sorted(data.iterdir()) if (path / "truth.csv.gz").exists()]
    return sorted(found, key=lambda s: len(s.records))


def pairs_within(groups: Iterable[Iterable[str]]) -> set[Pair]:
    """Every pair of ids that share a group."""
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


@dataclass(frozen=True)
class Outcome:
    """What a run found on one set: the certain zone alone, then with the doubtful pairs decided by a perfect person."""

    pairs: int
    wrong: int
    missed: int
    wrong_with_person: int
    missed_with_person: int
    questions: int
    records_to_look_at: int

    @property
    def recall(self) -> float:
        return 1 - self.missed / max(1, self.pairs)

    @property
    def recall_with_person(self) -> float:
        return 1 - self.missed_with_person / max(1, self.pairs)


def outcome(labelled: LabelledSet, found: list[ScoredPair]) -> Outcome:
    """Score pairs from `find_pairs` on one set, doubted labels left out."""
    truth, true = labelled.truth, labelled.true_pairs
    groups = cluster(found)
    certain = pairs_within(groups) - labelled.doubts  # type: ignore[arg-type]  # ids are strings here
    doubtful = [(p.a, p.b) for p in found if p.zone is Zone.DOUBTFUL]
    same = [pair for pair in doubtful if truth[str(pair[0])] == truth[str(pair[1])]]
    apart = [pair for pair in doubtful if truth[str(pair[0])] != truth[str(pair[1])]]
    decided = pairs_within(cluster(found, decided_same=same, decided_distinct=apart)) - labelled.doubts  # type: ignore[arg-type]  # ids are strings here
    questions = open_questions(found, groups)
    return Outcome(
        pairs=len(true),
        wrong=len(certain - true),
        missed=len(true - certain),
        wrong_with_person=len(decided - true),
        missed_with_person=len(true - decided),
        questions=len(questions),
        records_to_look_at=len({record_id for p in questions for record_id in (p.a, p.b)}),
    )
