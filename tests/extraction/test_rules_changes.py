"""What a change of a form does: differences, and what becomes of each value."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction.constants import ItemType, Mark
from extraction.rules.changes import Cell, OptionChange, Outcome, asked_of_all, carry, compare, fate, kept_types
from extraction.rules.definition import Column, Condition, Definition, Group, Item, Option, Section, dump, parse
from extraction.rules.values import ValueProblem, canonical, clean, show
from tests.extraction.strategies import Ids, definitions, draw_item, items, typed

A, B, C = Option("o1", "Cohort"), Option("o2", "Trial"), Option("o3", "Study", stands_for=("o2",))


def form(*given_items: Item, group: str = "") -> Definition:
    """A form of one section."""
    groups = (Group("g1", "Model"),)
    return Definition((Section("s1", "Study", group=group, items=given_items),), groups)


def one(kind: ItemType, **settings: Any) -> Item:
    """An item."""
    return Item("i1", kind, "Design", **settings)


T = ItemType


@pytest.mark.parametrize(
    ("old", "new", "value", "carried"),
    [
        (one(T.TEXT), one(T.LONG_TEXT), "a", "a"),
        (one(T.LONG_TEXT), one(T.TEXT), "a\nb", None),
        (one(T.TEXT), one(T.TEXT, pattern="##"), "12", "12"),
        (one(T.TEXT), one(T.TEXT, pattern="##"), "ab", None),
        (one(T.TEXT), one(T.NUMBER), "12", None),
        (one(T.INTEGER), one(T.NUMBER), 3, "3"),
        (one(T.NUMBER), one(T.INTEGER), "3.0", 3),
        (one(T.NUMBER), one(T.INTEGER), "3.5", None),
        (one(T.NUMBER, unit="mg"), one(T.NUMBER, unit="g"), "3", None),
        (one(T.NUMBER), one(T.ESTIMATE), "3", {"estimate": "3"}),
        (one(T.ESTIMATE), one(T.NUMBER), {"estimate": "3"}, "3"),
        (one(T.ESTIMATE), one(T.NUMBER), {"estimate": "3", "se": "1"}, None),
        (one(T.YEAR), one(T.DATE), 2021, "2021"),
        (one(T.DATE), one(T.YEAR), "2021", 2021),
        (one(T.DATE), one(T.YEAR), "2021-05", None),
        (one(T.SINGLE, options=(A, B)), one(T.SINGLE, options=(A,)), "o1", "o1"),
        (one(T.SINGLE, options=(A, B)), one(T.SINGLE, options=(A,)), "o2", None),
        (one(T.SINGLE, options=(A, B)), one(T.SINGLE, options=(A, C)), "o2", "o3"),
        (one(T.SINGLE, options=(A, B)), one(T.MULTIPLE, options=(A, B)), "o2", ["o2"]),
        (one(T.MULTIPLE, options=(A, B)), one(T.MULTIPLE, options=(A,)), ["o1", "o2"], None),
        (one(T.MULTIPLE, options=(A, B)), one(T.SINGLE, options=(A, B)), ["o1"], "o1"),
        (one(T.MULTIPLE, options=(A, B)), one(T.SINGLE, options=(A, B)), ["o1", "o2"], None),
        (one(T.SINGLE, options=(A, B)), one(T.TEXT), "o2", "Trial"),
        (one(T.SINGLE, options=(A, B)), one(T.SINGLE_OTHER, options=(A, B)), "o2", {"option": "o2"}),
        (one(T.SINGLE_OTHER, options=(A,)), one(T.SINGLE, options=(A,)), {"other": "cohort"}, "o1"),
        (one(T.SINGLE_OTHER, options=(A,)), one(T.SINGLE, options=(A,)), {"other": "survey"}, None),
        (one(T.TEXT), one(T.VOCABULARY), "a term", "a term"),
        (one(T.TEXT), one(T.SINGLE_OTHER, options=(A,)), "cohort", {"option": "o1"}),
        (one(T.TEXT), one(T.SINGLE_OTHER, options=(A,)), "survey", {"other": "survey"}),
        (
            one(T.TABLE, columns=(Column("c1", "n", T.INTEGER), Column("c2", "x"))),
            one(T.TABLE, columns=(Column("c1", "n", T.NUMBER),)),
            [{"c1": 3, "c2": "y"}],
            [{"c1": "3"}],
        ),
        (
            one(T.TABLE, columns=(Column("c2", "x"),)),
            one(T.TABLE, columns=(Column("c2", "x", T.INTEGER),)),
            [{"c2": "y"}],
            None,
        ),
    ],
)
def test_what_is_carried_over(old: Item, new: Item, value: Any, carried: Any) -> None:
    assert carry(value, old, new) == carried


def test_each_kind_of_difference_is_said() -> None:
    old = form(
        one(T.SINGLE, options=(A, B)),
        Item("i2", T.NUMBER, "Age", unit="years"),
        Item("i3", T.TEXT, "Gone"),
    )
    new = form(
        one(T.SINGLE, options=(Option("o1", "Cohort study"), C), required=True),
        Item("i2", T.INTEGER, "Age at entry", unit="months"),
        Item("i4", T.TEXT, "New"),
    )
    changes = compare(old, new)
    assert [item.id for item in changes.added] == ["i4"]
    assert [item.id for item in changes.removed] == ["i3"]
    design, age = changes.changed
    assert design.newly_required
    assert [(o.kind, o.before, o.after) for o in design.options] == [
        (OptionChange.RENAMED, "Cohort", "Cohort study"),
        (OptionChange.MERGED, "Trial", "Study"),
        (OptionChange.ADDED, "", "Study"),
    ]
    assert age.retyped
    assert "was called “Age”" in age.words
    assert "was measured in years, now in months" in age.words


def test_groups_and_sections_that_differ() -> None:
    old = Definition((Section("s1", "Old", group="g1"),), (Group("g1", "Arm"), Group("g2", "Gone")))
    new = Definition(
        (Section("s1", "New", group="g1"), Section("s2", "More")),
        (Group("g1", "Group", minimum=2), Group("g3", "Outcome", "g1")),
    )
    changes = compare(old, new)
    assert [group.id for group in changes.groups_added] == ["g3"]
    assert [group.id for group in changes.groups_removed] == ["g2"]
    assert len(changes.groups_changed) == 2
    assert changes.layout == ("Section “Old” is now called “New”", "Section “More” is new")


def test_an_item_in_another_group_is_asked_again() -> None:
    old, new = form(one(T.TEXT)), form(one(T.TEXT), group="g1")
    assert fate(old, new, Cell("i1", Mark.VALUE, "x")) == (Outcome.ASK, None)
    assert fate(old, new, Cell("i1", Mark.NOT_REPORTED, None)) == (Outcome.ASK, None)
    assert compare(old, new).changed[0].words == ("was asked once per study, is now asked per “Model”",)


def test_fates() -> None:
    old = form(one(T.INTEGER), Item("i2", T.TEXT, "Gone"))
    new = form(one(T.NUMBER), Item("i3", T.TEXT, "New"), Item("i4", T.DERIVED, "Sum"))
    assert fate(old, new, Cell("i1", Mark.VALUE, 3)) == (Outcome.CARRY, "3")
    assert fate(old, new, Cell("i1", Mark.NOT_REPORTED, None)) == (Outcome.KEEP, None)
    assert fate(old, new, Cell("i2", Mark.VALUE, "x")) == (Outcome.DROP, "x")
    assert fate(old, old, Cell("i1", Mark.VALUE, 3)) == (Outcome.KEEP, 3)
    assert [item.id for item in asked_of_all(old, new)] == ["i3"]


def test_limits_that_a_value_breaks_ask_again_but_a_new_help_text_does_not() -> None:
    old = form(one(T.NUMBER))
    assert fate(old, form(one(T.NUMBER, precision=0)), Cell("i1", Mark.VALUE, "3.5")).outcome == Outcome.ASK
    assert fate(old, form(one(T.NUMBER, help="How")), Cell("i1", Mark.VALUE, "3.5")).outcome == Outcome.KEEP


def test_types_to_which_values_can_go() -> None:
    assert T.NUMBER in kept_types(T.INTEGER)
    assert T.INTEGER not in kept_types(T.LONG_TEXT)


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_a_form_does_not_differ_from_itself(definition: Definition) -> None:
    assert compare(definition, definition).nothing
    assert compare(definition, parse(dump(definition))).nothing
    assert asked_of_all(definition, definition) == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_carried_over_is_a_value_of_the_new_item(data: st.DataObject) -> None:
    old = data.draw(items())
    new = replace(data.draw(items(st.sampled_from(kept_types(old.type)))), unit=old.unit, options=old.options)
    if old.options and new.type not in (T.SINGLE, T.MULTIPLE, T.SINGLE_OTHER, T.VOCABULARY):
        new = replace(new, options=())
    try:
        value = clean(old, data.draw(typed(old)))
    except ValueProblem:
        return
    carried = carry(value, old, new)
    if carried is not None:
        assert clean(new, carried) == carried
        assert show(new, carried)
    if value is not None and old.type == new.type and carried is not None and old.type != T.TABLE:
        assert canonical(old, value) == canonical(new, carried)


@st.composite
def histories(draw: st.DrawFn) -> list[Definition]:
    """A form changed several times: items taken away, moved, added, retyped, with ids given once."""
    ids = Ids()
    versions = [draw(definitions(ids))]
    for _ in range(draw(st.integers(1, 4))):
        old = versions[-1]
        pool = [item for item in old.items() if draw(st.integers(0, 3))]
        pool = [replace(draw_item(draw, ids, all_types), id=i.id) if not draw(st.integers(0, 3)) else i for i in pool]
        pool += [draw_item(draw, ids, all_types) for _ in range(draw(st.integers(0, 2)))]
        pool = [replace(item, shown_if=None) for item in draw(st.permutations(pool))]
        cut = draw(st.integers(0, len(pool)))
        group = draw(st.sampled_from(["", *(group.id for group in old.groups)]))
        sections = (
            Section(ids.next("s"), "One", items=tuple(pool[:cut])),
            Section(ids.next("s"), "Two", group=group, items=tuple(pool[cut:])),
        )
        versions.append(parse(dump(Definition(sections, old.groups))))
    return versions


all_types = st.sampled_from(sorted(ItemType))


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_no_value_is_lost_or_shown_under_another_item(data: st.DataObject) -> None:
    """Through any changes, each cell keeps, carries over, asks again or rests; what it then holds fits its own item."""
    versions = data.draw(histories())
    entered: dict[str, list[Any]] = {}
    live: dict[str, Any] = {}
    for old, new in itertools.pairwise(versions):
        for item in old.items():
            try:
                value = clean(item, data.draw(typed(item)))
            except ValueProblem:
                continue
            if value is not None:
                live[item.id] = value
                entered.setdefault(item.id, []).append(value)
        moved = {}
        for item_id, value in live.items():
            if old.item(item_id) is None:
                continue
            outcome, carried = fate(old, new, Cell(item_id, Mark.VALUE, value))
            now = new.item(item_id)
            if outcome == Outcome.DROP:
                assert now is None
                assert carried == value
            else:
                assert now is not None
            if outcome in (Outcome.KEEP, Outcome.CARRY) and now is not None:
                assert clean(replace(now, minimum=None, maximum=None, precision=None, pattern=""), carried) == carried
                assert old.group_of(item_id) == new.group_of(item_id)
                moved[item_id] = carried
                entered[item_id].append(carried)
        live = moved
    assert all(values for values in entered.values())


def test_a_condition_that_changes_is_said() -> None:
    old = form(one(T.YES_NO), Item("i2", T.TEXT, "Why"))
    new = form(one(T.YES_NO), Item("i2", T.TEXT, "Why", shown_if=Condition("i1", values=("yes",))))
    assert compare(old, new).changed[0].words == ("is asked under another condition",)
