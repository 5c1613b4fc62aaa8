"""The duplicate finder: prepare, block, score in batches, decide, and keep chains free of vetoed pairs."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel, Prefix

from screening.rules.matching.blocking import ABSTRACT_START, IntArray, KeyTable, candidate_pairs, distinct
from screening.rules.matching.clusters import cluster
from screening.rules.matching.decision import forbidden, judge, judge_close
from screening.rules.matching.prepare import Memo, Prepared
from screening.rules.matching.types import (
    DEFAULT,
    MatchInput,
    MatchSettings,
    RecordId,
    ScoredPair,
    Zone,
    order_of,
)

Progress = Callable[[int, int], None]
_BATCH = 20_000
_TITLES_ALIKE = 0.7
_SHORT = 11


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for reference cycles meanwhile: there are none here, and looking through all records again and again
    takes a quarter of the time, growing faster than the records."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Index:
    """Existing records made ready once, so that several small imports can be compared with them quickly.

    Raises ValueError when two records share an id.
    """

    def __init__(self, records: Iterable[MatchInput] = ()) -> None:
        self.prepared: list[Prepared] = []
        self.table = KeyTable()
        self.memo = Memo()
        self.extend(records)

    def extend(self, records: Iterable[MatchInput]) -> None:
        """Add records to the existing ones. Raises ValueError when an id is there already."""
        with _uncollected():
            more = prepare(records, self.memo)
            _refuse_shared_ids(self.prepared, more)
            self.prepared += more
            self.table.extend(more)


def prepare(records: Iterable[MatchInput], memo: Memo | None = None) -> list[Prepared]:
    """Records made ready, in the order of their ids. Raises ValueError when two share an id."""
    memo = memo or Memo()
    prepared = sorted((Prepared(record, memo) for record in records), key=_place_of)
    for left, right in itertools.pairwise(prepared):
        if left.record.id == right.record.id:
            raise ValueError(f"two records have the id {left.record.id!r}")
    return prepared


def _place_of(p: Prepared) -> tuple[bool, int, str]:
    return order_of(p.record.id)


def _refuse_shared_ids(old: list[Prepared], new: list[Prepared]) -> None:
    fresh = {p.record.id for p in new}
    if shared := [p.record.id for p in old if p.record.id in fresh]:
        raise ValueError(f"two records have the id {shared[0]!r}")


def joined(
    records: Iterable[MatchInput], existing: Sequence[MatchInput] | Index
) -> tuple[list[Prepared], int, KeyTable]:
    """Existing records and new ones made ready, the place of the first new one, and the keys of all.

    An Index given as `existing` stays as it is. Raises ValueError when two records share an id.
    """
    index = existing if isinstance(existing, Index) else Index(existing)
    new = prepare(records, index.memo)
    _refuse_shared_ids(index.prepared, new)
    table = index.table.copy() if index is existing else index.table
    table.extend(new)
    return index.prepared + new, len(index.prepared), table


def find_pairs(
    records: Iterable[MatchInput],
    *,
    existing: Sequence[MatchInput] | Index = (),
    settings: MatchSettings = DEFAULT,
    progress: Progress | None = None,
) -> list[ScoredPair]:
    """The certain and the doubtful pairs among `records` and between them and `existing`, in the order of their ids.

    Pairs within `existing` are not looked at again. A certain pair that would chain two records of which a veto says
    that they are different comes back as doubtful, with that veto. `progress` is called with (pairs done, pairs to do).
    Raises ValueError when two records share an id.
    """
    with _uncollected():
        return _find_pairs(records, existing, settings, progress)


def _find_pairs(
    records: Iterable[MatchInput],
    existing: Sequence[MatchInput] | Index,
    settings: MatchSettings,
    progress: Progress | None,
) -> list[ScoredPair]:
    everything, new_from, table = joined(records, existing)
    left, right = promising(everything, new_from, table)
    found = []
    for start in range(0, len(left), _BATCH):
        part = slice(start, start + _BATCH)
        for x, y in zip(left[part].tolist(), right[part].tolist(), strict=True):
            pair = judge_close(everything[x], everything[y], settings)
            if pair is not None:
                found.append(pair)
        if progress is not None:
            progress(min(start + _BATCH, len(left)), len(left))
    found.sort(key=lambda pair: (order_of(pair.a), order_of(pair.b)))
    return _without_vetoed_chains(found, everything)


def promising(records: list[Prepared], new_from: int, table: KeyTable) -> tuple[IntArray, IntArray]:
    """Of the pairs that share a key those whose titles are alike, or that something else makes worth a closer look."""
    left, right = candidate_pairs(records, new_from, table)
    keep = _worth_a_look(records, left, right)
    for start in range(0, len(left), _BATCH * 25):
        part = np.arange(start, min(start + _BATCH * 25, len(left)))
        part = part[~keep[part]]
        a = [records[i].squash for i in left[part].tolist()]
        b = [records[i].squash for i in right[part].tolist()]
        alike = process.cpdist(a, b, scorer=Indel.normalized_similarity, dtype=np.float32, workers=-1)
        common = process.cpdist(a, b, scorer=Prefix.similarity, dtype=np.int32, workers=-1)
        shorter = np.array([min(len(x), len(y)) for x, y in zip(a, b, strict=True)], np.int32)
        keep[part] = (alike >= _TITLES_ALIKE) | ((common == shorter) & (shorter > _SHORT))
    return left[keep], right[keep]


def _worth_a_look(records: list[Prepared], left: IntArray, right: IntArray) -> NDArray[np.bool_]:
    """Whether a DOI, a PubMed identifier, the abstract's start, or page and first author are the same, titles aside."""
    used = distinct(np.concatenate([left, right]))
    chosen = [records[i] for i in used.tolist()]
    x, y = np.searchsorted(used, left), np.searchsorted(used, right)

    def same(values: IntArray) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (values[x] == values[y]) & (values[x] > 0)
        return found

    page = same(np.array([p.pages.first for p in chosen], np.int64))
    volume = same(np.array([p.volume for p in chosen], np.int64))
    year = same(np.array([p.year for p in chosen], np.int64))
    lead = same(_numbered([p.record.authors[0][:3].lower() if p.record.authors else "" for p in chosen]))
    identifier = same(_numbered([p.doi for p in chosen])) | same(_numbered([p.pmid for p in chosen]))
    abstract = same(_numbered([p.record.abstract[ABSTRACT_START] for p in chosen]))
    return identifier | abstract | (page & (volume | year) & lead)


