"""The flow in words: the paragraph of the results section, with every number taken from FlowCounts.

Units are kept apart as PRISMA asks: records are identified and screened, reports are sought and assessed, studies are
included. What still waits is said, so that nobody quotes an unfinished number as a final one. The sentences are active
("We screened 257 records"), so that none starts with a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from screening.rules.flow import FlowCounts, ReasonCount, sum_reasons


class _Column(NamedTuple):
    """The counts of one column from "sought" downwards, and what waits in it."""

    prefix: str
    sought: int | None
    lost: int | None
    assessed: int | None
    reasons: tuple[ReasonCount, ...] | None
    awaiting_retrieval: int
    awaiting_decision: int
    awaiting_records: int
    """Work above the column's reports: while there is some, more reports may come."""


@dataclass(slots=True)
class _Writer:
    """Collects sentences and, beside them, each number with the field it cites (for check P17)."""

    sentences: list[str] = field(default_factory=list)
    cited: dict[str, int] = field(default_factory=dict)

    def say(self, sentence: str, cited: Mapping[str, int | None]) -> None:
        self.sentences.append(sentence)
        self.cited |= {key: n for key, n in cited.items() if n is not None}


def flow_text(counts: FlowCounts) -> str:
    """The results paragraph in plain English. Counts that were not made are left out."""
    return " ".join(_write(counts).sentences)


def cited_numbers(counts: FlowCounts) -> dict[str, int]:
    """The numbers ``flow_text`` cites, by FlowCounts field: keep them with a stored text to check it later (P17)."""
    return _write(counts).cited


def quantity(n: int, noun: str, plural: str | None = None) -> str:
    """``no records``, ``1 record``, ``1,234 records``; ``plural`` where an s is not enough."""
    if n == 1:
        return f"1 {noun}"
    return f"{f'{n:,}' if n else 'no'} {plural or noun + 's'}"


def _write(counts: FlowCounts) -> _Writer:
    writer, pending = _Writer(), counts.pending
    if counts.in_progress:
        writer.say("This review is in progress, and its numbers may still change.", {})
    _identified(writer, counts)
    _removed(writer, counts)
    _screened(writer, counts)
    databases = _Column(
        "dbr",
        counts.dbr_sought_reports,
        counts.dbr_notretrieved_reports,
        counts.dbr_assessed,
        counts.dbr_excluded,
        pending.dbr_reports_sought,
        pending.dbr_reports,
        pending.deduplication + pending.records,
    )
    other = _Column(
        "other",
        counts.other_sought_reports,
        counts.other_notretrieved_reports,
        counts.other_assessed,
        counts.other_excluded,
        pending.other_reports_sought,
        pending.other_reports,
        pending.deduplication + pending.other_records_awaiting,
    )
    _reports(writer, databases)
    _identified_other(writer, counts)
    _reports(writer, other)
    _included(writer, counts)
    return writer


def _identified(writer: _Writer, counts: FlowCounts) -> None:
    if counts.identified is not None:
        sources = counts.database_specific_results + counts.register_specific_results
        detail = f": {_series(f'{source.name} (n = {source.n:,})' for source in sources)}" if sources else ""
        named = [
            name
            for name, n in (("databases", counts.database_results), ("registers", counts.register_results))
            if n is not None
        ]
        found = quantity(counts.identified, "record")
        writer.say(f"We identified {found} from {_series(named)}{detail}.", {"identified": counts.identified})
    if counts.pending.searches_without_file:
        searches = quantity(counts.pending.searches_without_file, "search", "searches")
        writer.say(f"For {searches}, no file has been imported yet.", {})
    if counts.pending.imports_running:
        n = counts.pending.imports_running
        writer.say(f"There {_be(n)} {quantity(n, 'import')} still running.", {})


def _removed(writer: _Writer, counts: FlowCounts) -> None:
    lines = (
        ("duplicates", counts.duplicates, "duplicate record", ""),
        ("excluded_automatic", counts.excluded_automatic, "record", " marked as ineligible by automation tools"),
        ("excluded_other", counts.excluded_other, "record", " for other reasons"),
    )
    if counts.removed is not None:
        parts = [
            quantity(n, noun) + why + (_whence(counts) if key == "duplicates" else "")
            for key, n, noun, why in lines
            if n
        ]
        what = _series(parts) if parts else "no records"
        cited = {key: n for key, n, _, _ in lines}
        if (counts.duplicates or 0) > 1:
            cited["duplicates_within"] = counts.duplicates_within
        writer.say(f"We removed {what} before screening.", cited)
    if counts.pending.imports_uncompared:
        files = quantity(counts.pending.imports_uncompared, "imported file")
        writer.say(f"Duplicates have not been looked for yet in {files}.", {})
    if counts.pending.duplicates_awaiting:
        n = counts.pending.duplicates_awaiting
        writer.say(f"There {_be(n)} {quantity(n, 'pair')} of possible duplicates still to judge.", {})


def _whence(counts: FlowCounts) -> str:
    """`` (4 within one source, 288 across sources)``; nothing where these were not told apart."""
    if counts.duplicates_within is None or not counts.duplicates:
        return ""
    within, across = counts.duplicates_within, counts.duplicates - counts.duplicates_within
    if counts.duplicates == 1:
        return " (within one source)" if within else " (across sources)"
    return f" ({within:,} within one source, {across:,} across sources)"


