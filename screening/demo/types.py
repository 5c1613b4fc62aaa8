"""What the demo's generator makes: reports, their copies in five sources, and how each report fares in the review.

Verdicts are written as the *names* of ``Verdict`` (``"INCLUDE"``, ``"EXCLUDE"``, ``"MAYBE"``), fates as names of our
own, so that the generator stays free of the app.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

VerdictName = Literal["INCLUDE", "EXCLUDE", "MAYBE"]


class Source(StrEnum):
    """The five sources searched in the worked example, in the order in which the paper names them."""

    PUBMED = "PubMed"
    WEB_OF_SCIENCE = "Web of Science"
    SCOPUS = "Scopus"
    CINAHL = "CINAHL"
    GOOGLE_SCHOLAR = "Google Scholar"


class Fate(StrEnum):
    """Where a report leaves the review. The worked example has 182, 21, 27 and 27 of them."""

    EXCLUDED_TITLE_ABSTRACT = "excluded at title and abstract"
    NOT_RETRIEVED = "not retrieved"
    FULL_TEXT_EXCLUDED = "excluded at full text"
    INCLUDED = "included"


class Kind(StrEnum):
    """What sort of document a report is, as far as an export says it."""

    ARTICLE = "article"
    REVIEW = "review"
    ERRATUM = "erratum"
    CONFERENCE = "conference paper"


class FullTextReason(StrEnum):
    """The reasons printed in the worked example: 16, 7 and 4 reports.

    A bare "Irrelevant" says nothing about the criterion that failed, so it is spelled out.
    """

    IRRELEVANT = "Irrelevant to the review question"
    REVIEW = "Review article or commentary"
    NOT_PRECISION = "Not focused on precision medicine"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One export file of the demo: its source, how it was searched, its name and the number of records in it."""

    source: Source
    platform: str
    filename: str
    records: int


@dataclass(frozen=True, slots=True)
class Person:
    """An author. ``given`` is empty where only initials are known: then no full name is ever written."""

    family: str
    initials: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal's full name, its abbreviation without full stops, its publisher, and an ISSN ("" for the real ones)."""

    name: str
    abbreviation: str
    publisher: str
    issn: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One reviewer's own judgement; ``reason`` only for an exclusion at full text."""

    verdict: VerdictName
    reason: FullTextReason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The adjudicator's verdict on a conflict, with the reason for it in words."""

    verdict: Literal["INCLUDE", "EXCLUDE"]
    rationale: str
    reason: FullTextReason | None = None


@dataclass(frozen=True, slots=True)
class StageVotes:
    """The two reviewers' votes at one stage, and the ruling where they disagree."""

    first: Vote
    second: Vote
    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One document as it really is, before five sources spelled it in five ways."""

    key: str
    title: str
    authors: tuple[Person, ...]
    journal: Journal
    year: int
    volume: str
    issue: str
    first_page: str
    last_page: str
    doi: str
    abstract: str
    keywords: tuple[str, ...]
    synthetic: bool
    subject: str
    fate: Fate | None = None
    reason: FullTextReason | None = None
    near_miss: str = ""
    kind: Kind = Kind.ARTICLE
    truncated_authors: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """One record in one export file: a report as this source spells it.

    ``accession`` is the source's own identifier (PMID, UT, EID, accession number, article URL), unique within the
    source.
    ``doubtful`` marks copies that a program should not decide alone.
    """

    source: Source
    report_key: str
    accession: str
    title: str
    authors: tuple[Person, ...]
    journal: Journal
    journal_text: str
    year: int | None
    volume: str
    issue: str
    first_page: str
    last_page: str
    doi: str
    abstract: str
    keywords: tuple[str, ...]
    more_authors: bool = False
    kind: Kind = Kind.ARTICLE
    doubtful: bool = False


@dataclass(frozen=True)
class DemoCorpus:
    """A whole demo review: its reports, the records of each source in file order, and the votes to re-enact.

    ``title_abstract`` and ``full_text`` are keyed by report key; full text only for the reports that were retrieved.
    """

    seed: int
    files: tuple[SourceFile, ...]
    reports: tuple[Report, ...]
    copies: Mapping[Source, tuple[Copy, ...]]
    title_abstract: Mapping[str, StageVotes] = field(default_factory=dict)
    full_text: Mapping[str, StageVotes] = field(default_factory=dict)
    retrieval_notes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_accession(self) -> dict[tuple[str, str], str]:
        """Report key by (source name, accession number as it stands in the file)."""
        return {
            (source.value, copy.accession): copy.report_key for source, copies in self.copies.items() for copy in copies
        }

    @cached_property
    def by_key(self) -> dict[str, Report]:
        """Report by key."""
        return {report.key: report for report in self.reports}

    def position(self, source: Source, index: int) -> str:
        """Key of the report behind the record at ``index`` (from 0) of this source's file."""
        return self.copies[source][index].report_key
