"""What two records say for and against being one report, field by field; a missing field says nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from screening.rules.matching.journals import same_journal
from screening.rules.matching.names import Agreement, agreement
from screening.rules.matching.places import Pages
from screening.rules.matching.prepare import Prepared
from screening.rules.matching.titles import unmatched_words

SHORT_TITLE = 4
_CONTAINED_LETTERS = 24
_CONTAINED_SHORT = 12
_SEVERAL_PAGES = 3
_RUNNING_COUNT = 200
_LOOKALIKES = str.maketrans("10", "lo")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One level a field, as words; `title_percent` (0 to 100); the titles' unmatched words and numbers on either side.

    `page_count`: how many pages a range covers that both name; `supplements`: how many of the two stand
    in one; `translated`: their titles are in two languages; `count_restarts`: the pages are low enough that every issue may have them.
    """

    title: str
    title_percent: int
    title_words: int
    short: bool
    series: bool
    words_apart: tuple[list[str], list[str]]
    numbers_apart: tuple[list[int], list[int]]
    authors: Agreement
    year: str
    year_gap: int
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    abstract: str
    page_count: int
    supplements: int
    translated: bool
    count_restarts: bool


def title_level(a: Prepared, b: Prepared) -> tuple[str, int]:
    """How alike two titles are ("same", "near", "contained", "close", "begins", "some", "low",
    "none", "missing"), and in percent."""
    if not a.squash or not b.squash:
        return "missing", 0
    percent = int(100 * Indel.normalized_similarity(a.squash, b.squash))
    if a.squash == b.squash or a.squash.translate(_LOOKALIKES) == b.squash.translate(_LOOKALIKES):
        return "same", 100
    if percent >= 95:
        return "near", percent
    short, full = (a, b) if len(a.squash) <= len(b.squash) else (b, a)
    if len(short.squash) >= _CONTAINED_LETTERS and (
        full.squash.startswith(short.squash) or full.squash.endswith(short.squash)
    ):
        return "contained", percent
    if percent >= 88:
        return "close", percent
    if len(short.squash) >= _CONTAINED_SHORT and _without_subtitle(short.title, full.title):
        return "contained", percent
    if len(short.facts.content) >= 4 and fuzz.token_set_ratio(a.title, b.title) >= 95:
        return "contained", percent
    if len(short.squash) >= _CONTAINED_SHORT and full.squash.startswith(short.squash):
        return "begins", percent
    for floor, level in ((75, "some"), (50, "low")):
        if percent >= floor:
            return level, percent
    return "none", percent


def _without_subtitle(short: str, full: str) -> bool:
    """Whether one title is the other without its subtitle."""
    return full.startswith(short) and full[len(short) :].lstrip()[:1] in tuple(":.-?!")


def same_or_differ(a: object, b: object) -> str:
    """ "same", "differ", or "missing" when either value is empty."""
    if not a or not b:
        return "missing"
    return "same" if a == b else "differ"


def doi_level(a: str, b: str) -> str:
    """ "same", "registrant" (two different DOIs of one registrant), "differ" (of two registrants) or "missing".

    Two DOIs that differ only in a misread letter, their digits being equal, say nothing: "missing".
    """
    level = same_or_differ(a, b)
    if level != "differ":
        return level
    if _alnum(a) == _alnum(b):
        return "same"
    if _digits(a) == _digits(b) and Indel.normalized_similarity(a, b) >= 0.9:
        return "missing"
    return "registrant" if a.split("/", 1)[0] == b.split("/", 1)[0] else "differ"


def _alnum(doi: str) -> str:
    return "".join(c for c in doi if c.isalnum())


def _digits(doi: str) -> str:
    return "".join(c for c in doi if c.isdigit())


