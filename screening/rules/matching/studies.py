"""Reports of one study: records that are not the same report, yet look like accounts of the same investigation.

Offered to people for linking, never merged. Precision comes first: a pair is offered for a shared trial registration
number, or for the same title by the same first author where something says that these are two reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from screening.rules.matching.decision import features, probability
from screening.rules.matching.engine import Index, joined, promising
from screening.rules.matching.evidence import Evidence, compare, title_level
from screening.rules.matching.names import Agreement, same_lead
from screening.rules.matching.prepare import Prepared
from screening.rules.matching.types import DEFAULT, MatchInput, RecordId, Zone, order_of
from screening.rules.matching.vetoes import kind_in_place, vetoes

MOST_OFFERS = 10
_MOST_NUMBERS = 3
_MOST_SHARING = 50
# The registers of the WHO's platform and PROSPERO, as authors write their numbers.
_REGISTRATION = re.compile(
    r"\b(?:NCT[ -]?0?\d{8}|ISRCTN[ -]?\d{8}|ACTRN[ -]?\d{14}|ChiCTR[ -]?(?:[A-Z]{2,4}[ -]?)?\d{8,10}|DRKS[ -]?\d{8}"
    r"|EUCTR[ -]?\d{4}-\d{6}-\d{2}|EudraCT(?:[ -]?(?:no\.?|number))?:?[ -]?\d{4}-\d{6}-\d{2}|IRCT[ -]?\d{11,14}N\d{1,2}|CTRI/\d{4}/\d{2,3}/\d{6}"
    r"|(?:JPRN-?)?UMIN[ -]?(?:CTR[ -]?)?\d{9}|jRCT[a-z]?\d{9,10}|KCT\d{7}|PACTR\d{15,16}|RBR-?\d?[a-z0-9]{6,7}|NTR[ -]?\d{3,4}"
    r"|TCTR\d{11}|SLCTR/\d{4}/\d{3}|CRD[ -]?42\d{9,12})\b",
    re.IGNORECASE,
)

_REGISTERS = (
    "NCT", "ISRCTN", "ACTRN", "CHICTR", "DRKS", "EUCTR", "EUDRACT", "IRCT", "CTRI", "UMIN", "JRCT", "KCT", "PACTR",
    "RBR", "NTR", "TCTR", "SLCTR", "CRD",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyOfferPair:
    """Two records to offer as reports of one study. `a` stands before `b` in the order of `order_of`; reasons are words."""

    a: RecordId
    b: RecordId
    reasons: tuple[str, ...]


def registration_numbers(record: MatchInput) -> frozenset[str]:
    """The trial registration numbers a record names, in capitals without spaces and hyphens; none where it names many,
    as reviews and pooled analyses do."""
    text = " ".join((record.title, record.abstract, record.journal, record.doi))
    capitals = text.upper()
    if not any(register in capitals for register in _REGISTERS):  # 20 times as fast as the pattern, which is slow
        return frozenset()
    found = {_normal(number) for number in _REGISTRATION.findall(text)}
    return frozenset(found) if len(found) <= _MOST_NUMBERS else frozenset()


def _normal(number: str) -> str:
    bare = re.sub(r"[^A-Z0-9]", "", number.upper())
    european = re.fullmatch(r"(?:EUCTR|EUDRACT(?:NO|NUMBER)?)(\d{12})", bare)
    return f"EUCTR{european[1]}" if european else bare.removeprefix("JPRN")


def study_offers(
    records: Sequence[MatchInput], *, existing: Sequence[MatchInput] | Index = ()
) -> Iterator[StudyOfferPair]:
    """Pairs to offer as reports of one study, among `records` and between them and `existing`, in the order of their ids.

    No pair that the duplicate finder would merge or could ask about without a veto; on average at most MOST_OFFERS a record.
    Corrections and retractions are offered with what they correct, as they change how it is read; replies and comments
    are not: they argue about a study and do not report it. Work grows about as n log n. Raises ValueError when two records share an id.
    """
    everything, new_from, table = joined(records, existing)
    reasons: dict[tuple[int, int], list[str]] = {}
    for x, y, number in _sharing_a_number(everything, new_from):
        reasons.setdefault((x, y), []).append(f"same trial registration number {number}")
    left, right = promising(everything, new_from, table)
    for x, y in zip(left.tolist(), right.tolist(), strict=True):
        if found := _two_reports(everything[x], everything[y]):
            reasons.setdefault((x, y), []).extend(found)
    yield from _bounded(everything, reasons)


def _sharing_a_number(everything: list[Prepared], new_from: int) -> Iterator[tuple[int, int, str]]:
    """Places of records that name one registration number: each with the first of them, the new ones only."""
    places: dict[str, list[int]] = {}
    for place, p in enumerate(everything):
        for number in registration_numbers(p.record):
            places.setdefault(number, []).append(place)
    for number, sharing in sorted(places.items()):
        if not 2 <= len(sharing) <= _MOST_SHARING:
            continue
        for place in sharing[1:]:
            a, b = everything[sharing[0]], everything[place]
            if place >= new_from and not _maybe_one_report(a, b):
                yield sharing[0], place, number


def _maybe_one_report(a: Prepared, b: Prepared) -> bool:
    """Whether the duplicate finder decides on this pair, or asks a person, and nothing forbids that they are one."""
    e = compare(a, b)
    found = vetoes(a, b, e)
    return not found and DEFAULT.zone(probability(features(e, found)), vetoed=False) is not Zone.DISTINCT


# What says that two records are different reports, and what that leaves to say to people.
_TELLING: dict[str, str] = {
    "supplement": "one stands among meeting abstracts",
    "version": "versions of one Cochrane review",
    "years": "years apart",
    "journals": "in different journals",
    "registrant": "with different DOIs",
    "volumes": "in different volumes",
}
# What says that they are not even accounts of the same thing.
_UNRELATED = frozenset(["parts", "numbers", "unlike", "cochrane", "authors", "initials", "recurring", "untitled"])
_MISTAKES = frozenset(["volumes", "registrant", "pages"])  # can be one report, misfiled: a question about duplicates
_LIKELY_ONE = 0.5
_NOTICES = {"erratum": "a correction", "retraction": "a retraction notice", "concern": "an expression of concern"}
_ALIKE = frozenset(["same", "near", "contained"])
_ROUGHLY = _ALIKE | {"close", "some"}
# Words of titles that say how, or how far, a study was done: they differ between a protocol and its results.
_DESIGN = frozenset(
    ["protocol", "study", "trial", "design", "rationale", "methods", "results", "randomised", "randomized", "controlled",
     "pilot", "feasibility", "multicentre", "multicenter", "prospective", "cluster", "double", "blind", "blinded",
     "placebo", "phase", "parallel", "group", "systematic", "review", "meta", "analysis", "cohort", "clinical"]
)  # fmt: skip


def _two_reports(a: Prepared, b: Prepared) -> list[str]:
    """Why these two are different reports of what seems one study; empty where they are not, or too little says so."""
    if title_level(a, b)[0] not in _ROUGHLY or not same_lead(a.names, b.names):
        return []
    e = compare(a, b)
    if e.short or e.series or e.authors < Agreement.SOME or not _one_subject(a, b, e):
        return []
    found = vetoes(a, b, e)
    kinds = {veto.kind for veto in found}
    if kinds & _UNRELATED or (kinds <= _MISTAKES and probability(features(e, found)) >= _LIKELY_ONE):
        return []
    return _words_for(a, b, e, kinds)


def _one_subject(a: Prepared, b: Prepared, e: Evidence) -> bool:
    """Whether titles say the same, words on the design aside where one is a protocol, and abstracts do not gainsay it."""
    if "protocol" in a.facts.notices ^ b.facts.notices:
        return all(word in _DESIGN for apart in e.words_apart for word in apart) or e.title in _ALIKE
    told_apart = e.words_apart[0] and e.words_apart[1]
    return e.title in _ALIKE and not told_apart and (e.abstract != "differ" or e.title == "same")


def _words_for(a: Prepared, b: Prepared, e: Evidence, kinds: set[str]) -> list[str]:
    notices = a.facts.notices ^ b.facts.notices
    if notices & {"reply", "comment"}:
        return []
    words = [f"one is {text} to the other" for name, text in _NOTICES.items() if name in notices]
    if "protocol" in notices:
        words.append("a protocol and a later report")
    if "kinds" in kinds:
        words.append(" and ".join(sorted({kind_in_place(a), kind_in_place(b)})))
    words += [text for kind, text in _TELLING.items() if kind in kinds and text]
    title = "same title" if e.title == "same" else f"title {e.title_percent} %"
    return [title, "same first author", *words] if words else []


def _bounded(everything: list[Prepared], reasons: dict[tuple[int, int], list[str]]) -> Iterator[StudyOfferPair]:
    """The pairs in order; those with the fewest reasons are left out where both records have MOST_OFFERS already."""
    count: dict[int, int] = {}
    kept = []
    for (x, y), texts in sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0])):
        if min(count.get(x, 0), count.get(y, 0)) < MOST_OFFERS:
            count[x], count[y] = count.get(x, 0) + 1, count.get(y, 0) + 1
            kept.append((x, y, tuple(dict.fromkeys(texts))))
    offers = []
    for x, y, words in kept:
        a, b = sorted((everything[x].record.id, everything[y].record.id), key=order_of)
        offers.append(StudyOfferPair(a, b, words))
    yield from sorted(offers, key=lambda offer: (order_of(offer.a), order_of(offer.b)))
