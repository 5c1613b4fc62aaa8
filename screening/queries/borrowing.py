"""For each field in which the copies of a record differ: which values there are, whose they are, and which is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from screening.models import Record
from screening.rules.borrowed import FIELDS, in_words


@dataclass(frozen=True)
class FieldOption:
    """One value: the record to name when choosing it, the value in words, whose it is, and whether it is shown."""

    record_id: int
    text: str
    sources: str
    shown: bool


@dataclass(frozen=True)
class FieldChoice:
    """One field with the values it could show. `automatic`: the record has none of its own, so a copy's was taken."""

    name: str
    label: str
    options: tuple[FieldOption, ...]
    automatic: bool

    @property
    def shown(self) -> FieldOption:
        """The value that is shown."""
        return next((option for option in self.options if option.shown), self.options[0])


def field_choices(kept: Record, copies: Sequence[Record]) -> list[FieldChoice]:
    """Fields of a kept record for which its copies (itself among them or not) give something else than it does.

    Equal values, but for case and spaces, are one option.
    """
    group = [kept, *(copy for copy in copies if copy.pk != kept.pk)]
    choices = (_choice(name, kept, group) for name in FIELDS)
    return [choice for choice in choices if choice is not None]


def _choice(name: str, kept: Record, group: Sequence[Record]) -> FieldChoice | None:
    entry = (kept.borrowed or {}).get(name, {})
    shown_id = entry.get("from", kept.pk)
    same: dict[str, list[Record]] = {}
    for record in group:
        text = in_words(getattr(record, name))
        if text:
            same.setdefault(" ".join(text.casefold().split()), []).append(record)
    own = bool(in_words(getattr(kept, name)))
    if len(same) <= (1 if own else 0):
        return None
    options = tuple(_option(name, records, shown_id) for records in same.values())
    return FieldChoice(name, FIELDS[name], options, automatic="from" in entry and entry.get("wanted") != entry["from"])


def _option(name: str, records: list[Record], shown_id: int) -> FieldOption:
    named = next((record for record in records if record.pk == shown_id), records[0])
    sources = ", ".join(f"{record.search} (#{record.pk})" for record in records)
    return FieldOption(named.pk, in_words(getattr(named, name)), sources, shown=named.pk == shown_id)
