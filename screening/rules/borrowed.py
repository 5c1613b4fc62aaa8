"""Which copy's value is shown for each field of a kept record. Pure: values in, values out.

What is borrowed is kept by field: {"from": id of the copy, "source": its name, "value": …} for what is shown, and
"wanted": id, where a person has chosen that copy. A choice whose copy has been released waits as {"wanted": id} alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIELDS: dict[str, str] = {
    "title": "Title",
    "original_title": "Original title",
    "authors": "Authors",
    "year": "Year",
    "journal": "Journal",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "abstract": "Abstract",
    "doi": "DOI",
    "pmid": "PMID",
    "keywords": "Keywords",
    "publication_type": "Type",
    "language": "Language",
}
"""Fields that may be shown as a copy has them, with their words."""
Borrowed = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A duplicate of a kept record: its id, the name of its source, and its values by field."""

    id: int
    source: str
    values: Mapping[str, Any]


def borrow(own: Mapping[str, Any], copies: Sequence[Copy], former: Mapping[str, Mapping[str, Any]]) -> Borrowed:
    """What is borrowed now, given what was before: the choices that persons made, as far as their copies are there,
    and for a field that the record lacks the first copy (in the order given) that has it."""
    by_id = {copy.id: copy for copy in copies}
    found: Borrowed = {}
    for name in FIELDS:
        wanted = former.get(name, {}).get("wanted")
        giver = by_id.get(wanted) if wanted is not None else None
        if (giver is None or not giver.values.get(name)) and not own.get(name):
            giver = next((copy for copy in copies if copy.values.get(name)), None)
        entry: dict[str, Any] = {"wanted": wanted} if wanted is not None else {}
        if giver is not None and giver.values.get(name):
            entry |= {"from": giver.id, "source": giver.source, "value": giver.values[name]}
        if entry:
            found[name] = entry
    return found


def borrowed_values(borrowed: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """The values to show in place of the record's own, by field."""
    return {name: entry["value"] for name, entry in (borrowed or {}).items() if "from" in entry}


def origins(borrowed: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """Where they come from, in words: "Abstract and DOI from Scopus", one for each copy."""
    givers: dict[tuple[int, str], list[str]] = {}
    for name, words in FIELDS.items():
        entry = (borrowed or {}).get(name, {})
        if "from" in entry:
            givers.setdefault((entry["from"], entry["source"]), []).append(words)
    return [f"{_listed(names)} from {source} (#{number})" for (number, source), names in givers.items()]


def _listed(names: list[str]) -> str:
    rest = [name if name.isupper() else name.lower() for name in names[1:]]
    first, *middle = [names[0], *rest]
    return first if not middle else f"{', '.join([first, *middle[:-1]])} and {middle[-1]}"


def in_words(value: Any) -> str:
    """A value of a field for people: authors by their names, lists with semicolons."""
    if isinstance(value, list):
        return "; ".join(_name(item) if isinstance(item, dict) else str(item) for item in value)
    return "" if value is None else str(value)


def _name(author: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (author.get("particle", ""), author.get("family", ""), author.get("given", ""))))
