"""The boxes of the PRISMA 2020 flow diagram: which lines stand in which box, and where the box stands.

Wording and places are those of the PRISMA 2020 templates (Page et al., BMJ 2021;372:n71, CC BY 4.0). Boxes are plain
data: an exporter draws them, a page links them. Each line has a ``key`` (for one source or reason:
``database_specific_results:<key>``) that a view turns into the address of the list behind the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from screening.constants import SourceKind
from screening.rules.flow import FlowCounts, ReasonCount, SourceCount, Template, sum_reasons


class Phase(StrEnum):
    """The labels at the side of the diagram."""

    IDENTIFICATION = "Identification"
    SCREENING = "Screening"
    INCLUDED = "Included"


class Column(StrEnum):
    """Left to right. A side column holds what leaves the flow from the column before it."""

    PREVIOUS = "previous"
    DATABASES = "databases"
    DATABASES_SIDE = "databases_side"
    OTHER = "other"
    OTHER_SIDE = "other_side"


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One count of a box. ``provisional``: it can still change. ``waiting``: how many of them wait, in words."""

    key: str
    label: str
    n: int | None
    provisional: bool = False
    waiting: str = ""
    indented: bool = False
    has_parts: bool = False

    @property
    def count_text(self) -> str:
        """``(n = 1,234)``, ``(n = 50; 15 awaiting a decision)``, ``(n = –)`` when not counted."""
        number = "–" if self.n is None else f"{self.n:,}"
        return f"(n = {number}{f'; {self.waiting}' if self.waiting else ''})"


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box: ``row`` 1 to 6 from the top. ``notes`` are lines about work that is no part of any count."""

    id: str
    phase: Phase
    column: Column
    row: int
    lines: tuple[FlowLine, ...]
    title: str = ""
    notes: tuple[str, ...] = ()


ARROWS = (
    ("db_identified", "db_removed"),
    ("db_identified", "db_screened"),
    ("db_screened", "db_excluded"),
    ("db_screened", "db_sought"),
    ("db_sought", "db_notretrieved"),
    ("db_sought", "db_assessed"),
    ("db_assessed", "db_ft_excluded"),
    ("db_assessed", "included"),
    ("ot_identified", "ot_sought"),
    ("ot_sought", "ot_notretrieved"),
    ("ot_sought", "ot_assessed"),
    ("ot_assessed", "ot_ft_excluded"),
    ("ot_assessed", "included"),
    ("prev", "total"),
    ("included", "total"),
)
"""From box, to box. An arrow exists where both boxes do."""


def column_titles(template: Template) -> dict[Column, str]:
    """The heading over each column; a side column shares its neighbour's."""
    new = "new " if template.is_update else ""
    titles = {Column.PREVIOUS: "Previous studies"} if template.is_update else {}
    titles[Column.DATABASES] = f"Identification of {new}studies via databases and registers"
    if template.has_other_methods:
        titles[Column.OTHER] = f"Identification of {new}studies via other methods"
    return titles


def flow_boxes(counts: FlowCounts, template: Template | None = None) -> tuple[FlowBox, ...]:
    """The boxes of the diagram, column by column, from the top. ``template`` None: the one that fits the counts."""
    chosen = template or counts.template
    boxes = [_previous(counts)] if chosen.is_update else []
    boxes += [_identified(counts), _removed(counts), *_database_screening(counts)]
    if chosen.has_other_methods:
        boxes += _other_methods(counts)
    boxes.append(_included(counts, chosen))
    return (*boxes, _total(counts)) if chosen.is_update else tuple(boxes)


@dataclass(frozen=True, slots=True)
class _Open:
    """From which box downwards a number can still change, because something above it waits."""

    identified: bool
    removed: bool
    screened: bool
    retrieved: bool
    assessed: bool
    other_sought: bool
    other_retrieved: bool
    other_assessed: bool

    @classmethod
    def of(cls, counts: FlowCounts) -> _Open:
        pending = counts.pending
        identified = pending.identification > 0
        removed = pending.deduplication > 0
        screened = removed or pending.records > 0
        retrieved = screened or pending.dbr_reports_sought > 0
        other_sought = removed or pending.other_records_awaiting > 0
        other_retrieved = other_sought or pending.other_reports_sought > 0
        return cls(
            identified=identified,
            removed=removed,
            screened=screened,
            retrieved=retrieved,
            assessed=retrieved or pending.dbr_reports > 0,
            other_sought=other_sought,
            other_retrieved=other_retrieved,
            other_assessed=other_retrieved or pending.other_reports > 0,
        )


