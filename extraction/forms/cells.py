"""What the page of a sheet sends: one cell, a section's cells, people."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from extraction.constants import ItemType, Mark
from extraction.rules.cells import Key
from extraction.rules.definition import Definition, Item
from extraction.rules.raw import mark_of, raw_of
from extraction.services.cells import Given
from reviewapp.numbers import as_number


@dataclass(frozen=True)
class SentCell:
    """One cell as it was sent."""

    key: Key
    item: Item
    given: Given


def given_of(item: Item, name: str, post: QueryDict, based_on: int | None) -> Given:
    """What was sent for an item under a name."""
    mark = mark_of(name, post.getlist)
    return Given(
        value=raw_of(item, name, post.getlist) if mark == Mark.VALUE and item.type != ItemType.FILE else None,
        mark=mark.value,
        comment=post.get(f"{name}-comment", ""),
        report_id=as_number(post.get(f"{name}-report", "")),
        page=post.get(f"{name}-page", ""),
        quote=post.get(f"{name}-quote", ""),
        based_on=based_on,
    )


def _cell(definition: Definition, name: str, post: QueryDict) -> SentCell | None:
    """The cell with this name of inputs, "v-<item>-<entry or 0>"; None where the form has no such item."""
    prefix, _, rest = name.partition("-")
    item_id, _, entry = rest.rpartition("-")
    item, entry_id = definition.item(item_id), as_number(entry)
    if prefix != "v" or item is None or entry_id is None or item.type == ItemType.DERIVED:
        return None
    based_on = as_number(post.get(f"{name}-number", ""))
    return SentCell((item_id, entry_id or None), item, given_of(item, name, post, based_on or 0))


def sent_cell(definition: Definition, post: QueryDict) -> SentCell | None:
    """The one cell that `name` in the form names."""
    return _cell(definition, post.get("name", ""), post)


def sent_section(definition: Definition, post: QueryDict) -> list[SentCell]:
    """All cells that `cell` in the form names; unknown ones are left out."""
    cells = [_cell(definition, name, post) for name in post.getlist("cell")]
    return [cell for cell in cells if cell is not None]


def assign_people(post: QueryDict) -> list[int]:
    """Ids of the people chosen, in order."""
    return [number for text in post.getlist("people") if (number := as_number(text))]