def pages_level(a: Prepared, b: Prepared) -> str:
    """ "range", "first", "near", "differ", "incomparable" (article number, or pages counted from 1) or "missing"."""
    pa, pb = a.pages, b.pages
    if not pa or not pb:
        return "missing"
    if pa.first == pb.first:
        if pa.last and pb.last and pa.last != pb.last:
            return "incomparable" if pa.first == 1 else "near"
        return "range" if pa.last and pa.last == pb.last else "first"
    if pb.names(pa.first) and pa.names(pb.first):
        return "range"
    if _own_count(pa) or _own_count(pb):
        return "differ" if _own_count(pa) == _own_count(pb) and pa.prefix == pb.prefix == "e" else "incomparable"
    if (pa.last or pa.first) == (pb.last or pb.first):
        return "near"
    if pa.is_range and pb.is_range and pa.first < pb.last and pb.first < pa.last and max(pa.first, pb.first) > 12:
        return "near"
    return "differ"


def _own_count(pages: Pages) -> bool:
    """Whether this is an article number or a count within the article ("e123", "1-12"), not a place in a volume."""
    if pages.is_range:
        return pages.first == 1
    return pages.prefix in ("a", "b", "c", "d", "e", "f", "g", "h", "id", "art") or pages.first >= 10000


def journal_level(a: Prepared, b: Prepared) -> str:
    """ "same", "unclear" (names differ, an ISSN or ISBN is common), "differ" or "missing"."""
    common = bool(a.isbns and b.isbns and a.isbns & b.isbns)
    if not a.journal or not b.journal:
        return "unclear" if common else "missing"
    level = same_journal(a.journal, b.journal)
    if level == "differ" and (common or (a.kind == b.kind == "conference" and _shared_words(a, b) >= 0.6)):
        return "unclear"
    return level


def _shared_words(a: Prepared, b: Prepared) -> float:
    """The share of the shorter venue name's words that stand in the other."""
    x, y = sorted((set(a.journal.main[0]), set(b.journal.main[0])), key=len)
    return len(x & y) / len(x)


def volume_level(a: Prepared, b: Prepared) -> str:
    """ "same", "differ" or "missing"; a year or a supplement's number in the place of the volume says nothing."""
    level = same_or_differ(a.volume, b.volume)
    if level == "differ" and (a.volume == a.year or b.volume == b.year):
        return "missing"
    if level == "differ" and (a.volume == b.supplement or b.volume == a.supplement):
        return "missing"
    return level


def year_level(a: Prepared, b: Prepared) -> tuple[str, int]:
    """The gap in years as "0", "1", "2", "far" or "missing", and as a number."""
    if not a.year or not b.year:
        return "missing", 0
    gap = abs(a.year - b.year)
    return (str(gap) if gap <= 2 else "far"), gap


def abstract_level(a: Prepared, b: Prepared) -> str:
    """ "same", "close", "some", "differ" or "missing", over the first letters of both abstracts."""
    x, y = a.abstract, b.abstract
    if not x or not y:
        return "missing"
    alike = _alike(x, y)
    if alike < _ABSTRACT_LEVELS[0][0]:
        x, y = _aligned(x, y)
        alike = max(alike, _alike(x, y)) if min(len(x), len(y)) >= _ENOUGH_TEXT else alike
    return next((level for floor, level in _ABSTRACT_LEVELS if alike >= floor), "differ")


_ABSTRACT_LEVELS = ((0.9, "same"), (0.75, "close"), (0.6, "some"))
_PROBE = 14
_ENOUGH_TEXT = 120


def _alike(x: str, y: str) -> float:
    size = min(len(x), len(y))
    return Indel.normalized_similarity(x[:size], y[:size], score_cutoff=0.55)


def _aligned(x: str, y: str) -> tuple[str, str]:
    """Both abstracts from the first words on that they share: one may begin with a heading or a note."""
    for start in (0, 40, 80):
        place = y.find(x[start : start + _PROBE])
        if place >= 0:
            shift = place - start
            return (x, y[shift:]) if shift >= 0 else (x[-shift:], y)
    return x, y


