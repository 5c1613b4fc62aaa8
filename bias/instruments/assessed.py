"""One assessment as the rules see it: plain values, put together by the caller from the rows of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bias.constants import Scale
from bias.instruments.judgement import Slot, applicable_parts, applicable_questions
from bias.instruments.types import Domain, Instrument, Part


class AnswerKey(NamedTuple):
    """Where an answer stands: part, official number, column ("" for one)."""

    part: str
    question: str
    column: str = ""


class DomainKey(NamedTuple):
    """Where a judgement stands."""

    part: str
    domain: str


@dataclass(frozen=True, slots=True)
class DomainJudgement:
    """The level of one domain with its support; "" for what is open."""

    level: str = ""
    rationale: str = ""
    departure_reason: str = ""
    applicability: str = ""
    applicability_rationale: str = ""


@dataclass(frozen=True, slots=True)
class OverallJudgement:
    """The overall level of one part. ``sample_size`` and ``internal_validation``: what exempts a development without
    external validation from "consider high", in words."""

    level: str = ""
    reason: str = ""
    applicability: str = ""
    applicability_reason: str = ""
    sample_size: str = ""
    internal_validation: str = ""

    @property
    def exempt(self) -> bool:
        """Both said: a very large data set, and some form of internal validation."""
        return bool(self.sample_size.strip() and self.internal_validation.strip())


OPEN_DOMAIN = DomainJudgement()
OPEN_OVERALL = OverallJudgement()


@dataclass(frozen=True, slots=True)
class Assessed:
    """All that flags and finishing look at.

    ``answers_expected`` is False for judgements taken over from a published table that prints no answers: then open
    questions do not hold an assessment up. ``level_definitions`` and ``overall_rule`` are the review's, for an adapted
    scale; ``why_this_tool`` speaks for a study outside the instrument's scope.
    """

    instrument: Instrument
    scale: Scale | str
    evaluation_type: str = ""
    answers: Mapping[AnswerKey, str] = field(default_factory=dict)
    judgements: Mapping[DomainKey, DomainJudgement] = field(default_factory=dict)
    overall: Mapping[str, OverallJudgement] = field(default_factory=dict)
    judges_applicability: bool = True
    answers_expected: bool = True
    out_of_scope: bool = False
    why_this_tool: str = ""
    level_definitions: Mapping[str, str] = field(default_factory=dict)
    overall_rule: str = ""

    def parts(self) -> tuple[Part, ...]:
        """The parts that apply to the type of evaluation."""
        return applicable_parts(self.instrument, self.evaluation_type)

    def judgement(self, part: Part, domain: Domain) -> DomainJudgement:
        """The judgement of a domain, an open one where there is none yet."""
        return self.judgements.get(DomainKey(part.key, domain.key), OPEN_DOMAIN)

    def overall_of(self, part: Part) -> OverallJudgement:
        """The overall judgement of a part, an open one where there is none yet."""
        return self.overall.get(part.key, OPEN_OVERALL)

    def levels(self, part: Part) -> tuple[str, ...]:
        """The levels of a part's domains in order, "" for an open one."""
        return tuple(self.judgement(part, domain).level for domain in part.domains)

    def applicability_levels(self, part: Part) -> tuple[str, ...]:
        """The concern about applicability of those domains that judge it."""
        return tuple(self.judgement(part, d).applicability for d in part.domains if d.applicability_prompt)

    def slots(self, part: Part, domain: Domain) -> tuple[Slot, ...]:
        """The places for answers of a domain; of columns chosen by use only those that are in use (with none in use,
        all of them)."""
        every = applicable_questions(self.instrument, part.key, self.evaluation_type)
        mine = tuple(slot for slot in every if slot.domain == domain)
        if not part.columns_by_use:
            return mine
        used = {""} | {slot.column for slot in every if self.answer(part, slot)}
        kept = tuple(slot for slot in mine if slot.column in used)
        return kept if used != {""} else mine

    def answer(self, part: Part, slot: Slot) -> str:
        """The answer that stands in a place, "" for none."""
        return self.answers.get(AnswerKey(part.key, slot.question.number, slot.column), "")

    def domain_answers(self, part: Part, domain: Domain) -> tuple[str, ...]:
        """The answers that count for a domain, "" for open ones."""
        return tuple(self.answer(part, slot) for slot in self.slots(part, domain))
