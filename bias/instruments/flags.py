"""What readers should know about an assessment: departures from the rule, and levels that the answers do not carry.

The ids are those a review's reports use; each comes with a plain sentence. Flags never change a judgement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from bias.constants import Answer, Level, Scale
from bias.instruments.assessed import Assessed
from bias.instruments.judgement import NO, consider_high, is_adapted, level_label, levels_of, ruling
from bias.instruments.types import Domain, Instrument, InstrumentError, Part


class FlagId(StrEnum):
    """Every flag there is."""

    OVERALL_DEPARTS = "overall_departs"
    LOW_WITH_NO = "low_with_no"
    HIGH_WITHOUT_NO = "high_without_no"
    LOW_WITH_NI = "low_with_ni"
    DEV_NO_EXTERNAL = "dev_no_external"
    SAME_MIX = "same_mix_different_overall"
    SCALE_ADAPTED = "scale_adapted"
    NO_EVALUATION_TYPE = "no_evaluation_type"
    APPLICABILITY_MISSING = "applicability_missing"
    OUT_OF_SCOPE = "out_of_scope"


class Effect(StrEnum):
    """What a flag asks for."""

    REASON = "reason"
    BLOCKS = "blocks"
    WARNING = "warning"
    BANNER = "banner"


EFFECTS: dict[FlagId, Effect] = {
    FlagId.OVERALL_DEPARTS: Effect.REASON,
    FlagId.LOW_WITH_NO: Effect.REASON,
    FlagId.HIGH_WITHOUT_NO: Effect.REASON,
    FlagId.LOW_WITH_NI: Effect.REASON,
    FlagId.DEV_NO_EXTERNAL: Effect.REASON,
    FlagId.SAME_MIX: Effect.WARNING,
    FlagId.SCALE_ADAPTED: Effect.BANNER,
    FlagId.NO_EVALUATION_TYPE: Effect.BLOCKS,
    FlagId.APPLICABILITY_MISSING: Effect.WARNING,
    FlagId.OUT_OF_SCOPE: Effect.REASON,
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. ``part`` and ``domain`` are "" where it concerns the whole; ``questions`` are what gave rise to it,
    ``reason`` what the assessor gave for it."""

    id: FlagId
    text: str
    part: str = ""
    domain: str = ""
    questions: tuple[str, ...] = ()
    reason: str = ""

    @property
    def effect(self) -> Effect:
        """What it asks for."""
        return EFFECTS[self.id]

    @property
    def lacks_reason(self) -> bool:
        """Whether it asks for a reason that is not given."""
        return self.effect == Effect.REASON and not self.reason.strip()


