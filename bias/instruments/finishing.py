"""What is still missing before an assessment can be finished, and before the first judgement on an adapted scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bias.constants import Level, Scale
from bias.instruments.assessed import Assessed
from bias.instruments.flags import FlagId, flags
from bias.instruments.judgement import (
    APPLICABILITY_LEVELS,
    answers_for,
    is_adapted,
    level_label,
    levels_of,
    overall_applicability,
)
from bias.instruments.types import Domain, Instrument, Part


class MissingCode(StrEnum):
    """Every thing that can hold an assessment up."""

    EVALUATION_TYPE = "evaluation_type"
    LEVEL_DEFINITION = "level_definition"
    OVERALL_RULE = "overall_rule"
    WHY_THIS_TOOL = "why_this_tool"
    QUESTION = "question"
    ANSWER_NOT_ALLOWED = "answer_not_allowed"
    DOMAIN_LEVEL = "domain_level"
    LEVEL_NOT_ALLOWED = "level_not_allowed"
    RATIONALE = "rationale"
    DEPARTURE_REASON = "departure_reason"
    APPLICABILITY = "applicability"
    APPLICABILITY_RATIONALE = "applicability_rationale"
    OVERALL_LEVEL = "overall_level"
    OVERALL_REASON = "overall_reason"
    OVERALL_APPLICABILITY = "overall_applicability"
    APPLICABILITY_REASON = "applicability_reason"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing, where, in a plain sentence."""

    code: MissingCode
    text: str
    part: str = ""
    domain: str = ""
    question: str = ""
    column: str = ""


def scale_missing(
    instrument: Instrument, scale: Scale | str, level_definitions: Mapping[str, str], overall_rule: str
) -> tuple[Missing, ...]:
    """What an adapted scale still needs before the first judgement: a meaning for each level, and its overall rule.

    Raises InstrumentError for a scale the instrument is not judged on.
    """
    if not is_adapted(instrument, scale):
        return ()
    found = [
        Missing(
            MissingCode.LEVEL_DEFINITION, f"Say what {level_label(level, instrument).lower()} means in this review."
        )
        for level in levels_of(scale, instrument)
        if not level_definitions.get(level, "").strip()
    ]
    if not overall_rule.strip():
        found.append(Missing(MissingCode.OVERALL_RULE, "Say how the overall level follows from the domains."))
    return tuple(found)


def blocking(assessed: Assessed) -> tuple[Missing, ...]:
    """What is missing before the assessment can be finished, in the order of the page; empty when it can.

    Raises InstrumentError for a scale or type that the instrument does not have.
    """
    found = [
        *scale_missing(assessed.instrument, assessed.scale, assessed.level_definitions, assessed.overall_rule),
        *_whole(assessed),
    ]
    for part in assessed.parts():
        for domain in part.domains:
            found.extend(_questions(assessed, part, domain))
            found.extend(_domain(assessed, part, domain))
        found.extend(_overall(assessed, part))
    unusable = any(missing.code == MissingCode.LEVEL_NOT_ALLOWED for missing in found)
    return tuple(found) if unusable else (*found, *_reasons(assessed))


def _whole(assessed: Assessed) -> Iterator[Missing]:
    if assessed.instrument.evaluation_types and not assessed.evaluation_type:
        yield Missing(MissingCode.EVALUATION_TYPE, "Choose what the study does with the model.")


def _questions(assessed: Assessed, part: Part, domain: Domain) -> Iterator[Missing]:
    for slot in assessed.slots(part, domain):
        answer, number = assessed.answer(part, slot), slot.question.number
        where = f"{number} ({slot.column})" if slot.column else number
        if answer and answer not in answers_for(assessed.instrument, slot.question):
            code, text = MissingCode.ANSWER_NOT_ALLOWED, f"Question {where} cannot have this answer."
        elif not answer and assessed.answers_expected:
            code, text = MissingCode.QUESTION, f"Answer question {where}."
        else:
            continue
        yield Missing(code, text, part=part.key, domain=domain.key, question=number, column=slot.column)


def _domain(assessed: Assessed, part: Part, domain: Domain) -> Iterator[Missing]:
    judged = assessed.judgement(part, domain)

    def missing(code: MissingCode, text: str) -> Missing:
        return Missing(code, f"{domain.name}: {text}", part=part.key, domain=domain.key)

    if not judged.level:
        yield missing(MissingCode.DOMAIN_LEVEL, "choose a level.")
    elif judged.level not in levels_of(assessed.scale, assessed.instrument):
        yield missing(MissingCode.LEVEL_NOT_ALLOWED, "the level is not one of this scale.")
    elif not judged.rationale.strip():
        yield missing(MissingCode.RATIONALE, "say what the level rests on.")
    if not (assessed.judges_applicability and domain.applicability_prompt):
        return
    if not judged.applicability:
        yield missing(MissingCode.APPLICABILITY, "judge applicability.")
    elif judged.applicability not in APPLICABILITY_LEVELS:
        yield missing(MissingCode.LEVEL_NOT_ALLOWED, "applicability is low, unclear or high.")
    elif judged.applicability != Level.LOW and not judged.applicability_rationale.strip():
        yield missing(MissingCode.APPLICABILITY_RATIONALE, "say what the concern about applicability rests on.")


def _overall(assessed: Assessed, part: Part) -> Iterator[Missing]:
    judged = assessed.overall_of(part)
    if not judged.level:
        yield Missing(MissingCode.OVERALL_LEVEL, f"{part.label}: choose the overall level.", part=part.key)
    elif judged.level not in levels_of(assessed.scale, assessed.instrument):
        text = f"{part.label}: the overall level is not one of this scale."
        yield Missing(MissingCode.LEVEL_NOT_ALLOWED, text, part=part.key)
    levels = assessed.applicability_levels(part)
    if not assessed.judges_applicability or not levels:
        return
    if not judged.applicability:
        text = f"{part.label}: judge applicability overall."
        yield Missing(MissingCode.OVERALL_APPLICABILITY, text, part=part.key)
    elif judged.applicability not in APPLICABILITY_LEVELS:
        text = f"{part.label}: overall applicability is low, unclear or high."
        yield Missing(MissingCode.LEVEL_NOT_ALLOWED, text, part=part.key)
    elif any(level and level not in APPLICABILITY_LEVELS for level in levels):
        return
    elif overall_applicability(levels) not in (None, judged.applicability) and not judged.applicability_reason.strip():
        text = f"{part.label}: say why overall applicability departs from the rule."
        yield Missing(MissingCode.APPLICABILITY_REASON, text, part=part.key)


_REASON_CODES = {
    FlagId.OVERALL_DEPARTS: MissingCode.OVERALL_REASON,
    FlagId.DEV_NO_EXTERNAL: MissingCode.OVERALL_REASON,
    FlagId.OUT_OF_SCOPE: MissingCode.WHY_THIS_TOOL,
}


def _reasons(assessed: Assessed) -> Iterator[Missing]:
    """One for each place that lacks a reason, also where several flags ask for the same one."""
    seen: set[tuple[MissingCode, str, str]] = set()
    for flag in flags(assessed):
        code = _REASON_CODES.get(flag.id, MissingCode.DEPARTURE_REASON)
        place = (code, flag.part, flag.domain)
        if flag.lacks_reason and place not in seen:
            seen.add(place)
            yield Missing(code, f"{flag.text} Say why.", part=flag.part, domain=flag.domain)
