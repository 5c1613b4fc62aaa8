"""Reported estimates as CSV for metafor and meta (R), and for RevMan's generic inverse variance data.

No byte-order mark, which R would take for part of a name; texts are guarded against formulas all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extraction.exporters.grid import csv_text
from extraction.rules.estimates import Estimate, Scale
from reviewapp.exporters import safe_cell

METAFOR_NOTE = "metafor: rma(yi, sei = sei, slab = slab, data = d). meta: metagen(yi, sei, studlab = slab, data = d)."
REVMAN_NOTE = (
    "Estimate and SE for data of the type generic inverse variance, ratios as natural logarithms. "
    "Copy the columns into RevMan or into its own templates for results."
)
R_HEADINGS = (
    "slab", "study", "about", "year", "outcome", "scale", "yi", "sei", "vi", "sei_source", "estimate", "ci_low",
    "ci_high", "ci_level", "se_reported", "p",
)  # fmt: skip


def _number(number: float | None, missing: str) -> str:
    return missing if number is None else f"{number:.10g}"


def metafor_csv(rows: Sequence[Estimate], outcome: str, scale: Scale, years: Mapping[int, int]) -> str:
    """One row per estimate. yi and sei on the scale of analysis; what is not known is NA. `slab` is unique."""
    lines: list[list[str]] = [list(R_HEADINGS)]
    for slab, one in zip(_unique([row.label for row in rows]), rows, strict=True):
        squared = None if one.sei is None else one.sei**2
        numbers = (one.yi, one.sei, squared)
        lines.append(
            [
                *(safe_cell(text) for text in (slab, one.name, one.about)),
                str(years.get(one.study, "NA")),
                safe_cell(outcome),
                scale.value,
                *(_number(number, "NA") for number in numbers),
                one.source or "NA",
                *(_number(number, "NA") for number in (one.estimate, one.low, one.high, one.level, one.reported_se)),
                safe_cell(one.p) or "NA",
            ]
        )
    return csv_text(lines)


def revman_csv(rows: Sequence[Estimate], outcome: str, scale: Scale) -> str:
    """Outcome, subgroup, study, estimate, standard error; rows without both numbers are left out."""
    head = "ln(estimate)" if scale == Scale.LOG else "Estimate"
    lines = [["Outcome", "Subgroup", "Study", head, "SE"]]
    lines += [
        [safe_cell(outcome), safe_cell(one.about), safe_cell(one.name), _number(one.yi, ""), _number(one.sei, "")]
        for one in rows
        if one.yi is not None and one.sei is not None
    ]
    return csv_text(lines)


def _unique(labels: Sequence[str]) -> list[str]:
    """The labels, those that come again with a number."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found
