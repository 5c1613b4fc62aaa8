"""The flow's numbers, derived from rows, and the rows behind each number.

Every number and its list come from the same condition, so that a box always opens as many rows as it says.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reviewapp.models import Review
from screening.constants import (
    DATABASE_KINDS,
    OTHER_METHOD_KINDS,
    BatchState,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    SourceKind,
)
from screening.models import Adjudication, Decision, ExclusionReason, ImportBatch, Record, Report, Search, Study
from screening.queries.duplicates import open_pair_ids
from screening.rules.flow import FlowCounts, PendingCounts, ReasonCount, SourceCount

_SCREENED = Q(removal_reason="")
_UNSETTLED = [ScreeningStatus.PENDING, ScreeningStatus.CONFLICT]
_RETRIEVED = Q(retrieval_status=RetrievalStatus.RETRIEVED)

_RECORDS: dict[str, Q] = {
    "duplicates": Q(removal_reason=RemovalReason.DUPLICATE),
    "excluded_automatic": Q(removal_reason=RemovalReason.AUTOMATION),
    "excluded_other": Q(removal_reason=RemovalReason.OTHER),
    "records_screened": _SCREENED,
    "records_excluded": _SCREENED & Q(title_abstract_status=ScreeningStatus.EXCLUDED),
    "records_awaiting": _SCREENED & Q(title_abstract_status__in=_UNSETTLED),
}
_REPORTS: dict[str, Q] = {
    "sought_reports": Q(),
    "notretrieved_reports": Q(retrieval_status=RetrievalStatus.NOT_RETRIEVED),
    "reports_sought": Q(retrieval_status=RetrievalStatus.SOUGHT),
    "assessed": _RETRIEVED,
    "excluded": _RETRIEVED & Q(full_text_status=ScreeningStatus.EXCLUDED),
    "reports_awaiting": _RETRIEVED & Q(full_text_status__in=_UNSETTLED),
    "included": Q(full_text_status=ScreeningStatus.INCLUDED),
}
_KIND_OF_RESULTS = {
    "database_results": SourceKind.DATABASE,
    "register_results": SourceKind.REGISTER,
    "website_results": SourceKind.WEBSITE,
    "organisation_results": SourceKind.ORGANISATION,
    "citations_results": SourceKind.CITATION_SEARCHING,
    "other_results": SourceKind.OTHER,
}
_BOX_LINES = {
    "db_identified": "identified",
    "db_removed": "removed",
    "db_screened": "records_screened",
    "db_excluded": "records_excluded",
    "db_sought": "dbr_sought_reports",
    "db_notretrieved": "dbr_notretrieved_reports",
    "db_assessed": "dbr_assessed",
    "db_ft_excluded": "dbr_excluded",
    "ot_identified": "other_identified",
    "ot_sought": "other_sought_reports",
    "ot_notretrieved": "other_notretrieved_reports",
    "ot_assessed": "other_assessed",
    "ot_ft_excluded": "other_excluded",
    "included": "new_studies",
}
"""Box id → the line whose rows it opens."""


def _kinds(arm: str) -> tuple[SourceKind, ...]:
    return OTHER_METHOD_KINDS if arm == "other" else DATABASE_KINDS


def _live_reports(review_id: int) -> QuerySet[Report]:
    return Report.objects.filter(review_id=review_id, withdrawn_at=None)


def _with_reason(reports: QuerySet[Report]) -> QuerySet[Any]:
    """`settled_reason`: the adjudication's, else the one that all excluders gave."""
    adjudicated = Adjudication.objects.filter(
        report=OuterRef("pk"), superseded_at=None, confirmed_at__isnull=False
    ).values("reason_id")[:1]
    agreed = Decision.objects.filter(report=OuterRef("pk"), superseded_at=None).values("reason_id")[:1]
    return reports.annotate(settled_reason=Coalesce(Subquery(adjudicated), Subquery(agreed)))


