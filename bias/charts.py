"""Figures as plain data for plotly.js. The colours of levels are the palette's; those of text are the page's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bias.exporters.drawing import Looks
from bias.exporters.figure_bars import shares
from bias.instruments.looks import Look, Palette
from bias.rules.summary_types import Cell, Counts, PartSummary, Summary, TableRow

SHORTEN = 42
ROW_HEIGHT, MARKER = 26, 19
BAND = "rgba(128,128,128,0.18)"
_AXIS = {"fixedrange": True, "zeroline": False}


def traffic_figure(summary: Summary, part: PartSummary, palette: Palette, rows: Sequence[TableRow]) -> dict[str, Any]:
    """The traffic-light plot of these rows: one trace a level, so that the legend has a word for each symbol."""
    looks = Looks.of(summary, palette)
    columns = _columns(part)
    traces: dict[tuple[str, str], dict[str, Any]] = {}
    for place, row in enumerate(rows):
        for number, (code, name, concern) in enumerate(columns):
            cell = _cell(row, number, part)
            shown = looks.concern(cell.level) if concern else looks.level(cell.level)
            trace = traces.setdefault((shown.symbol, shown.word), _trace(shown))
            trace["x"].append(number + (0.4 if concern else 0))
            trace["y"].append(place)
            axis = "applicability, " if concern else ""
            trace["customdata"].append(f"{row.name}<br>{axis}{name or code}: {shown.word}")
    order = [(each.symbol, each.word) for each in looks.legend(concerns=True, not_judged=True)]
    bands = [number + (0.4 if concern else 0) for number, (code, _, concern) in enumerate(columns) if code == "Overall"]
    return {
        "data": [traces[key] for key in order if key in traces],
        "layout": {
            "xaxis": {
                **_AXIS, "side": "top", "tickmode": "array", "showgrid": False,
                "tickvals": [number + (0.4 if concern else 0) for number, (_, _, concern) in enumerate(columns)],
                "ticktext": [code for code, _, _ in columns], "range": [-0.7, len(columns) + 0.1],
            },
            "yaxis": {
                **_AXIS, "tickmode": "array", "tickvals": list(range(len(rows))), "automargin": True,
                "ticktext": [_short(row.name) for row in rows], "range": [len(rows) - 0.4, -0.6], "showgrid": True,
            },
            "shapes": [
                {
                    "type": "rect", "xref": "x", "yref": "paper", "x0": x - 0.45, "x1": x + 0.45, "y0": 0, "y1": 1,
                    "fillcolor": BAND, "line": {"width": 0}, "layer": "below",
                }
                for x in bands
            ],
            "legend": {"orientation": "h", "y": -0.01, "yanchor": "top", "x": 0},
            "margin": {"l": 8, "r": 8, "t": 36, "b": 40},
            "height": 110 + ROW_HEIGHT * len(rows),
            "hovermode": "closest",
        },
    }  # fmt: skip


def _columns(part: PartSummary) -> list[tuple[str, str, bool]]:
    found = [(head.code, head.name, False) for head in part.domains] + [("Overall", "Overall", False)]
    if part.applicability:
        found += [(head.code, head.name, True) for head in part.concerns] + [("Overall", "Overall", True)]
    return found


def _cell(row: TableRow, number: int, part: PartSummary) -> Cell:
    cells = (*row.domains, row.overall, *row.applicability, row.overall_applicability)
    return cells[number] if number <= len(part.domains) or part.applicability else Cell("")


def _trace(shown: Look) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "markers+text", "name": f"{shown.symbol} {shown.word}".strip(),
        "x": [], "y": [], "customdata": [], "text": shown.symbol,
        "hovertemplate": "%{customdata}<extra></extra>",
        "textfont": {"color": shown.text, "size": 14},
        "marker": {"size": MARKER, "color": shown.fill, "line": {"color": shown.outline, "width": 1}},
    }  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= SHORTEN else f"{name[: SHORTEN - 1].rstrip()}…"


def bars_figure(summary: Summary, part: PartSummary, palette: Palette) -> dict[str, Any]:
    """One bar of 100 % per domain and one for the overall level; shares by weight where every evaluation has one."""
    looks = Looks.of(summary, palette)
    counts = (*part.counts, part.overall)
    places = [float(place) for place in range(len(part.counts))] + [len(part.counts) + 0.35]
    data = [
        _bars(looks.level(level.key), place, counts, places, weighted=summary.weighted)
        for place, level in enumerate(summary.levels)
    ]
    return {
        "data": data,
        "layout": {
            "barmode": "stack", "bargap": 0.35,
            "xaxis": {**_AXIS, "range": [0, 100], "ticksuffix": " %", "dtick": 25},
            "yaxis": {
                **_AXIS, "tickmode": "array", "tickvals": places, "ticktext": [_short(each.name) for each in counts],
                "range": [places[-1] + 0.55, -0.55], "automargin": True, "showgrid": False,
            },
            "shapes": [
                {
                    "type": "rect", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": places[-1] - 0.48,
                    "y1": places[-1] + 0.48, "fillcolor": BAND, "line": {"width": 0}, "layer": "below",
                }
            ],
            "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0, "traceorder": "normal"},
            "margin": {"l": 8, "r": 28, "t": 8, "b": 40},
            "height": 130 + 38 * len(counts),
        },
    }  # fmt: skip


def _bars(
    shown: Look, place: int, counts: Sequence[Counts], places: Sequence[float], *, weighted: bool
) -> dict[str, Any]:
    share = [100 * shares(each, weighted=weighted)[place] for each in counts]
    return {
        "type": "bar", "orientation": "h", "name": f"{shown.symbol} {shown.word}", "y": list(places),
        "x": [round(value, 2) for value in share],
        "text": [f"{each.numbers[place]:,}" if each.numbers[place] else "" for each in counts],
        "textposition": "inside", "insidetextanchor": "middle", "textangle": 0,
        "textfont": {"color": shown.text, "size": 13},
        "customdata": [f"{each.name}: {each.numbers[place]:,} of {each.n:,} {shown.word.lower()}" for each in counts],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {
            "color": shown.fill, "line": {"color": shown.outline, "width": 1},
            "pattern": {"shape": {"hatch": "/", "dots": "."}.get(shown.pattern, ""), "fgcolor": "#767676", "size": 6},
        },
    }  # fmt: skip
