"""Text for SVG, which cannot wrap by itself: approximate widths, wrapping, and what XML allows.

Widths are those of Helvetica and Arial (and of the metric-compatible Liberation Sans and Nimbus Sans), in thousandths
of the font size; other scripts are taken as wide, so that a line comes out short rather than over the edge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

FONT_FAMILY = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', Arimo, sans-serif"
BOLD_FACTOR = 1.08
SAFETY = 1.03

_CLASSES = (
    (222, "ijl|'`"),
    (278, " !,./:;I[]\\tf\u00a0"),
    (333, '()-r"\u2019\u2018'),
    (500, "cksvxyzJ"),
    (556, "abdeghnopqu0123456789?_$#L\u2013"),
    (611, "FTZ"),
    (667, "ABEKPSVXY&"),
    (722, "CDHNRUw"),
    (778, "GOQ"),
    (833, "mM"),
    (889, "%"),
    (944, "W"),
    (1000, "@\u2014\u2026"),
    (584, "+<=>~\u2212"),
)
_WIDTHS = {character: width for width, characters in _CLASSES for character in characters}
_FORBIDDEN = re.compile("[^\\t\\n\\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style."""

    text: str
    italic: bool = False


def xml_text(text: str) -> str:
    """Text for an element: escaped, without the characters XML cannot hold, on one line."""
    return escape(" ".join(_FORBIDDEN.sub("", text).split(" ")).replace("\n", " ").replace("\r", " "))


def xml_attribute(text: str) -> str:
    """Text for an attribute in double quotes."""
    return xml_text(text).replace('"', "&quot;")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Approximate width in user units at the font size."""
    factor = size / 1000 * SAFETY * (BOLD_FACTOR if bold else 1)
    return sum(_character_width(character) for character in text) * factor


def wrap(runs: Iterable[Run], width: float, size: float, *, bold: bool = False) -> list[list[Run]]:
    """The runs broken into lines no wider than ``width``. A word that is too long for a line is cut."""
    lines: list[list[Run]] = [[]]
    used, space = 0.0, text_width(" ", size, bold=bold)
    for run in runs:
        for word in run.text.split(" "):
            for piece in _pieces(word, width, size, bold):
                needed = text_width(piece, size, bold=bold)
                if lines[-1] and used + space + needed > width:
                    lines.append([])
                    used = 0.0
                used += needed + (space if lines[-1] else 0)
                lines[-1].append(Run(piece, run.italic))
    return [_join(line) for line in lines if line]


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    pieces, current = [], ""
    for character in word:
        if current and text_width(current + character, size, bold=bold) > width:
            pieces.append(current)
            current = ""
        current += character
    return [*pieces, current] if current else pieces


def _join(words: list[Run]) -> list[Run]:
    """Neighbouring words of one style as one run; the space between two styles ends the first."""
    joined: list[Run] = []
    for word in words:
        if joined and joined[-1].italic == word.italic:
            joined[-1] = Run(f"{joined[-1].text} {word.text}", word.italic)
        else:
            if joined:
                joined[-1] = Run(f"{joined[-1].text} ", joined[-1].italic)
            joined.append(word)
    return joined


def _character_width(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if unicodedata.combining(character):
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base != character and base in _WIDTHS:
        return _WIDTHS[base]
    return 1000 if unicodedata.east_asian_width(character) in "WF" else 722