@dataclass(frozen=True, slots=True)
class MixRow:
    """What the comparison over assessments needs of one: its key, its part, its domain levels and its overall."""

    key: str
    levels: tuple[str, ...]
    overall: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Mix:
    """Assessments with the same domain levels, whatever their order, that differ overall.

    ``levels`` is best first; ``by_overall`` gives the keys at each overall level, best first, in the order they came.
    """

    part: str
    levels: tuple[Level, ...]
    by_overall: tuple[tuple[Level, tuple[str, ...]], ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two keys that differ overall."""
        groups = [keys for _, keys in self.by_overall]
        return tuple((one, other) for left, right in combinations(groups, 2) for one in left for other in right)


def flags(assessed: Assessed) -> tuple[Flag, ...]:
    """Every flag of one assessment as it stands, finished or not; that over several assessments is `same_mix`.

    Raises InstrumentError for a scale, level or type that the instrument does not have.
    """
    return (
        *_whole(assessed),
        *(
            flag
            for part in assessed.parts()
            for flag in (
                *_applicability(assessed, part),
                *(flag for domain in part.domains for flag in _domain(assessed, part, domain)),
                *_overall(assessed, part),
            )
        ),
    )


def same_mix(rows: Iterable[MixRow], scale: Scale | str, instrument: Instrument | None = None) -> tuple[Mix, ...]:
    """Assessments that share their domain levels and differ overall, by part; open ones are left out.

    Raises InstrumentError for a level that the scale does not have.
    """
    order = levels_of(scale, instrument)
    found: dict[tuple[str, tuple[Level, ...]], dict[Level, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if not row.overall or not row.levels or "" in row.levels:
            continue
        mix = tuple(sorted((Level(level) for level in row.levels), key=order.index))
        found[row.part, mix][Level(row.overall)].append(row.key)
    return tuple(
        Mix(
            part=part,
            levels=mix,
            by_overall=tuple((level, tuple(keys[level])) for level in sorted(keys, key=order.index)),
        )
        for (part, mix), keys in found.items()
        if len(keys) > 1
    )


def _whole(assessed: Assessed) -> Iterator[Flag]:
    instrument = assessed.instrument
    if is_adapted(instrument, assessed.scale):
        yield Flag(FlagId.SCALE_ADAPTED, f"The scale is this review's, not that of {instrument.name}.")
    if instrument.evaluation_types and not assessed.evaluation_type:
        yield Flag(FlagId.NO_EVALUATION_TYPE, "The type of evaluation is not chosen.")
    if assessed.out_of_scope:
        text = f"The study is outside what {instrument.name} was made for."
        yield Flag(FlagId.OUT_OF_SCOPE, text, reason=assessed.why_this_tool)


def _applicability(assessed: Assessed, part: Part) -> Iterator[Flag]:
    asked = [domain for domain in part.domains if domain.applicability_prompt]
    if not assessed.judges_applicability:
        if asked:
            yield Flag(FlagId.APPLICABILITY_MISSING, "This review does not judge applicability.", part=part.key)
        return
    for domain in asked:
        if not assessed.judgement(part, domain).applicability:
            text = f"{domain.name}: applicability is not judged."
            yield Flag(FlagId.APPLICABILITY_MISSING, text, part=part.key, domain=domain.key)


def _domain(assessed: Assessed, part: Part, domain: Domain) -> Iterator[Flag]:
    judgement = assessed.judgement(part, domain)
    levels = levels_of(assessed.scale, assessed.instrument)
    given = [(slot.question.number, assessed.answer(part, slot)) for slot in assessed.slots(part, domain)]
    noes = tuple(dict.fromkeys(number for number, answer in given if answer in NO))
    unknown = tuple(dict.fromkeys(number for number, answer in given if answer == Answer.NO_INFORMATION))

    def flag(which: FlagId, text: str, questions: tuple[str, ...] = ()) -> Flag:
        reason = judgement.departure_reason
        return Flag(which, text, part=part.key, domain=domain.key, questions=questions, reason=reason)

    word = level_label(judgement.level, assessed.instrument).lower() if judgement.level else ""
    if judgement.level == levels[0] and noes:
        yield flag(FlagId.LOW_WITH_NO, f"{domain.name} is {word} although {_listed(noes)} answered no.", noes)
    if judgement.level == levels[0] and unknown:
        text = f"{domain.name} is {word} although there is no information on {_and(unknown)}."
        yield flag(FlagId.LOW_WITH_NI, text, unknown)
    if judgement.level == levels[-1] and not noes and any(answer for _, answer in given):
        yield flag(FlagId.HIGH_WITHOUT_NO, f"{domain.name} is {word} although no question is answered no.")


def _overall(assessed: Assessed, part: Part) -> Iterator[Flag]:
    instrument, scale, judged = assessed.instrument, assessed.scale, assessed.overall_of(part)
    levels = assessed.levels(part)
    by_rule = ruling(instrument, scale, levels, assessed.evaluation_type)
    if judged.level and judged.level not in levels_of(scale, instrument):
        raise InstrumentError(f"The scale has no level {judged.level!r}.")
    if by_rule.level is not None and by_rule.departs(judged.level):
        rule_word = level_label(by_rule.level, instrument).lower()
        text = f"Overall {level_label(judged.level, instrument).lower()}; by the rule it is {rule_word}."
        yield Flag(FlagId.OVERALL_DEPARTS, text, part=part.key, reason=judged.reason)
    if consider_high(instrument, scale, levels, assessed.evaluation_type):
        stated = " ".join((judged.sample_size, judged.internal_validation)) if judged.exempt else ""
        yield Flag(
            FlagId.DEV_NO_EXTERNAL,
            "Developed without external validation and low throughout: consider high, or say how large the data were "
            "and how the model was validated internally.",
            part=part.key,
            reason=judged.reason or stated,
        )


def _listed(numbers: tuple[str, ...]) -> str:
    """One is, several are."""
    return f"{_and(numbers)} {'is' if len(numbers) == 1 else 'are'}"


def _and(numbers: tuple[str, ...]) -> str:
    return numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