def _in_two_languages(a: str, b: str) -> bool:
    """Whether two titles are in two languages, or one is a translation, which can be worded in more than one way."""
    return "translated" in (a, b) or (a != b and bool(a and b))


def compare(a: Prepared, b: Prepared) -> Evidence:
    """All evidence on one pair. Symmetric in its two records."""
    level, percent = title_level(a, b)
    fa, fb = a.facts, b.facts
    year, gap = year_level(a, b)
    apart = ([], []) if level in ("same", "missing", "none") else unmatched_words(fa.content, fb.content)
    numbers = (sorted(fa.numbers - fb.numbers), sorted(fb.numbers - fa.numbers))
    return Evidence(
        title=level,
        title_percent=percent,
        title_words=min(len(fa.content), len(fb.content)),
        short=min(len(fa.content), len(fb.content)) < SHORT_TITLE,
        series=fa.series or fb.series,
        words_apart=apart,
        numbers_apart=numbers if level != "same" else ([], []),
        authors=agreement(a.names, b.names),
        year=year,
        year_gap=gap,
        journal=journal_level(a, b),
        volume=volume_level(a, b),
        issue=same_or_differ(a.issue, b.issue),
        pages=pages_level(a, b),
        doi=doi_level(a.doi, b.doi),
        pmid=same_or_differ(a.pmid, b.pmid),
        abstract=abstract_level(a, b),
        page_count=a.pages.last - a.pages.first + 1 if a.pages.is_range and a.pages.last == b.pages.last else 1,
        supplements=a.in_supplement + b.in_supplement,
        translated=_in_two_languages(a.language, b.language),
        count_restarts=a.pages.first < _RUNNING_COUNT,
    )


def same_place(e: Evidence) -> bool:
    """Whether both stand on the same pages of the same volume (of a journal that can be the same)."""
    if e.volume == "missing" and e.pages == "range":
        return e.journal == "same" and e.year == "0" and not e.series
    return e.pages in ("range", "first") and e.volume == "same" and e.journal != "differ"


def same_identifier(e: Evidence) -> bool:
    """Whether they share a DOI or a PubMed identifier."""
    return e.doi == "same" or e.pmid == "same"


def same_identifier_and_text(e: Evidence) -> bool:
    """Same DOI, title, authors and abstract: one report, wherever the databases place it (online first, a wrong volume)."""
    known = e.title in ("same", "near") and not e.series and e.authors >= Agreement.SOME
    return e.doi == "same" and known and e.abstract == "same" and e.supplements != 1


def same_identifier_and_pages(e: Evidence) -> bool:
    """Same DOI and the same range of pages by the same authors, whatever else differs."""
    return e.doi == "same" and e.pages == "range" and e.page_count > 1 and e.authors is Agreement.STRONG


def same_article_by_place(e: Evidence) -> bool:
    """The same authors on the same pages of one volume, the titles in two languages: one text and its translated title.

    One page can hold several notes by the same people, so it takes three pages, or the same abstract. Meeting abstracts
    are often cited with the pages of the whole supplement; they, and different DOIs or abstracts, are left out.
    """
    place = same_place(e) and e.volume == "same" and e.pages == "range" and e.authors is Agreement.STRONG
    if not place or not e.translated or e.year_gap > 1 or e.doi in ("registrant", "differ") or e.pmid == "differ":
        return False
    if e.issue == "differ" and e.count_restarts:
        return False
    return e.abstract == "same" or (e.page_count >= _SEVERAL_PAGES and e.abstract == "missing" and not e.supplements)


def same_volume_and_issue(e: Evidence) -> bool:
    """One title by the same authors in the same volume and issue of the same year: one journal, named in two languages."""
    text = e.title == "same" and not e.short and not e.series and e.abstract in ("same", "close", "missing")
    place = e.volume == e.issue == "same" and e.year == "0" and not e.supplements and e.doi in ("same", "missing")
    return text and place and e.authors is Agreement.STRONG
