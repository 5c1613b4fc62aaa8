"""The published judgements, and what two assessors made of each study before they were settled.

The first judgements are invented from a seed: in some studies one assessor is a level off in one domain, and in each of
those whose published overall level departs from the worst domain one of them follows the rule. Everything else agrees.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

LEVELS: Final = ("low", "moderate", "high")
DOMAINS: Final = ("participants", "predictors", "outcome", "analysis")
SEED: Final = 20250403
_OFF: Final = 8
"""Studies in which one assessor is a level off in one domain."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The levels of one study by one assessor, in the order of DOMAINS; ``reason`` where overall is not the worst."""

    levels: tuple[str, ...]
    overall: str
    reason: str = ""

    @property
    def worst(self) -> str:
        """The level of the worst domain."""
        return max(self.levels, key=LEVELS.index)


@dataclass(frozen=True, slots=True)
class StudyJudgements:
    """Both first judgements of a study, and what is settled. ``key`` is that of the demo's studies."""

    key: str
    first: Judged
    second: Judged
    settled: Judged

    @property
    def agreed(self) -> bool:
        """Both assessors gave the same levels."""
        return (self.first.levels, self.first.overall) == (self.second.levels, self.second.overall)


def published() -> dict[str, Judged]:
    """The published levels by the key of the study. Raises ValueError for a level that is not on the scale."""
    found = {}
    with (Path(__file__).parent / "judgements.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            judged = Judged(tuple(row[domain] for domain in DOMAINS), row["overall"], row["reason"])
            if {*judged.levels, judged.overall} - set(LEVELS):
                raise ValueError(f"{row['key']}: a level is not on the scale.")
            found[row["key"]] = judged
    return found


def judgements(seed: int = SEED) -> list[StudyJudgements]:
    """All studies with both first judgements, in the order of the table."""
    rng = random.Random(seed)
    facts = published()
    ordinary = [key for key, judged in facts.items() if judged.overall == judged.worst]
    off = set(rng.sample(ordinary, k=_OFF))
    found = []
    for key, settled in facts.items():
        one, other = settled, settled
        if key in off:
            other = _a_level_off(settled, rng)
        elif settled.overall != settled.worst:
            other = replace(settled, overall=settled.worst, reason="")
        if rng.random() < 0.5:
            one, other = other, one
        found.append(StudyJudgements(key, one, other, settled))
    return found


def _a_level_off(settled: Judged, rng: random.Random) -> Judged:
    """One domain one step up or down, overall by the worst domain."""
    place = rng.randrange(len(DOMAINS))
    step = LEVELS.index(settled.levels[place])
    near = [level for at, level in enumerate(LEVELS) if abs(at - step) == 1]
    levels = list(settled.levels)
    levels[place] = rng.choice(near)
    judged = Judged(tuple(levels), settled.overall)
    return replace(judged, overall=judged.worst)
