"""What an instrument for risk of bias is made of: parts, domains and questions as data, without any judgement.

All texts are our own short paraphrases; the official wording is behind `Instrument.link`. Numbers are the official
ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from bias.constants import Answer, EvaluationType, Level, Scale

ONE_COLUMN = ("",)
"""A question that is answered once."""

STANDARD_ANSWERS = (
    Answer.YES,
    Answer.PROBABLY_YES,
    Answer.PROBABLY_NO,
    Answer.NO,
    Answer.NO_INFORMATION,
)


class InstrumentError(ValueError):
    """An instrument, a part, a level or a team's own definition that does not exist or does not hold.

    ``field`` is the place in a custom definition, for instance ``domains[0].name``; empty elsewhere.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Question:
    """One signalling question, worded so that yes is good. ``columns`` are those it is answered in."""

    number: str
    text: str
    guidance: str = ""
    columns: tuple[str, ...] = ONE_COLUMN
    na_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain; ``applicability_prompt`` is empty where applicability is not judged."""

    key: str
    name: str
    describe: str
    prompt: str
    questions: tuple[Question, ...] = ()
    applicability_prompt: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part with its own overall judgement on one ``axis`` (risk of bias or quality). Key "" where there is one.

    ``columns`` are those the part's questions may be answered in. With ``columns_by_use`` only the columns that the
    study reports are answered (kinds of performance in PROBAST+AI); otherwise all that apply are.
    """

    key: str
    label: str
    axis: str
    domains: tuple[Domain, ...]
    columns: tuple[str, ...] = ONE_COLUMN
    columns_by_use: bool = False

    def domain(self, key: str) -> Domain:
        """The domain of that key. Raises InstrumentError."""
        for domain in self.domains:
            if domain.key == key:
                return domain
        raise InstrumentError(f"There is no domain {key!r} in this part.")


@dataclass(frozen=True, slots=True)
class TypeOption:
    """A class of study (PROBAST step 2): which parts are judged and which columns answered."""

    code: EvaluationType
    label: str
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class LevelOption:
    """A level of a team's own scale with the team's word for it and what it means."""

    key: Level
    label: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A tool. ``scales``: the first is its own, the others are adapted. No ``evaluation_types``: none is asked for.

    ``own_levels`` (best first) and ``worst_rule`` speak for a team's own instrument only. ``development_downgrade``:
    a development without external validation that is low throughout may still be judged high (PROBAST 2019).
    """

    key: str
    name: str
    version: str
    link: str
    scales: tuple[Scale, ...]
    parts: tuple[Part, ...]
    answers: tuple[Answer, ...] = STANDARD_ANSWERS
    evaluation_types: tuple[TypeOption, ...] = ()
    scope: str = ""
    overall_note: str = ""
    own_levels: tuple[LevelOption, ...] = ()
    worst_rule: bool = True
    development_downgrade: bool = False

    def part(self, key: str) -> Part:
        """The part of that key. Raises InstrumentError."""
        for part in self.parts:
            if part.key == key:
                return part
        raise InstrumentError(f"{self.name} has no part {key!r}.")

    @property
    def has_questions(self) -> bool:
        """Whether any domain has signalling questions."""
        return any(domain.questions for part in self.parts for domain in part.domains)
