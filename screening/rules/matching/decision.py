"""From evidence to a probability, reasons in words, and vetoes: what no similarity may override."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from screening.rules.matching.evidence import Evidence, compare
from screening.rules.matching.names import Agreement, initials_differ
from screening.rules.matching.prepare import Prepared
from screening.rules.matching.types import DEFAULT, MatchSettings, ScoredPair, order_of

# Log-odds that a level of a field adds.
TITLE = {
    "same": 5.0,
    "near": 4.5,
    "contained": 2.5,
    "begins": 0.0,
    "close": 2.5,
    "some": 0.0,
    "low": -3.0,
    "none": -4.5,
    "missing": -2.0,
}
SHORT_TITLE = -3.0
AUTHORS = {
    Agreement.STRONG: 3.0,
    Agreement.SOME: 1.0,
    Agreement.MISSING: -0.5,
    Agreement.WEAK: -2.5,
    Agreement.CONFLICT: -5.0,
}
YEAR = {"0": 0.7, "1": -0.7, "2": -1.5, "far": -4.0, "missing": 0.0}
JOURNAL = {"same": 1.5, "unclear": 0.3, "differ": -2.5, "missing": 0.0}
VOLUME = {"same": 1.0, "differ": -2.0, "missing": 0.0}
ISSUE = {"same": 0.5, "differ": -0.5, "missing": 0.0}
PAGES = {"range": 3.5, "first": 2.5, "near": 0.5, "incomparable": -0.5, "differ": -3.5, "missing": 0.0}
DOI = {"same": 4.0, "registrant": -5.0, "differ": -2.5, "missing": 0.0}
PMID = {"same": 6.0, "differ": -5.0, "missing": 0.0}
ABSTRACT = {"same": 3.0, "close": 1.5, "some": 0.0, "differ": -3.0, "missing": 0.0}
WORDS_APART = -2.0
NUMBERS_APART = -2.5
ONE_NUMBER_APART = -0.5
BASE = -5.0


def log_odds(e: Evidence) -> float:
    """The sum of the evidence; 0 is as likely as not."""
    total = BASE + TITLE[e.title] + (SHORT_TITLE if e.short else 0.0) + AUTHORS[e.authors]
    total += YEAR[e.year] + JOURNAL[e.journal] + VOLUME[e.volume] + ISSUE[e.issue] + PAGES[e.pages]
    total += DOI[e.doi] + PMID[e.pmid] + ABSTRACT[e.abstract]
    if e.words_apart[0] and e.words_apart[1]:
        total += WORDS_APART
    if e.numbers_apart[0] and e.numbers_apart[1]:
        total += NUMBERS_APART
    elif e.numbers_apart[0] or e.numbers_apart[1]:
        total += ONE_NUMBER_APART
    return total


def probability(e: Evidence) -> float:
    """The probability (0 to 1) that both records are one report, vetoes aside."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, log_odds(e)))))


_NOTICES = {
    "erratum": "one is an erratum or correction",
    "retraction": "one is a retraction notice",
    "concern": "one is an expression of concern",
    "reply": "one is a reply",
    "comment": "one is a comment",
    "protocol": "one is a protocol",
}


def vetoes(a: Prepared, b: Prepared, e: Evidence) -> tuple[str, ...]:
    """Everything that forbids an automatic merge, in words; empty when nothing does."""
    checks: tuple[Callable[[Prepared, Prepared, Evidence], list[str]], ...] = (
        _notice_vetoes,
        _title_vetoes,
        _identifier_vetoes,
        _place_vetoes,
        _author_vetoes,
        _kind_vetoes,
    )
    return tuple(veto for check in checks for veto in check(a, b, e))


def _notice_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    if not a.squash or not b.squash:
        return []
    return [text for name, text in _NOTICES.items() if name in a.facts.notices ^ b.facts.notices]


def same_place(e: Evidence) -> bool:
    """Whether both stand on the same pages of the same volume (of a journal that can be the same)."""
    if e.volume == "missing" and e.pages == "range":
        return e.journal == "same" and e.year == "0" and not e.series
    return e.pages in ("range", "first") and e.volume == "same" and e.journal != "differ"


def same_identifier(e: Evidence) -> bool:
    """Whether they share a DOI or a PubMed identifier."""
    return e.doi == "same" or e.pmid == "same"


def _title_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    if not a.squash or not b.squash:
        return ["a title is missing"]
    found = []
    if a.facts.parts and b.facts.parts and a.facts.parts.isdisjoint(b.facts.parts):
        found.append("different parts")
    elif e.numbers_apart[0] and e.numbers_apart[1] and e.title != "low" and not same_place(e):
        found.append("different numbers in the titles")
    if e.words_apart[0] and e.words_apart[1] and not same_place(e):
        found.append(f"titles differ: {' '.join(e.words_apart[0][:3])} / {' '.join(e.words_apart[1][:3])}")
    return found


def _identifier_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    found = []
    if e.doi == "registrant" and not _same_to_the_page(e):
        found.append("different DOIs of one registrant")
    if e.pmid == "differ":
        found.append("different PubMed identifiers")
    ca, cb = a.cochrane, b.cochrane
    if ca and cb and ca[0] != cb[0]:
        found.append("different Cochrane reviews")
    elif ca and cb and ca[1] and cb[1] and ca[1] != cb[1]:
        found.append("different versions of one Cochrane review")
    return found


