"""Numbers in prose against the numbers that the data give.

A number counts as one of studies where a word such as "studies" stands within a few words of it, or where a per cent
sign follows. It is compared with what is named before it in the same sentence (a value of an item, or a theme), else
with every number that can be derived. Numbers that references gave are right by construction and are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from extraction.rules.livetext import Facts, Part, percent

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS: Mapping[str, int] = (
    {word: number for number, word in enumerate(_UNITS)}
    | {word: 10 * number for number, word in enumerate(_TENS, start=2)}
    | {
        f"{ten}-{unit}": 10 * place + number
        for place, ten in enumerate(_TENS, start=2)
        for number, unit in enumerate(_UNITS[1:10], start=1)
    }
)
NUMBER = re.compile(
    r"(?<![\w.,/–-])(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|"
    + "|".join(sorted(WORDS, key=len, reverse=True))
    + r")(?![\w–/]|[.,]\d)(?P<percent>\s?(?:%|per\s?cent\b))?",
    re.IGNORECASE,
)
NEAR = re.compile(
    r"(?:[\s()]+[\w-]+){0,3}?[\s()]+(?:studies|study|papers?|articles?|publications?|investigations?|trials?)\b", re.I
)
BEFORE = re.compile(r"(?:studies|articles|papers|trials)\s*(?:\(|:|,)?\s*(?:n\s*=\s*)?$", re.I)
SENTENCE = re.compile(r"[^.!?\n]*(?:\.(?=\S)[^.!?\n]*)*[.!?\n]?")
TOGETHER = re.compile(r"\)?\s*(?:,|,?\s*(?:and|or)(?:\s+the)?)\s*\(?", re.I)
HOLDER = "\ufffc"


@dataclass(frozen=True)
class Doubt:
    """A number that the data do not give: as it was written, what it is about ("" for anything), and what they give."""

    written: str
    about: str
    given: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        if not self.about:
            return f"“{self.written}”: the data give no such number."
        *most, last = self.given
        given = f"{', '.join(most)} or {last}" if most else last
        return f"“{self.written}” for {self.about}: the data give {given}."


def doubts(parts: Sequence[Part], facts: Facts) -> list[Doubt]:
    """The numbers of studies in a text that the data do not give, in the order of the text."""
    text = "".join(part.text if part.reference is None else HOLDER for part in parts)
    named = _named(facts)
    every = _every(facts)
    found: list[Doubt] = []
    for sentence in SENTENCE.finditer(text):
        words = sentence.group()
        for number in NUMBER.finditer(words):
            per_cent = bool(number["percent"])
            if not per_cent and not _is_of_studies(words, number):
                continue
            about = _about(words[: number.start()], named)
            counts = _counts([named[one] for one in about]) if about else every
            allowed = _numbers(counts, len(facts.names), per_cent=per_cent)
            if _value(number["number"]) not in allowed | _numbers({len(facts.names)}, 0, per_cent=False):
                given = _shown(counts, len(facts.names), per_cent=per_cent)
                said = " and ".join(about)
                found.append(Doubt(number.group().strip(), said, given if about else (), words.strip()))
    return found


def _is_of_studies(words: str, number: re.Match[str]) -> bool:
    return bool(NEAR.match(words, number.end()) or BEFORE.search(words[: number.start()]))


def _value(written: str) -> float:
    return float(WORDS[written.lower()]) if written.lower() in WORDS else float(written.replace(",", ""))


Sets = tuple[frozenset[int], frozenset[int]]
"""The studies that have a value, and those that have it alone."""


def _counts(named: Sequence[Sequence[Sets]]) -> set[int]:
    """The numbers that one value, or several named together, may come with. A value of two items has those of each."""
    if len(named) == 1:
        return {len(studies) for sets in named[0] for studies in sets}
    sets = [_merged(each) for each in named]
    counts = {len(frozenset().union(*(having for having, _ in sets))), sum(len(alone) for _, alone in sets)}
    return counts | {sum(len(having) for having, _ in sets)}


def _merged(sets: Sequence[Sets]) -> Sets:
    return frozenset().union(*(having for having, _ in sets)), frozenset().union(*(alone for _, alone in sets))


def _shown(counts: set[int], whole: int, *, per_cent: bool) -> tuple[str, ...]:
    """The numbers for people, the largest first."""
    largest = sorted(counts, reverse=True)
    return tuple(dict.fromkeys(percent(n, whole) if per_cent else f"{n:,}" for n in largest))


def _numbers(counts: set[int], whole: int, *, per_cent: bool) -> set[float]:
    """Counts, or their shares of the whole: rounded to whole per cents, or to one digit."""
    if not per_cent:
        return {float(n) for n in counts}
    rounded = {float(percent(n, whole).rstrip("%")) for n in counts}
    return rounded | ({round(100 * n / whole, 1) for n in counts} if whole else set())


def _named(facts: Facts) -> dict[str, list[Sets]]:
    """Each value that can be named in a text → its studies, once per item that has it."""
    found: dict[str, list[Sets]] = {}
    for fact in facts.items:
        for value, studies in fact.having.items():
            if _can_be_named(value):
                found.setdefault(value, []).append((studies, fact.alone.get(value, studies)))
    return found


def _can_be_named(value: str) -> bool:
    """Short, and not a number itself."""
    return 1 < len(value) <= 60 and not value.replace(".", "").isdigit()


def _every(facts: Facts) -> set[int]:
    counts = {len(facts.names)} | ({len(facts.own)} if facts.own is not None else set())
    for fact in facts.items:
        for sets in (fact.having, fact.alone):
            counts |= {len(studies) for studies in sets.values()}
    return counts


def _about(before: str, named: Collection[str]) -> list[str]:
    """The values named last before the number, several where only "and", "or" or a comma stands between them."""
    mentions = sorted(_mentions(before, named), key=lambda found: (found[1], found[0]))
    chosen: list[str] = []
    start = -1
    for begin, end, value in reversed(mentions):
        if not chosen:
            chosen, start = [value], begin
        elif end <= start:
            if not TOGETHER.fullmatch(before[end:start]):
                break
            chosen, start = [value, *chosen], begin
        elif end == mentions[-1][1] and begin < start and len(chosen) == 1:
            chosen, start = [value], begin
    return chosen


def _mentions(before: str, named: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, value) of every value named, a plural s allowed."""
    for value in named:
        flags = 0 if value.isupper() else re.IGNORECASE
        for match in re.finditer(rf"(?<!\w){re.escape(value)}s?(?!\w)", before, flags):
            yield match.start(), match.end(), value
