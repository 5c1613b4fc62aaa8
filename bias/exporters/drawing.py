"""What the figures are drawn with: text, filled and patterned shapes, legends, as plain SVG 1.1 elements.

Patterns are drawn line by line instead of with <pattern> and clip paths, which many programs that take SVG do not know.
No style sheets, no scripts, no fonts from elsewhere; the same summary always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from bias.constants import Level, Scale
from bias.instruments.looks import PATTERN_INK, Look, Palette, Pattern, applicability_legend, legend, look
from bias.instruments.registry import CUSTOM_KEY
from bias.instruments.types import Instrument, LevelOption
from bias.rules.summary_types import Summary
from screening.exporters.svg_text import FONT_FAMILY, Run, text_width, wrap, xml_attribute, xml_text

INK, MUTED, RULE_INK, BAND, PAPER = "#1a1a1a", "#4d4d4d", "#bfbfbf", "#e6e6e6", "#ffffff"
SIZE, SMALL, LEADING = 13.0, 11.0, 16.0
MARGIN = 16.0
ROOM = 1.18
"""Letters of DejaVu Sans, which the printed files use, are wider than those that widths are reckoned for."""
PRINT_STEP = 4.0
RADIUS = 10.5


def width_of(text: str, size: float = SIZE) -> float:
    """Width that suffices for the text in any of the fonts."""
    return text_width(text, size) * ROOM


def lines_of(text: str, width: float, size: float = SIZE) -> list[str]:
    """The text in lines no wider than that."""
    return ["".join(run.text for run in line) for line in wrap([Run(text)], width / ROOM, size)]


def text_at(text: str, x: float, y: float, *, size: float = SIZE, anchor: str = "start", fill: str = INK) -> str:
    """One line of text; y is its base line."""
    how = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}"{how} fill="{fill}">{xml_text(text)}</text>'


def rect_at(x: float, y: float, width: float, height: float, fill: str, outline: str = "") -> str:
    """A rectangle; with an outline, half a unit wide lines inside its edge."""
    edge = f' stroke="{outline}" stroke-width="1"' if outline else ""
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"{edge}/>'


def line_at(x1: float, y1: float, x2: float, y2: float, ink: str = RULE_INK) -> str:
    """A thin line."""
    return f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{ink}" stroke-width="1"/>'


def disc(shown: Look, x: float, y: float, radius: float = RADIUS) -> Iterator[str]:
    """The round sign of a level, with its symbol."""
    yield (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="{shown.fill}" stroke="{shown.outline}" '
        'stroke-width="1"/>'
    )
    if shown.pattern == Pattern.HATCH:
        yield _hatch(_chords(x, y, radius))
    elif shown.pattern == Pattern.DOTS:
        yield _dots(x - radius, y - radius, 2 * radius, 2 * radius, within=(x, y, radius - 1.5))
    if shown.symbol:
        size = radius * 1.5
        yield text_at(shown.symbol, x, y + size * 0.33, size=size, anchor="middle", fill=shown.text)


def segment(shown: Look, x: float, y: float, width: float, height: float) -> Iterator[str]:
    """A part of a bar in the colour and pattern of a level."""
    yield rect_at(x, y, width, height, shown.fill, shown.outline)
    if shown.pattern == Pattern.HATCH:
        yield _hatch(_slants(x, y, width, height))
    elif shown.pattern == Pattern.DOTS:
        yield _dots(x, y, width, height)


def _chords(x: float, y: float, radius: float) -> Iterator[tuple[float, float, float, float]]:
    """Chords of a circle, rising to the right."""
    offset = -radius + PRINT_STEP
    while offset < radius:
        half = sqrt(max(0.0, radius * radius - offset * offset)) / sqrt(2)
        mid_x, mid_y = x + offset / sqrt(2), y + offset / sqrt(2)
        yield mid_x - half, mid_y + half, mid_x + half, mid_y - half
        offset += PRINT_STEP


def _slants(x: float, y: float, width: float, height: float) -> Iterator[tuple[float, float, float, float]]:
    """Lines rising to the right, cut at the edges of a rectangle."""
    step = PRINT_STEP * sqrt(2)
    reach = step
    while reach < width + height:
        left = max(0.0, reach - height)
        right = min(width, reach)
        yield x + left, y + reach - left, x + right, y + reach - right
        reach += step


def _hatch(lines: Iterable[tuple[float, float, float, float]]) -> str:
    """All lines as one element."""
    path = "".join(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" for x1, y1, x2, y2 in lines)
    return f'<path d="{path}" fill="none" stroke="{PATTERN_INK}" stroke-width="1"/>'


def _dots(x: float, y: float, width: float, height: float, within: tuple[float, float, float] | None = None) -> str:
    """Small squares as one element; `within`: centre and radius of a circle that they keep to."""
    step, side = PRINT_STEP + 1, 1.7
    path = ""
    for row in range(1, int(height / step) + 1):
        for column in range(1, int(width / step) + 1):
            place_x, place_y = x + column * step - step / 2, y + row * step - step / 2
            if within and (place_x - within[0]) ** 2 + (place_y - within[1]) ** 2 > within[2] ** 2:
                continue
            path += f"M{place_x - side / 2:.1f} {place_y - side / 2:.1f}h{side:g}v{side:g}h-{side:g}z"
    return f'<path d="{path}" fill="{PATTERN_INK}"/>' if path else ""


@dataclass(frozen=True, slots=True)
class Looks:
    """How the levels of one summary look in one palette."""

    palette: Palette
    scale: Scale
    instrument: Instrument | None
    levels: Mapping[str, Look]
    concerns: Mapping[str, Look]

    @classmethod
    def of(cls, summary: Summary, palette: Palette) -> Looks:
        """Only a team's own scale needs its instrument, whose words the summary carries."""
        scale, instrument = Scale(summary.scale), _stand_in(summary)
        levels = ["", *(each.key for each in summary.levels)]
        concerns = ["", *(each.key for each in summary.concern_levels)]
        return cls(
            palette,
            scale,
            instrument,
            {level: look(palette, scale, level, instrument) for level in levels},
            {level: look(palette, Scale.PROBAST_LHU, level) for level in concerns},
        )

    def level(self, level: str) -> Look:
        """A level of the scale, "" for not judged. Raises KeyError for another."""
        return self.levels[level]

    def concern(self, level: str) -> Look:
        """A level of concern about applicability. Raises KeyError for another."""
        return self.concerns[level]

    def legend(self, *, concerns: bool, not_judged: bool) -> tuple[Look, ...]:
        """Every sign of a figure once: the scale's, those of applicability that it lacks, and that of what is open."""
        found = {(each.symbol, each.word): each for each in legend(self.palette, self.scale, self.instrument)}
        if concerns:
            for each in applicability_legend(self.palette):
                found.setdefault((each.symbol, each.word), each)
        shown = list(found.values())
        return (*shown, self.levels[""]) if not_judged else tuple(shown)


