"""From answers to a suggested level, from domain levels to an overall level. Suggested, never set.

Sources of the rules: PROBAST 2019 (Ann Intern Med 2019;170:51-58, W1-W33); PROBAST+AI (BMJ 2025;388:e082505); RoB 2
(BMJ 2019;366:l4898); ROBINS-I (BMJ 2016;355:i4919 and its detailed guidance of 2016). Adapted scales: worst domain,
with moderate in the middle; moderate and unclear are different things and neither is ever turned into the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bias.constants import Answer, EvaluationType, Level, Scale
from bias.instruments.types import Domain, Instrument, InstrumentError, Part, Question, TypeOption

LEVELS: dict[Scale, tuple[Level, ...]] = {
    Scale.PROBAST_LHU: (Level.LOW, Level.UNCLEAR, Level.HIGH),
    Scale.REVIEW_LMH: (Level.LOW, Level.MODERATE, Level.HIGH),
    Scale.REVIEW_LMHU: (Level.LOW, Level.MODERATE, Level.UNCLEAR, Level.HIGH),
    Scale.ROB2: (Level.LOW, Level.SOME_CONCERNS, Level.HIGH),
    Scale.ROBINS_I: (Level.LOW, Level.MODERATE, Level.NO_INFORMATION, Level.SERIOUS, Level.CRITICAL),
}
"""Best first: the overall level by rule is the last of these that any domain has. In ROBINS-I, no information decides
only where nothing is serious or critical."""

APPLICABILITY_LEVELS = (Level.LOW, Level.UNCLEAR, Level.HIGH)
"""Concern about applicability, best first; the same on every scale."""

YES = frozenset({Answer.YES, Answer.PROBABLY_YES})
NO = frozenset({Answer.NO, Answer.PROBABLY_NO})
SEVERAL = 2
"""RoB 2 and ROBINS-I speak of several domains; two is the least that can be meant."""


class Basis(StrEnum):
    """What a domain's answers amount to, on any scale."""

    NOTHING_ASKED = "nothing_asked"
    INCOMPLETE = "incomplete"
    ALL_YES = "all_yes"
    SOME_NO = "some_no"
    NO_INFORMATION = "no_information"


@dataclass(frozen=True, slots=True)
class Slot:
    """One place for an answer: a question in one column."""

    domain: Domain
    question: Question
    column: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The overall level by rule, and the worse ones (or, for lacking information, better ones) that the rule leaves to
    judgement. ``level`` is None while a domain is open, and where a team's own instrument has no rule."""

    level: Level | None
    also: tuple[Level, ...] = ()

    def departs(self, overall: Level | str) -> bool:
        """Whether an overall level is one that the rule does not allow. False while either is open."""
        return bool(overall) and self.level is not None and overall != self.level and overall not in self.also


def levels_of(scale: Scale | str, instrument: Instrument | None = None) -> tuple[Level, ...]:
    """The levels of a scale, best first. The custom scale needs its instrument. Raises InstrumentError."""
    if scale == Scale.CUSTOM:
        if instrument is None or not instrument.own_levels:
            raise InstrumentError("The team's own scale is known only with its instrument.")
        return tuple(option.key for option in instrument.own_levels)
    try:
        return LEVELS[Scale(scale)]
    except ValueError:
        raise InstrumentError(f"There is no scale {scale!r}.") from None


def level_label(level: Level | str, instrument: Instrument | None = None) -> str:
    """The word for a level: the team's own where its instrument has one. Raises InstrumentError."""
    for option in instrument.own_levels if instrument else ():
        if option.key == level:
            return option.label
    if level not in Level.values:
        raise InstrumentError(f"There is no level {level!r}.")
    return str(Level(level).label)


def is_adapted(instrument: Instrument, scale: Scale | str) -> bool:
    """Whether the scale is not the one published with the instrument. Raises InstrumentError if it does not fit it."""
    if scale not in instrument.scales:
        raise InstrumentError(f"{instrument.name} is not judged on the scale {scale!r}.")
    return scale != instrument.scales[0]


def type_option(instrument: Instrument, evaluation_type: str) -> TypeOption | None:
    """The instrument's class of study of that code; None where none is chosen or none is asked for.

    Raises InstrumentError for a code the instrument does not have.
    """
    if not instrument.evaluation_types or not evaluation_type:
        return None
    for option in instrument.evaluation_types:
        if option.code == evaluation_type:
            return option
    raise InstrumentError(f"{instrument.name} has no type of evaluation {evaluation_type!r}.")


def applicable_parts(instrument: Instrument, evaluation_type: str) -> tuple[Part, ...]:
    """The parts to judge. None before the type is chosen, where the instrument asks for one."""
    if not instrument.evaluation_types:
        return instrument.parts
    option = type_option(instrument, evaluation_type)
    return tuple(part for part in instrument.parts if option is not None and part.key in option.parts)


