"""Definitions: read and written without loss, and refused with the place named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from extraction.rules.definition import Definition, DefinitionError, dump, parse
from tests.extraction.strategies import definitions


def one_item(**settings: Any) -> dict[str, Any]:
    """A form of one item."""
    item = {"id": "i1", "type": "text", "label": "Design", **settings}
    return {"sections": [{"id": "s1", "title": "Study", "items": [item]}], "groups": []}


@given(definitions())
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_again(definition: Definition) -> None:
    written = dump(definition)
    assert parse(written) == definition
    assert parse(json.loads(json.dumps(written))) == definition
    assert dump(parse(written)) == written


def test_a_precision_of_no_digits_is_kept() -> None:
    assert dump(parse(one_item(type="number", precision=0)))["sections"][0]["items"][0]["precision"] == 0


def test_lookups_by_id() -> None:
    data = one_item()
    data["groups"] = [{"id": "g1", "title": "Model"}, {"id": "g2", "title": "Evaluation", "parent": "g1"}]
    data["sections"].append(
        {
            "id": "s2",
            "title": "Results",
            "group": "g2",
            "items": [{"id": "i2", "type": "number", "label": "C statistic"}],
        }
    )
    definition = parse(data)
    assert [item.id for item in definition.items()] == ["i1", "i2"]
    assert [item.id for item in definition.items_of_group("")] == ["i1"]
    assert [item.id for item in definition.items_of_group("g2")] == ["i2"]
    assert definition.group_of("i2") == "g2"
    assert definition.path_of_group("g2") == ["g1", "g2"]
    assert [group.id for group in definition.groups_within("g1")] == ["g2"]
    assert definition.item("i3") is None
    assert definition.ids() == {"s1", "s2", "i1", "i2", "g1", "g2"}


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        ([], "form", "not an object"),
        ({"sections": [], "groups": [], "more": 1}, "form", "“more” is not known"),
        (one_item(type="poem"), "sections[0].items[0].type", "no type “poem”"),
        (one_item(label=" "), "sections[0].items[0].label", "empty"),
        (one_item(label="a\x00b"), "sections[0].items[0].label", "cannot be printed"),
        (one_item(id="I 1"), "sections[0].items[0].id", "small letters"),
        (one_item(id="s1"), "sections[0].items[0].id", "used twice"),
        (one_item(options=[{"id": "o1", "label": "A"}]), "sections[0].items[0].options", "only choices"),
        (one_item(columns=[{"id": "c1", "label": "A"}]), "sections[0].items[0].columns", "only tables"),
        (one_item(formula="i2"), "sections[0].items[0].formula", "only derived"),
        (one_item(unit="mg"), "sections[0].items[0].unit", "only numbers"),
        (one_item(precision=1), "sections[0].items[0].precision", "only numbers"),
        (one_item(minimum="1"), "sections[0].items[0].minimum", "only numbers"),
        (one_item(type="number", minimum=1), "sections[0].items[0].minimum", "written as text"),
        (one_item(type="number", minimum="NaN"), "sections[0].items[0].minimum", "written as text"),
        (one_item(type="number", minimum="2", maximum="1"), "sections[0].items[0].minimum", "above the largest"),
        (one_item(type="number", pattern="#"), "sections[0].items[0].pattern", "only short text"),
        (one_item(type="number", precision=99), "sections[0].items[0].precision", "whole number from 0 to 10"),
        (one_item(required="yes"), "sections[0].items[0].required", "neither true nor false"),
        (one_item(shown_if={"item": "i9"}), "sections[0].items[0].shown_if", "no item “i9”"),
        (one_item(type="yes_no", shown_if={"item": "i1"}), "sections[0].items[0].shown_if", "hang on itself"),
        (one_item(shown_if={"item": "i1"}), "sections[0].items[0].shown_if", "no answers to choose from"),
        (
            one_item(type="table", columns=[{"id": "c1", "label": "A", "type": "file"}]),
            "sections[0].items[0].columns[0].type",
            "cannot be “File”",
        ),
        (
            {"sections": [{"id": "s1", "title": "S", "group": "g9"}], "groups": []},
            "sections[0].group",
            "no group “g9”",
        ),
        ({"sections": [], "groups": [{"id": "g1", "title": "G", "parent": "g9"}]}, "groups[0].parent", "no group"),
        ({"sections": [], "groups": [{"id": "g1", "title": "G", "parent": "g1"}]}, "groups[0].parent", "deep"),
        (
            {"sections": [], "groups": [{"id": "g1", "title": "G", "minimum": 3, "maximum": 2}]},
            "groups[0].maximum",
            "below the smallest",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused_by_its_place(data: Any, path: str, words: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parse(data)
    assert raised.value.path == path
    assert words in raised.value.message


def test_a_condition_cannot_name_an_item_of_another_repeating_group() -> None:
    data = {
        "groups": [{"id": "g1", "title": "Arm"}, {"id": "g2", "title": "Outcome"}],
        "sections": [
            {"id": "s1", "title": "Arms", "group": "g1", "items": [{"id": "i1", "type": "yes_no", "label": "Drug"}]},
            {
                "id": "s2",
                "title": "Outcomes",
                "group": "g2",
                "items": [{"id": "i2", "type": "text", "label": "Dose", "shown_if": {"item": "i1", "values": ["yes"]}}],
            },
        ],
    }
    with pytest.raises(DefinitionError, match="another repeating group"):
        parse(data)
