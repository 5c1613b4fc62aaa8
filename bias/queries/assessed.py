"""Rows of the database as the rules see them: one assessment as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from bias.instruments.assessed import AnswerKey, Assessed, DomainJudgement, DomainKey, OverallJudgement
from bias.instruments.registry import instrument_of
from bias.instruments.types import Instrument
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer

OVERALL_FIELDS = tuple(field.name for field in fields(OverallJudgement))
DOMAIN_FIELDS = tuple(field.name for field in fields(DomainJudgement))


def instrument_for(row: BiasAssessment | BiasSettings) -> Instrument:
    """The instrument that the settings name, or that an assessment was begun with. Raises InstrumentError.

    Reads `row.custom`: fetch it along (select_related) where there are many rows.
    """
    return instrument_of(row.instrument, row.custom.definition if row.custom is not None else None)


def overall_judgements(stored: Mapping[str, Any]) -> dict[str, OverallJudgement]:
    """The overall judgements by part, from an assessment's `overall`."""
    return {
        part: OverallJudgement(**{name: str(value.get(name, "")) for name in OVERALL_FIELDS})
        for part, value in stored.items()
    }


def answers_by_key(rows: Iterable[SignallingAnswer]) -> dict[AnswerKey, SignallingAnswer]:
    """Stored answers by where they stand."""
    return {AnswerKey(row.part, row.question, row.column): row for row in rows}


def judgements_by_key(rows: Iterable[BiasJudgement]) -> dict[DomainKey, BiasJudgement]:
    """Stored judgements by where they stand."""
    return {DomainKey(row.part, row.domain): row for row in rows}


def assessed_from(
    assessment: BiasAssessment,
    evaluation: Evaluation,
    settings: BiasSettings,
    answers: Mapping[AnswerKey, SignallingAnswer],
    judgements: Mapping[DomainKey, BiasJudgement],
) -> Assessed:
    """One assessment as plain values, from rows that are already fetched; no query of its own."""
    return Assessed(
        instrument=instrument_for(assessment),
        scale=assessment.scale,
        evaluation_type=evaluation.evaluation_type,
        answers={key: row.answer for key, row in answers.items()},
        judgements={
            key: DomainJudgement(**{name: getattr(row, name) for name in DOMAIN_FIELDS})
            for key, row in judgements.items()
        },
        overall=overall_judgements(assessment.overall),
        judges_applicability=settings.judges_applicability,
        out_of_scope=evaluation.out_of_scope,
        why_this_tool=evaluation.scope_reason or settings.why_this_tool,
        level_definitions=settings.level_definitions,
        overall_rule=settings.overall_rule,
    )
