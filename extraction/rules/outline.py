"""A form as people see it: the study's own sections, then each repeating group with its sections and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extraction.constants import ItemType
from extraction.rules.definition_types import Definition, Group, Section

T = ItemType

TYPE_HELP: Mapping[ItemType, str] = {
    T.TEXT: "A word or a line.",
    T.LONG_TEXT: "Several lines.",
    T.INTEGER: "A count, such as participants.",
    T.NUMBER: "A measured number, with its unit.",
    T.RANGE: "From a number to a number.",
    T.ESTIMATE: "An effect with its interval, standard error or p.",
    T.DATE: "A day, a month, or a year.",
    T.YEAR: "Four digits.",
    T.YES_NO: "A question that the report answers.",
    T.SINGLE: "One of the answers you list.",
    T.MULTIPLE: "Any of the answers you list.",
    T.SINGLE_OTHER: "One of your answers, or one in own words.",
    T.VOCABULARY: "Terms you list; extractors propose more.",
    T.TABLE: "Rows with columns that you name.",
    T.FILE: "A file, such as a figure.",
    T.QUOTATION: "A passage, word for word.",
    T.DERIVED: "Worked out from other items.",
}
"""What each type is for, in a line."""


@dataclass(frozen=True)
class Node:
    """The study, or one repeating group, with all that stands in it. `group` is None for the study."""

    group: Group | None
    sections: tuple[Section, ...]
    children: tuple[Node, ...]
    depth: int

    def walk(self) -> Iterator[Node]:
        """This node and all within it, in the order they are shown."""
        yield self
        for child in self.children:
            yield from child.walk()


def outline(definition: Definition, group_id: str = "", depth: int = 0) -> Node:
    """The whole form from the study down."""
    children = tuple(outline(definition, group.id, depth + 1) for group in definition.groups_within(group_id))
    return Node(definition.group(group_id), tuple(definition.sections_of_group(group_id)), children, depth)
