"""The number of records a source reported for a search against the number read from its files (PRISMA-S item 13: the
total number of records identified from each database), and what explains a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["unknown", "equal", "explained", "open"]
"""unknown: there is nothing to compare with; open: a person should look."""


@dataclass(frozen=True, kw_only=True)
class SearchCounts:
    """All imported files of one search together."""

    reported: int | None
    read: int
    rejected: int
    files: int
    not_imported: int = 0
    """Files that are waiting, ask something, or could not be imported."""
    repeated: int = 0
    """Records whose DOI or PubMed identifier an earlier record of the same search has."""


@dataclass(frozen=True)
class CountCheck:
    """The comparison. `difference`: read beyond reported, negative for fewer, None without a reported count."""

    verdict: Verdict
    difference: int | None
    sentences: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """True where a difference is not explained."""
        return self.verdict == "open"


def counted(number: int, one: str, many: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number:,} {one if number == 1 else many}"


def check_counts(counts: SearchCounts) -> CountCheck:
    """Compares, and says what is known about a difference. The same report twice in the files is kept and counted twice
    here, so that more records than reported are explained by as many repetitions. Fewer are never taken as explained:
    what is not there cannot be looked into."""
    if counts.reported is None:
        read = counted(counts.read, "record", "records")
        said = f"{read} read. What the source reported is not written down yet, so there is nothing to compare with."
        return CountCheck("unknown", None, (said, *_remarks(counts)))
    difference = counts.read - counts.reported
    reported = counted(counts.reported, "record", "records")
    if difference == 0:
        return CountCheck("equal", 0, (f"The source reported {reported}, and as many were read.", *_remarks(counts)))
    amount = f"{abs(difference):,} {'more' if difference > 0 else 'fewer'}"
    said = f"The source reported {reported}; {counts.read:,} {'was' if counts.read == 1 else 'were'} read, {amount}."
    verdict: Verdict = "explained" if 0 < difference <= counts.repeated else "open"
    why = _surplus(counts, verdict) if difference > 0 else _deficit(counts)
    return CountCheck(verdict, difference, (said, *why, *_remarks(counts)))


def _surplus(counts: SearchCounts, verdict: Verdict) -> tuple[str, ...]:
    found = []
    if counts.repeated:
        is_there = "record is" if counts.repeated == 1 else "records are"
        found.append(
            f"{counts.repeated:,} {is_there} there again with the same DOI or PubMed identifier: kept, counted here, "
            "and left to the search for duplicates."
        )
    if verdict == "open":
        found.append("Check that every file belongs to this search, or correct the reported count.")
    return tuple(found)


def _deficit(counts: SearchCounts) -> tuple[str, ...]:
    if counts.not_imported:
        files = counted(counts.not_imported, "file of this search is", "files of this search are")
        return (f"{files} not imported; the missing records may be there.",)
    return (
        "Check that the export was complete (many sources export only so many records at once), "
        "or correct the reported count.",
    )


def _remarks(counts: SearchCounts) -> tuple[str, ...]:
    found = []
    if counts.files > 1:
        found.append(f"{counts.files:,} files are counted together.")
    if counts.rejected:
        stand = (
            "entry was read but could not be stored; its"
            if counts.rejected == 1
            else ("entries were read but could not be stored; each file's")
        )
        found.append(f"{counts.rejected:,} {stand} receipt names the line and the reason.")
    return tuple(found)
