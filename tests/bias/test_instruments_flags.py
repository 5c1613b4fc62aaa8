"""Flags of an assessment and over assessments: each rule as a table, and never against what was answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias.constants import Scale
from bias.instruments.assessed import AnswerKey, Assessed, DomainJudgement, DomainKey, OverallJudgement
from bias.instruments.flags import Effect, Flag, FlagId, MixRow, flags, same_mix
from bias.instruments.judgement import applicable_parts, applicable_questions, levels_of, overall
from bias.instruments.registry import INSTRUMENTS
from bias.instruments.types import Instrument, InstrumentError

PROBAST = INSTRUMENTS["probast-2019"]
PROBAST_AI = INSTRUMENTS["probast-ai-2025"]
DOMAINS = ("participants", "predictors", "outcome", "analysis")


def assessed(
    levels: str, overall_level: str = "", *, instrument: Instrument = PROBAST, scale: str = "probast_lhu", **more: Any
) -> Assessed:
    """An assessment of one part with these domain levels ("-" for open), on applicability not judged."""
    (part,) = instrument.parts
    judgements = {
        DomainKey(part.key, domain.key): DomainJudgement(level="" if level == "-" else level)
        for domain, level in zip(part.domains, levels.split(), strict=True)
    }
    values: dict[str, Any] = {"evaluation_type": "val", "judges_applicability": False, "judgements": judgements}
    if not instrument.evaluation_types:
        values["evaluation_type"] = ""
    values["overall"] = {part.key: OverallJudgement(level=overall_level)}
    return Assessed(instrument=instrument, scale=scale, **(values | more))


def found(view: Assessed, which: FlagId) -> list[Flag]:
    return [flag for flag in flags(view) if flag.id == which]


def with_answers(view: Assessed, **answers: str) -> Assessed:
    """q4_1="N" answers 4.1 in the column of validation."""
    given_answers = {
        AnswerKey("", name.removeprefix("q").replace("_", "."), "validation"): answer
        for name, answer in answers.items()
    }
    return replace(view, answers=given_answers)


@pytest.mark.parametrize(
    ("levels", "overall_level", "departs"),
    [
        ("low low low low", "low", False),
        ("low low low low", "", False),
        ("low low low low", "unclear", True),
        ("low low unclear low", "low", True),
        ("low low unclear low", "unclear", False),
        ("low high unclear low", "unclear", True),
        ("low high unclear low", "high", False),
        ("low high unclear -", "low", False),
    ],
)
def test_overall_departs(levels: str, overall_level: str, departs: bool) -> None:
    flagged = found(assessed(levels, overall_level), FlagId.OVERALL_DEPARTS)
    assert bool(flagged) is departs
    assert all(flag.effect == Effect.REASON and flag.lacks_reason for flag in flagged)


def test_a_departure_says_both_levels_and_keeps_its_reason() -> None:
    view = assessed("low high low low", "unclear")
    view = replace(view, overall={"": OverallJudgement(level="unclear", reason="A small flaw.")})
    (flag,) = found(view, FlagId.OVERALL_DEPARTS)
    assert flag.text == "Overall unclear; by the rule it is high."
    assert (flag.reason, flag.lacks_reason) == ("A small flaw.", False)
    blank = replace(view, overall={"": OverallJudgement(level="unclear", reason="  ")})
    assert found(blank, FlagId.OVERALL_DEPARTS)[0].lacks_reason


@pytest.mark.parametrize(
    ("levels", "overall_level", "departs"),
    [
        ("some_concerns some_concerns low low low", "high", False),
        ("some_concerns low low low low", "high", True),
        ("some_concerns some_concerns low low low", "low", True),
    ],
)
def test_rob2_leaves_high_to_judgement(levels: str, overall_level: str, departs: bool) -> None:
    view = assessed(levels, overall_level, instrument=INSTRUMENTS["rob2"], scale="rob2")
    assert bool(found(view, FlagId.OVERALL_DEPARTS)) is departs


@pytest.mark.parametrize(
    ("level", "answers", "expected"),
    [
        ("low", {"q4_1": "N"}, {FlagId.LOW_WITH_NO}),
        ("low", {"q4_1": "PN", "q4_2": "NI"}, {FlagId.LOW_WITH_NO, FlagId.LOW_WITH_NI}),
        ("low", {"q4_1": "NI"}, {FlagId.LOW_WITH_NI}),
        ("low", {"q4_1": "Y", "q4_2": "PY"}, set()),
        ("low", {}, set()),
        ("high", {"q4_1": "Y"}, {FlagId.HIGH_WITHOUT_NO}),
        ("high", {"q4_1": "NI"}, {FlagId.HIGH_WITHOUT_NO}),
        ("high", {"q4_1": "PN"}, set()),
        ("high", {}, set()),
        ("unclear", {"q4_1": "N", "q4_2": "NI"}, set()),
        ("-", {"q4_1": "N"}, set()),
        ("low", {"q4_5": "N"}, set()),
    ],
)
def test_levels_that_the_answers_do_not_carry(level: str, answers: dict[str, str], expected: set[FlagId]) -> None:
    view = with_answers(assessed(f"low low low {level}"), **answers)
    flagged = [flag for flag in flags(view) if flag.domain == "analysis"]
    assert {flag.id for flag in flagged} == expected, "4.5 does not apply to a validation"
    assert all(flag.lacks_reason for flag in flagged)


def test_a_flag_names_the_questions_and_takes_the_domains_reason() -> None:
    view = with_answers(assessed("low low low low"), q4_1="N", q4_3="PN", q4_2="NI")
    no, unknown = (found(view, which)[0] for which in (FlagId.LOW_WITH_NO, FlagId.LOW_WITH_NI))
    assert (no.questions, unknown.questions) == (("4.1", "4.3"), ("4.2",))
    assert no.text == "Analysis is low although 4.1 and 4.3 are answered no."
    assert unknown.text == "Analysis is low although there is no information on 4.2."
    reasoned = DomainJudgement(level="low", departure_reason="Large data.")
    view = replace(view, judgements={**view.judgements, DomainKey("", "analysis"): reasoned})
    assert found(view, FlagId.LOW_WITH_NO)[0].reason == "Large data."


@pytest.mark.parametrize(
    ("levels", "kind", "flagged"),
    [
        ("low low low low", "dev", True),
        ("low low low low", "devval", False),
        ("low low low low", "val", False),
        ("low low low unclear", "dev", False),
        ("low low low -", "dev", False),
    ],
)
def test_development_without_external_validation(levels: str, kind: str, flagged: bool) -> None:
    assert bool(found(assessed(levels, "low", evaluation_type=kind), FlagId.DEV_NO_EXTERNAL)) is flagged


@pytest.mark.parametrize(
    ("judged", "lacks_reason", "departs"),
    [
        (OverallJudgement(level="low"), True, False),
        (OverallJudgement(level="low", sample_size="40,000"), True, False),
        (OverallJudgement(level="low", sample_size="40,000", internal_validation=" "), True, False),
        (OverallJudgement(level="low", sample_size="40,000", internal_validation="Bootstrap."), False, False),
        (OverallJudgement(level="high"), True, False),
        (OverallJudgement(level="high", reason="Small data."), False, False),
        (OverallJudgement(level="unclear", reason="Small data."), False, True),
    ],
)
def test_low_is_exempt_with_reasons_and_high_is_no_departure(
    judged: OverallJudgement, lacks_reason: bool, departs: bool
) -> None:
    view = assessed("low low low low", evaluation_type="dev", overall={"": judged})
    (flag,) = found(view, FlagId.DEV_NO_EXTERNAL)
    assert flag.lacks_reason is lacks_reason
    assert bool(found(view, FlagId.OVERALL_DEPARTS)) is departs


def test_flags_of_the_whole() -> None:
    view = assessed("low low low low", scale="review_lmh", evaluation_type="", out_of_scope=True)
    ids = {flag.id: flag for flag in flags(view)}
    assert set(ids) == {FlagId.SCALE_ADAPTED, FlagId.NO_EVALUATION_TYPE, FlagId.OUT_OF_SCOPE}
    assert ids[FlagId.SCALE_ADAPTED].effect == Effect.BANNER
    assert ids[FlagId.NO_EVALUATION_TYPE].effect == Effect.BLOCKS
    assert ids[FlagId.OUT_OF_SCOPE].lacks_reason
    explained = replace(view, why_this_tool="Nothing fits better.", evaluation_type="val", scale="probast_lhu")
    assert [(flag.id, flag.lacks_reason) for flag in flags(explained)] == [
        (FlagId.OUT_OF_SCOPE, False),
        (FlagId.APPLICABILITY_MISSING, False),
    ]
    assert not found(
        assessed("low low low low low", instrument=INSTRUMENTS["rob2"], scale="rob2"), FlagId.SCALE_ADAPTED
    )


def test_applicability_missing_or_switched_off() -> None:
    off = found(assessed("low low low low"), FlagId.APPLICABILITY_MISSING)
    assert [(flag.domain, flag.text) for flag in off] == [("", "This review does not judge applicability.")]
    judged = {
        DomainKey("", key): DomainJudgement(level="low", applicability="low" if key == "outcome" else "")
        for key in DOMAINS
    }
    on = assessed("low low low low", judges_applicability=True, judgements=judged)
    assert [flag.domain for flag in found(on, FlagId.APPLICABILITY_MISSING)] == ["participants", "predictors"]
    rob2 = assessed("low low low low low", instrument=INSTRUMENTS["rob2"], scale="rob2")
    assert found(rob2, FlagId.APPLICABILITY_MISSING) == []


def test_a_level_of_another_scale_is_refused() -> None:
    with pytest.raises(InstrumentError):
        flags(assessed("low low low moderate"))
    with pytest.raises(InstrumentError):
        flags(assessed("low low low low", "moderate"))


def mix(key: str, levels: str, overall_level: str, part: str = "") -> MixRow:
    return MixRow(key=key, levels=tuple(levels.split()), overall=overall_level, part=part)


def test_the_same_mix_with_different_overalls_names_every_pair() -> None:
    rows = [
        mix("a", "low low moderate low", "low"),
        mix("b", "moderate low low low", "moderate"),
        mix("c", "low moderate low low", "moderate"),
        mix("d", "low low low low", "low"),
        mix("e", "low low low low", "low"),
        mix("f", "low low low high", "high"),
    ]
    (found_mix,) = same_mix(rows, Scale.REVIEW_LMH)
    assert found_mix.levels == ("low", "low", "low", "moderate")
    assert found_mix.by_overall == (("low", ("a",)), ("moderate", ("b", "c")))
    assert found_mix.pairs == (("a", "b"), ("a", "c"))


@pytest.mark.parametrize(
    "other",
    [
        mix("b", "low low low moderate", "low"),
        mix("b", "low low moderate moderate", "moderate"),
        mix("b", "low low low moderate", ""),
        mix("b", "low low low moderate", "moderate", part="evaluation"),
    ],
)
def test_no_pair_without_a_shared_mix_part_and_two_overalls(other: MixRow) -> None:
    assert same_mix([mix("a", "low low moderate low", "low"), other], Scale.REVIEW_LMH) == ()


def test_open_assessments_are_left_out_of_mixes() -> None:
    rows = [MixRow("a", ("low", ""), "low"), MixRow("b", ("low", ""), "high"), MixRow("c", (), "low")]
    assert same_mix([*rows, MixRow("d", (), "high")], Scale.REVIEW_LMH) == ()


LHU = st.sampled_from(["", "low", "unclear", "high"])


@st.composite
def assessments(draw: st.DrawFn) -> Assessed:
    instrument = draw(st.sampled_from([PROBAST, PROBAST_AI]))
    kind = draw(st.sampled_from(["", "dev", "devval", "val"]))
    parts = applicable_parts(instrument, kind)
    slots = [(part.key, s) for part in parts for s in applicable_questions(instrument, part.key, kind)]
    codes = st.sampled_from(["", "Y", "PY", "PN", "N", "NI"])
    answers = {AnswerKey(key, s.question.number, s.column): draw(codes) for key, s in slots if draw(st.booleans())}
    judgements = {
        DomainKey(part.key, domain.key): DomainJudgement(
            level=draw(LHU), departure_reason=draw(st.sampled_from(["", "So."])), applicability=draw(LHU)
        )
        for part in parts
        for domain in part.domains
    }
    return Assessed(
        instrument=instrument,
        scale=draw(st.sampled_from([Scale.PROBAST_LHU, Scale.REVIEW_LMHU])),
        evaluation_type=kind,
        answers=answers,
        judgements=judgements,
        overall={part.key: OverallJudgement(level=draw(LHU)) for part in parts},
        judges_applicability=draw(st.booleans()),
        out_of_scope=draw(st.booleans()),
    )


@given(assessments())
def test_flags_say_what_the_tables_say_and_nothing_else(view: Assessed) -> None:
    """Each flag of probast.json, worked out here anew from its sentence."""
    expected: set[tuple[str, str, str]] = set()
    if view.scale != Scale.PROBAST_LHU:
        expected.add(("scale_adapted", "", ""))
    if not view.evaluation_type:
        expected.add(("no_evaluation_type", "", ""))
    if view.out_of_scope:
        expected.add(("out_of_scope", "", ""))
    for part in applicable_parts(view.instrument, view.evaluation_type):
        levels = []
        for domain in part.domains:
            judged = view.judgements[part.key, domain.key]
            levels.append(judged.level)
            numbers = {question.number for question in domain.questions}
            given_answers = [
                a for key, a in view.answers.items() if key.part == part.key and key.question in numbers and a
            ]
            no, unknown = {"N", "PN"} & set(given_answers), "NI" in given_answers
            expected |= {("low_with_no", part.key, domain.key)} if judged.level == "low" and no else set()
            expected |= {("low_with_ni", part.key, domain.key)} if judged.level == "low" and unknown else set()
            if judged.level == "high" and given_answers and not no:
                expected.add(("high_without_no", part.key, domain.key))
            if view.judges_applicability and domain.key != "analysis" and not judged.applicability:
                expected.add(("applicability_missing", part.key, domain.key))
        if not view.judges_applicability:
            expected.add(("applicability_missing", part.key, ""))
        rule = "" if "" in levels else "high" if "high" in levels else "unclear" if "unclear" in levels else "low"
        downgrade = rule == "low" and view.evaluation_type == "dev" and view.instrument is PROBAST
        stated = view.overall[part.key].level
        if rule and stated and stated != rule and not (downgrade and stated == "high"):
            expected.add(("overall_departs", part.key, ""))
        if downgrade:
            expected.add(("dev_no_external", part.key, ""))
    assert {(flag.id.value, flag.part, flag.domain) for flag in flags(view)} == expected


@given(st.data())
def test_the_rule_itself_never_departs(data: st.DataObject) -> None:
    scale = data.draw(st.sampled_from([Scale.PROBAST_LHU, Scale.REVIEW_LMH, Scale.REVIEW_LMHU]))
    levels = data.draw(st.lists(st.sampled_from(levels_of(scale)), min_size=4, max_size=4))
    by_rule = overall(scale, levels)
    assert by_rule is not None
    kind = data.draw(st.sampled_from(["dev", "devval", "val"]))
    view = assessed(" ".join(levels), by_rule, scale=scale, evaluation_type=kind)
    assert found(view, FlagId.OVERALL_DEPARTS) == []


@pytest.mark.shared
def test_the_ids_equal_the_table_of_facts(shared_dir: Path) -> None:
    facts = json.loads((shared_dir / "domain" / "probast.json").read_text(encoding="utf-8"))
    assert {flag["id"] for flag in facts["flags"]} == {flag.value for flag in FlagId}
    asks = {flag["id"] for flag in facts["flags"] if "reason required" in flag["effect"]}
    asks |= {flag["id"] for flag in facts["flags"] if "justif" in flag["effect"]}
    from_code = {flag.value for flag in FlagId if Flag(flag, "").effect == Effect.REASON}
    assert from_code == asks
