"""Values of every type: typed, kept, compared, shown."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extraction.constants import ItemType, Mark
from extraction.rules.definition import Column, Item, Option
from extraction.rules.raw import mark_of, raw_of
from extraction.rules.text import matches, normal, tidy, tidy_line
from extraction.rules.values import ValueProblem, canonical, clean, number_of, same, show, show_cell
from tests.extraction.strategies import items, typed

OPTIONS = (Option("o1", "Cohort"), Option("o2", "Trial"), Option("o3", "Registry"))
COLUMNS = (Column("c1", "Arm"), Column("c2", "Patients", ItemType.INTEGER), Column("c3", "Dose", ItemType.NUMBER, "mg"))


def item(kind: ItemType, **settings: Any) -> Item:
    """An item of a type."""
    if kind in (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER):
        settings.setdefault("options", OPTIONS)
    if kind == ItemType.TABLE:
        settings.setdefault("columns", COLUMNS)
    return Item("i1", kind, "Label", **settings)


ESTIMATE = {"estimate": "1.20", "low": "1.01", "high": "1.40", "level": "", "se": "", "p": "<.001"}


@pytest.mark.parametrize(
    ("kind", "raw", "value", "shown"),
    [
        (ItemType.TEXT, "  two \n words ", "two words", "two words"),
        (ItemType.LONG_TEXT, "one\r\ntwo ", "one\ntwo", "one\ntwo"),
        (ItemType.QUOTATION, "“we saw”", "“we saw”", "“we saw”"),
        (ItemType.VOCABULARY, " Computational  study", "Computational study", "Computational study"),
        (ItemType.INTEGER, "1,234", 1234, "1234"),
        (ItemType.INTEGER, "12.0", 12, "12"),
        (ItemType.INTEGER, 0, 0, "0"),
        (ItemType.YEAR, "2021", 2021, "2021"),
        (ItemType.NUMBER, " 3.10 ", "3.10", "3.10"),
        (ItemType.NUMBER, "1e-3", "0.001", "0.001"),
        (ItemType.NUMBER, "−2", "-2", "-2"),
        (ItemType.NUMBER, "-0", "0", "0"),
        (ItemType.DERIVED, "2.5", "2.5", "2.5"),
        (ItemType.RANGE, {"low": "1", "high": "2.0"}, {"low": "1", "high": "2.0"}, "1 to 2.0"),
        (ItemType.RANGE, {"low": "", "high": "2"}, {"high": "2"}, "up to 2"),
        (ItemType.RANGE, {"low": "1"}, {"low": "1"}, "from 1"),
        (
            ItemType.ESTIMATE,
            ESTIMATE,
            {"estimate": "1.20", "low": "1.01", "high": "1.40", "level": "95", "p": "<0.001"},
            "1.20 (95% CI 1.01 to 1.40), p <0.001",
        ),
        (ItemType.ESTIMATE, {"estimate": "3", "se": "0.5"}, {"estimate": "3", "se": "0.5"}, "3, SE 0.5"),
        (ItemType.ESTIMATE, {"p": "p = 0.03"}, {"p": "0.03"}, "p = 0.03"),
        (ItemType.DATE, "2021-05", "2021-05", "2021-05"),
        (ItemType.YES_NO, "Yes", "yes", "Yes"),
        (ItemType.SINGLE, "o2", "o2", "Trial"),
        (ItemType.MULTIPLE, ["o3", "o1", "o3"], ["o1", "o3"], "Cohort; Registry"),
        (ItemType.SINGLE_OTHER, {"option": "o1"}, {"option": "o1"}, "Cohort"),
        (ItemType.SINGLE_OTHER, {"option": "", "other": "Case series"}, {"other": "Case series"}, "Case series"),
        (
            ItemType.TABLE,
            [{"c1": "A", "c2": "10", "c3": "2.5"}, {"c1": "", "c2": "", "c3": ""}, {"c1": "B"}],
            [{"c1": "A", "c2": 10, "c3": "2.5"}, {"c1": "B"}],
            "Arm: A, Patients: 10, Dose: 2.5 mg; Arm: B",
        ),
        (
            ItemType.FILE,
            {"sha256": "a" * 64, "name": "scan.pdf", "size": 3},
            {"sha256": "a" * 64, "name": "scan.pdf", "size": 3},
            "scan.pdf",
        ),
    ],
)
def test_what_is_typed_is_kept_and_shown(kind: ItemType, raw: Any, value: Any, shown: str) -> None:
    assert clean(item(kind), raw) == value
    assert show(item(kind), value) == shown


@pytest.mark.parametrize("kind", list(ItemType))
@pytest.mark.parametrize("raw", [None, ""])
def test_nothing_typed_is_no_value(kind: ItemType, raw: Any) -> None:
    assert clean(item(kind), raw) is None
    assert show(item(kind), None) == ""
    assert canonical(item(kind), None) == ""


@pytest.mark.parametrize(
    ("one", "raw", "words"),
    [
        (item(ItemType.TEXT, pattern="NCT########"), "NCT1234", "Write it like this: NCT########"),
        (item(ItemType.TEXT), "x" * 1001, "at most 1,000 characters"),
        (item(ItemType.TEXT), ["x"], "can be kept here"),
        (item(ItemType.INTEGER), "3.5", "whole number"),
        (item(ItemType.INTEGER), True, "can be kept here"),
        (item(ItemType.NUMBER), "3,5", "point before the decimals"),
        (item(ItemType.NUMBER), "1,234", "without commas"),
        (item(ItemType.NUMBER), "١٢", "Write a number"),
        (item(ItemType.NUMBER), "nan", "Write a number"),
        (item(ItemType.NUMBER), "1e99", "too long"),
        (item(ItemType.NUMBER, minimum=Decimal(5), unit="mg"), "4", "smallest possible value is 5 mg"),
        (item(ItemType.NUMBER, maximum=Decimal(5)), "6", "largest possible value is 5"),
        (item(ItemType.NUMBER, precision=1), "1.25", "at most 1 digit after the point"),
        (item(ItemType.NUMBER, precision=0), "1.5", "no decimals"),
        (item(ItemType.RANGE), {"low": "3", "high": "2"}, "above the second"),
        (item(ItemType.ESTIMATE), {"estimate": "2", "low": "1", "high": "1.5"}, "outside its interval"),
        (item(ItemType.ESTIMATE), {"se": "-1"}, "not below 0"),
        (item(ItemType.ESTIMATE), {"p": "2"}, "from 0 to 1"),
        (item(ItemType.ESTIMATE), {"estimate": "2", "low": "1", "level": "100"}, "per cent"),
        (item(ItemType.YEAR), "21", "four digits"),
        (item(ItemType.DATE), "2021-02-30", "no such date"),
        (item(ItemType.DATE), "3 May 2021", "year, month, day"),
        (item(ItemType.YES_NO), "perhaps", "yes, no or unclear"),
        (item(ItemType.SINGLE), "o9", "answers offered"),
        (item(ItemType.MULTIPLE), ["o1", "o9"], "answers offered"),
        (item(ItemType.SINGLE_OTHER), {"option": "o1", "other": "x"}, "not both"),
        (item(ItemType.TABLE), [{"c2": "1"}, {"c2": "many"}], "Row 2, Patients: Write a number"),
        (item(ItemType.TABLE), [{"c1": "x"}] * 201, "at most 200 rows"),
        (item(ItemType.FILE), {"sha256": "x", "name": "a", "size": 1}, "not arrived"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(one: Item, raw: Any, words: str) -> None:
    with pytest.raises(ValueProblem) as raised:
        clean(one, raw)
    assert words in raised.value.message


@pytest.mark.parametrize(
    ("kind", "one", "other", "equal"),
    [
        (ItemType.TEXT, "Non–small cell.", "non-small  CELL", True),
        (ItemType.TEXT, "“GAN”", '"gan"', True),
        (ItemType.TEXT, "GAN", "GANs", False),
        (ItemType.NUMBER, "3.10", "3.1", True),
        (ItemType.NUMBER, "3.1", "3.11", False),
        (ItemType.INTEGER, 3, 3, True),
        (ItemType.RANGE, {"low": "1.0"}, {"low": "1"}, True),
        (ItemType.RANGE, {"low": "1"}, {"high": "1"}, False),
        (ItemType.ESTIMATE, {"estimate": "1.0", "p": "<0.0010"}, {"estimate": "1", "p": "<0.001"}, True),
        (ItemType.ESTIMATE, {"p": "<0.001"}, {"p": "0.001"}, False),
        (ItemType.SINGLE, "o1", "o2", False),
        (ItemType.MULTIPLE, ["o1", "o2"], ["o2", "o1"], True),
        (ItemType.SINGLE_OTHER, {"other": "Case series"}, {"other": "case series"}, True),
        (ItemType.SINGLE_OTHER, {"other": "o1"}, {"option": "o1"}, False),
        (ItemType.TABLE, [{"c1": "A"}, {"c1": "B"}], [{"c1": "b"}, {"c1": "a"}], True),
        (ItemType.TABLE, [{"c1": "A"}, {"c1": "A"}], [{"c1": "A"}], False),
        (ItemType.TABLE, [{"c1": "A", "c3": "1.0"}], [{"c1": "A", "c3": "1"}], True),
        (
            ItemType.FILE,
            {"sha256": "a" * 64, "name": "a.pdf", "size": 1},
            {"sha256": "a" * 64, "name": "b.pdf", "size": 1},
            True,
        ),
        (ItemType.TEXT, None, "", False),
        (ItemType.TEXT, None, None, True),
    ],
)
def test_values_that_say_the_same(kind: ItemType, one: Any, other: Any, equal: bool) -> None:
    assert same(item(kind), one, other) is equal
    assert same(item(kind), other, one) is equal


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_what_is_kept_stays_as_it_is(data: st.DataObject) -> None:
    one = data.draw(items())
    try:
        value = clean(one, data.draw(typed(one)))
    except ValueProblem:
        assume(False)
    assert clean(one, json.loads(json.dumps(value))) == value
    assert same(one, value, json.loads(json.dumps(value)))
    assert (show(one, value) == "") is (value is None)
    assert same(one, value, None) is (value is None)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_values_shown_alike_in_words_say_the_same(data: st.DataObject) -> None:
    """Two values that differ for the comparison can be told apart by people, options of one name aside."""
    one = data.draw(items(st.sampled_from([ItemType.NUMBER, ItemType.RANGE, ItemType.ESTIMATE, ItemType.DATE])))
    try:
        first, second = clean(one, data.draw(typed(one))), clean(one, data.draw(typed(one)))
    except ValueProblem:
        assume(False)
    if show(one, first) == show(one, second):
        assert same(one, first, second)


@given(st.text())
@settings(deadline=None)
def test_tidy_text_is_tidy(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert tidy_line(tidy_line(text)) == tidy_line(text)
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("NCT########", "NCT01234567", True),
        ("NCT########", "NCT012345678", False),
        ("@@-#", "AB-1", True),
        ("@@-#", "A1-1", False),
        ("*", "", True),
        ("a*b*c", "a x b b c", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("*.pdf", "x.pdf", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


def test_marks_stand_in_place_of_a_value() -> None:
    number = item(ItemType.NUMBER, unit="mg")
    assert show_cell(number, Mark.NOT_REPORTED, None) == "Not reported"
    assert show_cell(number, Mark.NOT_APPLICABLE, None) == "Not applicable"
    assert show_cell(number, Mark.VALUE, "3") == "3 mg"
    assert show(number, "3", units=False) == "3"
    assert number_of("3.10") == Decimal("3.1")
    assert number_of(None) is None
    assert number_of("x") is None


@pytest.mark.parametrize(
    ("kind", "sent", "raw"),
    [
        (ItemType.TEXT, {"x": ["a"]}, "a"),
        (ItemType.MULTIPLE, {"x": ["o1", "o2", ""]}, ["o1", "o2"]),
        (ItemType.RANGE, {"x-low": ["1"]}, {"low": "1", "high": ""}),
        (ItemType.SINGLE_OTHER, {"x": ["other"], "x-other": ["y"]}, {"option": "", "other": "y"}),
        (ItemType.SINGLE_OTHER, {"x": ["o1"], "x-other": ["left over"]}, {"option": "o1", "other": ""}),
        (
            ItemType.TABLE,
            {"x-c1": ["A", "B"], "x-c2": ["1", "2"], "x-c3": ["", ""]},
            [{"c1": "A", "c2": "1", "c3": ""}, {"c1": "B", "c2": "2", "c3": ""}],
        ),
    ],
)
def test_what_a_page_sends_is_put_together(kind: ItemType, sent: dict[str, list[str]], raw: Any) -> None:
    assert raw_of(item(kind), "x", lambda name: sent.get(name, [])) == raw


@pytest.mark.parametrize(
    ("sent", "mark"),
    [(["not_reported"], Mark.NOT_REPORTED), (["value"], Mark.VALUE), ([], Mark.VALUE), (["?"], Mark.VALUE)],
)
def test_the_mark_that_is_sent(sent: list[str], mark: Mark) -> None:
    assert mark_of("x", lambda name: sent if name == "x-mark" else []) == mark