def _previous(counts: FlowCounts) -> FlowBox:
    lines = (
        FlowLine("previous_studies", "Studies included in previous version of review", counts.previous_studies),
        FlowLine(
            "previous_reports", "Reports of studies included in previous version of review", counts.previous_reports
        ),
    )
    return FlowBox("prev", Phase.IDENTIFICATION, Column.PREVIOUS, 1, _counted(lines))


def _identified(counts: FlowCounts) -> FlowBox:
    provisional = _Open.of(counts).identified
    lines = [
        *_with_sources(
            FlowLine("database_results", "Databases", counts.database_results, provisional),
            counts.database_specific_results,
        ),
        *_with_sources(
            FlowLine("register_results", "Registers", counts.register_results, provisional),
            counts.register_specific_results,
        ),
    ]
    return FlowBox(
        "db_identified",
        Phase.IDENTIFICATION,
        Column.DATABASES,
        1,
        _counted(lines),
        title="Records identified from:",
        notes=_notes(counts.pending.imports_running, "import still running", "imports still running"),
    )


def _removed(counts: FlowCounts) -> FlowBox:
    provisional = _Open.of(counts).removed
    lines = (
        FlowLine("duplicates", "Duplicate records removed", counts.duplicates, provisional),
        FlowLine(
            "excluded_automatic",
            "Records marked as ineligible by automation tools",
            counts.excluded_automatic,
            provisional,
        ),
        FlowLine("excluded_other", "Records removed for other reasons", counts.excluded_other, provisional),
    )
    notes = _notes(
        counts.pending.duplicates_awaiting,
        "pair of possible duplicates to judge",
        "pairs of possible duplicates to judge",
    )
    return FlowBox(
        "db_removed",
        Phase.IDENTIFICATION,
        Column.DATABASES_SIDE,
        1,
        _counted(lines),
        title="Records removed before screening:",
        notes=notes,
    )


def _database_screening(counts: FlowCounts) -> list[FlowBox]:
    open_, pending = _Open.of(counts), counts.pending
    screened = FlowLine(
        "records_screened",
        "Records screened",
        counts.records_screened,
        open_.screened,
        _waiting(pending.records, "awaiting a decision"),
    )
    excluded = FlowLine("records_excluded", "Records excluded", counts.records_excluded, open_.screened)
    sought = FlowLine(
        "dbr_sought_reports",
        "Reports sought for retrieval",
        counts.dbr_sought_reports,
        open_.retrieved,
        _waiting(pending.dbr_reports_sought, "awaiting retrieval"),
    )
    lost = FlowLine(
        "dbr_notretrieved_reports", "Reports not retrieved", counts.dbr_notretrieved_reports, open_.retrieved
    )
    assessed = FlowLine(
        "dbr_assessed",
        "Reports assessed for eligibility",
        counts.dbr_assessed,
        open_.assessed,
        _waiting(pending.dbr_reports, "awaiting a decision"),
    )
    reasons = _with_reasons("dbr_excluded", counts.dbr_excluded, provisional=open_.assessed)
    main, side = Column.DATABASES, Column.DATABASES_SIDE
    return [
        FlowBox("db_screened", Phase.SCREENING, main, 2, (screened,)),
        FlowBox("db_excluded", Phase.SCREENING, side, 2, (excluded,)),
        FlowBox("db_sought", Phase.SCREENING, main, 3, (sought,)),
        FlowBox("db_notretrieved", Phase.SCREENING, side, 3, (lost,)),
        FlowBox("db_assessed", Phase.SCREENING, main, 4, (assessed,)),
        FlowBox("db_ft_excluded", Phase.SCREENING, side, 4, reasons),
    ]


