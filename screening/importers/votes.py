"""Votes of a project screened elsewhere, in a plain table.

Long: columns ``reviewer`` and ``verdict``, with or without ``stage`` and ``reason``; one row per vote, so several rows
may be one record (see :func:`record_key`). Wide: ``reviewer 1``, ``verdict 1``, ``stage 1``, ``reason 1``, ``reviewer 2``,
… in one row per record. A verdict without a reviewer is a final state that nobody answers for: it becomes a vote with an
empty ``reviewer``, which is counted in the receipt and stored nowhere.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from screening.importers.build import Entry
from screening.importers.rayyan import holds_votes
from screening.importers.types import ParsedVote

VERDICTS = {
    "include": "INCLUDE", "included": "INCLUDE", "yes": "INCLUDE", "1": "INCLUDE", "in": "INCLUDE", "accept": "INCLUDE", "relevant": "INCLUDE", "true": "INCLUDE",
    "exclude": "EXCLUDE", "excluded": "EXCLUDE", "no": "EXCLUDE", "0": "EXCLUDE", "-1": "EXCLUDE", "out": "EXCLUDE", "reject": "EXCLUDE", "false": "EXCLUDE",
    "irrelevant": "EXCLUDE", "maybe": "MAYBE", "undecided": "MAYBE", "unsure": "MAYBE", "unclear": "MAYBE",
}  # fmt: skip
_REVIEWER = ("reviewer", "screener", "reviewer name", "voted by", "screened by")
_VERDICT = ("verdict", "vote", "decision", "screening decision", "inclusion", "label")
_STAGE = ("stage", "screening stage", "phase")
_REASON = ("reason", "exclusion reason", "reason for exclusion", "exclusion_reason")
VOTE_COLUMNS = frozenset((*_REVIEWER, *_VERDICT, *_STAGE, *_REASON))
_ABOUT_VOTES = re.compile(
    r"\b(?:votes?|verdicts?|decisions?|includ\w+|exclud\w+|inclusion|exclusion|screen\w*)\b", re.IGNORECASE
)
_VERDICT_WORDS = frozenset(word for word in VERDICTS if word.isalpha())
HIDDEN = "(hidden)"
"""In place of a cell that may be a vote."""
_NUMBERED = re.compile(r"(.+?)[ _]?([1-9])")
_IDENTIFIERS = ("id", "record id", "record_id", "covidence #", "key", "study id", "accession number")
_FULL_TEXT = re.compile(r"full|\bft\b|2\b|2nd|second", re.IGNORECASE)
_SPOOL_BYTES = 16_000_000


def stage_of(text: str) -> str:
    """``FULL_TEXT`` when the words say so, else ``TITLE_ABSTRACT``."""
    return "FULL_TEXT" if _FULL_TEXT.search(text) else "TITLE_ABSTRACT"


def is_vote_column(heading: str) -> bool:
    """Whether a column says who voted, what, where or why; numbered ones of the wide form included."""
    name = heading.casefold()
    numbered = _NUMBERED.fullmatch(name)
    return name in VOTE_COLUMNS or (numbered is not None and numbered.group(1) in VOTE_COLUMNS)


def blind_cells(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with :data:`HIDDEN` in place of what may be a vote: in columns whose heading speaks of one, or whose cells
    are all verdicts, and in cells that hold what Rayyan and Covidence write. Empty cells stay empty."""
    votes = {at for at, heading in enumerate(headings) if _speaks_of_votes(heading) or _all_verdicts(rows, at)}
    return [
        [HIDDEN if cell.strip() and (at in votes or holds_votes(cell)) else cell for at, cell in enumerate(row)]
        for row in rows
    ]


def _speaks_of_votes(heading: str) -> bool:
    return is_vote_column(heading.strip()) or _ABOUT_VOTES.search(heading.replace("_", " ")) is not None


def _all_verdicts(rows: Sequence[Sequence[str]], at: int) -> bool:
    cells = {row[at].strip().casefold() for row in rows} - {""}
    return bool(cells) and cells <= _VERDICT_WORDS


def is_vote_table(headings: Iterable[str]) -> bool:
    """Whether a table has one row per vote."""
    names = set(headings)
    return not names.isdisjoint(_REVIEWER) and not names.isdisjoint(_VERDICT)


def record_key(headings: Sequence[str], cells: Sequence[str]) -> bytes | None:
    """What rows of one record have in common; None for a row without a vote, which is a record of its own.

    The same identifier (``id``, ``key``, ``Covidence #``, …) and the same title; where there is no identifier, every
    cell but those of the vote. Rows that differ in anything else are different records: finding duplicates is not the
    importer's work.
    """
    row = dict(zip(reversed(headings), reversed(cells), strict=False))
    if not any(row.get(name, "").strip() for name in _REVIEWER) or not any(
        row.get(name, "").strip() for name in _VERDICT
    ):
        return None
    number = next((row[name].strip() for name in _IDENTIFIERS if row.get(name, "").strip()), "")
    common: list[str]
    if number:
        common = [number, " ".join(row.get("title", "").casefold().split())]
    else:
        common = [cell.strip() for name, cell in zip(headings, cells, strict=False) if not is_vote_column(name)]
    return hashlib.blake2b("\x1f".join(common).encode("utf-8", "replace"), digest_size=16).digest()


def grouped(items: Iterable[tuple[bytes | None, list[Any]]]) -> Iterator[list[list[Any]]]:
    """Items (values that JSON knows) with the same key together, in the order in which each key came first.

    They may stand anywhere in the file, so they wait on disk: memory holds a few bytes for each.
    """
    places: dict[bytes | int, list[int]] = {}
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        for count, (key, item) in enumerate(items):
            places.setdefault(count if key is None else key, []).append(spool.tell())
            spool.write(json.dumps(item).encode() + b"\n")
        for offsets in places.values():
            group = []
            for offset in offsets:
                spool.seek(offset)
                group.append(json.loads(spool.readline()))
            yield group


def take_votes(entry: Entry) -> None:
    """Moves the votes of a row from its fields to its votes. What is no verdict stays a field, with a warning."""
    numbers = {match.group(2) for name in entry.fields if (match := _NUMBERED.fullmatch(name))}
    for suffix in ("", *sorted(numbers)):
        _take_one(entry, suffix)


def _take_one(entry: Entry, number: str) -> None:
    """One reviewer's columns: plain ones, or those with this number."""
    columns = [_spellings(names, number) for names in (_REVIEWER, _VERDICT, _STAGE, _REASON)]
    reviewer, verdict, stage, reason = (entry.first(*names).strip() for names in columns)
    if not verdict:
        return
    known = VERDICTS.get(verdict.casefold())
    if known is None:
        if reviewer:
            message = f"The vote in line {entry.line} is none of include, exclude and maybe, so it was not taken."
            entry.warnings.append(message)
        return
    entry.votes.append(ParsedVote(reviewer, known, stage_of(stage), reason))
    if reviewer:
        for names in columns:
            for name in names:
                entry.fields.pop(name, None)


def _spellings(names: Sequence[str], number: str) -> tuple[str, ...]:
    if not number:
        return tuple(names)
    return tuple(f"{name}{gap}{number}" for name in names for gap in (" ", "_", ""))
