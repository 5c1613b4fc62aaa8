"""What a summary of risk of bias is made from, and what it consists of. Plain values only: it is kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bias.instruments.assessed import DomainKey
from bias.instruments.flags import Flag
from bias.instruments.types import Instrument

CONTENT_VERSION = 1
"""Part of every digest: a summary of another shape is built again."""


@dataclass(frozen=True, slots=True)
class SettledOverall:
    """The overall judgement of one part. ``rule`` is "" where there is none, ``also`` is what it leaves to judgement;
    ``who`` judged, and ``when`` (a date in words)."""

    judged: str
    rule: str = ""
    also: tuple[str, ...] = ()
    reason: str = ""
    applicability: str = ""
    who: str = ""
    when: str = ""

    @property
    def departs(self) -> bool:
        """The rule does not allow the level."""
        return bool(self.judged and self.rule) and self.judged != self.rule and self.judged not in self.also

    @property
    def by_rule(self) -> str:
        """The level if the rule had decided; where it leaves a choice, the choice that was made."""
        return self.rule if self.departs or not self.judged else self.judged if self.rule else ""


@dataclass(frozen=True, slots=True)
class SettledRow:
    """One settled evaluation; ``levels`` and ``applicability`` by (part, domain), ``overall`` by part."""

    key: int
    study_id: int
    study: str
    label: str = ""
    evaluation_type: str = ""
    weight: float | None = None
    levels: Mapping[DomainKey, str] = field(default_factory=dict)
    applicability: Mapping[DomainKey, str] = field(default_factory=dict)
    overall: Mapping[str, SettledOverall] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """How far two assessors agreed on ``n`` judgements before settling. Kappas with their 95 % intervals, or None."""

    name: str
    n: int
    agreed: int
    kappa: float | None = None
    kappa_low: float | None = None
    kappa_high: float | None = None
    linear: float | None = None
    linear_low: float | None = None
    linear_high: float | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """With what the review judges. ``still_open``: evaluations that are not settled yet."""

    instrument: Instrument
    scale: str
    scale_label: str
    level_definitions: Mapping[str, str] = field(default_factory=dict)
    overall_rule: str = ""
    judges_applicability: bool = True
    assessors: int = 2
    why_this_tool: str = ""
    still_open: int = 0
    agreement: tuple[AgreementLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelMeaning:
    """A level, its word, and what it means in this review ("" where the instrument says it)."""

    key: str
    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Head:
    """A column: D1, its key and its name; A1 for applicability."""

    code: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A level ("" for what is not judged) with the marks of its footnotes."""

    level: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the table; ``rule`` is the overall level by the rule, "" where there is none."""

    key: int
    study_id: int
    study: str
    label: str
    type: str
    marks: tuple[str, ...]
    domains: tuple[Cell, ...]
    overall: Cell
    rule: str
    departs: bool
    applicability: tuple[Cell, ...]
    overall_applicability: Cell
    weight: float | None

    @property
    def name(self) -> str:
        """Study and, where it has one, the model or result."""
        return f"{self.study}: {self.label}" if self.label else self.study


@dataclass(frozen=True, slots=True)
class Footnote:
    """A note below the table."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each level was judged in one column, in the order of the scale; ``weights`` are the sums of weights."""

    code: str
    name: str
    numbers: tuple[int, ...]
    weights: tuple[float, ...]
    not_judged: int

    @property
    def n(self) -> int:
        """Those judged."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class MixGroup:
    """Those of one mix with the same overall level, by name."""

    level: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MixNote:
    """The same domain levels, in any order, with different overall levels; ``pairs``: how many two differ."""

    levels: tuple[str, ...]
    groups: tuple[MixGroup, ...]
    pairs: int


@dataclass(frozen=True, slots=True)
class PartSummary:
    """The summary of one part of the instrument. ``by_rule`` is empty where the instrument has no rule.

    ``row_count`` counts all rows, also where only those of one page are in ``rows``; ``figure_pages`` is how many pages
    the printed traffic-light plot has.
    """

    key: str
    label: str
    axis: str
    domains: tuple[Head, ...]
    concerns: tuple[Head, ...]
    rows: tuple[TableRow, ...]
    footnotes: tuple[Footnote, ...]
    counts: tuple[Counts, ...]
    overall: Counts
    by_rule: tuple[int, ...]
    departures: int
    applicability: tuple[Counts, ...]
    mixes: tuple[MixNote, ...]
    text: str
    row_count: int
    figure_pages: int = 1


@dataclass(frozen=True, slots=True)
class Summary:
    """All of it. ``own_scale``: the scale is the one published with the instrument; ``weighted``: every evaluation has
    a weight."""

    instrument_key: str
    instrument: str
    link: str
    scale: str
    scale_label: str
    own_scale: bool
    overall_rule: str
    levels: tuple[LevelMeaning, ...]
    concern_levels: tuple[LevelMeaning, ...]
    weighted: bool
    evaluations: int
    studies: int
    still_open: int
    why_this_tool: str
    parts: tuple[PartSummary, ...]
    agreement: tuple[AgreementLine, ...]
    assessors: int

    def word(self, level: str) -> str:
        """The word for a level of either axis, "Not judged" for none."""
        for each in (*self.levels, *self.concern_levels):
            if each.key == level:
                return each.word
        return NOT_JUDGED

    def part(self, key: str) -> PartSummary | None:
        """The part of that key, the first where it is empty; None where there is none."""
        return next((part for part in self.parts if key in ("", part.key)), None)


NOT_JUDGED = "Not judged"
