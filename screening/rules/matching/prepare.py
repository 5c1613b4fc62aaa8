"""A record made ready for comparing: what blocking needs is computed at once, the rest only when a pair asks for it."""

from __future__ import annotations

import re

from screening.rules.matching.journals import JournalNames, journal_names
from screening.rules.matching.names import Names, parse_names
from screening.rules.matching.places import Pages, volume_and_issue
from screening.rules.matching.text import clean_doi, clean_isbns, clean_pmid, clean_title, plain, words
from screening.rules.matching.titles import TitleFacts, title_facts, title_language
from screening.rules.matching.types import MatchInput

_ABSTRACT_KEEP = 400
_ABSTRACT_LEAD = re.compile(
    r"^(?:abstract|background|objectives?|introduction|purpose|aims?|summary|context|importance)+"
)
_NO_ABSTRACT = 80
_ONLY_LETTERS = re.compile(r"[^a-z0-9]+")
_CONFERENCE = re.compile(r"inproceedings|conference|proceeding|meeting|congress|abstract|poster|\bcpaper\b|\bconf\b")
_ARTICLE = re.compile(r"\barticle\b|journal|\bjour\b|review|clinical trial")
_OTHER_KINDS = (
    ("thesis", re.compile(r"thesis|dissertation|\bthes\b")),
    ("book", re.compile(r"^(?:book|inbook|incollection|chap|edited book|book section|book chapter|ebook)$")),
    ("preprint", re.compile(r"preprint|unpublished|\bunpb\b")),
    ("trial registration", re.compile(r"trial registr|registry record")),
)
_SUPPLEMENT = re.compile(r"suppl|\bs\d{1,2}\b|meeting ?abstract|\bconference\b|^\d\)")
_ARTICLE_NUMBER = re.compile(r"^[a-z]\d{3,}$")
_SUPPLEMENT_NUMBER = re.compile(r"suppl(?:ement)?[ ._]*(\d{1,2})\b")
_COCHRANE = re.compile(r"cd0*(\d{3,6})(?:\.pub(\d+))?")


class TitleText:
    """A title cleaned and taken apart; markers and language only when asked for."""

    __slots__ = ("_facts", "_language", "cites", "raw", "squash", "title", "tokens")

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.title, self.cites = clean_title(raw) if raw else ("", False)
        self.tokens = tuple(words(self.title))
        self.squash = "".join(self.tokens)
        self._facts: TitleFacts | None = None
        self._language: str | None = None

    @property
    def facts(self) -> TitleFacts:
        if self._facts is None:
            self._facts = title_facts(self.title, self.tokens, self.cites)
        return self._facts

    @property
    def language(self) -> str:
        """The language of the title as `title_language` tells it."""
        if self._language is None:
            self._language = title_language(self.raw, self.tokens)
        return self._language


class Memo:
    """What copies of one report and articles of one journal have in common, worked out once for all records of a run."""

    __slots__ = ("journals", "names", "titles")

    def __init__(self) -> None:
        self.titles: dict[str, TitleText] = {}
        self.names: dict[tuple[str, ...], Names] = {}
        self.journals: dict[str, JournalNames] = {}

    def title(self, raw: str) -> TitleText:
        if (known := self.titles.get(raw)) is None:
            known = self.titles[raw] = TitleText(raw)
        return known

    def people(self, authors: tuple[str, ...]) -> Names:
        if (known := self.names.get(authors)) is None:
            known = self.names[authors] = parse_names(authors if any(authors) else ())
        return known

    def journal(self, raw: str) -> JournalNames:
        if (known := self.journals.get(raw)) is None:
            known = self.journals[raw] = journal_names(raw)
        return known


