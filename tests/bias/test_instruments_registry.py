"""The instruments as data: official numbers, columns, what may be not applicable, and that rows can hold them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bias.constants import Answer, EvaluationType, Scale
from bias.instruments.judgement import answers_for, applicable_parts, applicable_questions, levels_of, type_option
from bias.instruments.registry import INSTRUMENTS, instrument_of
from bias.instruments.types import Instrument, InstrumentError
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, SignallingAnswer

PROBAST = INSTRUMENTS["probast-2019"]
PROBAST_AI = INSTRUMENTS["probast-ai-2025"]
DEVELOPMENT_ONLY = {"4.5", "4.8", "4.9"}
EVERY = pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=INSTRUMENTS)


def numbers(instrument: Instrument, part: str, evaluation_type: str) -> list[tuple[str, str]]:
    return [(s.question.number, s.column) for s in applicable_questions(instrument, part, evaluation_type)]


def distinct(instrument: Instrument, part: str, evaluation_type: str) -> list[str]:
    return list(dict.fromkeys(number for number, _ in numbers(instrument, part, evaluation_type)))


def test_the_five_instruments_and_their_domains() -> None:
    assert {key: [len(part.domains) for part in i.parts] for key, i in INSTRUMENTS.items()} == {
        "probast-2019": [4],
        "probast-ai-2025": [4, 4],
        "rob2": [5],
        "robins-i": [7],
        "quadas-2": [4],
    }


@EVERY
def test_keys_match_numbers_are_unique_and_fields_are_filled(instrument: Instrument) -> None:
    assert INSTRUMENTS[instrument.key] is instrument
    assert instrument.link.startswith("https://")
    assert instrument.scope
    assert instrument.scales
    for part in instrument.parts:
        questions = [question for domain in part.domains for question in domain.questions]
        assert len({question.number for question in questions}) == len(questions)
        assert len({domain.key for domain in part.domains}) == len(part.domains)
        assert all(domain.name and domain.describe and domain.prompt for domain in part.domains)
        assert all(question.text.endswith("?") and question.guidance.endswith((".", "?")) for question in questions)
        assert all(set(question.columns) <= set(part.columns) for question in questions)
        assert all(
            question.number.startswith(f"{at}.") for at, d in enumerate(part.domains, 1) for question in d.questions
        )


@EVERY
def test_rows_of_the_database_can_hold_every_key(instrument: Instrument) -> None:
    def length(model: type, name: str) -> int:
        return int(model._meta.get_field(name).max_length)  # type: ignore[attr-defined]

    assert len(instrument.key) <= min(length(BiasSettings, "instrument"), length(BiasAssessment, "instrument"))
    for scale in instrument.scales:
        assert len(scale) <= length(BiasAssessment, "scale")
        assert all(len(level) <= length(BiasJudgement, "level") for level in levels_of(scale))
    for part in instrument.parts:
        assert len(part.key) <= min(length(BiasJudgement, "part"), length(SignallingAnswer, "part"))
        for domain in part.domains:
            assert len(domain.key) <= length(BiasJudgement, "domain")
            for question in domain.questions:
                assert len(question.number) <= length(SignallingAnswer, "question")
                assert all(len(column) <= length(SignallingAnswer, "column") for column in question.columns)


@pytest.mark.parametrize(
    ("evaluation_type", "slots", "questions"),
    [("dev", 20, 20), ("devval", 37, 20), ("val", 17, 17)],
)
def test_probast_asks_what_fits_the_type(evaluation_type: str, slots: int, questions: int) -> None:
    asked = numbers(PROBAST, "", evaluation_type)
    assert len(asked) == slots
    assert len(set(asked)) == slots
    assert len(distinct(PROBAST, "", evaluation_type)) == questions
    assert {number for number, column in asked if column == "validation"}.isdisjoint(DEVELOPMENT_ONLY)
    assert ({number for number, _ in asked} >= DEVELOPMENT_ONLY) is (evaluation_type != "val")


@pytest.mark.parametrize(
    ("evaluation_type", "development", "evaluation"), [("dev", 16, 0), ("devval", 16, 18), ("val", 0, 18)]
)
def test_probast_ai_asks_of_the_parts_that_fit(evaluation_type: str, development: int, evaluation: int) -> None:
    assert len(distinct(PROBAST_AI, "development", evaluation_type)) == development
    assert len(distinct(PROBAST_AI, "evaluation", evaluation_type)) == evaluation
    parts = [part.key for part in applicable_parts(PROBAST_AI, evaluation_type)]
    assert parts == ["development"] * bool(development) + ["evaluation"] * bool(evaluation)


def test_columns_of_performance_in_probast_ai() -> None:
    columns = {q.number: q.columns for q in PROBAST_AI.part("evaluation").domain("analysis").questions}
    every = ("apparent", "internal", "external")
    assert columns == {
        "4.1": ("",),
        "4.2": every,
        "4.3": every,
        "4.4": every,
        "4.5": ("internal",),
        "4.6": ("internal",),
        "4.7": every,
    }


def test_nothing_is_asked_before_the_type_is_chosen() -> None:
    assert applicable_parts(PROBAST, "") == ()
    assert applicable_questions(PROBAST, "", "") == ()
    assert applicable_questions(PROBAST_AI, "evaluation", "") == ()


@pytest.mark.parametrize("key", ["rob2", "robins-i", "quadas-2"])
def test_domain_level_instruments_ask_no_questions_and_no_type(key: str) -> None:
    instrument = INSTRUMENTS[key]
    assert not instrument.has_questions
    assert instrument.evaluation_types == ()
    assert applicable_parts(instrument, "") == instrument.parts
    assert applicable_questions(instrument, "", "") == ()
    assert type_option(instrument, "val") is None


def test_not_applicable_only_where_it_is_listed() -> None:
    with_na = {
        f"{part.key} {question.number}"
        for part in PROBAST_AI.parts
        for domain in part.domains
        for question in domain.questions
        if Answer.NOT_APPLICABLE in answers_for(PROBAST_AI, question)
    }
    assert with_na == {"development 4.4", "evaluation 4.4", "evaluation 4.5", "evaluation 4.6"}
    assert Answer.NOT_APPLICABLE not in PROBAST.answers


@pytest.mark.parametrize(
    ("key", "domains"),
    [
        ("probast-2019", ["participants", "predictors", "outcome"]),
        ("quadas-2", ["patient_selection", "index_test", "reference_standard"]),
        ("rob2", []),
        ("robins-i", []),
    ],
)
def test_applicability_is_judged_in_these_domains(key: str, domains: list[str]) -> None:
    (part,) = INSTRUMENTS[key].parts
    assert [domain.key for domain in part.domains if domain.applicability_prompt] == domains


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(InstrumentError, match="no instrument"):
        instrument_of("probast")
    with pytest.raises(InstrumentError, match="no definition"):
        instrument_of("custom")
    with pytest.raises(InstrumentError, match="no part"):
        PROBAST.part("development")
    with pytest.raises(InstrumentError, match="no domain"):
        PROBAST.part("").domain("bias")
    with pytest.raises(InstrumentError, match="no type"):
        applicable_parts(PROBAST, "both")
    assert instrument_of("rob2") is INSTRUMENTS["rob2"]


@pytest.mark.shared
def test_probast_equals_the_table_of_facts(shared_dir: Path) -> None:
    facts = json.loads((shared_dir / "domain" / "probast.json").read_text(encoding="utf-8"))
    (part,) = PROBAST.parts
    assert [d.key for d in part.domains] == [d["key"] for d in facts["domains"]]
    assert [bool(d.applicability_prompt) for d in part.domains] == [bool(d["applicability"]) for d in facts["domains"]]
    assert {answer.value for answer in PROBAST.answers} == {answer["code"] for answer in facts["answers"]}
    rows = [question for domain in facts["domains"] for question in domain["questions"]]
    assert len(rows) == 20
    assert set(facts["development_only_questions"]) == DEVELOPMENT_ONLY
    for kind in facts["evaluation_types"]:
        expected = [(row["number"], column) for row in rows for column in kind["columns"] if row[f"applies_{column}"]]
        assert numbers(PROBAST, "", kind["code"]) == expected
    assert {option.code for option in PROBAST.evaluation_types} == set(EvaluationType)
    assert [(s.value, [lv.value for lv in levels_of(s)]) for s in PROBAST.scales] == [
        (scale["id"], scale["levels"]) for scale in facts["scales"]
    ]
    assert PROBAST.scales[0] == Scale(next(s["id"] for s in facts["scales"] if s["published_for_tool"]))


@pytest.mark.shared
def test_probast_ai_equals_the_table_of_facts(shared_dir: Path) -> None:
    facts = json.loads((shared_dir / "domain" / "probast_ai.json").read_text(encoding="utf-8"))
    assert [(part.key, part.axis) for part in PROBAST_AI.parts] == [(p["key"], p["axis"]) for p in facts["parts"]]
    for part, row in zip(PROBAST_AI.parts, facts["parts"], strict=True):
        questions = [question for domain in part.domains for question in domain.questions]
        expected = [question for domain in row["domains"] for question in domain["questions"]]
        assert len(questions) == facts["counts"][part.key]
        assert [q.number for q in questions] == [q["number"] for q in expected]
        assert [q.na_allowed for q in questions] == [q["na_allowed"] for q in expected]
        assert [list(q.columns) for q in questions] == [
            [{"once": ""}.get(kind, kind) for kind in q.get("performance_types", ["once"])] for q in expected
        ]
        assert [(d.key, bool(d.applicability_prompt)) for d in part.domains] == [
            (d["key"], d["applicability"]) for d in row["domains"]
        ]
    listed = {
        f"{part.key} {q.number}" for part in PROBAST_AI.parts for d in part.domains for q in d.questions if q.na_allowed
    }
    assert listed == set(facts["na_only_for"])
    assert {a.value for a in PROBAST_AI.answers} == {*facts["answers"], "NA"}
