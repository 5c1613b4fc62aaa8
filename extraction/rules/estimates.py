"""Reported estimates made ready for pooling elsewhere: on one scale, with a standard error. Nothing is pooled here.

A standard error that is not reported follows from the confidence interval: (high - low) / (2 z) on the scale of
analysis, which is the logarithm for ratios (Cochrane Handbook 6.5.2). What was derived says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Definition, Item
from extraction.rules.tables_types import Settled
from extraction.rules.values import USUAL_LEVEL, number_of


class Scale(StrEnum):
    """On which scale estimates are compared."""

    PLAIN = "plain"
    LOG = "log"


SCALE_LABELS = {
    Scale.PLAIN: "As reported (differences, proportions, c statistics)",
    Scale.LOG: "Logarithm (odds, risk and hazard ratios)",
}
FROM_CI, REPORTED, NO_SE = "from the interval", "as reported", ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One reported estimate. `yi`, `sei` are on the scale of analysis, `low`, `high` as reported."""

    study: int
    name: str
    about: str
    """Entries of repeating groups that it stands in."""
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    reported_se: float | None
    p: str
    yi: float | None
    sei: float | None
    source: str
    """Where the standard error comes from."""

    @property
    def label(self) -> str:
        """Study, and what of it."""
        return f"{self.name}, {self.about}" if self.about else self.name


def estimate_items(definition: Definition) -> list[Item]:
    """Items that take an estimate."""
    return [item for item in definition.items() if item.type == ItemType.ESTIMATE]


def estimates(item_id: str, studies: Sequence[Settled], scale: Scale) -> list[Estimate]:
    """All estimates of an item, in the order of the studies and of the entries in each."""
    return [one for study in studies for one in _of_study(study, item_id, scale)]


def _of_study(study: Settled, item_id: str, scale: Scale) -> Iterator[Estimate]:
    for place in study.places(item_id):
        kept = study.values.get((item_id, place))
        if kept is not None and kept.mark == Mark.VALUE and isinstance(kept.value, dict):
            yield _estimate(study, _path(study, place), kept.value, scale)


def _path(study: Settled, place: int | None) -> str:
    entries = {entry.id: entry for entry in study.entries}
    words: list[str] = []
    while place is not None:
        entry = entries[place]
        group = study.definition.group(entry.group)
        number = study.entries_of(entry.group, entry.parent).index(entry) + 1
        words.insert(0, entry.label or f"{group.title if group else 'Entry'} {number}")
        place = entry.parent
    return ", ".join(words)


def _estimate(study: Settled, about: str, value: dict[str, Any], scale: Scale) -> Estimate:
    estimate, low, high = (_float(value.get(name)) for name in ("estimate", "low", "high"))
    level, se = _float(value.get("level")) or float(USUAL_LEVEL), _float(value.get("se"))
    from_ci = _from_interval(low, high, level, scale)
    if scale == Scale.LOG:
        sei, source = (from_ci, FROM_CI) if from_ci is not None else (se, REPORTED if se is not None else NO_SE)
    else:
        sei, source = (se, REPORTED) if se is not None else (from_ci, FROM_CI if from_ci is not None else NO_SE)
    return Estimate(
        study=study.id,
        name=study.label,
        about=about,
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        reported_se=se,
        p=str(value.get("p", "")),
        yi=on_scale(estimate, scale),
        sei=sei,
        source=source,
    )


def on_scale(number: float | None, scale: Scale) -> float | None:
    """A number on the scale of analysis; None where it has no logarithm."""
    if number is None or scale == Scale.PLAIN:
        return number
    return math.log(number) if number > 0 else None


def _from_interval(low: float | None, high: float | None, level: float, scale: Scale) -> float | None:
    bottom, top = on_scale(low, scale), on_scale(high, scale)
    if bottom is None or top is None or not 0 < level < 100 or top < bottom:
        return None
    return (top - bottom) / (2 * NormalDist().inv_cdf(0.5 + level / 200))


def interval(one: Estimate, scale: Scale) -> tuple[float, float] | None:
    """The interval to draw: as reported, else 95 % from the standard error; on the scale it was reported on."""
    if one.low is not None and one.high is not None:
        return one.low, one.high
    if one.yi is None or one.sei is None:
        return None
    half = NormalDist().inv_cdf(0.975) * one.sei
    ends = (one.yi - half, one.yi + half)
    return (math.exp(ends[0]), math.exp(ends[1])) if scale == Scale.LOG else ends


def _float(text: object) -> float | None:
    number = number_of(text)
    return None if number is None else float(number)
