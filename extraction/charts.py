"""Cross-tabulations as plain data for plotly.js. Colours are the page's own: names after "page:" stand for them."""

from __future__ import annotations

from typing import Any

from extraction.rules.crosstabs import CrossTab, Look

ROW_HEIGHT, LEAST_HEIGHT = 34, 220
SHORTEN = 38
BUBBLE = 46
_AXIS = {"fixedrange": True, "automargin": True, "gridcolor": "page:line"}


def crosstab_figure(table: CrossTab, look: Look) -> dict[str, Any]:
    """The figure that the lead chose; the table beside it says the same."""
    draw = {Look.HEAT: _heat, Look.BARS: _bars, Look.BUBBLE: _bubbles}[look]
    data, layout = draw(table)
    height = max(LEAST_HEIGHT, 130 + ROW_HEIGHT * len(table.rows))
    return {"data": data, "layout": {"margin": {"l": 8, "r": 16, "t": 16, "b": 16}, "height": height, **layout}}


def short(name: str) -> str:
    """A label that fits beside an axis."""
    return name if len(name) <= SHORTEN else f"{name[: SHORTEN - 1].rstrip()}…"


def _grid(table: CrossTab) -> list[list[int]]:
    return [[len(cell) for cell in row.cells] for row in table.rows]


def _axes(table: CrossTab) -> dict[str, Any]:
    """Categories by number, so that labels which are shortened alike stay apart."""
    return {
        "xaxis": {
            **_AXIS, "tickmode": "array", "tickvals": list(range(len(table.columns))), "side": "top",
            "ticktext": [short(name) for name in table.columns], "showgrid": False, "zeroline": False,
            "range": [-0.5, len(table.columns) - 0.5],
        },
        "yaxis": {
            **_AXIS, "tickmode": "array", "tickvals": list(range(len(table.rows))), "zeroline": False,
            "ticktext": [short(row.label) for row in table.rows], "range": [len(table.rows) - 0.5, -0.5],
            "showgrid": False,
        },
    }  # fmt: skip


def _words(table: CrossTab) -> list[list[str]]:
    return [
        [f"{row.label}, {name}: {len(cell)}" for name, cell in zip(table.columns, row.cells, strict=True)]
        for row in table.rows
    ]


def _heat(table: CrossTab) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    grid = _grid(table)
    trace = {
        "type": "heatmap", "z": grid, "x": list(range(len(table.columns))), "y": list(range(len(table.rows))),
        "text": [[str(n) if n else "" for n in row] for row in grid], "texttemplate": "%{text}", "showscale": False,
        "textfont": {"color": "page:ink"}, "colorscale": [[0, "page:low"], [1, "page:high"]], "xgap": 2, "ygap": 2,
        "zmin": 0, "zmax": max((n for row in grid for n in row), default=0) or 1,
        "customdata": _words(table), "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    return [trace], _axes(table)


def _bars(table: CrossTab) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One bar per row; with a column item one part per class. Patterns tell the parts apart without colour."""
    patterns = ("", "/", ".", "x", "-", "+", "|", "\\")
    grid, words = _grid(table), _words(table)
    traces = [
        {
            "type": "bar", "orientation": "h", "name": short(name), "y": list(range(len(table.rows))),
            "x": [row[place] for row in grid], "text": [str(row[place]) if row[place] else "" for row in grid],
            "customdata": [row[place] for row in words], "hovertemplate": "%{customdata}<extra></extra>",
            "marker": {
                "color": "page:high", "line": {"color": "page:ink", "width": 1},
                "pattern": {"shape": patterns[place % len(patterns)], "fgcolor": "page:ink", "size": 6},
            },
            "textposition": "auto", "textangle": 0,
        }
        for place, name in enumerate(table.columns)
    ]  # fmt: skip
    axes = _axes(table)
    axes["xaxis"] = {**_AXIS, "rangemode": "tozero", "tick0": 0, "zeroline": False, "title": {"text": "Studies"}}
    layout = {"barmode": "stack", "bargap": 0.35, "showlegend": len(traces) > 1, "legend": {"orientation": "h"}}
    return traces, {**axes, **layout}


def _bubbles(table: CrossTab) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A disc per cell with its number; areas are in proportion."""
    points = [
        (x, y, len(cell), f"{row.label}, {table.columns[x]}: {len(cell)}")
        for y, row in enumerate(table.rows)
        for x, cell in enumerate(row.cells)
        if cell
    ]
    most = max((n for _, _, n, _ in points), default=1)
    trace = {
        "type": "scatter", "mode": "markers+text", "x": [p[0] for p in points], "y": [p[1] for p in points],
        "text": [str(p[2]) for p in points], "customdata": [p[3] for p in points],
        "hovertemplate": "%{customdata}<extra></extra>", "textfont": {"color": "page:ink"},
        "marker": {
            "size": [p[2] for p in points], "sizemode": "area", "sizeref": 2 * most / BUBBLE**2, "sizemin": 9,
            "color": "page:high", "line": {"color": "page:ink", "width": 1}, "opacity": 1,
        },
    }  # fmt: skip
    axes = _axes(table)
    for axis in axes.values():
        axis["showgrid"] = True
    return [trace], {**axes, "height": max(LEAST_HEIGHT, 130 + (BUBBLE + 8) * len(table.rows))}
