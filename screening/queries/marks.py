"""Of which record might this one be a duplicate? Candidates to mark, and a search. Nothing about votes or statuses.

Candidates come from the pairs that the duplicate finder keeps (by their indexes) and from one pass over the titles of
the review; only that handful is scored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from reviewapp.numbers import as_number
from screening.constants import PairVerdict
from screening.models import DuplicatePair, Record
from screening.queries.duplicate_settings import match_settings
from screening.queries.duplicates import MATCHED, as_match_input
from screening.rules.matching import Zone, explain

SHOWN = 5
FOUND = 20
_POOL = 150
"""Records that are scored for one page."""
_LEAST = 0.01
_WORD = re.compile(r"\w{4,}")
_TITLE_WORDS = 3
_RATHER = 0.5


@dataclass(frozen=True)
class MarkCandidate:
    """A record of which another may be a duplicate: how likely that is (0 to 1, and in words), and why."""

    record: Record
    probability: float
    zone: Zone
    reasons: tuple[str, ...]

    @property
    def likely(self) -> str:
        """The probability in words, as the review's thresholds part it: nobody would be asked about the unlikely."""
        if self.zone is Zone.DISTINCT:
            return "unlikely"
        if self.zone is Zone.CERTAIN:
            return "very likely"
        return "likely" if self.probability >= _RATHER else "possible"


@dataclass(frozen=True)
class MarkPanel:
    """What the panel shows: what was found for the words asked for, or without any the likely candidates."""

    record: Record
    words: str
    candidates: list[MarkCandidate]


def mark_panel(record: Record, words: str = "") -> MarkPanel:
    """Candidates for the record, the most likely first.

    `words` of a title, of a first author's name, a DOI or a record's number: what has them, at most FOUND.
    """
    words = " ".join(words.replace("\x00", "").split())
    if words:
        return MarkPanel(record, words, _scored(record, _matching(record, words))[:FOUND])
    likely = [found for found in _scored(record, _pool(record)) if found.probability >= _LEAST]
    return MarkPanel(record, words, likely[:SHOWN])


def _scored(record: Record, others: list[Record]) -> list[MarkCandidate]:
    wanted = as_match_input(record)
    settings = match_settings(record.review_id)
    pairs = [(other, explain(wanted, as_match_input(other), settings=settings)) for other in others]
    found = [
        MarkCandidate(other, pair.probability, pair.zone, tuple(dict.fromkeys((*pair.reasons, *pair.vetoes))))
        for other, pair in pairs
    ]
    return sorted(found, key=lambda candidate: (-candidate.probability, candidate.record.pk))


def _others(record: Record) -> QuerySet[Record]:
    """Records of the review that can be named, without the record and its own copies; with their search."""
    root = record.duplicate_of_id or record.pk
    return (
        Record.objects.filter(review_id=record.review_id, removal_reason__in=MATCHED)
        .exclude(Q(pk__in=[record.pk, root]) | Q(duplicate_of_id__isnull=False, duplicate_of_id=root))
        .select_related("search")
        .defer("raw", "other", "warnings", "notes", "keywords")
        .order_by("id")
    )


def _pool(record: Record) -> list[Record]:
    """Records worth scoring: those the finder paired with this one, and those with its DOI, PMID or title words."""
    near = DuplicatePair.objects.filter(verdict__in=[PairVerdict.OPEN, PairVerdict.UNLIKELY]).order_by("-probability")
    after = near.filter(first_id=record.pk).values_list("second_id", flat=True)[:_POOL]
    before = near.filter(second_id=record.pk).values_list("first_id", flat=True)[:_POOL]
    told_apart = DuplicatePair.objects.filter(verdict=PairVerdict.DISTINCT)
    apart = {
        *told_apart.filter(first_id=record.pk).values_list("second_id", flat=True),
        *told_apart.filter(second_id=record.pk).values_list("first_id", flat=True),
    }
    paired = {*after, *before}
    alike = _others(record).filter(_alike(record), removal_reason="").exclude(pk__in=paired | apart)
    return [*_others(record).filter(pk__in=paired), *alike[:_POOL]]


def _alike(record: Record) -> Q:
    """The same DOI or PMID, or a title with two of the three longest words of this one's."""
    found = Q(pk__in=[])
    if record.doi:
        found |= Q(doi=record.doi)
    if record.pmid:
        found |= Q(pmid=record.pmid)
    longest = sorted(set(_WORD.findall(record.title)), key=lambda word: (-len(word), word))[:_TITLE_WORDS]
    has = [Q(title__icontains=word) for word in longest]
    if len(has) == 1:
        return found | has[0]
    for place, one in enumerate(has[:-1]):  # each title is searched for as few words as possible
        found |= one & reduce(or_, has[place + 1 :])
    return found


def _matching(record: Record, words: str) -> list[Record]:
    number = as_number(words.lstrip("#"))
    others = _others(record)
    if number is not None:
        return list(others.filter(pk=number))
    doi = re.search(r"10\.\d{4,9}/\S+", words)
    if doi:
        return list(others.filter(doi__iexact=doi[0])[:_POOL])
    for word in words.split():
        others = others.filter(Q(title__icontains=word) | Q(authors__0__family__icontains=word))
    return list(others[:_POOL])
