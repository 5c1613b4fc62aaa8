"""The published table, and what each of two extractors entered before they compared.

Slips are invented from a seed: in some studies one of the two has another value in one item, of the kind that people
make: a short form, the neighbouring line, half of a hybrid. Everything else agrees.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

SEED: Final = 20250404
ITEMS: Final = ("study_design", "underlying_model", "model_family", "applied_model", "focused_application")
FIRST, SECOND = 1, 2
_SLIPS: Final = 11
_HYBRID: Final = "; "
FOLDER: Final = Path(__file__).parent


class Placed(NamedTuple):
    """A study under a theme."""

    section: str
    theme: str
    key: str


@dataclass(frozen=True, slots=True)
class Entered:
    """One study: its published values by item, and by extractor (1 or 2) what they entered otherwise."""

    key: str
    truth: dict[str, str]
    slips: dict[int, dict[str, str]]

    def by(self, extractor: int) -> dict[str, str]:
        """All that an extractor entered."""
        return {**self.truth, **self.slips.get(extractor, {})}

    def right_side(self, item: str) -> int:
        """The extractor who has the published value of an item; the first where both have."""
        return SECOND if item in self.slips.get(FIRST, {}) else FIRST


def published() -> dict[str, dict[str, str]]:
    """The published values of each study, by key and item; `year` stands beside them."""
    return {row.pop("key"): row for row in _rows("characteristics.csv")}


def themes() -> list[Placed]:
    """Studies under themes, in the order of the text."""
    return [Placed(row["section"], row["theme"], row["key"]) for row in _rows("themes.csv")]


def abbreviations() -> list[tuple[str, str]]:
    """The abbreviations below the table."""
    return [(row["short"], row["meaning"]) for row in _rows("abbreviations.csv")]


def families(written: str) -> list[str]:
    """The model families of a study; a hybrid has two."""
    return written.split(_HYBRID)


def entered(seed: int = SEED) -> list[Entered]:
    """All studies, each with the slips of both extractors, in the order of the table. One of them is the hybrid's."""
    rng = random.Random(seed)
    rows = {key: {item: row[item] for item in ITEMS} for key, row in published().items()}
    keys = list(rows)
    hybrids = [key for key in keys if _HYBRID in rows[key]["model_family"]]
    chosen = {*hybrids, *rng.sample([key for key in keys if key not in hybrids], k=_SLIPS)}
    found = []
    for place, key in enumerate(keys):
        slips: dict[int, dict[str, str]] = {}
        if key in chosen:
            neighbour = rows[keys[place - 1]]
            slips[rng.choice((FIRST, SECOND))] = _slip(rows[key], neighbour, rng)
        found.append(Entered(key, rows[key], slips))
    return found


def _slip(own: dict[str, str], neighbour: dict[str, str], rng: random.Random) -> dict[str, str]:
    """One item otherwise than published."""
    if _HYBRID in own["model_family"]:
        return {"model_family": families(own["model_family"])[0]}
    choices = [
        ("study_design", neighbour["study_design"]),
        ("underlying_model", neighbour["underlying_model"]),
        ("applied_model", own["underlying_model"]),
        ("focused_application", own["focused_application"].split(" ", 1)[1]),
    ]
    item, value = rng.choice([(item, value) for item, value in choices if value != own[item]])
    return {item: value}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
