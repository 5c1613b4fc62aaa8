"""What every exporter of records is given, and the tools they share.

An exporter writes each field where the format and other programs expect it, reads its own entry back with this app's
importer, and says in one line more what that reading did not give exactly (:mod:`screening.importers.exact`). So an
export that is imported again gives the same records, whatever their text is.

Not carried by any format, since it describes the import and not the record: the source's raw entry, the fields that
the app does not show, warnings, line numbers, and the spelling of a name in its source. Control characters, invisible
format characters and half surrogate pairs are dropped in every format; XML forbids them, and nobody can read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from screening.constants import Stage, Verdict
from screening.importers.clean import readable
from screening.importers.exact import LISTS, TEXTS
from screening.importers.types import Author, ParsedRecord, ParsedVote

_NONCHARACTERS = str.maketrans("", "", "\ufffe\uffff")
SENTENCE = ": "


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportVote:
    """One reviewer's vote on a settled record. `note` only where the reader may have it."""

    reviewer: str
    stage: Stage
    verdict: Verdict
    reason: str = ""
    note: str = ""

    def parsed(self) -> ParsedVote:
        """As an importer reads it."""
        return ParsedVote(self.reviewer, self.verdict.value.upper(), self.stage.value.upper(), self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One record as it leaves the app: its fields, where it came from, and where it stands, in words."""

    record: ParsedRecord
    number: int
    """Our own number of the record."""
    source: str = ""
    """The database or register it was found in, e.g. MEDLINE."""
    platform: str = ""
    duplicate_of: int | None = None
    title_abstract_status: str = ""
    full_text_status: str = ""
    """Empty for a record that is not sought."""
    exclusion_reason: str = ""
    """The one reason of a report excluded at full text."""
    title_abstract_settlement: str = ""
    """How a conflict was settled, by whom and why; empty without votes."""
    full_text_settlement: str = ""
    votes: tuple[ExportVote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """`voters`: whose votes a table has columns for; empty: no votes at all. `notes`: with a column for their notes."""

    voters: tuple[str, ...] = ()
    notes: bool = False


Writer = Callable[[Iterable[ExportRow], ExportOptions], Iterator[bytes]]


def exportable(row: ExportRow) -> ParsedRecord:
    """The record with its votes, without characters that no format can hold."""
    record = row.record
    changes: dict[str, object] = {}
    for name in TEXTS:
        _change(changes, name, getattr(record, name))
    for name in LISTS:
        values = getattr(record, name)
        if not all(map(str.isprintable, values)):
            changes[name] = tuple(map(printable, values))
    if record.accession_numbers:
        changes["accession_numbers"] = tuple((printable(a), printable(b)) for a, b in record.accession_numbers)
    if not all((a.family + a.given + a.particle).isprintable() for a in record.authors):
        changes["authors"] = tuple(map(_printable_author, record.authors))
    if row.votes:
        changes["votes"] = tuple(_printable_vote(vote.parsed()) for vote in row.votes)
    return replace(record, **changes)  # type: ignore[arg-type]  # each value has the type of its field


def _change(changes: dict[str, object], name: str, value: str) -> None:
    if not value.isprintable():
        changes[name] = printable(value)


def printable(text: str) -> str:
    """The text without characters that no format can hold. Tabs and line breaks stay."""
    return text if text.isprintable() else readable(text).translate(_NONCHARACTERS)


def _printable_author(author: Author) -> Author:
    return replace(
        author,
        family=printable(author.family),
        given=printable(author.given),
        particle=printable(author.particle),
    )


def _printable_vote(vote: ParsedVote) -> ParsedVote:
    return replace(vote, reviewer=printable(vote.reviewer), reason=printable(vote.reason))


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(printable(text).split()) if not text.isprintable() or "  " in text else text.strip()


def lines_of(text: str, claimed: Callable[[str], bool]) -> list[str]:
    """The lines of a text as the lines of a value. Where the format would claim a later one as its own, all are one."""
    lines = [line.strip() for line in printable(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = [line for line in lines if line]
    if any(claimed(line) for line in lines[1:]):
        return [" ".join(lines)]
    return lines


def inverted(author: Author) -> str:
    """``von Berg, Ann``; a collective, or a person with one name, as it is."""
    family = flat(f"{author.particle} {author.family}")
    given = flat(author.given)
    return f"{family}, {given}" if given and not author.collective else family


def split_pages(pages: str) -> tuple[str, str]:
    """(first, last) of ``523-31``; everything else is the first."""
    start, dash, end = pages.partition("-")
    if dash and start and end and "-" not in end and " " not in pages:
        return start, end
    return pages, ""


def status_lines(row: ExportRow) -> tuple[str, str, str]:
    """Where the record stands, for formats without columns: title and abstract, full text, duplicate."""
    full_text = SENTENCE.join(filter(None, (row.full_text_status, row.exclusion_reason)))
    return (
        f"Title and abstract: {row.title_abstract_status}" if row.title_abstract_status else "",
        f"Full text: {full_text}" if full_text else "",
        f"Duplicate of reviewapp-{row.duplicate_of}" if row.duplicate_of else "",
    )
