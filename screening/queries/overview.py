"""Where the review stands, per stage and per person, and how well reviewers agree.

Agreement is counted over settled records only, so that it gives away nothing about open ones.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

from django.db.models import Count

from reviewapp.models import Membership
from screening.constants import SETTLED_STATUSES, RetrievalStatus, Stage
from screening.models import Decision, Record, Report
from screening.queries.reports import ReportCounts, report_counts
from screening.rules.agreement import Agreement, agreement, cross_table
from screening.rules.consensus import leans_in


@dataclass(frozen=True)
class StageStanding:
    """How far a stage is: settled of all."""

    label: str
    settled: int
    total: int

    @property
    def waiting(self) -> int:
        """Without a settled outcome."""
        return self.total - self.settled


@dataclass(frozen=True)
class PersonStanding:
    """How many decisions a member has made per stage. Totals only: nothing about single records."""

    membership: Membership
    title_abstract: int
    full_text: int


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of two members at a stage over settled records (maybe counts as include)."""

    stage: Stage
    names: str
    figures: Agreement


@dataclass(frozen=True)
class Standing:
    """Everything on the overview panel."""

    stages: list[StageStanding]
    reports: ReportCounts
    people: list[PersonStanding]
    agreements: list[PairAgreement]


def stage_standings(review_id: int) -> list[StageStanding]:
    """Both stages, in two queries."""
    records = Record.objects.filter(review_id=review_id, removal_reason="")
    reports = Report.objects.filter(review_id=review_id, withdrawn_at=None, retrieval_status=RetrievalStatus.RETRIEVED)
    return [
        StageStanding(
            Stage.TITLE_ABSTRACT.label,
            records.filter(title_abstract_status__in=SETTLED_STATUSES).count(),
            records.count(),
        ),
        StageStanding(
            Stage.FULL_TEXT.label, reports.filter(full_text_status__in=SETTLED_STATUSES).count(), reports.count()
        ),
    ]


def person_standings(review_id: int) -> list[PersonStanding]:
    """Decisions per member and stage, in two queries."""
    counted = (
        Decision.objects.filter(review_id=review_id, superseded_at=None)
        .values("reviewer_id", "stage")
        .annotate(n=Count("id"))
        .values_list("reviewer_id", "stage", "n")
    )
    numbers = {(reviewer, stage): n for reviewer, stage, n in counted}
    members = Membership.objects.filter(review_id=review_id, removed_at=None).select_related("user")
    return [
        PersonStanding(
            member,
            numbers.get((member.user_id, Stage.TITLE_ABSTRACT), 0),
            numbers.get((member.user_id, Stage.FULL_TEXT), 0),
        )
        for member in members
        if member.can_screen
    ]


def pair_agreements(review_id: int, stage: Stage) -> list[PairAgreement]:
    """One for each two people who judged the same settled records, in one query."""
    column = "record_id" if stage == Stage.TITLE_ABSTRACT else "report_id"
    settled = (
        {"record__title_abstract_status__in": SETTLED_STATUSES}
        if stage == Stage.TITLE_ABSTRACT
        else {"report__full_text_status__in": SETTLED_STATUSES}
    )
    rows = (
        Decision.objects.filter(review_id=review_id, stage=stage, superseded_at=None, **settled)
        .order_by(column, "reviewer_id")
        .values_list(column, "reviewer_id", "reviewer__name", "verdict")
    )
    by_target: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for target, reviewer, name, verdict in rows.iterator():
        by_target[target].append((reviewer, name, leans_in(verdict)))
    pairs: dict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for votes in by_target.values():
        for (_, first, a), (_, second, b) in combinations(votes, 2):
            pairs[first, second].append((a, b))
    return [
        PairAgreement(stage, f"{first} and {second}", agreement(cross_table(judged, (True, False))))
        for (first, second), judged in sorted(pairs.items())
    ]


def review_standing(review_id: int) -> Standing:
    """Everything the overview panel shows, in a fixed number of queries."""
    return Standing(
        stages=stage_standings(review_id),
        reports=report_counts(review_id),
        people=person_standings(review_id),
        agreements=[one for stage in Stage for one in pair_agreements(review_id, stage)],
    )
