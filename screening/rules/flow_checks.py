"""Do the numbers of a flow add up? The identities P1-P17 of a PRISMA 2020 diagram, as pure functions.

A check holds (True), fails (False) or does not apply (None: a count it needs was not made). Work in progress does not
break an identity: whatever still waits is a term of it. A failing check is shown beside the diagram, never hidden, and
never mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from screening.rules.flow import FlowCounts, PendingCounts, ReasonCount, SourceCount, sum_reasons, total


class Strength(StrEnum):
    """How to read a failure: HARD is a mistake, SOFT wants an explanation, WARNING is a lack in the report."""

    HARD = "hard"
    SOFT = "soft"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class FlowCheck:
    """One identity as it turned out. ``left`` and ``right`` are the two sides in numbers, where it compares two."""

    id: str
    holds: bool | None
    rule: str
    left: int | None
    right: int | None
    message: str
    strength: Strength = Strength.HARD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Equation:
    id: str
    rule: str
    left: int | None
    right: int | None
    sum_text: str
    left_text: str
    strength: Strength = Strength.HARD

    def check(self) -> FlowCheck:
        if self.left is None or self.right is None:
            return _not_applicable(self.id, self.rule, self.strength)
        holds = self.left == self.right
        joint = "which agrees with" if holds else "but the flow shows"
        message = f"{self.sum_text} = {self.right}, {joint} {self.left} {self.left_text}."
        return FlowCheck(self.id, holds, self.rule, self.left, self.right, message, self.strength)


def check_flow(
    counts: FlowCounts,
    *,
    included_rows: int | None = None,
    stated: Mapping[str, int] | None = None,
    one_report_per_record: bool = True,
) -> list[FlowCheck]:
    """All seventeen checks in order.

    ``included_rows``: rows in the tables of included studies (P15). ``stated``: numbers that a text gives, by field of
    FlowCounts (P17). Both checks apply only when given. ``one_report_per_record`` False makes P4 ask for an explanation
    only, because a record may then stand for no report or for several.
    """
    return [
        *(check(counts) for check in (_p1, _p2, _p3)),
        _p4(counts, Strength.HARD if one_report_per_record else Strength.SOFT),
        *(check(counts) for check in (_p5, _p6, _p7, _p8, _p9, _p10, _p11, _p12, _p13, _p14)),
        _p15(counts, included_rows),
        _p16(counts),
        _p17(counts, stated),
    ]


def adds_up(checks: list[FlowCheck]) -> bool:
    """Whether no check fails outright; soft ones ask for words, not for another number."""
    return not any(check.holds is False and check.strength != Strength.SOFT for check in checks)


def _p1(counts: FlowCounts) -> FlowCheck:
    return _sources("P1", "database_results", counts.database_results, counts.database_specific_results)


def _p2(counts: FlowCounts) -> FlowCheck:
    return _sources("P2", "register_results", counts.register_results, counts.register_specific_results)


def _p3(counts: FlowCounts) -> FlowCheck:
    identified, removed = counts.identified, counts.removed or 0
    return _Equation(
        id="P3",
        rule="records screened = records identified − records removed before screening",
        left=counts.records_screened,
        right=None if identified is None else identified - removed,
        sum_text=f"{identified} identified − {removed} removed before screening",
        left_text="records screened",
    ).check()


def _p4(counts: FlowCounts, strength: Strength) -> FlowCheck:
    screened, excluded, waiting = counts.records_screened, counts.records_excluded, counts.pending.records
    return _Equation(
        id="P4",
        rule="reports sought = records screened − records excluded − records awaiting a decision",
        left=counts.dbr_sought_reports,
        right=_left_after_screening(counts),
        sum_text=f"{screened} screened − {excluded} excluded{_waiting(waiting, 'awaiting a decision')}",
        left_text="reports sought",
        strength=strength,
    ).check()


def _p5(counts: FlowCounts) -> FlowCheck:
    """Where a published flow leaves out "sought", what remains after screening must reach the assessment."""
    sought, label = counts.dbr_sought_reports, "sought"
    if sought is None:
        sought, label = _left_after_screening(counts), "left after screening"
    return _retrieval("P5", sought, label, counts.dbr_notretrieved_reports, counts.pending.dbr_reports_sought,
                      counts.dbr_assessed)  # fmt: skip


def _left_after_screening(counts: FlowCounts) -> int | None:
    if counts.records_screened is None or counts.records_excluded is None:
        return None
    return counts.records_screened - counts.records_excluded - counts.pending.records


def _p6(counts: FlowCounts) -> FlowCheck:
    rule = "reports sought from other methods ≤ records identified from other methods"
    sought, identified = counts.other_sought_reports, counts.identified_other
    if sought is None or identified is None:
        return _not_applicable("P6", rule)
    holds, gap = sought <= identified, identified - sought
    message = f"{identified} identified and {sought} sought from other methods."
    if gap > 0:
        message += f" Say in the text what became of the other {gap}: this column has no screening box."
    elif not holds:
        message = f"More reports are sought from other methods ({sought}) than records were identified ({identified})."
    return FlowCheck("P6", holds, rule, sought, identified, message)


def _p7(counts: FlowCounts) -> FlowCheck:
    pending = counts.pending.other_reports_sought
    return _retrieval("P7", counts.other_sought_reports, "sought from other methods", counts.other_notretrieved_reports,
                      pending, counts.other_assessed)  # fmt: skip


def _p8(counts: FlowCounts) -> FlowCheck:
    return _outcome(
        counts,
        id="P8",
        left=counts.new_reports,
        left_text="reports of included studies",
        rule="reports of included studies = reports assessed − reports excluded − reports awaiting a decision",
    )


def _p9(counts: FlowCounts) -> FlowCheck:
    rule = "studies included ≤ reports of included studies"
    studies, reports = counts.new_studies, counts.new_reports
    if studies is None or reports is None:
        return _not_applicable("P9", rule)
    message = f"{studies} studies, {reports} reports: every study has at least one report."
    if studies > reports:
        message = f"{studies} studies are included but only {reports} reports: some study has no report."
    return FlowCheck("P9", studies <= reports, rule, studies, reports, message)


def _p10(counts: FlowCounts) -> FlowCheck:
    rule = "one included study or more needs one report or more"
    studies, reports = counts.new_studies, counts.new_reports
    if studies is None or reports is None:
        return _not_applicable("P10", rule)
    holds = studies < 1 or reports >= 1
    message = "Included studies have reports." if holds else f"{studies} studies are included without any report."
    return FlowCheck("P10", holds, rule, studies, reports, message)


def _p11(counts: FlowCounts) -> FlowCheck:
    return _with_previous("P11", "studies", counts.previous_studies, counts.new_studies, counts.total_studies)


def _p12(counts: FlowCounts) -> FlowCheck:
    return _with_previous("P12", "reports", counts.previous_reports, counts.new_reports, counts.total_reports)


def _p13(counts: FlowCounts) -> FlowCheck:
    rule = "studies in the meta-analysis ≤ studies included"
    pooled = counts.total_studies_ma
    included = counts.total_studies if counts.total_studies is not None else counts.new_studies
    if pooled is None or included is None:
        return _not_applicable("P13", rule)
    message = f"{pooled} of {included} included studies are in the meta-analysis."
    return FlowCheck("P13", pooled <= included, rule, pooled, included, message)


def _p14(counts: FlowCounts) -> FlowCheck:
    rule = "every count is a whole number, zero or more; a missing count is empty, not 0"
    wrong = sorted(name for name, value in _all_counts(counts).items() if not _is_count(value))
    message = f"Not a count: {', '.join(wrong)}." if wrong else "Every count is a whole number, zero or more."
    return FlowCheck("P14", not wrong, rule, None, None, message)


def _p15(counts: FlowCounts, rows: int | None) -> FlowCheck:
    included = counts.total_studies if counts.total_studies is not None else counts.new_studies
    return _Equation(
        id="P15",
        rule="rows in the tables of included studies = studies included",
        left=included,
        right=rows,
        sum_text="rows in the tables of included studies",
        left_text="studies included",
    ).check()


def _p16(counts: FlowCounts) -> FlowCheck:
    rule = "where reports are not counted: studies included = reports assessed − reports excluded"
    if counts.new_reports is not None:
        return _not_applicable("P16", rule, Strength.WARNING)
    outcome = _outcome(
        counts, id="P16", left=counts.new_studies, left_text="studies included", rule=rule, strength=Strength.WARNING
    )
    if outcome.holds is None:
        return outcome
    message = f"{outcome.message} Studies and reports are not told apart."
    return FlowCheck("P16", outcome.holds, rule, outcome.left, outcome.right, message, Strength.WARNING)


def _p17(counts: FlowCounts, stated: Mapping[str, int] | None) -> FlowCheck:
    rule = "every number in the text equals the box it cites"
    if stated is None:
        return _not_applicable("P17", rule)
    derived = {name: getattr(counts, name) for name in ("identified", "identified_other", "removed")}
    boxes = _boxes(counts) | derived
    shown = {key: sum(part.n for part in box) if isinstance(box, tuple) else box for key, box in boxes.items()}
    wrong = [
        f"{key}: {n} in the text, {shown.get(key)} in the flow" for key, n in stated.items() if shown.get(key) != n
    ]
    message = "; ".join(wrong) + "." if wrong else f"{len(stated)} numbers in the text agree with their boxes."
    return FlowCheck("P17", not wrong, rule, None, None, message)


def _sources(check_id: str, key: str, shown: int | None, sources: tuple[SourceCount, ...]) -> FlowCheck:
    plural = "databases" if check_id == "P1" else "registers"
    added = sum(source.n for source in sources) if sources else None
    return _Equation(
        id=check_id,
        rule=f"{key} = sum over the {plural}",
        left=shown,
        right=added,
        sum_text=" + ".join(str(source.n) for source in sources),
        left_text=f"records from {plural}",
    ).check()


def _retrieval(
    check_id: str, sought: int | None, label: str, lost: int | None, waiting: int, assessed: int | None
) -> FlowCheck:
    return _Equation(
        id=check_id,
        rule="reports assessed = reports sought − reports not retrieved − reports awaiting retrieval",
        left=assessed,
        right=None if sought is None else sought - (lost or 0) - waiting,
        sum_text=f"{sought} {label} − {lost or 0} not retrieved{_waiting(waiting, 'awaiting retrieval')}",
        left_text="reports assessed",
    ).check()


def _outcome(
    counts: FlowCounts, *, id: str, left: int | None, left_text: str, rule: str, strength: Strength = Strength.HARD
) -> FlowCheck:
    assessed = total(counts.dbr_assessed, counts.other_assessed)
    excluded = total(sum_reasons(counts.dbr_excluded), sum_reasons(counts.other_excluded)) or 0
    waiting = counts.pending.dbr_reports + counts.pending.other_reports
    return _Equation(
        id=id,
        rule=rule,
        left=left,
        right=None if assessed is None else assessed - excluded - waiting,
        sum_text=f"{assessed} assessed − {excluded} excluded{_waiting(waiting, 'awaiting a decision')}",
        left_text=left_text,
        strength=strength,
    ).check()


def _with_previous(check_id: str, unit: str, previous: int | None, new: int | None, all_: int | None) -> FlowCheck:
    return _Equation(
        id=check_id,
        rule=f"total {unit} = previous {unit} + new {unit}",
        left=all_,
        right=None if previous is None or new is None else previous + new,
        sum_text=f"{previous} previous + {new} new",
        left_text=f"{unit} in total",
        strength=Strength.SOFT,
    ).check()


def _waiting(n: int, what: str) -> str:
    return f" − {n} {what}" if n else ""


def _not_applicable(check_id: str, rule: str, strength: Strength = Strength.HARD) -> FlowCheck:
    return FlowCheck(check_id, None, rule, None, None, "Does not apply: a count it needs was not made.", strength)


def _boxes(counts: FlowCounts) -> dict[str, object]:
    return {item.name: getattr(counts, item.name) for item in fields(counts) if item.name != "pending"}


def _all_counts(counts: FlowCounts) -> dict[str, object]:
    """Each count that was made under a readable name, those inside lists and pending ones included."""
    found: dict[str, object] = {
        f"pending {item.name}": getattr(counts.pending, item.name) for item in fields(PendingCounts)
    }
    for name, value in _boxes(counts).items():
        if isinstance(value, tuple):
            found |= {f"{name}: {_name(item)}": item.n for item in value}
        elif value is not None:
            found[name] = value
    return found


def _name(item: SourceCount | ReasonCount) -> str:
    return item.name if isinstance(item, SourceCount) else item.reason


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