def _stand_in(summary: Summary) -> Instrument | None:
    """A team's own instrument as far as looks need it: its levels with their words."""
    if summary.scale != Scale.CUSTOM:
        return None
    levels = tuple(LevelOption(Level(each.key), each.word, each.meaning) for each in summary.levels)
    return Instrument(
        key=CUSTOM_KEY,
        name=summary.instrument,
        version="",
        link="",
        scales=(Scale.CUSTOM,),
        parts=(),
        own_levels=levels,
    )


def draw_legend(shown: Sequence[Look], x: float, y: float, width: float) -> tuple[list[str], float]:
    """Signs with their words in a row, wrapped; the elements, and where they end."""
    drawn: list[str] = []
    at, top = x, y
    for each in shown:
        needed = 2 * RADIUS + 6 + width_of(each.word) + 18
        if at > x and at + needed > x + width:
            at, top = x, top + 2 * RADIUS + 8
        drawn += disc(each, at + RADIUS, top + RADIUS)
        drawn.append(text_at(each.word, at + 2 * RADIUS + 6, top + RADIUS + 4.5))
        at += needed
    return drawn, top + 2 * RADIUS + 8


def draw_paragraphs(texts: Iterable[str], x: float, y: float, width: float) -> tuple[list[str], float]:
    """Small print, a paragraph a text; the elements, and where they end."""
    drawn: list[str] = []
    for text in texts:
        for line in lines_of(text, width, SMALL):
            y += LEADING - 2
            drawn.append(text_at(line, x, y, size=SMALL, fill=MUTED))
        y += 3
    return drawn, y


def scale_notes(summary: Summary) -> list[str]:
    """What stands below every table and figure: the scale, whose it is, what its levels mean, its rule."""
    whose = "the instrument's own scale" if summary.own_scale else "a scale of this review, not the instrument's own"
    words = ", ".join(each.word.lower() for each in summary.levels)
    notes = [f"{summary.instrument}; {words}: {whose}."]
    notes += [f"{each.word}: {each.meaning}" for each in summary.levels if each.meaning]
    if summary.overall_rule:
        notes.append(f"Rule for the overall level: {summary.overall_rule}")
    return notes


def document(body: Sequence[str], width: float, height: float, title: str, description: str) -> str:
    """The whole figure on white paper, with a title and a description for those who do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-labelledby="figure-title" aria-describedby="figure-desc" '
        f'font-family="{xml_attribute(FONT_FAMILY)}" font-size="{SIZE:g}">'
    )
    words = f'<title id="figure-title">{xml_text(title)}</title><desc id="figure-desc">{xml_text(description)}</desc>'
    return "\n".join([head, words, rect_at(0, 0, width, height, PAPER), *body, "</svg>\n"])
