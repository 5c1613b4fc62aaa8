"""Which items are asked, given what has been answered so far (conditions of definition_types.Condition)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Definition, Item, Operator
from extraction.rules.text import normal


class Answer(NamedTuple):
    """What stands in a cell."""

    mark: str
    value: Any


Lookup = Callable[[str], Answer | None]
"""Id of an item → what stands in its cell, in the same entry or in the one above that the item belongs to."""


def is_shown(definition: Definition, item: Item, lookup: Lookup) -> bool:
    """Whether an item is asked: its condition holds, and the item it names is itself asked."""
    condition = item.shown_if
    if condition is None:
        return True
    other = definition.item(condition.item)
    if other is None or not is_shown(definition, other, lookup):
        return False
    answer = lookup(other.id)
    if answer is None:
        return False
    if condition.operator == Operator.REPORTED:
        return answer.mark == Mark.VALUE
    given = chosen(other, answer)
    hit = any(value in given for value in condition.values)
    return hit if condition.operator == Operator.IS else not hit


def shown_items(definition: Definition, group_id: str, lookup: Lookup) -> list[Item]:
    """The items of one entry of a group ("" for the study) that are asked, in the order of the form."""
    return [item for item in definition.items_of_group(group_id) if is_shown(definition, item, lookup)]


def chosen(item: Item, answer: Answer) -> set[str]:
    """The ids of options, or yes/no/unclear, that an answer holds; empty for a mark."""
    if answer.mark != Mark.VALUE or answer.value is None:
        return set()
    match item.type:
        case ItemType.MULTIPLE:
            return set(answer.value)
        case ItemType.SINGLE_OTHER:
            return {answer.value.get("option", "")} - {""}
        case ItemType.VOCABULARY:
            term = normal(answer.value)
            return {option.id for option in item.options if normal(option.label) == term}
        case _:
            return {str(answer.value)}