def _numbered(texts: list[str]) -> IntArray:
    """One number a text, equal for equal texts, 0 for none."""
    numbers: dict[str, int] = {"": 0}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)


def _without_vetoed_chains(pairs: list[ScoredPair], everything: list[Prepared]) -> list[ScoredPair]:
    """The pairs again, certain ones made doubtful where joining them all would put a vetoed pair into one group."""
    involved = {record_id for pair in pairs for record_id in (pair.a, pair.b)}
    prepared = {p.record.id: p for p in everything if p.record.id in involved}
    judged = {(pair.a, pair.b): bool(pair.vetoes) for pair in pairs}

    def vetoed(a: RecordId, b: RecordId) -> bool:
        known = judged.get((a, b), judged.get((b, a)))
        return forbidden(prepared[a], prepared[b]) if known is None else known

    groups = cluster(pairs, vetoed=vetoed)
    group_of = {member: place for place, group in enumerate(groups) for member in group}
    result = []
    for pair in pairs:
        if pair.zone is Zone.CERTAIN and group_of.get(pair.a, -1) != group_of.get(pair.b, -2):
            pair = replace(pair, zone=Zone.DOUBTFUL, vetoes=("would join records that must stay apart",))
        result.append(pair)
    return result


def make_veto_check(records: Iterable[MatchInput]) -> Callable[[RecordId, RecordId], bool]:
    """A function for `cluster(vetoed=…)` that compares any two of these records; it remembers what it has compared."""
    prepared = {p.record.id: p for p in prepare(records)}
    known: dict[tuple[RecordId, RecordId], bool] = {}

    def vetoed(a: RecordId, b: RecordId) -> bool:
        key = (a, b) if order_of(a) <= order_of(b) else (b, a)
        if key not in known:
            known[key] = forbidden(prepared[a], prepared[b])
        return known[key]

    return vetoed


def explain(a: MatchInput, b: MatchInput, *, settings: MatchSettings = DEFAULT) -> ScoredPair:
    """The verdict on any two records with reasons and vetoes, distinct ones included. Symmetric."""
    return judge(Prepared(a), Prepared(b), settings)


_COMPARED = ("title", "authors", "year", "journal", "booktitle", "volume", "issue", "pages", "doi", "pmid", "isbn", "abstract", "publication_type")  # fmt: skip


def differing_fields(a: MatchInput, b: MatchInput) -> tuple[str, ...]:
    """The names of the fields in which both records say something and do not say the same, case and spaces aside."""
    return tuple(name for name in _COMPARED if _says_otherwise(getattr(a, name), getattr(b, name)))


def _says_otherwise(x: object, y: object) -> bool:
    if not x or not y:
        return False
    return _flat(x) != _flat(y)


def _flat(value: object) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return " ".join(text.casefold().split())
