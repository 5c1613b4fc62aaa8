"""Forest plot of reported estimates, without pooling: our own SVG, the same for the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from extraction.rules.estimates import Estimate, Scale, interval

WIDTH, LEFT, RIGHT = 960, 330, 230
TOP, ROW, BOTTOM = 58, 24, 56
LABEL_CHARACTERS = 44
TICKS = 6
INK, SOFT, LINE = "#17202a", "#46515c", "#7f8a95"


@dataclass(frozen=True)
class Axis:
    """The scale of the plot: a number of the reported scale → its place."""

    low: float
    high: float
    scale: Scale

    def x(self, number: float) -> float:
        """The place of a number, held within the plot."""
        low, high, value = (self._plain(n) for n in (self.low, self.high, min(max(number, self.low), self.high)))
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low), 2)

    def _plain(self, number: float) -> float:
        return math.log(number) if self.scale == Scale.LOG else number

    def ticks(self) -> list[float]:
        """Round numbers within the axis."""
        if self.scale == Scale.LOG:
            steps = [m * 10.0**e for e in range(-4, 5) for m in (1, 2, 5)]
            inside = [step for step in steps if self.low <= step <= self.high]
            return inside[:: max(1, math.ceil(len(inside) / TICKS))] or [self.low, self.high]
        step = _round_step((self.high - self.low) / TICKS)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _round_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)


def axis_of(rows: Sequence[Estimate], scale: Scale) -> Axis | None:
    """An axis that holds all estimates and intervals; ratios with 1. None where there is nothing to draw."""
    numbers: list[float] = []
    for one in rows:
        if one.estimate is not None:
            numbers += [one.estimate, *(interval(one, scale) or ())]
    if scale == Scale.LOG:
        numbers = [number for number in numbers if number > 0]
    if not numbers:
        return None
    if scale == Scale.LOG:
        low, high = min(*numbers, 1.0), max(*numbers, 1.0)
        room = (high / low) ** 0.05 if high > low else 2.0
        return Axis(low / room, high * room, scale)
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.05 or max(abs(high) * 0.1, 0.1)
    return Axis(low - room, high + room, scale)


def forest_svg(rows: Sequence[Estimate], outcome: str, scale: Scale) -> str:
    """The plot. Estimates as squares of one size: nothing here says how much weight a study would have."""
    axis = axis_of(rows, scale)
    height = TOP + ROW * len(rows) + BOTTOM
    title = f"{outcome}: reported estimates, not pooled"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" font-family="Liberation Sans, Arial, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(12, 24, title, weight="bold"),
        _text(12, TOP - 8, "Study", color=SOFT),
        _text(WIDTH - 12, TOP - 8, "Estimate (interval)", anchor="end", color=SOFT),
    ]
    if axis is not None:
        parts += _frame(axis, TOP + ROW * len(rows))
    for place, one in enumerate(rows):
        parts += _row(one, axis, TOP + ROW * place + ROW / 2, scale)
    return "\n".join([*parts, "</svg>\n"])


def _frame(axis: Axis, bottom: float) -> list[str]:
    parts = [f'<path d="M{LEFT} {bottom}H{WIDTH - RIGHT}" stroke="{LINE}"/>']
    for tick in axis.ticks():
        x = axis.x(tick)
        parts.append(f'<path d="M{x} {bottom}v5" stroke="{LINE}"/>')
        parts.append(_text(x, bottom + 20, f"{tick:g}", anchor="middle", color=SOFT))
    none = 1.0 if axis.scale == Scale.LOG else 0.0
    if axis.low <= none <= axis.high:
        parts.append(f'<path d="M{axis.x(none)} {TOP}V{bottom}" stroke="{LINE}" stroke-dasharray="3 3"/>')
    words = "Logarithmic scale. " if axis.scale == Scale.LOG else ""
    parts.append(_text(12, bottom + 42, f"{words}Not pooled: the size of a square means nothing.", color=SOFT))
    return parts


def _row(one: Estimate, axis: Axis | None, y: float, scale: Scale) -> list[str]:
    label = one.label
    if len(label) > LABEL_CHARACTERS:
        label = label[: LABEL_CHARACTERS - 1].rstrip() + "…"
    parts = [_text(12, y + 4, label), _text(WIDTH - 12, y + 4, words_of(one, scale), anchor="end")]
    drawable = one.estimate is not None and (scale == Scale.PLAIN or one.estimate > 0)
    if axis is None or one.estimate is None or not drawable:
        return parts
    ends = interval(one, scale)
    if ends is not None:
        parts.append(f'<path d="M{axis.x(ends[0])} {y}H{axis.x(ends[1])}" stroke="{INK}" stroke-width="1.5"/>')
    x = axis.x(one.estimate)
    parts.append(f'<rect x="{x - 4:g}" y="{y - 4:g}" width="8" height="8" fill="{INK}"/>')
    return parts


def words_of(one: Estimate, scale: Scale) -> str:
    """The numbers of a row in words; an interval that was derived says so."""
    if one.estimate is None:
        return "no estimate"
    ends = interval(one, scale)
    if ends is None:
        return f"{one.estimate:g}"
    derived = "" if one.low is not None and one.high is not None else ", from SE"
    return f"{one.estimate:g} ({ends[0]:.3g} to {ends[1]:.3g}{derived})"


def _text(x: float, y: float, words: str, *, anchor: str = "start", color: str = INK, weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{color}" font-weight="{weight}">{escape(words)}</text>'
    )
