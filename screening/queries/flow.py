"""The flow's numbers, derived from rows, and the rows behind each number.

Every number and its list come from the same condition, so that a box always opens as many rows as it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reviewapp.models import Review
from reviewapp.numbers import as_number
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
from screening.queries.duplicate_sources import within_by_search
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
_SPECIFIC = {
    "database_specific_results": (SourceKind.DATABASE,),
    "register_specific_results": (SourceKind.REGISTER,),
    "other_specific_results": OTHER_METHOD_KINDS,
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
NO_REASON = "none"
"""In the address of an excluded report without any reason on record (the rules do not let one come about)."""


def _kinds(arm: str) -> tuple[SourceKind, ...]:
    return OTHER_METHOD_KINDS if arm == "other" else DATABASE_KINDS


def _live_reports(review_id: int) -> QuerySet[Report]:
    return Report.objects.filter(review_id=review_id, withdrawn_at=None)


def with_settled_reason(reports: QuerySet[Report]) -> QuerySet[Any]:
    """Adds `settled_reason`, a number or None: the adjudication's, else the one that all excluders gave."""
    adjudicated = Adjudication.objects.filter(
        report=OuterRef("pk"), superseded_at=None, confirmed_at__isnull=False
    ).values("reason_id")[:1]
    agreed = Decision.objects.filter(report=OuterRef("pk"), superseded_at=None).values("reason_id")[:1]
    return reports.annotate(settled_reason=Coalesce(Subquery(adjudicated), Subquery(agreed)))


def flow_counts(review: Review) -> FlowCounts:
    """All counts of the review's flow, in a fixed number of queries.

    Null is not zero: a source counts once a file of it is imported, or once it is known to have found nothing; a
    column counts once one of its sources does; duplicates count once they have been looked for or one was found.
    Blinding: records (and reports) too few have judged and those in conflict are one number, "awaiting a decision".
    """
    searches = list(_searches(review.pk))
    sources, records, reports = _source_counts(searches), _record_counts(review.pk), _report_counts(review.pk)
    reasons = _reason_counts(review.pk)
    compared, pending = _pending(review.pk, records, reports)
    pending = replace(pending, searches_without_file=len(_uncounted(searches)))
    counts = FlowCounts(pending=pending).with_sources(sources)
    columns: dict[str, Any] = {}
    if counts.identified is not None:
        columns |= _database_columns(records["dbr"], compared)
        if columns["duplicates"] is not None:
            columns["duplicates_within"] = _within(review.pk, searches)
        columns |= _report_columns("dbr", reports, reasons)
    if counts.identified_other is not None:
        columns |= _report_columns("other", reports, reasons)
    if sources:
        columns["new_studies"] = Study.objects.filter(review_id=review.pk, withdrawn_at=None).count()
        columns["new_reports"] = reports["dbr"]["included"] + reports["other"]["included"]
    return replace(counts, **columns)


def _within(review_id: int, searches: Iterable[Any]) -> int:
    """Duplicates from databases and registers that were removed within one source."""
    numbers = within_by_search(review_id)
    return sum(numbers.get(search.pk, 0) for search in searches if search.kind in DATABASE_KINDS)


def searches_without_file(review_id: int) -> list[str]:
    """The names of the searches that ``pending.searches_without_file`` counts."""
    return [str(search) for search in _uncounted(_searches(review_id))]


def _uncounted(searches: Iterable[Any]) -> list[Any]:
    return [search for search in searches if not (search.n or search.imported or search.reported_count == 0)]


def _searches(review_id: int) -> QuerySet[Any]:
    """The searches in order, with `n` records and `imported` files of each."""
    done = Q(batches__state=BatchState.DONE)
    return (
        Search.objects.filter(review_id=review_id)
        .annotate(n=_count_of(Record), imported=Count("batches", filter=done))
        .order_by("id")
    )


def _count_of(model: type[Record]) -> Coalesce:
    rows = model.objects.filter(search=OuterRef("pk")).order_by().values("search").annotate(n=Count("id")).values("n")
    return Coalesce(Subquery(rows), 0)


def _source_counts(searches: list[Any]) -> list[SourceCount]:
    left_out = _uncounted(searches)
    counted = [search for search in searches if search not in left_out]
    names = Counter(search.source for search in counted)
    return [
        SourceCount(
            search.source if names[search.source] == 1 else str(search),
            SourceKind(search.kind),
            search.n,
            key=str(search.pk),
        )
        for search in counted
    ]