def applicable_questions(instrument: Instrument, part: str, evaluation_type: str) -> tuple[Slot, ...]:
    """Every place for an answer in a part, in the official order; empty where the part does not apply.

    Raises InstrumentError for an unknown part or type.
    """
    chosen = instrument.part(part)
    if chosen not in applicable_parts(instrument, evaluation_type):
        return ()
    option = type_option(instrument, evaluation_type)
    columns = chosen.columns if option is None else option.columns
    return tuple(
        Slot(domain=domain, question=question, column=column)
        for domain in chosen.domains
        for question in domain.questions
        for column in question.columns
        if column in columns
    )


def answers_for(instrument: Instrument, question: Question) -> tuple[Answer, ...]:
    """The answers a question may have: "not applicable" only where the instrument lists it."""
    return tuple(answer for answer in instrument.answers if answer != Answer.NOT_APPLICABLE or question.na_allowed)


def basis_of(answers: Sequence[str]) -> Basis:
    """What the answers of one domain amount to; "" is an open question. Raises InstrumentError for another word.

    A no stands as soon as it is given. Not applicable counts neither way; nothing else but it is nothing asked.
    """
    for answer in answers:
        if answer and answer not in Answer.values:
            raise InstrumentError(f"There is no answer {answer!r}.")
    asked = [answer for answer in answers if answer != Answer.NOT_APPLICABLE]
    if not asked:
        return Basis.NOTHING_ASKED
    if any(answer in NO for answer in asked):
        return Basis.SOME_NO
    if "" in asked:
        return Basis.INCOMPLETE
    return Basis.ALL_YES if all(answer in YES for answer in asked) else Basis.NO_INFORMATION


def suggest(scale: Scale | str, answers: Sequence[str], instrument: Instrument | None = None) -> Level | None:
    """The level the answers of one domain point to, or None where it is the assessor's to decide.

    All yes: the best level. Any no: none, the assessor decides and a low level needs a reason. No information without
    a no: unclear (or no information), where the scale has such a level; moderate is not it.
    """
    levels, basis = levels_of(scale, instrument), basis_of(answers)
    if basis == Basis.ALL_YES:
        return levels[0]
    if basis == Basis.NO_INFORMATION:
        return next((level for level in (Level.UNCLEAR, Level.NO_INFORMATION) if level in levels), None)
    return None


def overall(scale: Scale | str, levels: Sequence[str], instrument: Instrument | None = None) -> Level | None:
    """The overall level by rule: the worst of the domains. None while a domain is open or without a rule.

    Raises InstrumentError for a level that the scale does not have.
    """
    order = levels_of(scale, instrument)
    for level in levels:
        if level and level not in order:
            raise InstrumentError(f"The scale has no level {level!r}.")
    if not levels or "" in levels or (instrument is not None and not instrument.worst_rule):
        return None
    return max((Level(level) for level in levels), key=order.index)


def overall_applicability(levels: Sequence[str]) -> Level | None:
    """Overall concern about applicability: the worst of the domains that judge it. None while one is open."""
    for level in levels:
        if level and level not in APPLICABILITY_LEVELS:
            raise InstrumentError(f"Applicability has no level {level!r}.")
    if not levels or "" in levels:
        return None
    return max((Level(level) for level in levels), key=APPLICABILITY_LEVELS.index)


def consider_high(instrument: Instrument, scale: Scale | str, levels: Sequence[str], evaluation_type: str) -> bool:
    """Whether every domain is low and the model was developed without external validation: then consider high.

    PROBAST 2019 only. Exempt: a very large data set together with some form of internal validation; both are said.
    """
    return (
        instrument.development_downgrade
        and evaluation_type == EvaluationType.DEVELOPMENT
        and overall(scale, levels, instrument) == levels_of(scale, instrument)[0]
    )


def ruling(instrument: Instrument, scale: Scale | str, levels: Sequence[str], evaluation_type: str = "") -> Ruling:
    """The overall level by rule with what the instrument leaves to judgement. Suggest only.

    - PROBAST 2019, all low, development without external validation: may be high.
    - RoB 2, some concerns in several domains and none high: may be high.
    - ROBINS-I, serious (moderate) in several domains: may add up to critical (serious). No information: may be the
      worst of the rest, where what is missing is not a key domain.
    """
    level = overall(scale, levels, instrument)
    if level is None:
        return Ruling(level=None)
    if consider_high(instrument, scale, levels, evaluation_type):
        return Ruling(level=level, also=(Level.HIGH,))
    several = sum(1 for each in levels if each == level) >= SEVERAL
    if scale == Scale.ROB2 and level == Level.SOME_CONCERNS and several:
        return Ruling(level=level, also=(Level.HIGH,))
    if scale == Scale.ROBINS_I:
        return Ruling(level=level, also=_robins_also(level, levels, several=several))
    return Ruling(level=level)


def _robins_also(level: Level, levels: Sequence[str], *, several: bool) -> tuple[Level, ...]:
    if level == Level.NO_INFORMATION:
        rest = [each for each in levels if each != Level.NO_INFORMATION]
        worst = overall(Scale.ROBINS_I, rest)
        return () if worst is None else (worst,)
    adds_up = {Level.MODERATE: Level.SERIOUS, Level.SERIOUS: Level.CRITICAL}
    return (adds_up[level],) if several and level in adds_up else ()
