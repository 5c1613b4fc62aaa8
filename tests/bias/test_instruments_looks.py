"""How levels look: readable text, one symbol per level, colours apart in simulated colour blindness."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from bias.constants import Level, Scale
from bias.instruments.custom import instrument_from
from bias.instruments.judgement import levels_of
from bias.instruments.looks import (
    BLACK,
    FILLS,
    MIN_TEXT_CONTRAST,
    NOT_JUDGED_FILL,
    OUTLINE,
    PALETTE_LABELS,
    PATTERN_INK,
    SYMBOLS,
    WHITE,
    Palette,
    Pattern,
    applicability_legend,
    contrast,
    legend,
    look,
    text_on,
)
from bias.instruments.types import InstrumentError

CUSTOM = instrument_from(
    {
        "name": "All levels",
        "levels": [{"key": level.value, "label": f"Word {at}"} for at, level in enumerate(Level)],
        "domains": [{"name": "One"}],
    }
)
EVERY_SCALE = pytest.mark.parametrize("scale", list(Scale))
EVERY_PALETTE = pytest.mark.parametrize("palette", list(Palette))
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB."""


def lab(colour: str, vision: str) -> tuple[float, float, float]:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in VISION[vision])
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else t * 841 / 108 + 4 / 29 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: str, other: str, vision: str) -> float:
    """CIE76."""
    pairs = zip(lab(one, vision), lab(other, vision), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@EVERY_PALETTE
@EVERY_SCALE
def test_every_level_has_a_readable_look_with_its_own_symbol_and_word(palette: Palette, scale: Scale) -> None:
    looks = legend(palette, scale, CUSTOM if scale == Scale.CUSTOM else None)
    levels = levels_of(scale, CUSTOM)
    assert [each.level for each in looks] == list(levels)
    assert len({each.symbol for each in looks}) == len(levels)
    assert len({each.word for each in looks}) == len(levels)
    for each in looks:
        assert len(each.symbol) == 1
        assert contrast(each.text, each.fill) >= MIN_TEXT_CONTRAST
        if each.pattern:
            assert each.text == BLACK
            assert contrast(each.text, PATTERN_INK) >= MIN_TEXT_CONTRAST
        assert contrast(each.outline, WHITE) >= 3
    assert set(SYMBOLS[scale]) == set(levels)


@EVERY_SCALE
def test_a_minus_never_stands_for_a_middle_level(scale: Scale) -> None:
    assert {level for level, symbol in SYMBOLS[scale].items() if symbol == "−"} <= {Level.HIGH}
    assert {level for level, symbol in SYMBOLS[scale].items() if symbol == "+"} == {Level.LOW}


@EVERY_PALETTE
def test_what_is_not_known_has_a_pattern_and_nothing_else_has(palette: Palette) -> None:
    patterns = {each.level: each.pattern for each in legend(palette, Scale.CUSTOM, CUSTOM)}
    assert {level: pattern for level, pattern in patterns.items() if pattern} == {
        "unclear": Pattern.HATCH,
        "no_information": Pattern.DOTS,
    }


def test_moderate_and_unclear_can_be_told_apart_without_colour() -> None:
    moderate, unclear = (look(Palette.COCHRANE, Scale.REVIEW_LMHU, level) for level in ("moderate", "unclear"))
    assert moderate.fill == unclear.fill, "as robvis has it"
    assert (moderate.symbol, moderate.pattern) != (unclear.symbol, unclear.pattern)
    assert moderate.symbol != unclear.symbol


def test_words_of_a_team_stand_in_the_legend() -> None:
    assert [each.word for each in legend("recommended", "custom", CUSTOM)][:2] == ["Word 0", "Word 1"]


def test_what_is_not_judged_has_a_look() -> None:
    empty = look(Palette.RECOMMENDED, Scale.ROB2, "")
    assert (empty.word, empty.symbol, empty.fill) == ("Not judged", "", NOT_JUDGED_FILL)
    assert contrast(empty.text, empty.fill) >= MIN_TEXT_CONTRAST


def test_applicability_looks_the_same_on_every_scale() -> None:
    assert [each.level for each in applicability_legend("cochrane")] == ["low", "unclear", "high"]


@pytest.mark.parametrize(
    ("palette", "scale", "level"),
    [("rainbow", "rob2", "low"), ("cochrane", "rob3", "low"), ("cochrane", "rob2", "moderate")],
)
def test_strangers_are_refused(palette: str, scale: str, level: str) -> None:
    with pytest.raises(InstrumentError):
        look(palette, scale, level)


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#FFFFFF", 21), ("#777777", "#FFFFFF", 4.478)])
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=1e-3)
    assert text_on(other) == BLACK
    with pytest.raises(ValueError, match="#RRGGBB"):
        contrast("white", other)


def test_every_palette_has_a_name_and_a_colour_for_every_level() -> None:
    assert set(PALETTE_LABELS) == set(FILLS) == set(Palette)
    assert all(set(fills) == set(Level) for fills in FILLS.values())
    assert next(iter(Palette)) == Palette.RECOMMENDED


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    ("scale", "least"),
    [(Scale.REVIEW_LMH, 42.0), (Scale.ROB2, 42.0), (Scale.PROBAST_LHU, 18.0), (Scale.ROBINS_I, 18.0)],
)
def test_our_colours_stay_apart_in_every_kind_of_vision(scale: Scale, least: float, vision: str) -> None:
    looks = legend(Palette.RECOMMENDED, scale)
    for one, other in combinations(looks, 2):
        assert difference(one.fill, other.fill, vision) >= least, (one.word, other.word)


@pytest.mark.shared
def test_palettes_equal_the_table_of_facts(shared_dir: Path) -> None:
    facts = json.loads((shared_dir / "domain" / "palettes.json").read_text(encoding="utf-8"))
    for palette in (Palette.COCHRANE, Palette.ROBVIS_COLOURBLIND):
        fills, row = FILLS[palette], {key: value.upper() for key, value in facts[palette.value].items()}
        assert {fills[level] for level in (Level.SOME_CONCERNS, Level.MODERATE, Level.UNCLEAR)} == {
            row["some_concerns_or_moderate_or_unclear"]
        }
        for key in ("low", "high", "critical", "no_information"):
            assert fills[Level(key)] == row[key]
        assert row["not_applicable"] == NOT_JUDGED_FILL
    ours = facts["recommended"]
    for key in ("low", "moderate", "high"):
        shown = look(Palette.RECOMMENDED, Scale.REVIEW_LMH, key)
        assert (shown.fill, shown.text) == (ours[key], ours["text_on"][key])
        assert contrast(shown.text, shown.fill) == pytest.approx(ours["measured"]["text_contrast"][key], abs=0.06)
    for scale, symbols in facts["our_symbols"].items():
        assert {level.value: symbol for level, symbol in SYMBOLS[Scale(scale)].items()} == symbols
    looks = [each.fill for each in legend(Palette.RECOMMENDED, Scale.REVIEW_LMH)]
    for vision, least in ours["measured"]["delta_e_min"].items():
        found = min(difference(one, other, vision) for one, other in combinations(looks, 2))
        assert found == pytest.approx(least, abs=0.1)
    assert contrast(OUTLINE, WHITE) >= 3
