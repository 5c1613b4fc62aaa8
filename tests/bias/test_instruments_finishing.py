"""What holds an assessment up before it can be finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias.constants import Scale
from bias.instruments.assessed import AnswerKey, Assessed, DomainJudgement, DomainKey, OverallJudgement
from bias.instruments.finishing import MissingCode, blocking, scale_missing
from bias.instruments.judgement import applicable_parts, applicable_questions
from bias.instruments.registry import INSTRUMENTS
from bias.instruments.types import Instrument, InstrumentError

PROBAST = INSTRUMENTS["probast-2019"]
PROBAST_AI = INSTRUMENTS["probast-ai-2025"]
DEFINITIONS = {"low": "Sound.", "moderate": "Some flaws.", "unclear": "Not told.", "high": "Unsound."}


def complete(instrument: Instrument = PROBAST, kind: str = "val", **more: Any) -> Assessed:
    """All yes, all low, all said."""
    parts = applicable_parts(instrument, kind)
    values: dict[str, Any] = {
        "answers": {
            AnswerKey(part.key, slot.question.number, slot.column): "Y"
            for part in parts
            for slot in applicable_questions(instrument, part.key, kind)
        },
        "judgements": {
            DomainKey(part.key, domain.key): DomainJudgement(
                level="low", rationale="Methods, p. 2.", applicability="low" if domain.applicability_prompt else ""
            )
            for part in parts
            for domain in part.domains
        },
        "overall": {part.key: OverallJudgement(level="low", applicability="low") for part in parts},
    }
    return Assessed(instrument=instrument, scale=instrument.scales[0], evaluation_type=kind, **(values | more))


def codes(view: Assessed) -> list[str]:
    return [missing.code.value for missing in blocking(view)]


def with_domain(view: Assessed, domain: str, **change: str) -> Assessed:
    key = next(key for key in view.judgements if key.domain == domain)
    judgements: Mapping[DomainKey, DomainJudgement] = {**view.judgements, key: replace(view.judgements[key], **change)}
    return replace(view, judgements=judgements)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("probast-2019", "devval"),
        ("probast-2019", "val"),
        ("probast-ai-2025", "dev"),
        ("probast-ai-2025", "devval"),
        ("probast-ai-2025", "val"),
        ("rob2", ""),
        ("robins-i", ""),
        ("quadas-2", ""),
    ],
)
def test_nothing_is_missing_from_a_complete_assessment(key: str, kind: str) -> None:
    assert blocking(complete(INSTRUMENTS[key], kind)) == ()


def test_an_empty_assessment_misses_everything() -> None:
    view = Assessed(instrument=PROBAST, scale="probast_lhu", evaluation_type="val")
    found = codes(view)
    assert found.count("question") == 17
    assert found.count("domain_level") == 4
    assert found.count("applicability") == 3
    assert found.count("overall_level") == 1
    assert found.count("overall_applicability") == 1
    assert len(found) == 26


def test_without_a_type_only_the_type_is_missing() -> None:
    (missing,) = blocking(Assessed(instrument=PROBAST, scale="probast_lhu"))
    assert missing.code == MissingCode.EVALUATION_TYPE


@pytest.mark.parametrize(
    ("domain", "change", "expected"),
    [
        ("analysis", {"level": ""}, ["domain_level"]),
        ("analysis", {"rationale": " "}, ["rationale"]),
        ("analysis", {"level": "moderate"}, ["level_not_allowed"]),
        ("outcome", {"applicability": ""}, ["applicability"]),
        ("outcome", {"applicability": "moderate"}, ["level_not_allowed"]),
        ("outcome", {"applicability": "high"}, ["applicability_rationale", "applicability_reason"]),
        ("outcome", {"applicability": "high", "applicability_rationale": "Children."}, ["applicability_reason"]),
        ("analysis", {"level": "unclear"}, ["overall_reason"]),
        ("analysis", {"level": "high"}, ["departure_reason", "overall_reason"]),
        ("analysis", {"level": "high", "departure_reason": "Leakage."}, ["overall_reason"]),
    ],
)
def test_what_a_domain_lacks(domain: str, change: dict[str, str], expected: list[str]) -> None:
    found = codes(with_domain(complete(), domain, **change))
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (OverallJudgement(applicability="low"), ["overall_level"]),
        (OverallJudgement(level="low"), ["overall_applicability"]),
        (OverallJudgement(level="high", applicability="low"), ["overall_reason"]),
        (OverallJudgement(level="high", applicability="low", reason="Because."), []),
        (OverallJudgement(level="low", applicability="high"), ["applicability_reason"]),
        (OverallJudgement(level="low", applicability="high", applicability_reason="Because."), []),
        (OverallJudgement(level="serious", applicability="low"), ["level_not_allowed"]),
        (OverallJudgement(level="low", applicability="serious"), ["level_not_allowed"]),
    ],
)
def test_what_the_overall_lacks(judged: OverallJudgement, expected: list[str]) -> None:
    assert codes(complete(overall={"": judged})) == expected


def test_low_with_a_no_and_no_information_asks_for_one_reason() -> None:
    view = complete()
    answers = {**view.answers, AnswerKey("", "4.1", "validation"): "N", AnswerKey("", "4.2", "validation"): "NI"}
    (missing,) = blocking(replace(view, answers=answers))
    assert (missing.code, missing.domain) == (MissingCode.DEPARTURE_REASON, "analysis")
    assert missing.text == "Analysis is low although 4.1 is answered no. Say why."
    reasoned = with_domain(replace(view, answers=answers), "analysis", departure_reason="Large data.")
    assert blocking(reasoned) == ()


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (OverallJudgement(level="low", applicability="low"), ["overall_reason"]),
        (OverallJudgement(level="high", applicability="low"), ["overall_reason"]),
        (OverallJudgement(level="high", applicability="low", reason="Small."), []),
        (OverallJudgement(level="low", applicability="low", sample_size="40,000", internal_validation="Bootstrap"), []),
    ],
)
def test_development_without_external_validation_is_justified_either_way(
    judged: OverallJudgement, expected: list[str]
) -> None:
    assert codes(complete(PROBAST, "dev", overall={"": judged})) == expected


def test_questions_are_named_with_their_column() -> None:
    view = complete(PROBAST, "devval")
    answers = {key: answer for key, answer in view.answers.items() if key != AnswerKey("", "4.1", "validation")}
    (missing,) = blocking(replace(view, answers=answers))
    assert (missing.question, missing.column, missing.text) == (
        "4.1",
        "validation",
        "Answer question 4.1 (validation).",
    )


def test_not_applicable_is_refused_where_it_is_not_listed() -> None:
    view = complete()
    (missing,) = blocking(replace(view, answers={**view.answers, AnswerKey("", "4.1", "validation"): "NA"}))
    assert (missing.code, missing.question) == (MissingCode.ANSWER_NOT_ALLOWED, "4.1")
    ai = complete(PROBAST_AI, "dev")
    assert blocking(replace(ai, answers={**ai.answers, AnswerKey("development", "4.4"): "NA"})) == ()


def test_only_the_kinds_of_performance_in_use_are_asked() -> None:
    view = complete(PROBAST_AI, "val")
    external = {key: answer for key, answer in view.answers.items() if key.column in ("", "external")}
    assert blocking(replace(view, answers=external)) == (), "4.5 and 4.6 are about internal validation"
    started = {**external, AnswerKey("evaluation", "4.2", "internal"): "Y"}
    left = [(missing.question, missing.column) for missing in blocking(replace(view, answers=started))]
    assert left == [(number, "internal") for number in ("4.3", "4.4", "4.5", "4.6", "4.7")]
    none = {key: answer for key, answer in view.answers.items() if not key.column}
    assert len(blocking(replace(view, answers=none))) == 14, "one kind of performance is needed"


def test_answers_to_what_does_not_apply_are_no_hindrance() -> None:
    view = complete()
    answers = {**view.answers, AnswerKey("", "4.5", "development"): "N"}
    assert blocking(replace(view, answers=answers)) == ()


def test_judgements_from_a_published_table_need_no_answers() -> None:
    view = replace(complete(), answers={})
    assert codes(view).count("question") == 17
    assert blocking(replace(view, answers_expected=False)) == ()


def test_applicability_is_not_asked_where_the_review_does_not_judge_it() -> None:
    view = complete(overall={"": OverallJudgement(level="low")}, judges_applicability=False)
    assert blocking(with_domain(view, "outcome", applicability="")) == ()


def test_a_study_outside_the_scope_needs_a_reason_for_the_tool() -> None:
    assert codes(complete(out_of_scope=True)) == ["why_this_tool"]
    assert codes(complete(out_of_scope=True, why_this_tool="Nothing fits better.")) == []


def test_an_adapted_scale_needs_its_meanings_and_rule_first() -> None:
    found = scale_missing(PROBAST, Scale.REVIEW_LMH, {"low": "Sound.", "moderate": " "}, "")
    assert [missing.text for missing in found] == [
        "Say what moderate means in this review.",
        "Say what high means in this review.",
        "Say how the overall level follows from the domains.",
    ]
    assert scale_missing(PROBAST, Scale.REVIEW_LMHU, DEFINITIONS, "Worst domain.") == ()
    assert scale_missing(PROBAST, Scale.PROBAST_LHU, {}, "") == (), "the tool's own scale is defined by the tool"
    with pytest.raises(InstrumentError):
        scale_missing(INSTRUMENTS["rob2"], Scale.REVIEW_LMH, {}, "")
    view = replace(complete(), scale=Scale.REVIEW_LMHU)
    assert codes(view) == ["level_definition"] * 4 + ["overall_rule"]
    assert codes(replace(view, level_definitions=DEFINITIONS, overall_rule="Worst domain.")) == []


@given(st.sampled_from(sorted(complete().answers)), st.sampled_from(["", "NA", "N", "NI"]))
def test_one_change_for_the_worse_always_blocks(key: AnswerKey, answer: str) -> None:
    view = complete()
    assert len(blocking(replace(view, answers={**view.answers, key: answer}))) == 1
