"""The flow as plain data, with short and stable keys for people who read it with a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from screening.rules.flow import FlowCounts, ReasonCount, sum_reasons
from screening.rules.flow_checks import FlowCheck, adds_up, check_flow


def flow_json(counts: FlowCounts, checks: Iterable[FlowCheck] | None = None) -> dict[str, object]:
    """A dict that ``json.dumps`` takes as it is. Counts that were not made are null, never 0.

    The flat keys speak of databases and registers: records ``identified`` (all sources of these kinds), ``removed``,
    ``screened``, ``excluded``; reports ``sought``, ``not_retrieved``, ``assessed``, ``ft_excluded`` (a list of reason
    and n, in the review's order). ``included_reports`` and ``included_studies`` count the whole review. ``other`` holds
    the same for other methods, ``boxes`` every number under the R package's key. ``checks`` None: they are made here.
    """
    made = list(check_flow(counts) if checks is None else checks)
    return {
        "template": counts.template.value,
        "complete": not counts.in_progress,
        "adds_up": adds_up(made),
        "identified": counts.identified,
        "sources": [{"name": source.name, "kind": str(source.kind.value), "n": source.n} for source in counts.sources],
        "removed": counts.removed,
        "removed_by": {
            "duplicates": counts.duplicates,
            "automation": counts.excluded_automatic,
            "other": counts.excluded_other,
        },
        "screened": counts.records_screened,
        "excluded": counts.records_excluded,
        "sought": counts.dbr_sought_reports,
        "not_retrieved": counts.dbr_notretrieved_reports,
        "assessed": counts.dbr_assessed,
        "ft_excluded": _reasons(counts.dbr_excluded),
        "included_reports": counts.new_reports,
        "included_studies": counts.new_studies,
        "other": _other(counts) if counts.template.has_other_methods else None,
        "previous": _previous(counts) if counts.template.is_update else None,
        "in_progress": asdict(counts.pending),
        "boxes": _boxes(counts),
        "checks": [_check(check) for check in made],
    }


def _reasons(reasons: tuple[ReasonCount, ...] | None) -> list[dict[str, object]] | None:
    return None if reasons is None else [{"reason": reason.reason, "n": reason.n} for reason in reasons]


def _other(counts: FlowCounts) -> dict[str, object]:
    return {
        "identified": counts.identified_other,
        "sought": counts.other_sought_reports,
        "not_retrieved": counts.other_notretrieved_reports,
        "assessed": counts.other_assessed,
        "ft_excluded": _reasons(counts.other_excluded),
    }


def _previous(counts: FlowCounts) -> Mapping[str, int | None]:
    return {
        "studies": counts.previous_studies,
        "reports": counts.previous_reports,
        "total_studies": counts.total_studies,
        "total_reports": counts.total_reports,
    }


def _boxes(counts: FlowCounts) -> dict[str, int | None]:
    boxes: dict[str, int | None] = {}
    for item in fields(counts):
        if item.name != "pending" and not item.name.endswith("_specific_results"):
            value = getattr(counts, item.name)
            boxes[item.name] = sum_reasons(value) if isinstance(value, tuple) else value
    return boxes


def _check(check: FlowCheck) -> dict[str, object]:
    return asdict(check) | {"strength": check.strength.value}
