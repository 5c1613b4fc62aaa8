"""What the page of one assessment is made of: groups of radio buttons, texts, questions, domains, parts."""

from __future__ import annotations

from dataclasses import dataclass

from bias.constants import Level
from bias.instruments.assessed import Assessed
from bias.instruments.flags import Effect, Flag, FlagId
from bias.models import BiasAssessment, Evaluation


@dataclass(frozen=True)
class Option:
    """One radio button: its value, word, key, and whether it is chosen."""

    value: str
    label: str
    key: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """A group of radio buttons. `name` is the field's, `anchor` an id for links."""

    name: str
    anchor: str
    options: tuple[Option, ...]

    @property
    def value(self) -> str:
        """What is chosen, "" for nothing."""
        return next((option.value for option in self.options if option.chosen), "")

    @property
    def word(self) -> str:
        """The word of what is chosen."""
        return next((option.label for option in self.options if option.chosen and option.value), "")


@dataclass(frozen=True)
class Text:
    """A text field with what stands in it."""

    name: str
    anchor: str
    value: str


@dataclass(frozen=True)
class SlotView:
    """One place for an answer."""

    question: str
    text: str
    guidance: str
    column: str
    choice: Choice
    quote: Text
    page: Text
    comment: Text
    report: Text
    first: bool

    @property
    def noted(self) -> bool:
        """Whether a quote, page or comment stands."""
        return bool(self.quote.value or self.page.value or self.comment.value)


@dataclass(frozen=True)
class DomainView:
    """One domain: its questions, its judgement, and what the answers suggest. ``asked``: places that need an answer, of
    columns chosen by use only those in use."""

    part: str
    key: str
    anchor: str
    name: str
    describe: str
    prompt: str
    slots: tuple[SlotView, ...]
    level: Choice
    rationale: Text
    departure: Text
    applicability_prompt: str
    applicability: Choice | None
    applicability_rationale: Text
    suggested: str
    asked: int
    answered: int
    flags: tuple[Flag, ...]

    @property
    def asks(self) -> tuple[Flag, ...]:
        """Flags that ask for a reason."""
        return tuple(flag for flag in self.flags if flag.effect == Effect.REASON)

    @property
    def concerned(self) -> bool:
        """Whether a concern about applicability is raised, or a text on it stands."""
        raised = self.applicability is not None and self.applicability.value not in ("", Level.LOW)
        return bool(raised or self.applicability_rationale.value)

    @property
    def shows_departure(self) -> bool:
        """Whether the field for the reason is needed."""
        return bool(self.asks or self.departure.value)


@dataclass(frozen=True)
class PartView:
    """One part: its domains and its overall judgement beside the rule."""

    key: str
    anchor: str
    label: str
    axis: str
    domains: tuple[DomainView, ...]
    level: Choice
    reason: Text
    sample_size: Text
    internal_validation: Text
    applicability: Choice | None
    applicability_reason: Text
    rule: str
    also: str
    applicability_rule: str
    applicability_departs: bool
    flags: tuple[Flag, ...]

    @property
    def departs(self) -> bool:
        """Whether the overall judgement is not what the rule gives, or a flag asks why."""
        return any(flag.effect == Effect.REASON for flag in self.flags)

    @property
    def considers_high(self) -> bool:
        """A development without external validation, low throughout."""
        return any(flag.id == FlagId.DEV_NO_EXTERNAL for flag in self.flags)


@dataclass(frozen=True)
class Theirs:
    """A field that was changed elsewhere: what stands there now, and in words."""

    name: str
    anchor: str
    value: str
    label: str
    words: str


@dataclass(frozen=True)
class MissingView:
    """Something that is missing, with the place on the page."""

    text: str
    anchor: str


@dataclass(frozen=True)
class AssessmentView:
    """All of one assessment."""

    assessment: BiasAssessment
    evaluation: Evaluation
    assessed: Assessed
    parts: tuple[PartView, ...]
    missing: tuple[MissingView, ...]
    general: tuple[Flag, ...]
    theirs: tuple[Theirs, ...] = ()

    @property
    def asked(self) -> int:
        """Places that need an answer."""
        return sum(domain.asked for part in self.parts for domain in part.domains)

    @property
    def answered(self) -> int:
        """Places answered."""
        return sum(domain.answered for part in self.parts for domain in part.domains)

    @property
    def domain_count(self) -> int:
        """Domains to judge."""
        return sum(len(part.domains) for part in self.parts)

    @property
    def judged(self) -> int:
        """Domains with a level."""
        return sum(1 for part in self.parts for domain in part.domains if domain.level.value)
