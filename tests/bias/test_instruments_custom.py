"""A team's own instrument from its definition: what it becomes, and that each error names its field."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias.constants import Answer, Level, Scale
from bias.instruments.custom import instrument_from
from bias.instruments.judgement import answers_for, level_label, levels_of, overall, suggest
from bias.instruments.registry import instrument_of
from bias.instruments.types import InstrumentError

DEFINITION: dict[str, Any] = {
    "name": "Our checklist",
    "version": "2",
    "link": "https://example.org/checklist",
    "scope": "Case series.",
    "levels": [
        {"key": "low", "label": "Fine", "meaning": "Nothing to worry about."},
        {"key": "unclear"},
        {"key": "moderate", "label": "So-so"},
        {"key": "high"},
    ],
    "rule": "worst",
    "domains": [
        {
            "name": "Selection of cases",
            "prompt": "Who was left out?",
            "applicability_prompt": "Are these our patients?",
            "questions": [{"text": "Were all cases taken?"}, {"text": "Are they described?", "na_allowed": True}],
        },
        {"key": "outcome", "name": "Outcome", "questions": [{"number": "7", "text": "Was it measured?"}]},
    ],
}


def changed(path: list[str | int], value: Any) -> dict[str, Any]:
    definition = copy.deepcopy(DEFINITION)
    spot: Any = definition
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return definition


def test_a_definition_becomes_an_instrument() -> None:
    instrument = instrument_of("custom", DEFINITION)
    assert (instrument.name, instrument.version, instrument.scales) == ("Our checklist", "2", (Scale.CUSTOM,))
    assert levels_of(Scale.CUSTOM, instrument) == (Level.LOW, Level.UNCLEAR, Level.MODERATE, Level.HIGH)
    assert [level_label(lv, instrument) for lv in ("low", "unclear", "moderate")] == ["Fine", "Unclear", "So-so"]
    (part,) = instrument.parts
    assert [domain.key for domain in part.domains] == ["selection_of_cases", "outcome"]
    assert [q.number for domain in part.domains for q in domain.questions] == ["1.1", "1.2", "7"]
    first, second = part.domains[0].questions
    assert Answer.NOT_APPLICABLE not in answers_for(instrument, first)
    assert Answer.NOT_APPLICABLE in answers_for(instrument, second)


def test_the_declared_order_decides() -> None:
    instrument = instrument_from(DEFINITION)
    assert overall(Scale.CUSTOM, ["unclear", "moderate"], instrument) == Level.MODERATE
    turned = instrument_from(changed(["levels"], list(reversed(DEFINITION["levels"]))))
    assert overall(Scale.CUSTOM, ["unclear", "moderate"], turned) == Level.UNCLEAR
    assert suggest(Scale.CUSTOM, ["Y", "PY"], turned) == Level.HIGH, "the best level is the one declared first"


def test_without_a_rule_there_is_no_overall_by_rule() -> None:
    instrument = instrument_from(changed(["rule"], "judgement"))
    assert overall(Scale.CUSTOM, ["low", "low"], instrument) is None


def test_no_information_goes_to_the_level_for_it_if_there_is_one() -> None:
    assert suggest(Scale.CUSTOM, ["Y", "NI"], instrument_from(DEFINITION)) == Level.UNCLEAR
    two = instrument_from(changed(["levels"], [{"key": "low"}, {"key": "high"}]))
    assert suggest(Scale.CUSTOM, ["Y", "NI"], two) is None


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["name"], "  ", "name"),
        (["name"], "x" * 121, "name"),
        (["name"], 7, "name"),
        (["link"], "javascript:alert(1)", "link"),
        (["link"], "see our site", "link"),
        (["rule"], "sum", "rule"),
        (["rule"], ["worst"], "rule"),
        (["score"], 1, "score"),
        (["levels"], [{"key": "low"}], "levels"),
        (["levels"], "low", "levels"),
        (["levels", 1], "unclear", "levels[1]"),
        (["levels", 1, "key"], "low", "levels[1].key"),
        (["levels", 1, "key"], "awful", "levels[1].key"),
        (["levels", 1, "label"], "fine", "levels[1].label"),
        (["domains"], [], "domains"),
        (["domains"], [{"name": f"D{n}"} for n in range(21)], "domains"),
        (["domains", 0, "name"], "", "domains[0].name"),
        (["domains", 1, "name"], "selection of cases", "domains[1].name"),
        (["domains", 1, "key"], "selection_of_cases", "domains[1].key"),
        (["domains", 0, "weight"], 2, "domains[0].weight"),
        (["domains", 0, "questions"], {}, "domains[0].questions"),
        (["domains", 0, "questions", 1, "text"], "", "domains[0].questions[1].text"),
        (["domains", 0, "questions", 1, "number"], "1.1", "domains[0].questions[1].number"),
        (["domains", 0, "questions", 1, "number"], "1" * 13, "domains[0].questions[1].number"),
        (["domains", 0, "questions", 1, "na_allowed"], "yes", "domains[0].questions[1].na_allowed"),
        (["domains", 1, "questions", 0, "number"], "1.2", "domains[1].questions[0].number"),
    ],
)
def test_an_error_names_its_field(path: list[str | int], value: Any, field: str) -> None:
    with pytest.raises(InstrumentError) as caught:
        instrument_from(changed(path, value))
    assert caught.value.field == field
    assert str(caught.value)


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(InstrumentError):
        instrument_from([])  # type: ignore[arg-type]


NAMES = st.sampled_from(["name", "levels", "domains", "rule", "key", "label", "questions", "text", "number", "link"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["low", "high", "worst"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(ANYTHING)
def test_any_json_gives_an_instrument_or_a_plain_refusal(definition: Any) -> None:
    json.dumps(definition)
    try:
        outcome: Any = instrument_from(definition)
    except InstrumentError as refused:
        outcome = refused
    assert str(outcome)
    assert isinstance(outcome, InstrumentError) or len(outcome.own_levels) >= 2
