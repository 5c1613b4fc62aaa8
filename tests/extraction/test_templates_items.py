"""One item's input, for every type: named so that what is sent is the value again, labelled, described."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from lxml import html

from extraction.constants import ItemType, Mark
from extraction.rules.definition import Column, Condition, Item, Operator, Option
from extraction.rules.raw import mark_of, raw_of
from extraction.rules.values import clean

OPTIONS = (Option("o1", "Cohort"), Option("o2", "Trial"))
COLUMNS = (
    Column("c1", "Arm"),
    Column("c2", "Patients", ItemType.INTEGER),
    Column("c3", "Blind", ItemType.YES_NO),
    Column("c4", "Kind", ItemType.SINGLE, options=(Option("o8", "Drug"),)),
)
VALUES: dict[ItemType, Any] = {
    ItemType.TEXT: 'a "quoted" <text>',
    ItemType.LONG_TEXT: "two\nlines",
    ItemType.QUOTATION: "we saw",
    ItemType.VOCABULARY: "Computational study",
    ItemType.INTEGER: 0,
    ItemType.YEAR: 2021,
    ItemType.NUMBER: "3.10",
    ItemType.RANGE: {"low": "1", "high": "2"},
    ItemType.ESTIMATE: {"estimate": "1.2", "low": "1", "high": "2", "level": "90", "se": "0.1", "p": "<0.001"},
    ItemType.DATE: "2021-05",
    ItemType.YES_NO: "unclear",
    ItemType.SINGLE: "o2",
    ItemType.MULTIPLE: ["o1", "o2"],
    ItemType.SINGLE_OTHER: {"other": "Survey"},
    ItemType.TABLE: [{"c1": "A", "c2": 3, "c3": "no", "c4": "o8"}],
}


def item(kind: ItemType, **settings: Any) -> Item:
    """An item of a type."""
    options = OPTIONS if kind in (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER) else ()
    columns = COLUMNS if kind == ItemType.TABLE else ()
    return Item("i1", kind, "Design", options=options, columns=columns, **settings)


def drawn(one: Item, **context: Any) -> Any:
    """The input as HTML."""
    text = render_to_string("extraction/includes/item_input.html", {"item": one, "name": "x", **context})
    return html.fragment_fromstring(text.strip(), create_parent="form")


def sent(form: Any) -> dict[str, list[str]]:
    """What a browser sends for a form."""
    found: dict[str, list[str]] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_what_is_shown_is_sent_again(kind: ItemType) -> None:
    form = drawn(item(kind), cell=SimpleNamespace(value=VALUES[kind], mark=Mark.VALUE))
    back = sent(form)
    assert clean(item(kind), raw_of(item(kind), "x", lambda name: back.get(name, []))) == VALUES[kind]
    assert mark_of("x", lambda name: back.get(name, [])) == Mark.VALUE


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_an_empty_cell_sends_no_value(kind: ItemType) -> None:
    back = sent(drawn(item(kind), cell=None))
    assert clean(item(kind), raw_of(item(kind), "x", lambda name: back.get(name, []))) is None


@pytest.mark.parametrize("kind", list(ItemType))
def test_every_input_has_a_name_that_is_read_out(kind: ItemType) -> None:
    form = drawn(item(kind, help="How to find it"), cell=SimpleNamespace(value=None, error="Write a number."))
    for one in form.xpath(".//input|.//select|.//textarea"):
        labelled = (
            one.get("aria-label") or one.xpath("ancestor::label") or form.xpath(f".//label[@for='{one.get('id')}']")
        )
        assert labelled, html.tostring(one)
    ids = form.xpath(".//@id")
    assert len(ids) == len(set(ids))
    described = form.xpath(".//*[@aria-describedby]/@aria-describedby")
    assert all(one in ids for text in described for one in text.split())
    assert described or kind == ItemType.DERIVED


def test_marks_comment_and_place_come_back() -> None:
    cell = SimpleNamespace(
        value=None, mark=Mark.NOT_REPORTED, comment="see table", page="3", quote="q", report_id=7, error=""
    )
    back = sent(drawn(item(ItemType.TEXT), cell=cell, reports=[(6, "One"), (7, "Two")]))
    assert back == {
        "x": [""],
        "x-mark": ["not_reported"],
        "x-report": ["7"],
        "x-page": ["3"],
        "x-quote": ["q"],
        "x-comment": ["see table"],
    }


def test_what_only_shows_sends_nothing() -> None:
    for kind in VALUES:
        assert sent(drawn(item(kind), cell=SimpleNamespace(value=VALUES[kind]), disabled=True)) == {}


def test_a_condition_is_told_to_the_page() -> None:
    one = item(ItemType.TEXT, shown_if=Condition("i0", Operator.IS, ("o1", "o2")))
    ask = drawn(one).xpath(".//*[@data-ask]")[0]
    assert (
        dict(ask.attrib).items()
        >= {
            "data-ask": "i1",
            "data-type": "text",
            "data-shown-item": "i0",
            "data-shown-operator": "is",
            "data-shown-values": "o1 o2",
        }.items()
    )
