"""What forbids an automatic merge, however alike two records are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from screening.rules.matching.evidence import (
    Evidence,
    same_article_by_place,
    same_identifier,
    same_identifier_and_pages,
    same_identifier_and_text,
    same_place,
    same_volume_and_issue,
)
from screening.rules.matching.names import Agreement, initials_differ
from screening.rules.matching.prepare import Prepared


@dataclass(frozen=True, slots=True)
class Veto:
    """Why a pair may not be merged automatically: `kind` for the weights, `text` for people."""

    kind: str
    text: str


_NOTICES = {
    "erratum": "one is an erratum or correction",
    "retraction": "one is a retraction notice",
    "concern": "one is an expression of concern",
    "reply": "one is a reply",
    "comment": "one is a comment",
    "protocol": "one is a protocol",
}
_STANDING_ALONE = frozenset(["thesis", "preprint", "trial registration"])
_SMALL_PAGE = 12
_SUPPLEMENT_NUMBERS = 5


def vetoes(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    """Everything that forbids an automatic merge; empty when nothing does. Symmetric in the two records."""
    checks: tuple[Callable[[Prepared, Prepared, Evidence], list[Veto]], ...] = (
        _notices,
        _titles,
        _recurring_titles,
        _identifiers,
        _places,
        _journals,
        _people,
        _kinds,
    )
    return [veto for check in checks for veto in check(a, b, e)]


def _notices(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    apart = a.facts.notices ^ b.facts.notices
    if e.title == "missing" or not apart:
        return []
    if e.volume == "same" and same_identifier_and_pages(e):
        apart = apart - {"comment", "reply"}  # the title is cut, or names the text it answers
    elif same_article_by_place(e):
        apart = apart - {"protocol"}  # as in "treatment protocol"
    return [Veto("notice", text) for name, text in _NOTICES.items() if name in apart]


def _titles(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    if e.title == "missing":
        return [Veto("untitled", "a title is missing")]
    found = []
    unlike = e.title in ("low", "none") or (e.title in ("some", "begins") and e.abstract == "differ")
    if unlike and not same_article_by_place(e) and not same_identifier_and_pages(e):
        found.append(Veto("unlike", "titles hardly alike: a translation, or two texts in one place"))
    if a.facts.parts and b.facts.parts and a.facts.parts.isdisjoint(b.facts.parts):
        found.append(Veto("parts", "different parts"))
    elif e.numbers_apart[0] and e.numbers_apart[1] and e.title != "low" and not same_place(e):
        found.append(Veto("numbers", "different numbers in the titles"))
    if e.words_apart[0] and e.words_apart[1] and not same_place(e):
        shown = " / ".join(" ".join(apart[:3]) for apart in e.words_apart)
        found.append(Veto("words", f"titles differ: {shown}"))
    return found


def _recurring_titles(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    """Titles such as "Editorial" come again in every issue: only an identifier or the very pages can tell."""
    if not e.series or same_identifier(e):
        return []
    if e.issue == "differ":
        return [Veto("recurring", "a title that recurs, in different issues")]
    if e.issue == e.volume == "same" and e.abstract == "same":
        return []
    if e.pages not in ("range", "first") or e.volume == "differ":
        return [Veto("recurring", "a title that recurs, and no pages to tell")]
    if e.issue != "same" and min(a.pages.first, b.pages.first) < _SMALL_PAGE:
        return [Veto("recurring", "a title that recurs, and no issue to tell")]
    return []


def _identifiers(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    found = []
    if e.doi == "registrant" and not _same_to_the_page(e):
        found.append(Veto("registrant", "different DOIs of one registrant"))
    if e.pmid == "differ":
        found.append(Veto("pmid", "different PubMed identifiers"))
    x, y = a.cochrane, b.cochrane
    if x and y and x[0] != y[0]:
        found.append(Veto("cochrane", "different Cochrane reviews"))
    elif x and y and x[1] and y[1] and x[1] != y[1]:
        found.append(Veto("version", "different versions of one Cochrane review"))
    return found


def _same_to_the_page(e: Evidence) -> bool:
    """One article that was given two DOIs: title, authors and the page range, or page and abstract, agree in one journal,
    and nothing speaks against it."""
    place = e.pages == "range" and e.volume == "same" and e.journal == "same" and e.issue != "differ"
    page = e.pages in ("range", "first") and e.journal == "same" and e.volume != "differ" and e.abstract == "same"
    text = e.title == "same" and not e.short and not e.series and e.abstract != "differ"
    return (place or page) and text and e.authors is Agreement.STRONG and e.year_gap <= 1


def _places(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    if same_identifier_and_text(e):
        return []
    found = []
    if e.doi == "same" and e.pages == e.abstract == "differ":
        found.append(Veto("shared", "one DOI on different texts on different pages"))
    weak = e.doi != "same" or e.journal in ("differ", "unclear")
    if e.pages == "differ" and (weak or e.volume == "differ"):
        found.append(Veto("pages", "different pages"))
    if e.volume == "differ" and weak and not _misfiled_volume(a, b, e) and not same_identifier_and_pages(e):
        found.append(Veto("volumes", "different volumes"))
    if a.in_supplement != b.in_supplement and _text_differs(e):
        found.append(Veto("supplement", "one stands in a supplement or among meeting abstracts"))
    if e.year == "far" and not same_identifier(e) and not same_place(e):
        found.append(Veto("years", "years far apart"))
    return found


def _misfiled_volume(a: Prepared, b: Prepared, e: Evidence) -> bool:
    """Whether one volume is likely a supplement's number, everything else about the place being the same."""
    small = min(a.volume, b.volume) <= _SUPPLEMENT_NUMBERS
    return small and e.pages in ("range", "first") and e.journal == "same" and e.year == "0"


