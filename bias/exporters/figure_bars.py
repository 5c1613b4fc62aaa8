"""The summary plot: a horizontal bar of 100 % per domain and one for the overall level, the number in each segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bias.exporters.drawing import (
    BAND,
    MARGIN,
    MUTED,
    SIZE,
    SMALL,
    Looks,
    document,
    draw_legend,
    draw_paragraphs,
    line_at,
    lines_of,
    rect_at,
    scale_notes,
    segment,
    text_at,
    width_of,
)
from bias.instruments.looks import Look, Palette
from bias.rules.summary_text import subject_of
from bias.rules.summary_types import Counts, PartSummary, Summary

WIDTH, BAR, PITCH, TOTAL = 760.0, 22.0, 44.0, 64.0
NAME_LEAST, NAME_MOST = 110.0, 230.0
OVERALL_GAP = 10.0


@dataclass(frozen=True, slots=True)
class _Plot:
    left: float
    width: float
    weighted: bool


def shares(counts: Counts, *, weighted: bool) -> tuple[float, ...]:
    """The share of each level, 0-1, by number or by weight; all zero where nothing is judged."""
    values: Sequence[float] = counts.weights if weighted else counts.numbers
    total = sum(values)
    return tuple(value / total if total else 0.0 for value in values)


def bars_svg(summary: Summary, part: PartSummary, palette: Palette, title: str) -> str:
    """The plot as an SVG document. Weighted where every evaluation has a weight; numbers are never weighted."""
    looks = Looks.of(summary, palette)
    names = [each.name for each in (*part.counts, *part.applicability)]
    name_width = min(max([NAME_LEAST, *(width_of(name) + 12 for name in names)]), NAME_MOST)
    plot = _Plot(MARGIN + name_width, WIDTH - 2 * MARGIN - name_width - TOTAL, summary.weighted)
    body: list[str] = []
    y = MARGIN + 4
    blocks = [("", part.counts, part.overall, [looks.level(each.key) for each in summary.levels])]
    if part.applicability:
        signs = [looks.concern(each.key) for each in summary.concern_levels]
        blocks.append(("Concern about applicability", part.applicability[:-1], part.applicability[-1], signs))
    for heading, counts, overall, signs in blocks:
        if heading:
            y += 8
            body.append(text_at(heading, MARGIN, y + 8, size=SMALL, fill=MUTED))
            y += 18
        drawn, y = _block(counts, overall, signs, plot, y)
        body += drawn
    drawn, y = _foot(summary, part, looks, y)
    about = f"{subject_of(part.axis).capitalize()} by domain, share of studies: {title}"
    return document([*body, *drawn], WIDTH, round(y + MARGIN), about, part.text or "Nothing is settled yet.")


def _block(
    counts: Sequence[Counts], overall: Counts, signs: Sequence[Look], plot: _Plot, y: float
) -> tuple[list[str], float]:
    drawn: list[str] = []
    for each in counts:
        drawn += _bar(each, signs, plot, y)
        y += PITCH
    y += OVERALL_GAP
    drawn.append(rect_at(MARGIN - 6, y - 6, WIDTH - 2 * MARGIN + 12, PITCH + 2, BAND))
    drawn += _bar(overall, signs, plot, y)
    y += PITCH + 2
    drawn += _axis(plot, y)
    return drawn, y + 24


def _bar(counts: Counts, signs: Sequence[Look], plot: _Plot, y: float) -> Iterator[str]:
    """A number that finds no room in its segment stands above it."""
    lines = lines_of(counts.name, plot.left - MARGIN - 8)[:2]
    base = y + 12 + BAR / 2 - (len(lines) - 1) * 7 + 4.5
    for place, line in enumerate(lines):
        yield text_at(line, MARGIN, base + place * 14)
    x, taken = plot.left, plot.left
    for n, share, shown in zip(counts.numbers, shares(counts, weighted=plot.weighted), signs, strict=True):
        if not n:
            continue
        width = share * plot.width
        yield from segment(shown, x, y + 12, width, BAR)
        label = f"{n:,}"
        if width_of(label) + 8 <= width:
            if shown.pattern:
                yield rect_at(x + width / 2 - width_of(label) / 2 - 3, y + 15, width_of(label) + 6, BAR - 6, shown.fill)
            yield text_at(label, x + width / 2, y + 12 + BAR / 2 + 4.5, anchor="middle", fill=shown.text)
        else:
            centre = max(x + width / 2, taken + width_of(label, SMALL) / 2)
            taken = centre + width_of(label, SMALL) / 2 + 3
            yield text_at(label, centre, y + 9, size=SMALL, anchor="middle")
        x += width
    total = f"n = {counts.n:,}" if counts.n else "none"
    yield text_at(total, WIDTH - MARGIN, y + 12 + BAR / 2 + 4.5, size=SMALL, anchor="end", fill=MUTED)


def _axis(plot: _Plot, y: float) -> Iterator[str]:
    for quarter in range(5):
        x = plot.left + plot.width * quarter / 4
        yield line_at(x, y, x, y + 4, MUTED)
        yield text_at(f"{quarter * 25} %", x, y + 4 + SIZE, size=SMALL, anchor="middle", fill=MUTED)


def _foot(summary: Summary, part: PartSummary, looks: Looks, y: float) -> tuple[list[str], float]:
    width = WIDTH - 2 * MARGIN
    legend, y = draw_legend(looks.legend(concerns=bool(part.applicability), not_judged=False), MARGIN, y + 8, width)
    weights = "weighted; the numbers in the bars are not" if summary.weighted else "not weighted"
    said = f"Segments stand in the order of the legend. Shares are {weights}."
    notes, y = draw_paragraphs([said, *scale_notes(summary)], MARGIN, y + 2, width)
    return [*legend, *notes], y
