"""Hypothesis strategies: definitions that hold together, and what people may type into an item."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from extraction.constants import ItemType
from extraction.rules.definition import Column, Condition, Definition, Group, Item, Operator, Option, Section
from extraction.rules.definition_types import (
    COLUMN_TYPES,
    CONDITION_TYPES,
    NUMBER_TYPES,
    OPTION_TYPES,
    PATTERN_TYPES,
    PRECISION_TYPES,
    UNIT_TYPES,
)
from extraction.rules.values import ESTIMATE_PARTS

words = st.text(max_size=20).map(lambda text: "".join(one for one in text if one.isprintable()).strip() or "x")
lines = st.one_of(st.just(""), words, st.builds("{}\n{}".format, words, words))
numbers = st.decimals(min_value=-1000, max_value=1000, places=2)


class Ids:
    """Ids that never come twice."""

    def __init__(self) -> None:
        self.given = 0

    def next(self, kind: str) -> str:
        """A new id."""
        self.given += 1
        return f"{kind}{self.given}"


def draw_options(draw: st.DrawFn, ids: Ids, least: int = 0) -> tuple[Option, ...]:
    """Options, of which some stand for others that were merged into them."""
    labels = draw(st.lists(words, min_size=least, max_size=4))
    return tuple(
        Option(ids.next("o"), label, tuple(ids.next("o") for _ in range(draw(st.integers(0, 1))))) for label in labels
    )


def draw_columns(draw: st.DrawFn, ids: Ids) -> tuple[Column, ...]:
    """Columns of a table."""
    columns = []
    for kind in draw(st.lists(st.sampled_from(sorted(COLUMN_TYPES)), max_size=3)):
        options = draw_options(draw, ids) if kind == ItemType.SINGLE else ()
        columns.append(Column(ids.next("c"), draw(words), kind, draw(st.sampled_from(["", "mg"])), options))
    return tuple(columns)


def draw_item(draw: st.DrawFn, ids: Ids, kinds: st.SearchStrategy[ItemType]) -> Item:
    """One item with settings that fit its type."""
    kind = draw(kinds)
    limits = sorted(draw(st.lists(numbers, min_size=2, max_size=2))) if kind in NUMBER_TYPES else []
    use_limits = bool(limits) and kind != ItemType.YEAR and draw(st.booleans())
    return Item(
        id=ids.next("i"),
        type=kind,
        label=draw(words),
        help=draw(lines),
        required=draw(st.booleans()),
        unit=draw(st.sampled_from(["", "mg", "mmol/l"])) if kind in UNIT_TYPES else "",
        precision=draw(st.one_of(st.none(), st.integers(0, 3))) if kind in PRECISION_TYPES else None,
        minimum=Decimal(limits[0]) if use_limits else None,
        maximum=Decimal(limits[1]) if use_limits else None,
        pattern=draw(st.sampled_from(["", "NCT########", "*", "@*#"])) if kind in PATTERN_TYPES else "",
        options=draw_options(draw, ids) if kind in OPTION_TYPES else (),
        columns=draw_columns(draw, ids) if kind == ItemType.TABLE else (),
        formula=draw(st.sampled_from(["", "i1 / i2"])) if kind == ItemType.DERIVED else "",
    )


all_kinds = st.sampled_from(sorted(ItemType))


@st.composite
def items(draw: st.DrawFn, kinds: st.SearchStrategy[ItemType] = all_kinds) -> Item:
    """One item of any type."""
    return draw_item(draw, Ids(), kinds)


@st.composite
def definitions(draw: st.DrawFn, ids: Ids | None = None) -> Definition:
    """A whole form: nested groups, sections, items, conditions on items before."""
    given = ids or Ids()
    groups: list[Group] = []
    for _ in range(draw(st.integers(0, 3))):
        parent = draw(st.sampled_from(["", *(group.id for group in groups)]))
        least = draw(st.integers(0, 2))
        most = draw(st.one_of(st.none(), st.integers(max(least, 1), 5)))
        groups.append(Group(given.next("g"), draw(words), parent, least, most))
    sections: list[Section] = []
    for _ in range(draw(st.integers(0, 4))):
        group = draw(st.sampled_from(["", *(group.id for group in groups)]))
        found = [draw_item(draw, given, st.sampled_from(sorted(ItemType))) for _ in range(draw(st.integers(0, 4)))]
        sections.append(Section(given.next("s"), draw(words), draw(lines), group, tuple(found)))
    return with_conditions(draw, Definition(tuple(sections), tuple(groups)))


def with_conditions(draw: st.DrawFn, definition: Definition) -> Definition:
    """Conditions that name an item before, at the same level or above."""
    before: list[Item] = []
    sections = []
    for section in definition.sections:
        levels = {"", *definition.path_of_group(section.group)}
        kept = []
        for item in section.items:
            known = [one for one in before if definition.group_of(one.id) in levels]
            if known and draw(st.integers(0, 1)) == 1:
                other = draw(st.sampled_from(known))
                operator = draw(st.sampled_from(Operator)) if other.type in CONDITION_TYPES else Operator.REPORTED
                values = tuple(option.id for option in other.options[:1])
                item = Item(**{**vars(item), "shown_if": Condition(other.id, operator, values)})
            kept.append(item)
            before.append(item)
        sections.append(Section(section.id, section.title, section.help, section.group, tuple(kept)))
    return Definition(tuple(sections), definition.groups)


number_texts = st.one_of(
    st.just(""),
    st.integers(-2000, 2000).map(str),
    numbers.map(str),
    st.sampled_from(["1e-3", " 12 ", "−3", "1,234", "3,5", "x", "3.10"]),
)


def typed(item: Item) -> st.SearchStrategy[Any]:
    """What people may type into an item, right and wrong."""
    match item.type:
        case ItemType.TABLE:
            row = {
                column.id: typed(Item(column.id, column.type, "x", options=column.options)) for column in item.columns
            }
            return st.lists(st.fixed_dictionaries(row), max_size=3)
        case ItemType.MULTIPLE:
            return st.lists(st.sampled_from(["", *(option.id for option in item.options)]), max_size=4)
        case ItemType.SINGLE | ItemType.YES_NO:
            return st.sampled_from(["", "yes", "no", "unclear", "maybe", *(option.id for option in item.options)])
        case ItemType.SINGLE_OTHER:
            chosen = st.sampled_from(["", *(option.id for option in item.options)])
            return st.fixed_dictionaries({"option": chosen, "other": st.one_of(st.just(""), words)})
        case ItemType.RANGE:
            return st.fixed_dictionaries({"low": number_texts, "high": number_texts})
        case ItemType.ESTIMATE:
            parts = dict.fromkeys(ESTIMATE_PARTS, number_texts)
            return st.fixed_dictionaries(parts | {"p": st.sampled_from(["", "<0.001", "p=0.03", "2"])})
        case ItemType.DATE | ItemType.YEAR:
            return st.sampled_from(["", "2021", "2021-02", "2021-02-30", "2021-02-03", "21", "٢٠٢١"])
        case ItemType.FILE:
            return st.one_of(st.none(), st.just({"sha256": "a" * 64, "name": "scan.pdf", "size": 3}))
        case ItemType.TEXT | ItemType.LONG_TEXT | ItemType.QUOTATION | ItemType.VOCABULARY:
            return st.text(max_size=40)
        case _:
            return number_texts
