"""Which pairs are worth comparing: records that share a key, never all pairs; work grows about as n log n.

Keys: identifiers; the start of the title and of the abstract; pages with volume or year; pairs of the rarest title
words. A key shared by more records than `CAP` is not dropped: within it, records are compared with their neighbours in
the order of their titles, authors, years and pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from screening.rules.matching.prepare import Prepared
from screening.rules.matching.titles import STOP_WORDS

CAP = 40
NEIGHBOURS = 12
RARE_WORDS = 5
_TITLE_START = 60
ABSTRACT_START = slice(60, 140)
IntArray = NDArray[np.int64]
_NOTHING = np.empty(0, np.int64)


class KeyTable:
    """The keys and title words of records, in the order they were added; grown by `extend`."""

    def __init__(self) -> None:
        self.size = 0
        self._numbers: dict[str, int] = {}
        self._words: dict[str, int] = {}
        self.keys, self.key_owners = _NOTHING, _NOTHING
        self.words, self.word_owners = _NOTHING, _NOTHING

    def extend(self, records: Sequence[Prepared]) -> None:
        """Add records; their places follow those of the records already there."""
        keys, owners, tokens, token_owners = [], [], [], []
        for place, p in enumerate(records, start=self.size):
            for key in _keys(p):
                keys.append(self._numbers.setdefault(key, len(self._numbers)))
                owners.append(place)
            for token in dict.fromkeys(p.tokens):
                if token not in STOP_WORDS:
                    tokens.append(self._words.setdefault(token, len(self._words)))
                    token_owners.append(place)
        self.size += len(records)
        self.keys, self.key_owners = _append(self.keys, keys), _append(self.key_owners, owners)
        self.words, self.word_owners = _append(self.words, tokens), _append(self.word_owners, token_owners)

    def copy(self) -> KeyTable:
        """A table to extend without changing this one; numbers given in the copy are forgotten with it."""
        twin = KeyTable()
        twin.size = self.size
        twin._numbers, twin._words = dict(self._numbers), dict(self._words)
        twin.keys, twin.key_owners = self.keys, self.key_owners
        twin.words, twin.word_owners = self.words, self.word_owners
        return twin

    def rarity(self) -> IntArray:
        """The rank of each word from the rarest on, equal counts by the alphabet; -1 for words of one record only."""
        counts = np.bincount(self.words, minlength=len(self._words))
        names = list(self._words)
        order = sorted(range(len(names)), key=lambda i: (counts[i], names[i]))
        rank = np.empty(len(names), np.int64)
        rank[order] = np.arange(len(names))
        rank[counts < 2] = -1
        return rank


def _append(old: IntArray, new: list[int]) -> IntArray:
    return np.concatenate([old, np.array(new, np.int64)])


def _keys(p: Prepared) -> Iterator[str]:
    if p.doi:
        yield "d" + p.doi
    if p.pmid:
        yield "p" + p.pmid
    if p.squash:
        yield "t" + p.squash[:_TITLE_START]
    start = p.record.abstract[ABSTRACT_START]
    if len(start) == ABSTRACT_START.stop - ABSTRACT_START.start:
        yield "a" + "".join(filter(str.isalpha, start.lower()))[10:50]
    if p.pages.first:
        if p.volume:
            yield f"v{p.volume}/{p.pages.first}"
        if p.year:
            yield f"y{p.year}/{p.pages.first}"


def candidate_pairs(records: Sequence[Prepared], new_from: int, table: KeyTable) -> tuple[IntArray, IntArray]:
    """Two arrays of places (left < right) of the pairs to compare, each pair once, at least one of them a new record.

    `records` holds the existing ones first; those from place `new_from` on are new. `table` holds them all.
    """
    n = max(len(records), 1)
    families = ((table.keys, table.key_owners), _rare_word_keys(table))
    codes = [_pairs_in(keys, owners, records, new_from) for keys, owners in families]
    joined = distinct(np.concatenate(codes))
    return joined // n, joined % n


def _neighbour_rank(records: Sequence[Prepared], places: IntArray) -> IntArray:
    """The rank of each of these places by title, first author, year and page; 0 for all others."""
    texts = {}
    for place in places.tolist():
        p = records[place]
        lead = p.record.authors[0][:12] if p.record.authors else ""
        texts[place] = f"{p.squash}|{lead}|{p.year}|{p.pages.first}"
    rank = np.zeros(len(records), np.int64)
    rank[np.array(sorted(texts, key=texts.__getitem__), np.int64)] = np.arange(len(texts))
    return rank


def _rare_word_keys(table: KeyTable) -> tuple[IntArray, IntArray]:
    """For each record the pairs of its RARE_WORDS rarest title words that another record has too."""
    rank = table.rarity()
    size = len(rank) + 1
    ranks = rank[table.words] if len(table.words) else _NOTHING
    owners = table.word_owners[ranks >= 0]
    ranks = ranks[ranks >= 0]
    order = np.lexsort((ranks, owners))
    owners, ranks = owners[order], ranks[order]
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]]) if len(owners) else _NOTHING
    counts = np.diff(np.r_[starts, len(owners)])
    keys, places = [_NOTHING], [_NOTHING]
    alone = starts[counts == 1]
    keys.append(ranks[alone] * size + size - 1)
    places.append(owners[alone])
    for first in range(RARE_WORDS - 1):
        for second in range(first + 1, RARE_WORDS):
            at = starts[counts > second]
            keys.append(ranks[at + first] * size + ranks[at + second])
            places.append(owners[at])
    return np.concatenate(keys), np.concatenate(places)


def _pairs_in(keys: IntArray, owners: IntArray, records: Sequence[Prepared], new_from: int) -> IntArray:
    """Codes left * n + right of the pairs that share a key; in blocks above CAP only near neighbours."""
    n = len(records)
    keys, owners = _blocks_with_news(keys, owners, new_from)
    if not len(keys):
        return _NOTHING
    by_key = np.lexsort((owners, keys))
    keys, owners = keys[by_key], owners[by_key]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sizes = np.diff(np.r_[starts, len(keys)])
    reach = np.repeat(np.where(sizes > CAP, NEIGHBOURS, sizes), sizes)
    large = np.repeat(sizes > CAP, sizes)
    if large.any():
        rank = _neighbour_rank(records, distinct(owners[large]))
        owners[large] = owners[large][np.lexsort((rank[owners[large]], keys[large]))]
    found = [_NOTHING]
    for step in range(1, CAP):
        together = (keys[step:] == keys[:-step]) & (reach[:-step] > step - 1)
        if not together.any():
            break
        x, y = owners[:-step][together], owners[step:][together]
        fresh = (np.maximum(x, y) >= new_from) & (x != y)
        x, y = x[fresh], y[fresh]
        found.append(np.minimum(x, y) * n + np.maximum(x, y))
    return distinct(np.concatenate(found))


def _blocks_with_news(keys: IntArray, owners: IntArray, new_from: int) -> tuple[IntArray, IntArray]:
    if new_from == 0:
        return keys, owners
    kept = np.isin(keys, keys[owners >= new_from])
    return keys[kept], owners[kept]


def distinct(values: IntArray) -> IntArray:
    """The values in order, each once (a sort: faster here than hashing)."""
    values = np.sort(values)
    return values[np.r_[True, values[1:] != values[:-1]]] if len(values) else values