def _same_to_the_page(e: Evidence) -> bool:
    """One article that was given two DOIs: title, authors and the whole page range agree, and nothing speaks against it."""
    return (
        e.title == "same"
        and not e.short
        and e.authors is Agreement.STRONG
        and e.pages == "range"
        and e.volume == "same"
        and e.journal == "same"
        and e.issue != "differ"
        and e.abstract != "differ"
        and e.year_gap <= 1
    )


def _place_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    found = []
    if e.pages == "differ" and (e.doi != "same" or e.volume == "differ" or e.journal in ("differ", "unclear")):
        found.append("different pages")
    if (
        e.volume == "differ"
        and (e.doi != "same" or e.journal in ("differ", "unclear"))
        and not _misfiled_volume(a, b, e)
    ):
        found.append("different volumes")
    if e.journal == "differ" and not same_identifier(e) and not _same_pages_elsewhere(a, b, e):
        found.append("different journals")
    if e.issue == "differ" and e.series and not same_identifier(e):
        found.append("a title that recurs, in different issues")
    if a.in_supplement != b.in_supplement and _text_differs(e):
        found.append("one stands in a supplement or among meeting abstracts")
    if e.year == "far" and not same_identifier(e) and not same_place(e):
        found.append("years far apart")
    return found


def _same_pages_elsewhere(a: Prepared, b: Prepared, e: Evidence) -> bool:
    """Whether one place is named two ways: the same page range in the same volume, or at a meeting of the same year."""
    meeting = a.kind == b.kind == "conference" and e.year == "0" and a.pages.first > 1
    return e.pages == "range" and (e.volume == "same" or meeting)


def _text_differs(e: Evidence) -> bool:
    return e.abstract in ("close", "some", "differ") and e.pages not in ("range", "first") and e.doi != "same"


def _misfiled_volume(a: Prepared, b: Prepared, e: Evidence) -> bool:
    """Whether one volume is likely a supplement's number, everything else about the place being the same."""
    return min(a.volume, b.volume) <= 5 and e.pages in ("range", "first") and e.journal == "same" and e.year == "0"


def _author_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    swapped = same_identifier(e) and e.title in ("same", "near") and e.pages not in ("differ", "missing")
    if e.authors is Agreement.CONFLICT and not swapped:
        return ["different authors"]
    return ["different initials of the only author"] if initials_differ(a.names, b.names) else []


def _kind_vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[str]:
    kinds = {a.kind, b.kind}
    if len(kinds) < 2 or "" in kinds or kinds == {"book", "conference"}:
        return []
    return [] if e.year == "0" and e.journal == "same" else [" against ".join(sorted(kinds))]


def _title_reason(e: Evidence) -> str:
    if e.title == "missing":
        return "a title is missing"
    return "same title" if e.title == "same" else f"title {e.title_percent} %"


_AUTHOR_WORDS = {
    Agreement.STRONG: "authors agree",
    Agreement.SOME: "authors agree in part",
    Agreement.WEAK: "authors hardly agree",
    Agreement.CONFLICT: "different authors",
    Agreement.MISSING: "",
}
_FIELD_WORDS: dict[str, dict[str, str]] = {
    "doi": {"same": "same DOI", "registrant": "different DOIs", "differ": "different DOIs"},
    "pmid": {"same": "same PubMed identifier", "differ": "different PubMed identifiers"},
    "journal": {
        "same": "same journal",
        "unclear": "same ISSN, journals named differently",
        "differ": "different journals",
    },
    "volume": {"same": "same volume", "differ": "different volumes"},
    "issue": {"differ": "different issues"},
    "pages": {
        "range": "same pages",
        "first": "same first page",
        "near": "pages close by",
        "differ": "different pages",
        "incomparable": "article number against pages",
    },
    "abstract": {
        "same": "same abstract",
        "close": "similar abstract",
        "some": "abstracts alike in part",
        "differ": "different abstracts",
    },
}


def reasons(e: Evidence) -> tuple[str, ...]:
    """The evidence in words, strongest fields first."""
    found = [_FIELD_WORDS[name].get(getattr(e, name), "") for name in ("doi", "pmid")]
    found += [_title_reason(e), _AUTHOR_WORDS[e.authors]]
    if e.year != "missing":
        found.append("same year" if not e.year_gap else f"year differs by {e.year_gap}")
    found += [
        _FIELD_WORDS[name].get(getattr(e, name), "") for name in ("journal", "volume", "issue", "pages", "abstract")
    ]
    return tuple(text for text in found if text)


def judge(a: Prepared, b: Prepared, settings: MatchSettings = DEFAULT) -> ScoredPair:
    """The verdict on one pair, whichever zone it falls in; `a` and `b` may come in either order."""
    if order_of(b.record.id) < order_of(a.record.id):
        a, b = b, a
    e = compare(a, b)
    forbidden = vetoes(a, b, e)
    p = probability(e)
    zone = settings.zone(p, vetoed=bool(forbidden))
    return ScoredPair(a.record.id, b.record.id, round(p, 4), zone, reasons(e), forbidden)
