"""From evidence to a probability: a sum of weights, one for each level of each field, seen through the logistic curve."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp

from screening.rules.matching.evidence import (
    Evidence,
    compare,
    same_article_by_place,
    same_identifier,
    same_identifier_and_pages,
    same_identifier_and_text,
    same_place,
    same_volume_and_issue,
)
from screening.rules.matching.names import Agreement
from screening.rules.matching.prepare import Prepared
from screening.rules.matching.reasons import reasons
from screening.rules.matching.types import DEFAULT, MatchSettings, ScoredPair, order_of
from screening.rules.matching.vetoes import Veto, vetoes
from screening.rules.matching.weights import WEIGHTS

_LIMIT = 30.0
_ASKED = 0.12  # a pair that is always worth a question, whatever the weights say
_FULL_TITLE = 6


def features(e: Evidence, found: Iterable[Veto]) -> list[str]:
    """The names in `WEIGHTS` of everything that holds of this pair."""
    names = [
        "base",
        f"title={e.title}",
        f"authors={e.authors.name.lower()}",
        f"year={e.year}",
        f"journal={e.journal}",
        f"volume={e.volume}",
        f"issue={e.issue}",
        f"pages={e.pages}",
        f"doi={e.doi}",
        f"pmid={e.pmid}",
        f"abstract={e.abstract}",
    ]
    alike = e.title in ("same", "near")
    conditions = {
        "short title": e.short,
        "recurring title": e.series,
        "words on both sides": bool(e.words_apart[0] and e.words_apart[1]),
        "words on one side": bool(e.words_apart[0]) != bool(e.words_apart[1]),
        "numbers on both sides": bool(e.numbers_apart[0] and e.numbers_apart[1]),
        "numbers on one side": bool(e.numbers_apart[0]) != bool(e.numbers_apart[1]),
        "same place": same_place(e),
        "same place and authors": same_place(e) and e.pages == "range" and e.authors is Agreement.STRONG,
        "same identifier and title": same_identifier(e) and alike,
        "same identifier and text": same_identifier_and_text(e),
        "same identifier and pages": same_identifier_and_pages(e),
        "same article by place": same_article_by_place(e),
        "same volume and issue": same_volume_and_issue(e),
        "same text": alike and e.abstract == "same",
        "same text in one issue": e.title == e.abstract == e.journal == e.volume == e.issue == "same",
    }
    names += [name for name, holds in conditions.items() if holds]
    names += sorted({f"veto={veto.kind}" for veto in found})
    return names


def probability(names: Iterable[str]) -> float:
    """The probability (0 to 1) that both records are one report, from the features that hold."""
    total = sum(WEIGHTS.get(name, 0.0) for name in names)
    return 1 / (1 + exp(-max(-_LIMIT, min(_LIMIT, total))))


def same_work(e: Evidence, found: Iterable[Veto]) -> bool:
    """A full title twice by the same authors within a year: a person looks, unless DOIs or kinds say that these are two.

    Two DOIs do not keep a person from looking where one journal has the same abstract twice. A title broken off counts
    where the abstract is the same.
    """
    cut = e.title in ("begins", "contained") and e.abstract == "same" and not e.short and not e.series
    if cut and e.authors >= Agreement.MISSING and e.year_gap <= 1 and e.doi in ("same", "missing"):
        return True
    twice = e.journal == e.abstract == "same" and e.authors is Agreement.STRONG
    title = e.title == "same" and not e.series and (e.title_words >= _FULL_TITLE or (twice and not e.short))
    apart = e.doi in ("registrant", "differ") or e.pmid == "differ" or any(veto.kind == "kinds" for veto in found)
    return title and e.authors >= Agreement.SOME and e.year_gap <= 1 and (twice or not apart)


def judge(a: Prepared, b: Prepared, settings: MatchSettings = DEFAULT) -> ScoredPair:
    """The verdict on one pair, whichever zone it falls in; `a` and `b` may come in either order."""
    a, b, e, found, p = _weighed(a, b)
    zone = settings.zone(p, vetoed=bool(found))
    return ScoredPair(a.record.id, b.record.id, round(p, 4), zone, reasons(e), tuple(veto.text for veto in found))


def judge_close(a: Prepared, b: Prepared, settings: MatchSettings) -> ScoredPair | None:
    """The verdict on a pair that is certain or doubtful, None for a distinct one: for going through many."""
    a, b, e, found, p = _weighed(a, b)
    if p < settings.doubtful:
        return None
    zone = settings.zone(p, vetoed=bool(found))
    return ScoredPair(a.record.id, b.record.id, round(p, 4), zone, reasons(e), tuple(veto.text for veto in found))


def forbidden(a: Prepared, b: Prepared) -> bool:
    """Whether anything forbids merging these two."""
    return bool(vetoes(a, b, compare(a, b)))


def _weighed(a: Prepared, b: Prepared) -> tuple[Prepared, Prepared, Evidence, list[Veto], float]:
    if order_of(b.record.id) < order_of(a.record.id):
        a, b = b, a
    e = compare(a, b)
    found = vetoes(a, b, e)
    p = probability(features(e, found))
    return a, b, e, found, max(p, _ASKED) if same_work(e, found) else p
