"""Independent assessments side by side, once all are finished: by domain and question, what differs first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.queries.page_types import AssessmentView, DomainView, PartView, SlotView
from bias.queries.pages import assessment_view
from reviewapp.constants import Settlement
from reviewapp.models import Membership

LETTERS = "ABCDE"


@dataclass(frozen=True)
class SlotPair:
    """One question as each assessor answered it, and the field of a settled answer."""

    sides: tuple[SlotView, ...]
    settled: SlotView
    differs: bool


@dataclass(frozen=True)
class DomainPair:
    """One domain as each assessor judged it. ``source`` is what is chosen: an assessment's id, "own" or ""."""

    sides: tuple[DomainView, ...]
    settled: DomainView
    slots: tuple[SlotPair, ...]
    differs: bool
    source: str
    choice: str

    @property
    def differing(self) -> int:
        """How many questions are answered differently."""
        return sum(1 for slot in self.slots if slot.differs)


@dataclass(frozen=True)
class PartPair:
    """One part: domains, those that differ first, and the overall judgement."""

    sides: tuple[PartView, ...]
    settled: PartView
    domains: tuple[DomainPair, ...]
    differs: bool
    source: str
    choice: str


@dataclass(frozen=True)
class ComparisonView:
    """All that a comparison shows. ``letters`` name the assessors; ``mine`` is the reader's own one, "" for others."""

    evaluation: Evaluation
    letters: tuple[tuple[str, int], ...]
    mine: str
    parts: tuple[PartPair, ...]
    settled: AssessmentView
    row: BiasAssessment | None
    agreed: bool
    role: str
    my_proposal: bool

    @property
    def version(self) -> int:
        """Of the settled or proposed row, 0 for none."""
        return self.row.version if self.row else 0

    @property
    def stands(self) -> bool:
        """Whether it is settled."""
        return self.row is not None and self.row.state == AssessmentState.READY

    @property
    def proposed(self) -> bool:
        """Whether a consensus waits for its answer."""
        return self.row is not None and not self.stands and self.row.kind == AssessmentKind.CONSENSUS

    @property
    def differing(self) -> int:
        """How many domains are judged differently."""
        return sum(1 for part in self.parts for domain in part.domains if domain.differs)


def comparison_view(
    membership: Membership, evaluation: Evaluation, settings: BiasSettings, posted: dict[str, str] | None = None
) -> ComparisonView:
    """The comparison of an evaluation that is open to the member (`access_comparison`); some seven queries.

    ``posted``: what a person tried to settle, shown instead of what is proposed.
    """
    rows = list(BiasAssessment.objects.select_related("custom", "assessor").filter(evaluation=evaluation))
    own = sorted((row for row in rows if row.kind == AssessmentKind.INDEPENDENT), key=lambda row: row.pk)
    above = next((row for row in rows if row.kind in SETTLED_KINDS), None)
    for row in rows:
        row.evaluation = evaluation
    sides = [assessment_view(row, settings) for row in own]
    draft = above or BiasAssessment(
        evaluation=evaluation, instrument=own[0].instrument, custom=own[0].custom, scale=own[0].scale
    )
    nothing: dict[str, dict[Any, Any]] = {"answers": {}, "judgements": {}} if above is None else {}
    settled = assessment_view(draft, settings, posted=posted, **nothing)
    letters = tuple(zip(LETTERS, (row.pk for row in own), strict=False))
    parts = tuple(_part(place, sides, settled, posted or {}, own, above) for place in range(len(settled.parts)))
    agreed = not any(part.differs or any(domain.differs for domain in part.domains) for part in parts)
    return ComparisonView(
        evaluation=evaluation,
        letters=letters,
        mine=next((letter for letter, pk in letters if _by(own, pk).assessor_id == membership.user_id), ""),
        parts=parts,
        settled=settled,
        row=above,
        agreed=agreed,
        role=_role(membership, own, agreed=agreed),
        my_proposal=above is not None and above.assessor_id == membership.user_id,
    )


def _by(rows: list[BiasAssessment], pk: int) -> BiasAssessment:
    return next(row for row in rows if row.pk == pk)


def _role(membership: Membership, own: list[BiasAssessment], *, agreed: bool) -> str:
    """As what the member can settle: "assessor", "third" or ""."""
    if any(row.assessor_id == membership.user_id for row in own):
        return "assessor" if agreed or membership.review.settlement == Settlement.CONSENSUS else ""
    return "third" if membership.can_adjudicate else ""


def _part(
    place: int,
    sides: list[AssessmentView],
    settled: AssessmentView,
    posted: dict[str, str],
    own: list[BiasAssessment],
    above: BiasAssessment | None,
) -> PartPair:
    parts = tuple(side.parts[place] for side in sides)
    target = settled.parts[place]
    domains = tuple(
        _domain(tuple(part.domains[at] for part in parts), target.domains[at], posted, own, above)
        for at in range(len(target.domains))
    )
    choice = f"take:o:{target.key}"
    differs = _differ(part.level.value for part in parts) or _differ(
        part.applicability.value if part.applicability else "" for part in parts
    )
    fields = ("level", "reason", "applicability_reason", "sample_size", "internal_validation")
    same = [row for row, part in zip(own, parts, strict=True) if _same_values(part, target, fields)]
    return PartPair(
        sides=parts,
        settled=target,
        domains=tuple(sorted(domains, key=lambda pair: not pair.differs)),
        differs=differs,
        source=posted.get(choice, _source(same, own, above, differs=differs)),
        choice=choice,
    )


def _domain(
    sides: tuple[DomainView, ...],
    target: DomainView,
    posted: dict[str, str],
    own: list[BiasAssessment],
    above: BiasAssessment | None,
) -> DomainPair:
    slots = tuple(
        SlotPair(
            sides=tuple(side.slots[at] for side in sides),
            settled=target.slots[at],
            differs=_differ(side.slots[at].choice.value for side in sides),
        )
        for at in range(len(target.slots))
    )
    choice = f"take:d:{target.part}:{target.key}"
    differs = _differ(side.level.value for side in sides) or _differ(
        side.applicability.value if side.applicability else "" for side in sides
    )
    fields = ("level", "rationale", "departure", "applicability_rationale")
    same = [row for row, side in zip(own, sides, strict=True) if _same_values(side, target, fields)]
    return DomainPair(
        sides=sides,
        settled=target,
        slots=slots,
        differs=differs,
        source=posted.get(choice, _source(same, own, above, differs=differs)),
        choice=choice,
    )


def _differ(values: Iterable[str]) -> bool:
    return len(set(values)) > 1


def _same_values(side: object, target: object, fields: tuple[str, ...]) -> bool:
    return all(getattr(side, name).value == getattr(target, name).value for name in fields)


def _source(
    same: list[BiasAssessment], own: list[BiasAssessment], above: BiasAssessment | None, *, differs: bool
) -> str:
    """What is chosen at first: what is proposed already; else, where all agree, the first's text."""
    if above is not None:
        return str(same[0].pk) if same else "own"
    return "" if differs else str(own[0].pk)
