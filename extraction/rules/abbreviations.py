"""Abbreviations of a table: capital words that stand in it, those that are explained, and those that are not.

An abbreviation is a word with two capital letters or more, digits and hyphens allowed: GAN, LLaMA, CVAE-GAN, scRNA. A
compound is explained when it is itself explained, or when each of its parts is. What is explained may have several
words ("Dr. VAE"); it is then looked for as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True)
class Abbreviations:
    """What a table's list of abbreviations comes to."""

    used: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    undefined: tuple[str, ...]


def is_short(word: str) -> bool:
    """Whether a word without hyphens looks like an abbreviation: two capitals or more. A plural s does not count."""
    return sum(character.isupper() for character in word) > 1


def find_short(texts: Iterable[str]) -> dict[str, list[str]]:
    """Each abbreviation in these texts → its parts that are abbreviations themselves. Plurals count as singular."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for match in WORD.finditer(text):
            word = _singular(match.group())
            if is_short(word) and word not in found:
                found[word] = [part for part in word.split("-") if is_short(part)]
    return found


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and word[:-1].isupper() and len(word) > 2 else word


def check(texts: Iterable[str], defined: Mapping[str, str]) -> Abbreviations:
    """Compare the abbreviations of a table with the list that explains them; each list sorted, capitals ignored."""
    read = list(texts)
    found = find_short(read)
    by_word = {_singular(short): short for short in defined}
    used = {short for short in defined if not WORD.fullmatch(short) and any(short in text for text in read)}
    undefined: list[str] = []
    for word, parts in found.items():
        if word in by_word:
            used.add(by_word[word])
            continue
        used |= {by_word[part] for part in parts if part in by_word}
        if not parts or any(part not in by_word for part in parts):
            undefined.append(word)
    texts_of_words = {short: long for short, long in defined.items() if short in used}
    return Abbreviations(
        used=tuple(sorted(texts_of_words.items(), key=lambda pair: pair[0].casefold())),
        unused=tuple(sorted((short for short in defined if short not in used), key=str.casefold)),
        undefined=tuple(sorted(undefined, key=str.casefold)),
    )