def flow_counts(review: Review) -> FlowCounts:
    """All counts of the review's flow, in a fixed number of queries."""
    sources = _source_counts(review.pk)
    has_other = any(source.kind in OTHER_METHOD_KINDS for source in sources)
    database, other = _record_counts(review.pk, "dbr"), _record_counts(review.pk, "other")
    dbr, ot = _report_counts(review.pk, "dbr"), _report_counts(review.pk, "other")
    waiting = ImportBatch.objects.filter(search__review_id=review.pk, state=BatchState.WAITING).count()
    counts = FlowCounts(
        duplicates=database["duplicates"],
        excluded_automatic=database["excluded_automatic"] or None,
        excluded_other=database["excluded_other"] or None,
        records_screened=database["records_screened"],
        records_excluded=database["records_excluded"],
        dbr_sought_reports=dbr["sought_reports"],
        dbr_notretrieved_reports=dbr["notretrieved_reports"],
        dbr_assessed=dbr["assessed"],
        dbr_excluded=_reason_counts(review.pk, "dbr"),
        other_sought_reports=ot["sought_reports"] if has_other else None,
        other_notretrieved_reports=ot["notretrieved_reports"] if has_other else None,
        other_assessed=ot["assessed"] if has_other else None,
        other_excluded=_reason_counts(review.pk, "other") if has_other else None,
        new_studies=Study.objects.filter(review_id=review.pk, withdrawn_at=None).count(),
        new_reports=dbr["included"] + ot["included"],
        pending=PendingCounts(
            imports_running=waiting,
            duplicates_awaiting=len(open_pair_ids(review.pk)),
            records_awaiting=database["records_awaiting"],
            dbr_reports_sought=dbr["reports_sought"],
            dbr_reports_awaiting=dbr["reports_awaiting"],
            other_records_awaiting=other["records_awaiting"],
            other_reports_sought=ot["reports_sought"],
            other_reports_awaiting=ot["reports_awaiting"],
        ),
    )
    return counts.with_sources(sources)


def _source_counts(review_id: int) -> list[SourceCount]:
    searches = list(Search.objects.filter(review_id=review_id).annotate(n=Count("records")).order_by("id"))
    names = Counter(search.source for search in searches)
    return [
        SourceCount(
            search.source if names[search.source] == 1 else str(search),
            SourceKind(search.kind),
            search.n,
            key=str(search.pk),
        )
        for search in searches
    ]


def _record_counts(review_id: int, arm: str) -> dict[str, int]:
    records = Record.objects.filter(review_id=review_id, search__kind__in=_kinds(arm))
    return records.aggregate(**{name: Count("id", filter=condition) for name, condition in _RECORDS.items()})


def _report_counts(review_id: int, arm: str) -> dict[str, int]:
    reports = _live_reports(review_id).filter(record__search__kind__in=_kinds(arm))
    return reports.aggregate(
        **{name: Count("id", filter=condition) if condition else Count("id") for name, condition in _REPORTS.items()}
    )


def _reason_counts(review_id: int, arm: str) -> tuple[ReasonCount, ...]:
    excluded = _live_reports(review_id).filter(_REPORTS["excluded"], record__search__kind__in=_kinds(arm))
    numbers = dict(
        _with_reason(excluded).values("settled_reason").annotate(n=Count("id")).values_list("settled_reason", "n")
    )
    reasons = ExclusionReason.objects.filter(pk__in=[key for key in numbers if key]).order_by("position", "id")
    return tuple(ReasonCount(reason.text, numbers[reason.pk], key=str(reason.pk)) for reason in reasons)


def flow_rows(review_id: int, key: str) -> QuerySet[Any] | None:
    """The records, reports or studies behind a box or line of the flow; None for a key that has no rows.

    `key` is a box id, a line key, or `line:number` for one source (its search) or one reason.
    """
    name, _, part = _BOX_LINES.get(key, key).partition(":")
    if name == "new_studies":
        return Study.objects.filter(review_id=review_id, withdrawn_at=None)
    if name == "new_reports":
        return _live_reports(review_id).filter(_REPORTS["included"])
    records = _record_rows(review_id, name, part)
    return records if records is not None else _report_rows(review_id, name, part)


def _record_rows(review_id: int, name: str, part: str) -> QuerySet[Record] | None:
    records = Record.objects.filter(review_id=review_id)
    if name in _KIND_OF_RESULTS:
        return records.filter(search__kind=_KIND_OF_RESULTS[name])
    if name.endswith("_specific_results"):
        return records.filter(search_id=int(part)) if part.isdigit() else None
    if name == "other_identified":
        return records.filter(search__kind__in=OTHER_METHOD_KINDS)
    in_databases = records.filter(search__kind__in=DATABASE_KINDS)
    if name == "identified":
        return in_databases
    if name == "removed":
        return in_databases.exclude(_SCREENED)
    return in_databases.filter(_RECORDS[name]) if name in _RECORDS else None


def _report_rows(review_id: int, name: str, part: str) -> QuerySet[Any] | None:
    arm, _, line = name.partition("_")
    if arm not in ("dbr", "other") or line not in _REPORTS:
        return None
    reports = _live_reports(review_id).filter(_REPORTS[line], record__search__kind__in=_kinds(arm))
    if part:
        return _with_reason(reports).filter(settled_reason=int(part)) if part.isdigit() else None
    return reports
