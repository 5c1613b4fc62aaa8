"""Composes the abstract of a synthetic report from the sentence banks: 120 to 250 words, marked at the end."""

import random
from typing import Final

from screening.demo.cards import Card
from screening.demo.sentences import BANKS, GAPS, LIMITS

SYNTHETIC_MARK: Final = "Synthetic record made for the demo."
MIN_WORDS: Final = 120
MAX_WORDS: Final = 250
_HEADINGS: Final = (
    ("BACKGROUND: ", "METHODS: ", "RESULTS: ", "CONCLUSIONS: "),
    ("Background: ", "Methods: ", "Results: ", "Conclusions: "),
    ("Introduction: ", "Material and methods: ", "Results: ", "Discussion: "),
    ("", "", "", ""),
)
_ERRATUM: Final = (
    "In the report named above, two figures in the second table were exchanged during typesetting. The corrected "
    "values are printed in this notice, and the online version has been amended. The text, the remaining tables and "
    "the conclusions are unaffected."
)


def compose_abstract(card: Card, rng: random.Random) -> str:
    """One abstract for ``card``; the same card and state of ``rng`` give the same text."""
    if card.role == "erratum":
        return f"{_ERRATUM} {SYNTHETIC_MARK}"
    bank, slots = BANKS[card.family], _slots(card, rng)
    parts = [
        [rng.choice(bank["background"]), rng.choice(GAPS), rng.choice(bank["aim"])],
        _methods(bank["methods"], rng),
        _results(bank["results"], rng),
        [rng.choice(LIMITS), rng.choice(bank["conclusion"])],
    ]
    filled = [[sentence.format_map(slots) for sentence in part] for part in parts]
    _fit(filled, [sentence.format_map(slots) for sentence in bank["methods"] if "{method}" not in sentence.lower()])
    headings = rng.choice(_HEADINGS[:3] if card.family == "clinical" else _HEADINGS)
    paragraphs = [heading + " ".join(part) for heading, part in zip(headings, filled, strict=True)]
    return " ".join([*paragraphs, SYNTHETIC_MARK])


def _methods(bank: tuple[str, ...], rng: random.Random) -> list[str]:
    """Three or four sentences: the material first, and the method named once."""
    first = rng.choice([sentence for sentence in bank if "{data}" in sentence])
    others = [sentence for sentence in bank if "{data}" not in sentence]
    chosen: list[str] = [] if "{method}" in first else [rng.choice([s for s in others if "{method}" in s.lower()])]
    plain = [sentence for sentence in others if "{method}" not in sentence.lower()]
    return [first, *chosen, *rng.sample(plain, k=min(len(plain), rng.choice((1, 2, 2))))]


def _results(bank: tuple[str, ...], rng: random.Random) -> list[str]:
    """The main figure first (it stands in the first two sentences of every bank), then two or three more."""
    return [rng.choice(bank[:2]), *rng.sample(bank[2:], k=rng.choice((2, 3)))]


def _fit(parts: list[list[str]], spare: list[str]) -> None:
    """Adds methods sentences, or drops a result, until the length is right."""
    for sentence in spare:
        if _words(parts) >= MIN_WORDS:
            break
        if sentence not in parts[1]:
            parts[1].append(sentence)
    while _words(parts) > MAX_WORDS - 12:
        parts[2].pop()


def _words(parts: list[list[str]]) -> int:
    return sum(len(sentence.split()) for part in parts for sentence in part)


def _slots(card: Card, rng: random.Random) -> dict[str, str]:
    words = {name: getattr(card, name) for name in ("topic", "aim", "data", "method", "measure")}
    capitals = {name.capitalize(): text[:1].upper() + text[1:] for name, text in words.items()}
    gain = rng.randint(6, 34)
    start = rng.randint(2014, 2018)
    share = rng.randint(4, 22)
    numbers = {
        "sites": rng.choice(("two", "three", "four", "five", "six", "seven", "eight")),
        "months": str(rng.choice((6, 9, 12, 14, 18, 24, 30, 36))),
        "gain": str(gain),
        "low": str(max(1, gain - rng.randint(3, 8))),
        "high": str(gain + rng.randint(3, 9)),
        "share": str(share),
        "rest": str(100 - share),
        "spread": str(rng.randint(2, 9)),
        "p": f"0.{rng.randint(2, 48):03d}",
        "auc": str(rng.randint(71, 92)),
        "slope": str(rng.randint(82, 99)),
        "year0": str(start),
        "year1": str(start + rng.randint(1, 4)),
    }
    return words | capitals | numbers
