"""Text as it is kept and as it is compared."""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = {ord(mark): "'" for mark in "‘’‚‛′"} | {ord(mark): '"' for mark in "“”„‟″«»"}
_SPACE = re.compile(r"\s+")


def tidy(text: str) -> str:
    """Text as it is kept: lines end alike, what cannot be printed is gone, nothing hangs over at either end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(character for character in lines if character.isprintable() or character in "\n\t")
    return unicodedata.normalize("NFC", kept).strip()


def tidy_line(text: str) -> str:
    """The same on one line, with single spaces."""
    return _SPACE.sub(" ", tidy(_SPACE.sub(" ", text))).strip()


def normal(text: str) -> str:
    """Text as it is compared: case, kinds of dashes, quotes and spaces, and a full stop at the end do not count."""
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES | _QUOTES).casefold()
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", plain)).strip().removesuffix(".").strip()


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text looks like the pattern: # a digit, @ a letter, * any characters, all else itself."""
    first, *rest = pattern.split("*")
    if not _fits(first, text, 0):
        return False
    if not rest:
        return len(text) == len(first)
    *middle, last = rest
    place = len(first)
    for piece in middle:
        found = next((start for start in range(place, len(text) + 1) if _fits(piece, text, start)), None)
        if found is None:
            return False
        place = found + len(piece)
    return len(text) - len(last) >= place and _fits(last, text, len(text) - len(last))


def _fits(piece: str, text: str, start: int) -> bool:
    """Whether a piece without * stands in the text at `start`."""
    part = text[start : start + len(piece)]
    return len(part) == len(piece) and all(_one(mark, character) for mark, character in zip(piece, part, strict=True))


def _one(mark: str, character: str) -> bool:
    if mark == "#":
        return character.isdigit()
    return character.isalpha() if mark == "@" else character == mark
