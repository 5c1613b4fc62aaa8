"""Reads about reports and studies. Blinding: a report that is being assessed shows no status but that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from reviewapp.models import Membership
from screening.constants import SETTLED_STATUSES, RetrievalStatus, ScreeningStatus, Stage
from screening.models import Adjudication, Decision, Report, ReportFile, Study

FILTERS = {
    "sought": ("Waiting for retrieval", Q(retrieval_status=RetrievalStatus.SOUGHT)),
    "retrieved": ("Retrieved", Q(retrieval_status=RetrievalStatus.RETRIEVED)),
    "not_retrieved": ("Not retrieved", Q(retrieval_status=RetrievalStatus.NOT_RETRIEVED)),
}


@dataclass(frozen=True)
class ReportRow:
    """A report in a list, with its status as every member may know it."""

    report: Report
    status: str
    status_words: str


@dataclass(frozen=True)
class ReportCounts:
    """How many reports stand where."""

    sought: int
    retrieved: int
    not_retrieved: int

    @property
    def total(self) -> int:
        """All live reports."""
        return self.sought + self.retrieved + self.not_retrieved


@dataclass(frozen=True)
class ReportView:
    """One report with its file and, once settled, the judgements."""

    row: ReportRow
    file: ReportFile | None
    decisions: Sequence[Decision]
    adjudication: Adjudication | None


def blind_report_status(report: Report) -> tuple[str, str]:
    """(value, words) of where a report stands: retrieval, being assessed, or the settled outcome."""
    if report.retrieval_status != RetrievalStatus.RETRIEVED:
        return report.retrieval_status, RetrievalStatus(report.retrieval_status).label
    if report.full_text_status in SETTLED_STATUSES:
        return report.full_text_status, ScreeningStatus(report.full_text_status).label
    return "pending", "Being assessed"


def report_list(review_id: int, which: str) -> QuerySet[Report]:
    """Live reports of the review, with their record; `which` is a key of FILTERS or empty."""
    reports = Report.objects.filter(review_id=review_id, withdrawn_at=None).select_related("record")
    if which in FILTERS:
        reports = reports.filter(FILTERS[which][1])
    return reports.defer("record__raw", "record__abstract", "record__other").order_by("id")


def report_rows(reports: Sequence[Report]) -> list[ReportRow]:
    """Rows for a page of the list."""
    return [_row(report) for report in reports]


def _row(report: Report) -> ReportRow:
    report.record = report.record.as_shown()
    return ReportRow(report, *blind_report_status(report))


def report_counts(review_id: int) -> ReportCounts:
    """Counts per retrieval status, in one query."""
    counts = Report.objects.filter(review_id=review_id, withdrawn_at=None).aggregate(
        **{name: Count("id", filter=condition) for name, (_, condition) in FILTERS.items()}
    )
    return ReportCounts(**counts)


def report_view(membership: Membership, report: Report) -> ReportView:
    """One report. Before it is settled, only the member's own decision is given out."""
    decisions = Decision.objects.filter(report=report, stage=Stage.FULL_TEXT, superseded_at=None).select_related(
        "reviewer", "reason"
    )
    adjudication = None
    if report.full_text_status in SETTLED_STATUSES:
        adjudication = (
            Adjudication.objects.filter(report=report, superseded_at=None, confirmed_at__isnull=False)
            .select_related("adjudicator", "reason")
            .first()
        )
    else:
        decisions = decisions.filter(reviewer_id=membership.user_id)
    return ReportView(
        row=_row(report),
        file=live_file(report),
        decisions=list(decisions),
        adjudication=adjudication,
    )


def live_file(report: Report) -> ReportFile | None:
    """The report's full text that stands."""
    return report.files.filter(superseded_at=None).select_related("uploaded_by").first()


def study_list(review_id: int) -> QuerySet[Study]:
    """Included studies with their reports, in the order of their labels."""
    reports = Report.objects.select_related("record").order_by("id")
    return (
        Study.objects.filter(review_id=review_id, withdrawn_at=None)
        .prefetch_related(Prefetch("reports", queryset=reports))
        .order_by("label", "id")
    )