def _other_methods(counts: FlowCounts) -> list[FlowBox]:
    open_, pending = _Open.of(counts), counts.pending
    sought = FlowLine(
        "other_sought_reports",
        "Reports sought for retrieval",
        counts.other_sought_reports,
        open_.other_retrieved,
        _waiting(pending.other_reports_sought, "awaiting retrieval"),
    )
    lost = FlowLine(
        "other_notretrieved_reports",
        "Reports not retrieved",
        counts.other_notretrieved_reports,
        open_.other_retrieved,
    )
    assessed = FlowLine(
        "other_assessed",
        "Reports assessed for eligibility",
        counts.other_assessed,
        open_.other_assessed,
        _waiting(pending.other_reports, "awaiting a decision"),
    )
    reasons = _with_reasons("other_excluded", counts.other_excluded, provisional=open_.other_assessed)
    return [
        _other_identified(counts),
        FlowBox("ot_sought", Phase.SCREENING, Column.OTHER, 3, (sought,)),
        FlowBox("ot_notretrieved", Phase.SCREENING, Column.OTHER_SIDE, 3, (lost,)),
        FlowBox("ot_assessed", Phase.SCREENING, Column.OTHER, 4, (assessed,)),
        FlowBox("ot_ft_excluded", Phase.SCREENING, Column.OTHER_SIDE, 4, reasons),
    ]


def _other_identified(counts: FlowCounts) -> FlowBox:
    kinds = (
        (SourceKind.WEBSITE, "website_results", "Websites", counts.website_results),
        (SourceKind.ORGANISATION, "organisation_results", "Organisations", counts.organisation_results),
        (SourceKind.CITATION_SEARCHING, "citations_results", "Citation searching", counts.citations_results),
        (SourceKind.OTHER, "other_results", "Other sources", counts.other_results),
    )
    provisional = _Open.of(counts).identified
    lines: list[FlowLine] = []
    for kind, key, label, n in kinds:
        named = [source for source in counts.other_specific_results if source.kind == kind]
        alone = len(named) == 1 and named[0].name.casefold() == label.casefold()
        lines += _with_sources(FlowLine(key, label, n, provisional), [] if alone else named)
    notes = _notes(counts.pending.other_records_awaiting, "record awaiting a decision", "records awaiting a decision")
    return FlowBox(
        "ot_identified",
        Phase.IDENTIFICATION,
        Column.OTHER,
        1,
        _counted(lines),
        title="Records identified from:",
        notes=notes,
    )


def _included(counts: FlowCounts, template: Template) -> FlowBox:
    open_ = _Open.of(counts)
    provisional = open_.assessed or open_.other_assessed
    studies = "New studies included in review" if template.is_update else "Studies included in review"
    reports = "Reports of new included studies" if template.is_update else "Reports of included studies"
    lines = (
        FlowLine("new_studies", studies, counts.new_studies, provisional),
        FlowLine("new_reports", reports, counts.new_reports, provisional),
    )
    return FlowBox("included", Phase.INCLUDED, Column.DATABASES, 5, _counted(lines))


def _total(counts: FlowCounts) -> FlowBox:
    lines = (
        FlowLine("total_studies", "Total studies included in review", counts.total_studies, counts.in_progress),
        FlowLine("total_reports", "Reports of total included studies", counts.total_reports, counts.in_progress),
    )
    return FlowBox("total", Phase.INCLUDED, Column.DATABASES, 6, _counted(lines))


def _counted(lines: Sequence[FlowLine]) -> tuple[FlowLine, ...]:
    """The lines that were counted; where none was, the first one, so that the box says what is missing."""
    return tuple(line for line in lines if line.n is not None) or tuple(lines[:1])


def _with_sources(line: FlowLine, sources: Sequence[SourceCount]) -> list[FlowLine]:
    group = "other_specific_results" if line.key in _OTHER_KEYS else line.key.replace("_results", "_specific_results")
    parts = [
        FlowLine(f"{group}:{source.key or source.name}", source.name, source.n, line.provisional, indented=True)
        for source in sources
    ]
    return [_heading(line, bool(parts)), *parts]


_OTHER_KEYS = frozenset({"website_results", "organisation_results", "citations_results", "other_results"})


def _with_reasons(key: str, reasons: Sequence[ReasonCount] | None, *, provisional: bool) -> tuple[FlowLine, ...]:
    parts = [
        FlowLine(f"{key}:{reason.key or reason.reason}", reason.reason, reason.n, provisional, indented=True)
        for reason in reasons or ()
    ]
    return (_heading(FlowLine(key, "Reports excluded", sum_reasons(reasons), provisional), bool(parts)), *parts)


def _heading(line: FlowLine, has_parts: bool) -> FlowLine:
    return FlowLine(line.key, line.label, line.n, line.provisional, line.waiting, has_parts=has_parts)


def _waiting(n: int, what: str) -> str:
    return f"{n:,} {what}" if n else ""


def _notes(n: int, one: str, many: str) -> tuple[str, ...]:
    return (f"{n:,} {one if n == 1 else many}",) if n else ()