def _by_arm(rows: Iterable[Mapping[str, Any]], kind: str, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Counts per kind of source, added up per column of the diagram."""
    arms = {arm: dict.fromkeys(names, 0) for arm in ("dbr", "other")}
    for row in rows:
        arm = "other" if row[kind] in OTHER_METHOD_KINDS else "dbr"
        for name, n in arms[arm].items():
            arms[arm][name] = n + row[name]
    return arms


def _numbers(conditions: Mapping[str, Q]) -> dict[str, Count]:
    return {name: Count("id", filter=condition or None) for name, condition in conditions.items()}


def _record_counts(review_id: int) -> dict[str, dict[str, int]]:
    records = Record.objects.filter(review_id=review_id).order_by()
    return _by_arm(records.values("search__kind").annotate(**_numbers(_RECORDS)), "search__kind", _RECORDS)


def _report_counts(review_id: int) -> dict[str, dict[str, int]]:
    reports = _live_reports(review_id).order_by()
    kind = "record__search__kind"
    return _by_arm(reports.values(kind).annotate(**_numbers(_REPORTS)), kind, _REPORTS)


def _reason_counts(review_id: int) -> dict[str, tuple[ReasonCount, ...]]:
    """Excluded reports per column and settled reason, in the review's order of reasons."""
    excluded = with_settled_reason(_live_reports(review_id).filter(_REPORTS["excluded"])).order_by()
    rows = list(excluded.values_list("record__search__kind", "settled_reason").annotate(n=Count("id")))
    reasons = ExclusionReason.objects.filter(review_id=review_id)
    listed: list[tuple[int | None, str, str]] = [
        (reason.pk, reason.text, str(reason.pk)) for reason in reasons.order_by("position", "id")
    ]
    listed.append((None, "No reason on record", NO_REASON))
    found = {}
    for arm in ("dbr", "other"):
        numbers: Counter[int | None] = Counter()
        for kind, reason, n in rows:
            numbers[reason] += n if kind in _kinds(arm) else 0
        found[arm] = tuple(ReasonCount(text, numbers[pk], key=key) for pk, text, key in listed if numbers[pk])
    return found


def _pending(
    review_id: int, records: dict[str, dict[str, int]], reports: dict[str, dict[str, int]]
) -> tuple[bool, PendingCounts]:
    """Whether duplicates have been looked for, and what waits."""
    batches = ImportBatch.objects.filter(search__review_id=review_id).aggregate(
        waiting=Count("id", filter=Q(state__in=[BatchState.WAITING, BatchState.ASKING])),
        compared=Count("id", filter=Q(state=BatchState.DONE, compared_at__isnull=False)),
        uncompared=Count("id", filter=Q(state=BatchState.DONE, compared_at=None)),
    )
    return batches["compared"] > 0, PendingCounts(
        imports_running=batches["waiting"],
        imports_uncompared=batches["uncompared"],
        duplicates_awaiting=len(open_pair_ids(review_id)),
        records_awaiting=records["dbr"]["records_awaiting"],
        dbr_reports_sought=reports["dbr"]["reports_sought"],
        dbr_reports_awaiting=reports["dbr"]["reports_awaiting"],
        other_records_awaiting=records["other"]["records_awaiting"],
        other_reports_sought=reports["other"]["reports_sought"],
        other_reports_awaiting=reports["other"]["reports_awaiting"],
    )


def _database_columns(numbers: dict[str, int], compared: bool) -> dict[str, int | None]:
    return {
        "duplicates": numbers["duplicates"] if compared else numbers["duplicates"] or None,
        "excluded_automatic": numbers["excluded_automatic"] or None,
        "excluded_other": numbers["excluded_other"] or None,
        "records_screened": numbers["records_screened"],
        "records_excluded": numbers["records_excluded"],
    }


def _report_columns(
    arm: str, reports: dict[str, dict[str, int]], reasons: dict[str, tuple[ReasonCount, ...]]
) -> dict[str, Any]:
    counted = ("sought_reports", "notretrieved_reports", "assessed")
    return {f"{arm}_{name}": reports[arm][name] for name in counted} | {f"{arm}_excluded": reasons[arm]}


def flow_rows(review_id: int, key: str) -> QuerySet[Any] | None:
    """The records, reports or studies behind a box or line of the flow; None for a key that has no rows.

    `key` is a box id, a line key, or `line:number` for one source (its search) or one reason.
    """
    name, _, part = _BOX_LINES.get(key, key).partition(":")
    if part:
        return _part_rows(review_id, name, part)
    if name == "new_studies":
        return Study.objects.filter(review_id=review_id, withdrawn_at=None)
    if name == "new_reports":
        return _live_reports(review_id).filter(_REPORTS["included"])
    records = _record_rows(review_id, name)
    return records if records is not None else _report_rows(review_id, name)


def _part_rows(review_id: int, name: str, part: str) -> QuerySet[Any] | None:
    """The records of one source, or the reports excluded for one reason."""
    number = as_number(part)
    if name in _SPECIFIC:
        records = Record.objects.filter(review_id=review_id, search__kind__in=_SPECIFIC[name])
        return None if number is None else records.filter(search_id=number)
    reports = _report_rows(review_id, name) if name.endswith("_excluded") else None
    if reports is None or (number is None and part != NO_REASON):
        return None
    return with_settled_reason(reports).filter(settled_reason=number)


def _record_rows(review_id: int, name: str) -> QuerySet[Record] | None:
    records = Record.objects.filter(review_id=review_id)
    if name in _KIND_OF_RESULTS:
        return records.filter(search__kind=_KIND_OF_RESULTS[name])
    if name == "other_identified":
        return records.filter(search__kind__in=OTHER_METHOD_KINDS)
    in_databases = records.filter(search__kind__in=DATABASE_KINDS)
    if name == "identified":
        return in_databases
    if name == "removed":
        return in_databases.exclude(_SCREENED)
    return in_databases.filter(_RECORDS[name]) if name in _RECORDS else None


def _report_rows(review_id: int, name: str) -> QuerySet[Report] | None:
    arm, _, line = name.partition("_")
    if arm not in ("dbr", "other") or line not in _REPORTS:
        return None
    return _live_reports(review_id).filter(_REPORTS[line], record__search__kind__in=_kinds(arm))


def box_records(review_id: int, key: str) -> QuerySet[Record] | None:
    """The records behind a box or line of the flow: its own, or those of its reports and studies; None as flow_rows."""
    rows = flow_rows(review_id, key)
    if rows is None:
        return None
    records = Record.objects.filter(review_id=review_id)
    if rows.model is Study:
        return records.filter(report__study__in=rows.values("pk"), report__withdrawn_at=None)
    if rows.model is Report:
        return records.filter(pk__in=rows.values("record_id"))
    return records.filter(pk__in=rows.values("pk"))
