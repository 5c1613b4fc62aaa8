"""Suggested and overall levels: each rule as a table, every combination of domain levels on every scale."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias.constants import Answer, Level, Scale
from bias.instruments.judgement import (
    APPLICABILITY_LEVELS,
    Basis,
    Ruling,
    basis_of,
    consider_high,
    is_adapted,
    level_label,
    levels_of,
    overall,
    overall_applicability,
    ruling,
    suggest,
)
from bias.instruments.registry import INSTRUMENTS
from bias.instruments.types import Instrument, InstrumentError

L, M, U, H = Level.LOW, Level.MODERATE, Level.UNCLEAR, Level.HIGH
SC, NI, S, C = Level.SOME_CONCERNS, Level.NO_INFORMATION, Level.SERIOUS, Level.CRITICAL
PROBAST = INSTRUMENTS["probast-2019"]
PROBAST_AI = INSTRUMENTS["probast-ai-2025"]
OWN_SCALES = [scale for scale in Scale if scale != Scale.CUSTOM]
ANSWERS = ["", *Answer.values]


def published(scale: Scale, levels: tuple[Level, ...]) -> Level:
    """The rules as sentences of their sources, written apart from the code under test."""
    has = set(levels)
    match scale:
        case Scale.PROBAST_LHU:
            return L if has == {L} else H if H in has else U
        case Scale.REVIEW_LMH:
            return L if has == {L} else H if H in has else M
        case Scale.REVIEW_LMHU:
            return H if H in has else U if U in has else M if M in has else L
        case Scale.ROB2:
            return L if has == {L} else H if H in has else SC
        case Scale.ROBINS_I:
            return C if C in has else S if S in has else NI if NI in has else M if M in has else L
    raise AssertionError(scale)


@pytest.mark.parametrize(
    ("scale", "count"),
    [
        (Scale.PROBAST_LHU, 81),
        (Scale.REVIEW_LMH, 81),
        (Scale.REVIEW_LMHU, 256),
        (Scale.ROB2, 81),
        (Scale.ROBINS_I, 625),
    ],
)
def test_overall_for_every_combination_of_four_domains(scale: Scale, count: int) -> None:
    combinations = list(product(levels_of(scale), repeat=4))
    assert len(combinations) == count
    for levels in combinations:
        assert overall(scale, levels) == published(scale, levels), levels


@pytest.mark.parametrize(
    ("scale", "levels", "expected"),
    [
        (Scale.PROBAST_LHU, "low low low low", L),
        (Scale.PROBAST_LHU, "low unclear low low", U),
        (Scale.PROBAST_LHU, "unclear unclear unclear high", H),
        (Scale.REVIEW_LMH, "low low moderate low", M),
        (Scale.REVIEW_LMH, "moderate high moderate moderate", H),
        (Scale.REVIEW_LMHU, "low moderate unclear low", U),
        (Scale.REVIEW_LMHU, "moderate moderate low low", M),
        (Scale.REVIEW_LMHU, "unclear moderate high low", H),
        (Scale.ROB2, "low low some_concerns low low", SC),
        (Scale.ROB2, "some_concerns some_concerns some_concerns high low", H),
        (Scale.ROBINS_I, "low moderate moderate low low low low", M),
        (Scale.ROBINS_I, "no_information moderate low low low low low", NI),
        (Scale.ROBINS_I, "no_information serious low low low low low", S),
        (Scale.ROBINS_I, "no_information serious critical low low low low", C),
    ],
)
def test_overall_in_words(scale: Scale, levels: str, expected: Level) -> None:
    assert overall(scale, levels.split()) == expected


@pytest.mark.parametrize("scale", OWN_SCALES)
def test_overall_waits_for_every_domain(scale: Scale) -> None:
    worst = levels_of(scale)[-1]
    assert overall(scale, []) is None
    assert overall(scale, [worst, ""]) is None
    assert ruling(PROBAST, Scale.PROBAST_LHU, ["high", ""]) == Ruling(level=None)


@pytest.mark.parametrize(
    ("scale", "stranger"),
    [
        (Scale.PROBAST_LHU, "moderate"),
        (Scale.REVIEW_LMH, "unclear"),
        (Scale.ROB2, "moderate"),
        (Scale.ROBINS_I, "high"),
        (Scale.REVIEW_LMHU, "serious"),
    ],
)
def test_a_level_of_another_scale_is_refused_not_converted(scale: Scale, stranger: str) -> None:
    with pytest.raises(InstrumentError, match="no level"):
        overall(scale, ["low", stranger])


def test_unknown_scales_levels_and_answers_are_refused() -> None:
    with pytest.raises(InstrumentError, match="no scale"):
        levels_of("quips")
    with pytest.raises(InstrumentError, match="only with its instrument"):
        levels_of(Scale.CUSTOM)
    with pytest.raises(InstrumentError, match="no level"):
        level_label("middling")
    with pytest.raises(InstrumentError, match="no answer"):
        suggest(Scale.PROBAST_LHU, ["Yes"])
    with pytest.raises(InstrumentError, match="no level"):
        overall_applicability(["moderate"])
    with pytest.raises(InstrumentError, match="not judged on"):
        is_adapted(INSTRUMENTS["rob2"], Scale.PROBAST_LHU)


def test_which_scales_are_adapted() -> None:
    assert [is_adapted(PROBAST, scale) for scale in PROBAST.scales] == [False, True, True]
    assert not any(is_adapted(INSTRUMENTS[key], INSTRUMENTS[key].scales[0]) for key in INSTRUMENTS)


@pytest.mark.parametrize(
    ("answers", "basis"),
    [
        ([], Basis.NOTHING_ASKED),
        (["NA"], Basis.NOTHING_ASKED),
        (["Y", "PY"], Basis.ALL_YES),
        (["Y", "NA"], Basis.ALL_YES),
        (["Y", ""], Basis.INCOMPLETE),
        (["NI", ""], Basis.INCOMPLETE),
        (["N", ""], Basis.SOME_NO),
        (["Y", "PN", "NI"], Basis.SOME_NO),
        (["Y", "NI"], Basis.NO_INFORMATION),
        (["NI", "NA"], Basis.NO_INFORMATION),
    ],
)
def test_what_answers_amount_to(answers: list[str], basis: Basis) -> None:
    assert basis_of(answers) == basis


@pytest.mark.parametrize(
    ("scale", "all_yes", "no_information"),
    [
        (Scale.PROBAST_LHU, L, U),
        (Scale.REVIEW_LMH, L, None),
        (Scale.REVIEW_LMHU, L, U),
        (Scale.ROB2, L, None),
        (Scale.ROBINS_I, L, NI),
    ],
)
def test_suggestions_by_scale(scale: Scale, all_yes: Level, no_information: Level | None) -> None:
    assert suggest(scale, ["Y", "PY", "Y"]) == all_yes
    assert suggest(scale, ["Y", "NI", "PY"]) == no_information
    for no in ("N", "PN"):
        assert suggest(scale, ["Y", no, "NI"]) is None, "the assessor decides"
    assert suggest(scale, ["Y", ""]) is None
    assert suggest(scale, []) is None


@pytest.mark.parametrize("scale", OWN_SCALES)
def test_suggestions_for_every_three_answers(scale: Scale) -> None:
    for answers in product(ANSWERS, repeat=3):
        level = suggest(scale, answers)
        asked = [answer for answer in answers if answer != "NA"]
        if level == L:
            assert asked
            assert set(asked) <= {"Y", "PY"}, answers
        elif level is not None:
            assert level in (U, NI)
            assert set(asked) <= {"Y", "PY", "NI"}
            assert "NI" in asked
        else:
            no_level = not {U, NI} & set(levels_of(scale))
            assert not asked or {"", "N", "PN"} & set(asked) or ("NI" in asked and no_level), answers


@pytest.mark.parametrize("levels", list(product(APPLICABILITY_LEVELS, repeat=3)))
def test_overall_applicability(levels: tuple[Level, ...]) -> None:
    has = set(levels)
    assert overall_applicability(levels) == (L if has == {L} else H if H in has else U)


def test_overall_applicability_waits() -> None:
    assert overall_applicability([]) is None
    assert overall_applicability(["high", "", "low"]) is None


@pytest.mark.parametrize(
    ("instrument", "scale", "levels", "evaluation_type", "expected"),
    [
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, L], "dev", True),
        (PROBAST, Scale.REVIEW_LMH, [L, L, L, L], "dev", True),
        (PROBAST, Scale.REVIEW_LMHU, [L, L, L, L], "dev", True),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, L], "devval", False),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, L], "val", False),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, L], "", False),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, U], "dev", False),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, H], "dev", False),
        (PROBAST, Scale.PROBAST_LHU, [L, L, L, ""], "dev", False),
        (PROBAST_AI, Scale.PROBAST_LHU, [L, L, L, L], "dev", False),
        (INSTRUMENTS["quadas-2"], Scale.PROBAST_LHU, [L, L, L, L], "", False),
    ],
)
def test_development_without_external_validation(
    instrument: Instrument, scale: Scale, levels: list[str], evaluation_type: str, expected: bool
) -> None:
    assert consider_high(instrument, scale, levels, evaluation_type) is expected
    if "" not in levels:
        by_rule = ruling(instrument, scale, levels, evaluation_type)
        assert by_rule.level == overall(scale, levels), "considered, not set"
        assert by_rule.also == ((H,) if expected else ())


@pytest.mark.parametrize(
    ("levels", "level", "also"),
    [
        ([L, L, L, L, L], L, ()),
        ([L, SC, L, L, L], SC, ()),
        ([L, SC, SC, L, L], SC, (H,)),
        ([SC, SC, SC, SC, SC], SC, (H,)),
        ([SC, SC, SC, SC, H], H, ()),
    ],
)
def test_several_some_concerns_may_be_high(levels: list[Level], level: Level, also: tuple[Level, ...]) -> None:
    assert ruling(INSTRUMENTS["rob2"], Scale.ROB2, levels) == Ruling(level, also)


@pytest.mark.parametrize(
    ("levels", "level", "also"),
    [
        ([L, L, L], L, ()),
        ([L, M, L], M, ()),
        ([M, M, L], M, (S,)),
        ([S, M, M], S, ()),
        ([S, S, M], S, (C,)),
        ([C, S, S], C, ()),
        ([C, C, NI], C, ()),
        ([NI, M, L], NI, (M,)),
        ([NI, L, L], NI, (L,)),
        ([NI, NI, NI], NI, ()),
        ([NI, S, S], S, (C,)),
    ],
)
def test_what_robins_i_leaves_to_judgement(levels: list[Level], level: Level, also: tuple[Level, ...]) -> None:
    assert ruling(INSTRUMENTS["robins-i"], Scale.ROBINS_I, levels) == Ruling(level, also)


def test_a_departure_is_what_the_rule_does_not_allow() -> None:
    by_rule = Ruling(SC, (H,))
    assert [by_rule.departs(level) for level in ("", SC, H, L)] == [False, False, False, True]
    assert not Ruling(None).departs(H)


@given(st.sampled_from(OWN_SCALES), st.data())
def test_overall_has_no_order_and_never_improves(scale: Scale, data: st.DataObject) -> None:
    order = levels_of(scale)
    levels = data.draw(st.lists(st.sampled_from(order), min_size=1, max_size=8))
    mixed = data.draw(st.permutations(levels))
    result = overall(scale, levels)
    assert result is not None
    assert overall(scale, mixed) == result
    worse = overall(scale, [*levels, data.draw(st.sampled_from(order))])
    assert worse is not None
    assert order.index(worse) >= order.index(result)
    assert result in levels


@pytest.mark.shared
def test_the_rules_equal_the_tables_of_facts(shared_dir: Path) -> None:
    facts = json.loads((shared_dir / "domain" / "probast.json").read_text(encoding="utf-8"))
    then = {row["when"]: row["then"] for row in facts["overall_rule"]["table"]}
    for levels in product(levels_of(Scale.PROBAST_LHU), repeat=4):
        when = (
            "all 4 domains low"
            if set(levels) == {L}
            else "at least 1 domain high"
            if H in levels
            else "at least 1 unclear, none high"
        )
        assert overall(Scale.PROBAST_LHU, levels) == then[when]
    then = {row["when"]: row["then"] for row in facts["overall_applicability_rule"]["table"]}
    for levels in product(APPLICABILITY_LEVELS, repeat=3):
        when = "all low" if set(levels) == {L} else "any high" if H in levels else "any unclear, none high"
        assert overall_applicability(levels) == then[when]


@pytest.mark.shared
@given(answers=st.lists(st.sampled_from(["Y", "PY", "PN", "N", "NI"]), min_size=1, max_size=9))
def test_suggestions_never_contradict_the_table_of_answers(shared_dir: Path, answers: list[str]) -> None:
    facts = json.loads((shared_dir / "domain" / "probast.json").read_text(encoding="utf-8"))
    hints = {row["code"]: row["suggests"] for row in facts["answers"]}
    found = {hints[answer] for answer in answers}
    expected = None if "flag" in found else "unclear" if "unclear" in found else "low"
    assert suggest(Scale.PROBAST_LHU, answers) == expected
    assert suggest(Scale.REVIEW_LMHU, answers) == expected
    assert suggest(Scale.REVIEW_LMH, answers) == (None if expected == "unclear" else expected)
