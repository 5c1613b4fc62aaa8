"""What every importer gives back: records, refused entries and remarks, in the order of the file.

A parser is a generator of :data:`Parsed` items. It never holds the whole file; whoever consumes it decides what to keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass


class ImportFileError(Exception):
    """The file as a whole cannot be read. ``message`` is written for the person who uploaded it."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return self.message if self.line is None else f"{self.message} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Author:
    """One creator. ``raw`` is the name exactly as the source wrote it; a collective has its whole name in ``family``."""

    family: str
    given: str = ""
    particle: str = ""
    collective: bool = False
    raw: str = ""

    @property
    def display(self) -> str:
        """``Rampášek L``: particle, family name and given names, as a reviewer reads them."""
        return " ".join(part for part in (self.particle, self.family, self.given) if part)


@dataclass(frozen=True, slots=True)
class ParsedVote:
    """One reviewer's vote in a project screened elsewhere.

    ``stage`` is ``TITLE_ABSTRACT`` or ``FULL_TEXT``; ``verdict`` is ``INCLUDE``, ``EXCLUDE`` or ``MAYBE``.
    """

    reviewer: str
    verdict: str
    stage: str = "TITLE_ABSTRACT"
    reason: str = ""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class ParsedRecord:
    """One record as its source gave it: plain Unicode for reading, the source entry unchanged in ``raw``.

    Nobody changes one. It is not ``frozen`` because making a frozen one takes more than twice as long, some 5 % of an import.
    """

    title: str = ""
    original_title: str = ""
    authors: tuple[Author, ...] = ()
    year: int | None = None
    date: str = ""
    """As given; ISO 8601 (``2019``, ``2019-03``, ``2019-03-07``) where that is certain."""
    journal: str = ""
    journal_abbreviation: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    abstract: str = ""
    """Plain text; a structured abstract is paragraphs ``BACKGROUND: …`` separated by one newline."""
    doi: str = ""
    """Bare and in lower case: ``10.1371/journal.pone.0012292``."""
    pmid: str = ""
    pmcid: str = ""
    accession_numbers: tuple[tuple[str, str], ...] = ()
    """Other identifiers: (source, identifier), e.g. ``("Embase", "L2024011223")``."""
    issn: tuple[str, ...] = ()
    isbn: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    publication_type: str = ""
    language: str = ""
    urls: tuple[str, ...] = ()
    """Only http, https and ftp addresses."""
    notes: str = ""
    raw: str = ""
    """The entry as it stands in the file, its line ends included. Of XML, see :mod:`screening.importers.xmlstream`; in tables and
    BibTeX of mixed line ends they are given as ``\\n``."""
    line: int = 1
    end_line: int = 1
    other: tuple[tuple[str, str], ...] = ()
    """Fields of the source that we do not show: (name in the source, value)."""
    warnings: tuple[str, ...] = ()
    votes: tuple[ParsedVote, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedEntry:
    """An entry of the file that could not become a record, and why."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """A remark about the file that belongs to no single record."""

    line: int
    message: str


Parsed = ParsedRecord | RejectedEntry | ParseWarning
ParsedStream = Iterator[Parsed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a file is, judged by its content. ``confident`` is false where a person should look at ``sample`` first."""

    format: str
    """Name of the format in the registry, e.g. ``ris``."""
    label: str
    """For people: ``RIS, Ovid``."""
    dialect: str = ""
    encoding: str = "utf-8"
    """One of the names in :mod:`screening.importers.decoding`."""
    newline: str = "LF"
    """``LF``, ``CRLF``, ``CR``, a combination such as ``CRLF+LF``, or ``none``."""
    confident: bool = True
    hint: str = ""
    """Said to the person when something is odd: the extension says otherwise, the encoding was guessed, …"""
    sample: str = ""
    """A few decoded lines with non-ASCII characters where the encoding is a guess."""
    remarks: tuple[tuple[int, str], ...] = ()
    """(line, message): where the encoding changes, and the like. They open the stream as :class:`ParseWarning` items."""
    columns: tuple[str, ...] = ()
    """Headings of a table."""
    needs_mapping: bool = False
    """A table whose columns nobody knows: ask which column is the title before parsing."""