def _screened(writer: _Writer, counts: FlowCounts) -> None:
    screened, excluded, pending = counts.records_screened, counts.records_excluded, counts.pending
    if screened is None:
        return
    cited = {"records_screened": screened, "records_excluded": excluded}
    if not pending.records:
        outcome = "" if excluded is None else f" and excluded {_amount(excluded)}"
        writer.say(f"We screened {quantity(screened, 'record')} by title and abstract{outcome}.", cited)
        return
    parts = [] if excluded is None else [f"{_amount(excluded)} {_be(excluded)} excluded so far"]
    parts += (
        [f"{pending.records_awaiting:,} still {_await(pending.records_awaiting)}"] if pending.records_awaiting else []
    )
    if pending.records_in_conflict:
        parts.append(f"reviewers disagree on {pending.records_in_conflict:,}")
    writer.say(f"Of {quantity(screened, 'record')} to screen by title and abstract, {_series(parts)}.", cited)


def _identified_other(writer: _Writer, counts: FlowCounts) -> None:
    kinds = (
        ("website_results", counts.website_results, "websites"),
        ("organisation_results", counts.organisation_results, "organisations"),
        ("citations_results", counts.citations_results, "citation searching"),
        ("other_results", counts.other_results, "other sources"),
    )
    if counts.identified_other is None:
        return
    parts = [f"{name} (n = {n:,})" for _, n, name in kinds if n is not None]
    found = quantity(counts.identified_other, "record")
    cited = {"identified_other": counts.identified_other} | {key: n for key, n, _ in kinds if n is not None}
    writer.say(f"By other methods we identified {found}: {_series(parts)}.", cited)
    waiting = counts.pending.other_records_awaiting
    if waiting:
        writer.say(f"Of these, {waiting:,} still {_await(waiting)}.", {})


def _reports(writer: _Writer, column: _Column) -> None:
    where = " identified by other methods" if column.prefix == "other" else ""
    if column.sought is not None:
        parts = [f"{column.lost:,} could not be retrieved"] if column.lost else []
        if column.lost == 0 and not column.awaiting_retrieval and column.sought:
            parts = ["all were retrieved" if column.sought > 1 else "it was retrieved"]
        if column.awaiting_retrieval:
            parts.append(f"{column.awaiting_retrieval:,} {_be(column.awaiting_retrieval)} still being sought")
        tail = f"; {_series(parts)}" if parts else ""
        keys = (f"{column.prefix}_sought_reports", f"{column.prefix}_notretrieved_reports")
        cited = dict(zip(keys, (column.sought, column.lost), strict=True))
        opening = "So far, we have sought" if column.awaiting_records else "We sought"
        said = f"{opening} {quantity(column.sought, 'report')}{where} for retrieval{tail}."
        if column.awaiting_records and not column.sought:
            said = f"No report{where} has been sought for retrieval yet."
        writer.say(said, cited)
    if column.assessed is not None:
        _assessed(writer, column, where)


def _assessed(writer: _Writer, column: _Column, where: str) -> None:
    excluded, waiting = sum_reasons(column.reasons), column.awaiting_decision
    listed = [f"{reason.reason} (n = {reason.n:,})" for reason in column.reasons or () if reason.n]
    why = f": {_series(listed)}" if listed else ""
    cited = {f"{column.prefix}_assessed": column.assessed, f"{column.prefix}_excluded": excluded}
    reports = f"{quantity(column.assessed or 0, 'report')}{where}"
    more = column.awaiting_records + column.awaiting_retrieval
    if more and not column.assessed:
        writer.say(f"No report{where} has been assessed for eligibility yet.", cited)
        return
    if not waiting:
        outcome = "" if excluded is None else f" and excluded {_amount(excluded)}{why}"
        opening = "So far, we have assessed" if more else "We assessed"
        writer.say(f"{opening} {reports} for eligibility{outcome}.", cited)
        return
    outcome = "" if excluded is None else f", and {_amount(excluded)} {_be(excluded)} excluded so far{why}"
    writer.say(f"Of {reports} to assess for eligibility, {waiting:,} still {_await(waiting)}{outcome}.", cited)


def _included(writer: _Writer, counts: FlowCounts) -> None:
    studies, reports, update = counts.new_studies, counts.new_reports, counts.template.is_update
    if studies is None:
        return
    new = "new " if update else ""
    subject = "this update adds" if update else "the review includes"
    opening = f"So far, {subject}" if counts.in_progress else subject[0].upper() + subject[1:]
    described = f", described in {quantity(reports, 'report')}" if studies and reports else ""
    cited = {"new_studies": studies, "new_reports": reports if described else None}
    writer.say(f"{opening} {quantity(studies, f'{new}study', f'{new}studies')}{described}.", cited)
    if update and counts.total_studies is not None:
        everything = quantity(counts.total_studies, "study", "studies")
        writer.say(
            f"Together with the previous version, the review includes {everything}.",
            {"total_studies": counts.total_studies},
        )


def _amount(n: int) -> str:
    return f"{n:,}" if n else "none"


def _be(n: int) -> str:
    return "is" if n == 1 else "are"


def _await(n: int) -> str:
    return "awaits a decision" if n == 1 else "await a decision"


def _series(parts: Iterable[str]) -> str:
    """``a, b and c``; parted by semicolons where a part holds a comma of its own."""
    listed = list(parts)
    comma = "; " if any(", " in part for part in listed) else ", "
    last = "; and " if comma == "; " else " and "
    return listed[0] if len(listed) == 1 else f"{comma.join(listed[:-1])}{last}{listed[-1]}"
