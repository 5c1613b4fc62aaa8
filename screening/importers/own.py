"""The habits of this app's own exports: votes as lines of the notes, and tables with guarded cells and a column per voter."""

import re
from collections.abc import Iterable, Sequence

from reviewapp.constants import FORMULA_STARTS
from screening.importers.build import Entry
from screening.importers.exact import MARK
from screening.importers.ownvotes import STAGES, VERDICTS
from screening.importers.types import ParsedVote

EXACT_HEADING = "exact values"
ACCESSION_HEADING = "accession numbers"
LIST_SEPARATOR = "; "
_COLUMN = re.compile(r"(Vote|Reason) of (.+) \((title and abstract|full text)\)", re.IGNORECASE | re.DOTALL)
_STATUS_COLUMN = re.compile(r"(?:title and abstract|full text) status|settlement \((?:title and abstract|full text)\)")
_STATUS_LINE = re.compile(r"(?:Title and abstract|Full text): ")
_SETTLED = re.compile(r"\b(?:included|excluded)\b", re.IGNORECASE)
_OTHERS_OUTCOMES = frozenset(["consensus", "included", "label_included", "asreview_label"])
"""Columns of other programs (abstrackr, ASReview) that say the outcome."""
_NOTE_COLUMN = re.compile(r"note of .+ \((?:title and abstract|full text)\)", re.DOTALL)


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it as a formula."""
    if cell.startswith("'") and cell[1:].lstrip(" ").startswith(FORMULA_STARTS):
        return cell[1:]
    return cell


def tells_outcome(name: str, value: str) -> bool:
    """Whether a field that is kept but not shown says how a record was judged in another project: a column or a line of
    our own exports, or another program's column of outcomes."""
    if name.casefold() in _OTHERS_OUTCOMES:
        return bool(value.strip())
    stands = _STATUS_COLUMN.fullmatch(name.casefold()) or _STATUS_LINE.match(value)
    return stands is not None and _SETTLED.search(value) is not None


def prepare_row(entry: Entry, headings: Sequence[str], names: Sequence[str]) -> None:
    """Takes guards off, and votes, accession numbers and exact values out of their columns.

    ``headings`` as the file spells them, ``names`` as the fields of the entry are called.
    """
    for values in entry.fields.values():
        values[:] = [unguarded(value) for value in values]
    for text in entry.fields.pop(ACCESSION_HEADING, ()):
        entry.accessions += _accessions(text)
    entry.take_exact(EXACT_HEADING, MARK)
    entry.votes += _votes(entry, zip(headings, names, strict=False))


def _accessions(text: str) -> list[tuple[str, str]]:
    """``Embase: L2024011223; CENTRAL: CN-01``"""
    pairs = (part.partition(": ") for part in text.split(LIST_SEPARATOR) if part.strip())
    return [(source, number) if colon else ("", source) for source, colon, number in pairs]


def _votes(entry: Entry, columns: Iterable[tuple[str, str]]) -> list[ParsedVote]:
    """One vote per filled column ``Vote of Ann Rowe (full text)``, with the reason of the column beside it."""
    verdicts: dict[tuple[str, str], str] = {}
    reasons: dict[tuple[str, str], str] = {}
    for heading, name in columns:
        match = _COLUMN.fullmatch(heading)
        if match is None:
            continue
        kind, reviewer, stage = match.groups()
        value = entry.first(name).strip()
        if not value:
            continue
        key = (reviewer, STAGES[stage.casefold()])
        if kind.casefold() == "reason":
            reasons[key] = value
        elif value.casefold() in VERDICTS:
            verdicts[key] = VERDICTS[value.casefold()]
        else:
            entry.warnings.append("A vote of this row is none of include, exclude and maybe, so it was not taken.")
    for name in [name for name in entry.fields if _COLUMN.fullmatch(name) or _NOTE_COLUMN.fullmatch(name)]:
        del entry.fields[name]
    return [
        ParsedVote(reviewer, verdict, stage, reasons.get((reviewer, stage), ""))
        for (reviewer, stage), verdict in verdicts.items()
    ]
