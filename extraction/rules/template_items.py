"""Small makers of a template's items, their options and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extraction.constants import ItemType
from extraction.rules.definition_types import Condition, Item, Operator, Option


def item_of(item_id: str, kind: ItemType, label: str, options: Sequence[str] = (), **settings: Any) -> Item:
    """An item whose answers have ids made of its own: `design_1`."""
    return Item(item_id, kind, label, options=options_of(item_id, options), **settings)


def options_of(item_id: str, labels: Sequence[str]) -> tuple[Option, ...]:
    return tuple(Option(f"{item_id}_{number}", label) for number, label in enumerate(labels, start=1))


def if_yes(item_id: str) -> Condition:
    return Condition(item_id, Operator.IS, ("yes",))
