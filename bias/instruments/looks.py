"""How levels look: three palettes, one symbol per level and scale, a pattern for what is not known. Data, not drawing.

A level is never told by colour alone: the word stands beside the symbol in every legend, and `Look.text` reads on
`Look.fill` with a contrast of 4.5 or more. Palettes: robvis (Cochrane and colour-blind; McGuinness and Higgins 2021)
and our own, whose levels stay apart in simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009).

In robvis a minus is the middle level and a cross the high one; in tables of PROBAST the minus is high. Here each scale
has one mapping, and a minus never stands for a middle level.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bias.constants import Level, Scale
from bias.instruments.judgement import APPLICABILITY_LEVELS, level_label, levels_of
from bias.instruments.types import Instrument, InstrumentError

BLACK, WHITE = "#000000", "#FFFFFF"
OUTLINE = "#444444"
"""Around every fill: graphics need 3:1 against the page (WCAG 1.4.11), and some fills are pale."""
PATTERN_INK = "#767676"
"""Lines of a pattern: black text still reads on them (4.6)."""
MIN_TEXT_CONTRAST = 4.5
NOT_JUDGED = "Not judged"


class Palette(StrEnum):
    """The sets of colours on offer; the first is the default."""

    RECOMMENDED = "recommended"
    COCHRANE = "cochrane"
    ROBVIS_COLOURBLIND = "robvis_colourblind"


PALETTE_LABELS: dict[Palette, str] = {
    Palette.RECOMMENDED: "Safe for colour blindness, and in print",
    Palette.COCHRANE: "Cochrane",
    Palette.ROBVIS_COLOURBLIND: "robvis, colour-blind",
}


class Pattern(StrEnum):
    """What is drawn over a fill."""

    NONE = ""
    HATCH = "hatch"
    DOTS = "dots"


@dataclass(frozen=True, slots=True)
class Look:
    """How one level is shown; colours as #RRGGBB. ``level`` is "" for what is not judged."""

    level: str
    word: str
    symbol: str
    fill: str
    text: str
    pattern: Pattern
    outline: str = OUTLINE


def _shared(low: str, middle: str, high: str, critical: str, no_information: str) -> dict[Level, str]:
    """A robvis palette: one colour for every middle level, as robvis has it; pattern and symbol tell them apart."""
    return {
        Level.LOW: low,
        Level.SOME_CONCERNS: middle,
        Level.MODERATE: middle,
        Level.UNCLEAR: middle,
        Level.HIGH: high,
        Level.SERIOUS: high,
        Level.CRITICAL: critical,
        Level.NO_INFORMATION: no_information,
    }


FILLS: dict[Palette, dict[Level, str]] = {
    Palette.RECOMMENDED: {
        Level.LOW: "#A9D6E5",
        Level.SOME_CONCERNS: "#E69F00",
        Level.MODERATE: "#E69F00",
        Level.UNCLEAR: WHITE,
        Level.HIGH: "#7A1F3D",
        Level.SERIOUS: "#B03A5B",
        Level.CRITICAL: "#2B0A14",
        Level.NO_INFORMATION: WHITE,
    },
    Palette.COCHRANE: _shared("#02C100", "#E2DF07", "#BF0000", "#820000", "#4EA1F7"),
    Palette.ROBVIS_COLOURBLIND: _shared("#FED98E", "#FE9929", "#D95F0E", "#993404", "#FFFFFF"),
}
NOT_JUDGED_FILL = "#CCCCCC"

_PROBAST = {Level.LOW: "+", Level.UNCLEAR: "?", Level.HIGH: "−"}
SYMBOLS: dict[Scale, dict[Level, str]] = {
    Scale.PROBAST_LHU: _PROBAST,
    Scale.REVIEW_LMH: {Level.LOW: "+", Level.MODERATE: "~", Level.HIGH: "−"},
    Scale.REVIEW_LMHU: {**_PROBAST, Level.MODERATE: "~"},
    Scale.ROB2: {Level.LOW: "+", Level.SOME_CONCERNS: "!", Level.HIGH: "−"},
    Scale.ROBINS_I: {
        Level.LOW: "+",
        Level.MODERATE: "~",
        Level.SERIOUS: "×",
        Level.CRITICAL: "#",
        Level.NO_INFORMATION: "?",
    },
    Scale.CUSTOM: {
        Level.LOW: "+",
        Level.SOME_CONCERNS: "!",
        Level.MODERATE: "~",
        Level.UNCLEAR: "?",
        Level.NO_INFORMATION: "…",
        Level.HIGH: "−",
        Level.SERIOUS: "×",
        Level.CRITICAL: "#",
    },
}
PATTERNS: dict[Level, Pattern] = {Level.UNCLEAR: Pattern.HATCH, Level.NO_INFORMATION: Pattern.DOTS}


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (#RRGGBB), 1 to 21 (WCAG 2). Raises ValueError for another notation."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(fill: str) -> str:
    """Black or white, whichever reads better on a fill; one of them always reaches 4.5."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, fill))


def look(palette: Palette | str, scale: Scale | str, level: Level | str, instrument: Instrument | None = None) -> Look:
    """How a level of a scale looks; "" is what is not judged. The custom scale needs its instrument.

    Raises InstrumentError for a palette, scale or level that does not exist.
    """
    if palette not in list(Palette):
        raise InstrumentError(f"There is no palette {palette!r}.")
    if not level:
        return Look("", NOT_JUDGED, "", NOT_JUDGED_FILL, text_on(NOT_JUDGED_FILL), Pattern.NONE)
    if level not in levels_of(scale, instrument):
        raise InstrumentError(f"The scale has no level {level!r}.")
    known = Level(level)
    fill = FILLS[Palette(palette)][known]
    return Look(
        level=known.value,
        word=level_label(known, instrument),
        symbol=SYMBOLS[Scale(scale)][known],
        fill=fill,
        text=text_on(fill),
        pattern=PATTERNS.get(known, Pattern.NONE),
    )


def legend(palette: Palette | str, scale: Scale | str, instrument: Instrument | None = None) -> tuple[Look, ...]:
    """Every level of a scale, best first. Raises InstrumentError as `look` does."""
    return tuple(look(palette, scale, level, instrument) for level in levels_of(scale, instrument))


def applicability_look(palette: Palette | str, level: Level | str) -> Look:
    """How concern about applicability looks: low, unclear or high, whatever the scale. Raises InstrumentError."""
    return look(palette, Scale.PROBAST_LHU, level)


def applicability_legend(palette: Palette | str) -> tuple[Look, ...]:
    """The levels of applicability, best first."""
    return tuple(applicability_look(palette, level) for level in APPLICABILITY_LEVELS)


def _luminance(colour: str) -> float:
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"a colour is written #RRGGBB, not {colour!r}")
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
