"""Which pairs are worth comparing: records that share a key, never all pairs; work grows about as n log n.

Keys: identifiers; the start of the abstract; pages with volume or year; pairs of the rarest title words. A key shared
by more records than `CAP` is not dropped: within it, records are compared with their neighbours in the order of their
titles, authors and years.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from screening.rules.matching.prepare import Prepared
from screening.rules.matching.titles import STOP_WORDS

CAP = 40
NEIGHBOURS = 12
RARE_WORDS = 5
IntArray = NDArray[np.int64]


def candidate_pairs(records: Sequence[Prepared], new_from: int) -> tuple[IntArray, IntArray]:
    """Two arrays of places (left < right) of the pairs to compare, each pair once, at least one of them a new record.

    `records` holds the existing ones first; those from place `new_from` on are new.
    """
    n = len(records)
    order = _neighbour_rank(records)
    codes = [_pairs_in(keys, owners, order, new_from) for keys, owners in _key_families(records)]
    joined = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int64)
    return joined // max(n, 1), joined % max(n, 1)


def _neighbour_rank(records: Sequence[Prepared]) -> IntArray:
    texts = [
        f"{p.squash}|{p.record.authors[0][:12] if p.record.authors else ''}|{p.year}|{p.pages.first}" for p in records
    ]
    rank = np.empty(len(records), np.int64)
    rank[np.array(sorted(range(len(records)), key=texts.__getitem__), np.int64)] = np.arange(len(records))
    return rank


def _key_families(records: Sequence[Prepared]) -> Iterator[tuple[IntArray, IntArray]]:
    yield _numbered(_identifier_keys(records))
    yield _numbered(_place_keys(records))
    yield _rare_word_keys(records)


def _numbered(keyed: Iterator[tuple[int, str]]) -> tuple[IntArray, IntArray]:
    numbers: dict[str, int] = {}
    keys, owners = [], []
    for place, key in keyed:
        keys.append(numbers.setdefault(key, len(numbers)))
        owners.append(place)
    return np.array(keys, np.int64), np.array(owners, np.int64)


def _identifier_keys(records: Sequence[Prepared]) -> Iterator[tuple[int, str]]:
    for place, p in enumerate(records):
        if p.doi:
            yield place, "d" + p.doi
        if p.pmid:
            yield place, "p" + p.pmid
        if p.squash:
            yield place, "t" + p.squash[:60]
        start = p.record.abstract[60:140]
        if len(start) == 80:
            yield place, "a" + "".join(c for c in start.lower() if "a" <= c <= "z")[10:50]


def _place_keys(records: Sequence[Prepared]) -> Iterator[tuple[int, str]]:
    for place, p in enumerate(records):
        first = p.pages.first
        if not first:
            continue
        if p.volume:
            yield place, f"v{p.volume}/{first}"
        if p.year:
            yield place, f"y{p.year}/{first}"


def _rare_word_keys(records: Sequence[Prepared]) -> tuple[IntArray, IntArray]:
    counts: dict[str, int] = {}
    telling = [sorted({t for t in p.tokens if t not in STOP_WORDS}) for p in records]
    for tokens in telling:
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
    number = {token: i for i, token in enumerate(sorted(counts, key=lambda t: (counts[t], t)))}
    size = len(number) + 1
    keys, owners = [], []
    for place, tokens in enumerate(telling):
        rare = sorted(number[t] for t in tokens if counts[t] > 1)[:RARE_WORDS]
        if len(rare) == 1:
            rare.append(size - 1)
        for x, y in combinations(rare, 2):
            keys.append(x * size + y)
            owners.append(place)
    return np.array(keys, np.int64), np.array(owners, np.int64)


def _pairs_in(keys: IntArray, owners: IntArray, rank: IntArray, new_from: int) -> IntArray:
    """Codes left * n + right of the pairs that share a key; in blocks above CAP only near neighbours."""
    n = len(rank)
    if not len(keys):
        return np.empty(0, np.int64)
    by_key = np.lexsort((rank[owners], keys))
    keys, owners = keys[by_key], owners[by_key]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sizes = np.diff(np.r_[starts, len(keys)])
    reach = np.repeat(np.where(sizes > CAP, NEIGHBOURS, sizes), sizes)
    found = []
    for step in range(1, CAP):
        together = (keys[step:] == keys[:-step]) & (reach[:-step] > step - 1)
        if not together.any():
            break
        x, y = owners[:-step][together], owners[step:][together]
        fresh = (np.maximum(x, y) >= new_from) & (x != y)
        x, y = x[fresh], y[fresh]
        found.append(np.unique(np.minimum(x, y) * n + np.maximum(x, y)))
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)
