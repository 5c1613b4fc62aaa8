"""Charts as numbers: the places of bars for our own SVG, and figures as plain data for plotly.js."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from screening.constants import PairZone
from screening.queries.duplicate_settings import Bin
from screening.queries.duplicate_sources import Overlap
from screening.rules.matching import MatchSettings

_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 10, 18, 700, 150
_GAP = 4
_LEAST = 2.0


@dataclass(frozen=True)
class Bar:
    """One part of a bar in the units of the picture, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    zone: PairZone


@dataclass(frozen=True)
class Mark:
    """A threshold or a tick of the axis: its place, and what is written there."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Histogram:
    """Pairs by probability. Heights grow with the square root of the number, so that few beside many are seen."""

    width: int
    height: int
    top: int
    base: int
    bars: list[Bar]
    thresholds: list[Mark]
    ticks: list[Mark]


def pair_histogram(bins: Sequence[Bin], thresholds: MatchSettings) -> Histogram:
    """Where the bars of these ranges stand; those of one range on each other, the certain pairs below."""
    most = max((one.total for one in bins), default=0) or 1
    step = _PLOT_WIDTH / max(1, len(bins))
    base = _TOP + _PLOT_HEIGHT
    bars = []
    for place, one in enumerate(bins):
        full = max(_LEAST, _PLOT_HEIGHT * sqrt(one.total / most)) if one.total else 0.0
        y = float(base)
        for zone, n in zip(PairZone, (one.certain, one.doubtful, one.distinct), strict=True):
            height = round(full * n / one.total, 2) if n else 0.0
            y = round(y - height, 2)
            if n:
                bars.append(Bar(round(_LEFT + place * step + _GAP / 2, 2), y, round(step - _GAP, 2), height, zone))
    return Histogram(
        width=_PLOT_WIDTH + 2 * _LEFT,
        height=base + 22,
        top=_TOP,
        base=base,
        bars=bars,
        thresholds=[_mark(thresholds.doubtful), _mark(thresholds.certain)],
        ticks=[_mark(tenth / 10) for tenth in range(0, 11, 2)],
    )


def _mark(probability: float) -> Mark:
    anchor = "start" if probability < 0.08 else "end" if probability > 0.92 else "middle"
    return Mark(round(_LEFT + _PLOT_WIDTH * probability, 2), f"{round(100 * probability, 1):g} %", anchor)


def overlap_figure(overlap: Overlap) -> dict[str, Any]:
    """The overlap matrix as a heat map for plotly.js: share of the row's reports that the column's source has too.

    The colours are the page's: the script that draws it fills them in.
    """
    names = [str(search) for search in overlap.searches]
    places = [f"{place}" for place in range(1, len(names) + 1)]
    shares = [[cell.share for cell in row.cells] for row in overlap.rows]
    words = [[f"{cell.n:,}" for cell in row.cells] for row in overlap.rows]
    said = [
        [
            f"{row.search}: {cell.n:,} of {row.total:,} reports also in {name}"
            for cell, name in zip(row.cells, names, strict=True)
        ]
        for row in overlap.rows
    ]
    axis = {"tickmode": "array", "tickvals": places, "fixedrange": True, "automargin": True}
    return {
        "data": [
            {
                "type": "heatmap", "x": places, "y": places, "z": shares, "text": words, "customdata": said, "zmin": 0,
                "zmax": 100, "texttemplate": "%{text}", "hovertemplate": "%{customdata}<extra></extra>", "xgap": 2,
                "ygap": 2, "showscale": False,
            }
        ],
        "layout": {
            "xaxis": {**axis, "side": "top", "ticktext": names},
            "yaxis": {**axis, "autorange": "reversed", "ticktext": names},
            "margin": {"l": 20, "r": 20, "t": 40, "b": 20},
            "height": 140 + 44 * len(names),
        },
    }  # fmt: skip
