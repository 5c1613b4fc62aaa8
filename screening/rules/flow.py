"""The numbers of the PRISMA 2020 flow: what each box counts, in which unit, and what is still open.

Boxes, labels and units follow the PRISMA 2020 statement (Page et al., BMJ 2021;372:n71, CC BY 4.0); the field names are
those of the R package PRISMA2020 (MIT), so that an export needs no translation.

Three rules hold throughout. A count is derived from rows, never typed. ``None`` means "not counted" and is not zero:
its line is left out. And work in progress keeps the diagram's arithmetic: ``records_screened`` is identified minus
removed (the records that enter screening), ``dbr_sought_reports`` is every report sought so far, ``dbr_assessed`` every
report retrieved; how many of those still wait is said beside them and kept in ``PendingCounts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from screening.constants import OTHER_METHOD_KINDS, SourceKind


class Template(StrEnum):
    """The four PRISMA 2020 diagrams: new or updated review, without or with the column of other methods."""

    NEW_V1 = "new_v1"
    NEW_V2 = "new_v2"
    UPDATED_V1 = "updated_v1"
    UPDATED_V2 = "updated_v2"

    @property
    def has_other_methods(self) -> bool:
        return self in (Template.NEW_V2, Template.UPDATED_V2)

    @property
    def is_update(self) -> bool:
        return self in (Template.UPDATED_V1, Template.UPDATED_V2)


@dataclass(frozen=True, slots=True)
class SourceCount:
    """Records identified from one source. ``key`` (optional) names it in links; the name does otherwise."""

    name: str
    kind: SourceKind
    n: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Reports excluded at full text for one reason, in the review's order. ``key`` as in SourceCount."""

    reason: str
    n: int
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCounts:
    """What still waits. Each number is a part of the box it stands beside, except the first four.

    * ``searches_without_file``: searches of which no file has been imported, but for those known to have found nothing.
    * ``imports_running``: imports whose records are not all counted yet, those that wait for an answer included.
    * ``imports_uncompared``: imported files in which duplicates have not been looked for.
    * ``duplicates_awaiting``: pairs of records a person has yet to judge; both records are still in the flow.
    * ``records_awaiting`` and ``records_in_conflict``: part of ``records_screened``: too few decisions, or decisions
      that disagree. None of them is in ``records_excluded`` or has become a report.
    * ``dbr_reports_sought``: part of ``dbr_sought_reports``: neither retrieved nor given up.
    * ``dbr_reports_awaiting`` and ``dbr_reports_in_conflict``: part of ``dbr_assessed``, without a settled outcome.
    * ``other_…``: the same for the column of other methods. ``other_records_awaiting`` are records of that column not
      settled yet (it has no screening box, so they only explain the gap between identified and sought).
    """

    searches_without_file: int = 0
    imports_running: int = 0
    imports_uncompared: int = 0
    duplicates_awaiting: int = 0
    records_awaiting: int = 0
    records_in_conflict: int = 0
    dbr_reports_sought: int = 0
    dbr_reports_awaiting: int = 0
    dbr_reports_in_conflict: int = 0
    other_records_awaiting: int = 0
    other_reports_sought: int = 0
    other_reports_awaiting: int = 0
    other_reports_in_conflict: int = 0

    @property
    def identification(self) -> int:
        """What may still change the number of records identified."""
        return self.searches_without_file + self.imports_running

    @property
    def deduplication(self) -> int:
        """What may still change the number of duplicates."""
        return self.identification + self.imports_uncompared + self.duplicates_awaiting

    @property
    def records(self) -> int:
        """Records (databases and registers) without a settled outcome at title and abstract."""
        return self.records_awaiting + self.records_in_conflict

    @property
    def dbr_reports(self) -> int:
        """Retrieved reports (databases and registers) without a settled outcome at full text."""
        return self.dbr_reports_awaiting + self.dbr_reports_in_conflict

    @property
    def other_reports(self) -> int:
        """Retrieved reports (other methods) without a settled outcome at full text."""
        return self.other_reports_awaiting + self.other_reports_in_conflict

    @property
    def any(self) -> bool:
        return any(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowCounts:
    """Every count of the flow diagram. ``None``: not counted (its line is hidden); 0: counted, and none found.

    Units: ``*_results``, duplicates, ``excluded_*`` and ``records_*`` count records; ``*_reports``, ``*_assessed`` and
    ``*_excluded`` tuples count reports; ``*_studies`` count studies.
    """

    previous_studies: int | None = None
    previous_reports: int | None = None
    database_results: int | None = None
    database_specific_results: tuple[SourceCount, ...] = ()
    register_results: int | None = None
    register_specific_results: tuple[SourceCount, ...] = ()
    duplicates: int | None = None
    duplicates_within: int | None = None
    """Part of ``duplicates``: removed within one source; the others are removed across sources."""
    excluded_automatic: int | None = None
    excluded_other: int | None = None
    records_screened: int | None = None
    records_excluded: int | None = None
    dbr_sought_reports: int | None = None
    dbr_notretrieved_reports: int | None = None
    dbr_assessed: int | None = None
    dbr_excluded: tuple[ReasonCount, ...] | None = None
    website_results: int | None = None
    organisation_results: int | None = None
    citations_results: int | None = None
    other_results: int | None = None
    other_specific_results: tuple[SourceCount, ...] = ()
    other_sought_reports: int | None = None
    other_notretrieved_reports: int | None = None
    other_assessed: int | None = None
    other_excluded: tuple[ReasonCount, ...] | None = None
    new_studies: int | None = None
    new_reports: int | None = None
    total_studies: int | None = None
    total_reports: int | None = None
    total_studies_ma: int | None = None
    total_reports_ma: int | None = None
    pending: PendingCounts = field(default_factory=PendingCounts)

    def with_sources(self, sources: Iterable[SourceCount]) -> FlowCounts:
        """These counts with every ``*_results`` field set from one count per source, in the order given.

        A kind without a source stays None; a source that found nothing counts as 0.
        """
        listed = tuple(sources)

        def n(kind: SourceKind) -> int | None:
            return total(*(source.n for source in listed if source.kind == kind))

        def of(*kinds: SourceKind) -> tuple[SourceCount, ...]:
            return tuple(source for source in listed if source.kind in kinds)

        return replace(
            self,
            database_results=n(SourceKind.DATABASE),
            database_specific_results=of(SourceKind.DATABASE),
            register_results=n(SourceKind.REGISTER),
            register_specific_results=of(SourceKind.REGISTER),
            website_results=n(SourceKind.WEBSITE),
            organisation_results=n(SourceKind.ORGANISATION),
            citations_results=n(SourceKind.CITATION_SEARCHING),
            other_results=n(SourceKind.OTHER),
            other_specific_results=of(*OTHER_METHOD_KINDS),
        )

    @property
    def identified(self) -> int | None:
        """Records from databases and registers together."""
        return total(self.database_results, self.register_results)

    @property
    def identified_other(self) -> int | None:
        """Records from other methods together."""
        return total(self.website_results, self.organisation_results, self.citations_results, self.other_results)

    @property
    def removed(self) -> int | None:
        """Records removed before screening, for all three kinds of reason."""
        return total(self.duplicates, self.excluded_automatic, self.excluded_other)

    @property
    def in_progress(self) -> bool:
        """Whether anything still waits, so that numbers may change."""
        return self.pending.any

    @property
    def template(self) -> Template:
        """The diagram that fits: a column for other methods or previous studies only where either was counted."""
        other = (self.identified_other, self.other_sought_reports, self.other_assessed)
        has_other = any(count is not None for count in other)
        if self.previous_studies is not None or self.previous_reports is not None:
            return Template.UPDATED_V2 if has_other else Template.UPDATED_V1
        return Template.NEW_V2 if has_other else Template.NEW_V1

    @property
    def sources(self) -> tuple[SourceCount, ...]:
        """Every source with its records: databases, then registers, then other methods."""
        return self.database_specific_results + self.register_specific_results + self.other_specific_results


def total(*counts: int | None) -> int | None:
    """The sum of the counts that were made; None when none was."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def sum_reasons(reasons: Iterable[ReasonCount] | None) -> int | None:
    """Reports excluded over all reasons; None when not counted."""
    return None if reasons is None else sum(reason.n for reason in reasons)