def _text_differs(e: Evidence) -> bool:
    return e.abstract in ("close", "some", "differ") and e.pages not in ("range", "first") and e.doi != "same"


def _journals(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    if same_identifier(e):
        return []
    if e.journal == "differ" and not _same_pages_elsewhere(a, b, e) and not same_volume_and_issue(e):
        return [Veto("journals", "different journals")]
    if e.pages in ("range", "first", "near") or (e.abstract == "same" and (e.year == "0" or e.journal == "same")):
        return []
    if e.journal == "missing" or e.year == "missing":
        return [Veto("sparse", "too little besides title and authors to compare")]
    return []


def _same_pages_elsewhere(a: Prepared, b: Prepared, e: Evidence) -> bool:
    """Whether one place is named two ways: the same page range in the same volume, or at a meeting of the same year, or
    with the same abstract."""
    meeting = a.kind == b.kind == "conference" and e.year == "0" and a.pages.first > 1
    text = e.year == "0" and e.abstract == "same" and a.pages.first > 1 and e.page_count > 1
    return e.pages == "range" and (e.volume == "same" or meeting or text)


def _people(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    swapped = same_identifier(e) and e.title in ("same", "near") and e.pages not in ("differ", "missing")
    if e.authors is Agreement.CONFLICT and not swapped:
        return [Veto("authors", "different authors")]
    if initials_differ(a.names, b.names):
        return [Veto("initials", "different initials of the only author")]
    return []


def kind_in_place(p: Prepared) -> str:
    """The kind of a record; "article" where it has a place in a journal and nothing says otherwise."""
    return p.kind or ("article" if p.record.journal and (p.volume or p.pages) else "")


def _kinds(a: Prepared, b: Prepared, e: Evidence) -> list[Veto]:
    kinds = {kind_in_place(a), kind_in_place(b)} if {a.kind, b.kind} & _STANDING_ALONE else {a.kind, b.kind}
    if len(kinds) < 2 or "" in kinds or kinds == {"book", "conference"} or same_identifier_and_pages(e):
        return []
    return [] if e.year == "0" and e.journal == "same" else [Veto("kinds", " against ".join(sorted(kinds)))]
