"""How five sources spell one report: case, accents, initials, missing identifiers, cut lists, and early-view years."""

import html
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from anyascii import anyascii

from screening.demo.abstracts import SYNTHETIC_MARK
from screening.demo.types import Copy, Person, Report, Source

_SMALL: Final = "a an and as at before by for from in into of on or the to with without through after under over"
_SMALL_WORDS: Final = frozenset(_SMALL.split())


def plain_copy(report: Report, source: Source) -> Copy:
    """The report word for word, without an accession number yet."""
    return Copy(
        source=source,
        report_key=report.key,
        accession="",
        title=report.title,
        authors=report.authors,
        journal=report.journal,
        journal_text=report.journal.name,
        year=report.year,
        volume=report.volume,
        issue=report.issue,
        first_page=report.first_page,
        last_page=report.last_page,
        doi=report.doi,
        abstract=report.abstract,
        keywords=report.keywords,
        more_authors=report.truncated_authors,
        kind=report.kind,
    )


def vary(report: Report, source: Source, rng: random.Random) -> Copy:
    """One copy as ``source`` would give it. Near misses keep what tells them apart: DOI, year and pages."""
    return _HABITS[source](plain_copy(report, source), rng, bool(report.near_miss))


def make_doubtful(copy: Copy, abstract: str, early_title: str, rng: random.Random) -> Copy:
    """A Google Scholar copy that a program should not merge alone.

    With ``early_title`` it is an early version under another title; without, its title is cut, and its year and
    authors are missing.
    """
    start = snippet(abstract, words=56)
    bare = replace(copy, doi="", journal_text="", abstract=start, doubtful=True, keywords=())
    if early_title:
        year = copy.year - 1 if copy.year else None
        return replace(bare, title=early_title, year=year, authors=copy.authors[:2], more_authors=len(copy.authors) > 2)
    words = copy.title.split()
    keep = max(7, round(len(words) * rng.uniform(0.64, 0.76)))
    return replace(bare, title=" ".join(words[:keep]).rstrip(",:;") + " …", year=None, authors=(), more_authors=False)


def _pubmed(copy: Copy, rng: random.Random, near_miss: bool) -> Copy:
    doi = copy.doi if near_miss or rng.random() > 0.06 else ""
    return replace(copy, title=copy.title if copy.title.endswith("?") else copy.title + ".", doi=doi)


def _web_of_science(copy: Copy, rng: random.Random, near_miss: bool) -> Copy:
    title = _recase(copy.title, rng, capitals=0.1, headline=0.25)
    authors = tuple(Person(anyascii(a.family), anyascii(a.initials), anyascii(a.given)) for a in copy.authors)
    return replace(
        copy,
        title=title.replace("–", "-").replace("—", "-"),
        authors=authors if rng.random() < 0.85 else copy.authors,
        journal_text=copy.journal.name.upper(),
        year=copy.year if near_miss else _early_view(copy.year, rng, 0.08),
        doi=copy.doi if near_miss or rng.random() > 0.08 else "",
    )


def _scopus(copy: Copy, rng: random.Random, near_miss: bool) -> Copy:
    title = _recase(copy.title, rng, capitals=0.03, headline=0.4)
    if rng.random() < 0.04 and not near_miss:
        title += " [Article]"
    return replace(
        copy,
        title=title,
        year=copy.year if near_miss else _early_view(copy.year, rng, 0.05),
        doi=copy.doi if near_miss or rng.random() > 0.05 else "",
        journal_text=copy.journal.name.replace(" & ", " and "),
    )


def _cinahl(copy: Copy, rng: random.Random, near_miss: bool) -> Copy:
    title = html.escape(_headline(copy.title), quote=True) if rng.random() < 0.6 else _headline(copy.title)
    suffix = rng.choice((".", ".", " [Article]."))
    return replace(copy, title=title.rstrip("?") + suffix if not title.endswith("?") else title, doi=copy.doi)


def _scholar(copy: Copy, rng: random.Random, near_miss: bool) -> Copy:
    shown = copy.authors[: rng.choice((2, 3, 3, 4))]
    title = _recase(copy.title, rng, capitals=0.02, headline=0.3)
    if rng.random() < 0.08:
        title = html.escape(title, quote=True)
    if rng.random() < 0.1:
        title = title.replace("-", "‐")
    doi = copy.doi if near_miss or rng.random() < 0.2 else ""
    start = rng.randint(8, 30) if doi and rng.random() < 0.6 else 0
    return replace(
        copy,
        title=title,
        authors=tuple(_stripped(a) for a in shown) if rng.random() < 0.15 else shown,
        more_authors=len(shown) < len(copy.authors) or copy.more_authors,
        journal_text=_cut_journal(copy.journal.name, rng),
        volume="",
        issue="",
        first_page="",
        last_page="",
        year=copy.year if near_miss or start else _early_view(copy.year, rng, 0.03),
        doi=doi,
        abstract=snippet(copy.abstract, words=rng.randint(40, 48), start=start),
        keywords=(),
    )


_HABITS: Final[dict[Source, Callable[[Copy, random.Random, bool], Copy]]] = {
    Source.PUBMED: _pubmed,
    Source.WEB_OF_SCIENCE: _web_of_science,
    Source.SCOPUS: _scopus,
    Source.CINAHL: _cinahl,
    Source.GOOGLE_SCHOLAR: _scholar,
}


def _recase(title: str, rng: random.Random, *, capitals: float, headline: float) -> str:
    drawn = rng.random()
    if drawn < capitals:
        return title.upper()
    return _headline(title) if drawn < capitals + headline else title


def _headline(title: str) -> str:
    """Title Case, with small words small; words that hold a capital already stay as they are."""
    words = title.split(" ")
    return " ".join(
        word if place and word in _SMALL_WORDS else word[:1].upper() + word[1:] for place, word in enumerate(words)
    )


def _early_view(year: int | None, rng: random.Random, share: float) -> int | None:
    """The year of early view instead of the issue's, in ``share`` of the copies."""
    return year - 1 if year and rng.random() < share else year


def _stripped(person: Person) -> Person:
    """The name without accents, as an export in the wrong encoding leaves it."""
    letters = unicodedata.normalize("NFKD", person.family)
    return replace(person, family="".join(c for c in letters if not unicodedata.combining(c)))


def _cut_journal(name: str, rng: random.Random) -> str:
    words = name.split(" ")
    if len(words) < 4 or rng.random() < 0.35:
        return name
    return " ".join(words[:3]) + " …"


def snippet(abstract: str, *, words: int, start: int = 0) -> str:
    """What a results page shows of an abstract: some words from ``start`` on. The mark of a synthetic record stays."""
    text = abstract.removesuffix(SYNTHETIC_MARK).strip()
    every = text.split()
    if len(every) > words:
        shown = " ".join(every[start : start + words])
        text = f"… {shown} …" if start else f"{shown} …"
    return f"{text} {SYNTHETIC_MARK}" if SYNTHETIC_MARK in abstract else text