class Prepared:
    """One record with its cleaned fields; `place` is its row in the arrays of one run."""

    __slots__ = (
        "_abstract", "_in_supplement", "_isbns", "_journal", "_kind", "_memo", "_names", "_text",
        "doi", "issue", "pages", "pmid", "record", "squash", "title", "tokens", "volume", "year",
    )  # fmt: skip

    def __init__(self, record: MatchInput, memo: Memo | None = None) -> None:
        self.record = record
        self._memo = memo or Memo()
        text = self._text = self._memo.title(record.title)
        self.title, self.tokens, self.squash = text.title, text.tokens, text.squash
        self.doi = clean_doi(record.doi) if record.doi else ""
        self.pmid = clean_pmid(record.pmid) if record.pmid else ""
        self.year = record.year or 0
        self.volume, self.issue = volume_and_issue(record.volume, record.issue)
        self.pages = Pages(record.pages)
        if not self.pages and _ARTICLE_NUMBER.match(self.issue):
            self.pages, self.issue = Pages(self.issue), ""
        elif self.issue and self.issue == record.pages.strip().lower():
            self.issue = ""
        self._names: Names | None = None
        self._abstract: str | None = None
        self._journal: JournalNames | None = None
        self._isbns: frozenset[str] | None = None
        self._kind: str | None = None
        self._in_supplement: bool | None = None

    @property
    def facts(self) -> TitleFacts:
        return self._text.facts

    @property
    def names(self) -> Names:
        if self._names is None:
            self._names = self._memo.people(self.record.authors)
        return self._names

    @property
    def abstract(self) -> str:
        """The first letters and digits of the abstract, run together; empty where there is no real abstract."""
        if self._abstract is None:
            raw = self.record.abstract
            text = _ONLY_LETTERS.sub("", plain(raw[: _ABSTRACT_KEEP * 2])) if len(raw) > _NO_ABSTRACT else ""
            text = _ABSTRACT_LEAD.sub("", text)[:_ABSTRACT_KEEP]
            self._abstract = text if len(text) > _NO_ABSTRACT else ""
        return self._abstract

    @property
    def journal(self) -> JournalNames:
        if self._journal is None:
            self._journal = self._memo.journal(self.record.journal or self.record.booktitle)
        return self._journal

    @property
    def language(self) -> str:
        """The language of the title as `title_language` tells it."""
        return self._text.language

    @property
    def isbns(self) -> frozenset[str]:
        if self._isbns is None:
            self._isbns = clean_isbns(self.record.isbn) if self.record.isbn else frozenset()
        return self._isbns

    @property
    def kind(self) -> str:
        """ "article", "conference", "thesis", "book", "preprint", "trial registration" or "" where nothing tells."""
        if self._kind is None:
            self._kind = _kind_of(self.record, self.doi)
        return self._kind

    @property
    def in_supplement(self) -> bool:
        """Whether volume, issue, pages or journal name place it in a supplement or among a meeting's abstracts."""
        if self._in_supplement is None:
            record = self.record
            text = f"{record.volume} {record.issue} {record.journal}".lower()
            self._in_supplement = self.pages.prefix == "s" or bool(_SUPPLEMENT.search(text))
        return self._in_supplement

    @property
    def supplement(self) -> int:
        """The number of the supplement that volume or issue name; 0 when there is none."""
        found = _SUPPLEMENT_NUMBER.search(f"{self.record.volume} {self.record.issue}".lower())
        return int(found[1]) if found else 0

    @property
    def cochrane(self) -> tuple[int, int] | None:
        """Number and version of a Cochrane review, where DOI, pages or issue name it (version 0: not told)."""
        for text in (self.doi, self.record.pages, self.record.issue):
            found = _COCHRANE.search(text.lower()) if "cd" in text or "CD" in text else None
            if found:
                return int(found[1]), int(found[2] or (1 if text == self.doi else 0))
        return None


# Preprint servers, by name and by the form of their DOIs.
_PREPRINT_SERVER = re.compile(
    r"^(?:(?:med|bio|chem|psy|ar|tech|eng|agri|socar|earth)[ -]?[ar]r?xiv\b|arxiv\b|ssrn\b|research square\b|preprints(?:\.org)?$|osf preprints)"
)
_PREPRINT_DOI = re.compile(
    r"^10\.(?:1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8}|21203/rs|48550/arxiv|2139/ssrn|20944/preprints|3123[45]/osf|26434/chemrxiv|36227/techrxiv)"
)


def _kind_of(record: MatchInput, doi: str) -> str:
    if _PREPRINT_SERVER.search(record.journal.lower()) or _PREPRINT_DOI.search(doi):
        return "preprint"
    told = record.publication_type.lower()
    if told:
        for name, pattern in _OTHER_KINDS:
            if pattern.search(told):
                return name
        if _CONFERENCE.search(told):
            return "conference"
        if _ARTICLE.search(told):
            return "article"
    if record.booktitle and not record.journal:
        return "conference"
    return ""
