"""Where the review stands, per stage and per person, and how well reviewers agree.

Blinding: pending and in conflict are one number, a person's decisions are totals per stage, and agreement is counted
over settled records (and reports) only. So none of it tells how anyone judged a record that is still open.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, F, Q

from reviewapp.models import Membership, User
from screening.constants import (
    SETTLED_STATUSES,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    Stage,
    Verdict,
)
from screening.models import Decision, Record, Report, Study
from screening.queries.elsewhere import BroughtInFile, brought_in_files
from screening.rules.agreement import Agreement, agreement
from screening.rules.consensus import leans_in

_RETRIEVED = Q(retrieval_status=RetrievalStatus.RETRIEVED)
_RECORDS = {
    "identified": Q(),
    "duplicates": Q(removal_reason=RemovalReason.DUPLICATE),
    "to_screen": Q(removal_reason=""),
    "settled": Q(removal_reason="", title_abstract_status__in=SETTLED_STATUSES),
    "included": Q(removal_reason="", title_abstract_status=ScreeningStatus.INCLUDED),
}
_REPORTS = {
    "sought": Q(),
    "retrieved": _RETRIEVED,
    "not_retrieved": Q(retrieval_status=RetrievalStatus.NOT_RETRIEVED),
    "settled": _RETRIEVED & Q(full_text_status__in=SETTLED_STATUSES),
    "included": _RETRIEVED & Q(full_text_status=ScreeningStatus.INCLUDED),
}
_SETTLED_TARGET = {
    Stage.TITLE_ABSTRACT: Q(record__removal_reason="", record__title_abstract_status__in=SETTLED_STATUSES),
    Stage.FULL_TEXT: Q(report__withdrawn_at=None, report__full_text_status__in=SETTLED_STATUSES),
}


@dataclass(frozen=True)
class Step:
    """One step of the way: `done` of `total`, and in words what is counted and what came of it."""

    label: str
    done: int
    total: int
    unit: str
    outcome: str = ""

    @property
    def waiting(self) -> int:
        """Not done yet."""
        return self.total - self.done


@dataclass(frozen=True)
class PersonStanding:
    """How many decisions a member has made per stage. Totals only: nothing about single records."""

    user: User
    title_abstract: int
    full_text: int


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two members at a stage over settled records or reports (maybe counts as include)."""

    stage: Stage
    first: str
    second: str
    figures: Agreement

    @property
    def agreed(self) -> int:
        """Records (or reports) on which both lean the same way."""
        return sum(row[i] for i, row in enumerate(self.figures.table))


@dataclass(frozen=True)
class Standing:
    """Everything on the overview panel. `identified`, `duplicates` count records, all sources together."""

    identified: int
    duplicates: int
    to_screen: int
    studies: int
    steps: list[Step]
    people: list[PersonStanding]
    agreements: list[PairAgreement]
    brought_in: list[BroughtInFile]
    """Files of projects screened elsewhere, whose votes are among the decisions."""


def review_standing(review_id: int) -> Standing:
    """Everything the overview panel shows, in a fixed number of queries."""
    records = Record.objects.filter(review_id=review_id).aggregate(**_counts(_RECORDS))
    reports = Report.objects.filter(review_id=review_id, withdrawn_at=None).aggregate(**_counts(_REPORTS))
    return Standing(
        identified=records["identified"],
        duplicates=records["duplicates"],
        to_screen=records["to_screen"],
        studies=Study.objects.filter(review_id=review_id, withdrawn_at=None).count(),
        steps=_steps(records, reports),
        people=person_standings(review_id),
        agreements=[pair for stage in Stage for pair in pair_agreements(review_id, stage)],
        brought_in=brought_in_files(review_id),
    )


def _counts(conditions: dict[str, Q]) -> dict[str, Count]:
    return {name: Count("id", filter=condition or None) for name, condition in conditions.items()}


def _steps(records: dict[str, int], reports: dict[str, int]) -> list[Step]:
    retrieval = reports["retrieved"] + reports["not_retrieved"]
    lost = f"{reports['retrieved']:,} retrieved, {reports['not_retrieved']:,} not retrieved"
    return [
        Step(
            Stage.TITLE_ABSTRACT.label,
            records["settled"],
            records["to_screen"],
            "records settled",
            _outcome(records),
        ),
        Step("Retrieval", retrieval, reports["sought"], "reports", lost),
        Step(Stage.FULL_TEXT.label, reports["settled"], reports["retrieved"], "reports settled", _outcome(reports)),
    ]


def _outcome(numbers: dict[str, int]) -> str:
    return f"{numbers['included']:,} included, {numbers['settled'] - numbers['included']:,} excluded"


def person_standings(review_id: int) -> list[PersonStanding]:
    """Decisions per stage of everyone who screens, or did before they left, in two queries."""
    counted = (
        Decision.objects.filter(review_id=review_id, superseded_at=None)
        .order_by()
        .values_list("reviewer_id", "stage")
        .annotate(n=Count("id"))
    )
    numbers = {(reviewer, stage): n for reviewer, stage, n in counted}
    voted = {reviewer for reviewer, _ in numbers}
    members = Membership.objects.filter(review_id=review_id).select_related("user").order_by("joined_at", "id")
    return [
        PersonStanding(
            member.user,
            numbers.get((member.user_id, Stage.TITLE_ABSTRACT), 0),
            numbers.get((member.user_id, Stage.FULL_TEXT), 0),
        )
        for member in members
        if (member.can_screen and member.removed_at is None) or member.user_id in voted
    ]


def pair_agreements(review_id: int, stage: Stage) -> list[PairAgreement]:
    """One for each two people who judged the same settled records (or reports), the busiest pair first; one query.

    Only decisions that stand and that each made alone: adjudications and consensus never enter.
    """
    target = "record" if stage == Stage.TITLE_ABSTRACT else "report"
    other = f"{target}__decisions"
    rows = (
        Decision.objects.filter(
            _SETTLED_TARGET[stage],
            review_id=review_id,
            stage=stage,
            superseded_at=None,
            **{f"{other}__superseded_at": None, f"{other}__reviewer_id__gt": F("reviewer_id")},
        )
        .order_by()
        .values_list(
            "reviewer_id", "reviewer__name", f"{other}__reviewer_id", f"{other}__reviewer__name", "verdict",
            f"{other}__verdict",
        )
        .annotate(n=Count("id"))
    )  # fmt: skip
    tables: dict[tuple[int, int], list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
    names: dict[int, str] = {}
    for first, first_name, second, second_name, verdict, other_verdict, n in rows:
        names |= {first: first_name, second: second_name}
        tables[first, second][_column(verdict)][_column(other_verdict)] += n
    pairs = [PairAgreement(stage, names[a], names[b], agreement(table)) for (a, b), table in tables.items()]
    return sorted(pairs, key=lambda pair: (-pair.figures.n, pair.first, pair.second))


def _column(verdict: str) -> int:
    return 0 if leans_in(Verdict(verdict)) else 1
