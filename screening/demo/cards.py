"""Reads the cards: one line per synthetic report, with its title and the phrases its abstract is made from.

Titles are written by hand so that they read like titles and stay far apart; everything else about a report is drawn.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screening.demo.types import Fate, FullTextReason

CARDS: Final = Path(__file__).parent / "cards"
_FAMILIES: Final = {
    "off_topic": "engineering",
    "clinical": "clinical",
    "prediction": "prediction",
    "generative_imaging": "generative",
    "reviews": "review",
    "not_retrieved": "generative",
    "full_text": "generative",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A synthetic report in outline. ``subject`` picks its journals, ``family`` the bank of sentences."""

    subject: str
    title: str
    topic: str
    aim: str
    data: str
    method: str
    measure: str
    family: str
    fate: Fate
    reason: FullTextReason | None = None
    pair: str = ""
    role: str = ""


def load_cards() -> tuple[Card, ...]:
    """All 230 cards in a fixed order."""
    cards = [_card(row, group) for group in _FAMILIES for row in card_rows(group)]
    return (*cards, *(_near_miss(row) for row in card_rows("near_misses")))


def card_rows(group: str) -> list[dict[str, str]]:
    """The lines of one file of cards, by column name."""
    with (CARDS / f"{group}.psv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="|", quoting=csv.QUOTE_NONE))


def _card(row: dict[str, str], group: str) -> Card:
    reason = FullTextReason[row["reason"]] if "reason" in row else None
    if reason:
        fate = Fate.FULL_TEXT_EXCLUDED
    else:
        fate = Fate.NOT_RETRIEVED if group == "not_retrieved" else Fate.EXCLUDED_TITLE_ABSTRACT
    family = "review" if reason is FullTextReason.REVIEW else _FAMILIES[group]
    return Card(**_phrases(row), family=family, fate=fate, reason=reason)


def _near_miss(row: dict[str, str]) -> Card:
    """Pairs that look like duplicates and are not: their fate stands in the card."""
    fates = {"TITLE_ABSTRACT": Fate.EXCLUDED_TITLE_ABSTRACT, "NOT_RETRIEVED": Fate.NOT_RETRIEVED}
    fate = fates.get(row["fate"], Fate.FULL_TEXT_EXCLUDED)
    reason = FullTextReason[row["fate"]] if fate is Fate.FULL_TEXT_EXCLUDED else None
    family = {"clin": "clinical", "omic": "generative"}.get(row["class"], "prediction")
    return Card(**_phrases(row), family=family, fate=fate, reason=reason, pair=row["pair"], role=row["role"])


def _phrases(row: dict[str, str]) -> dict[str, str]:
    return {"subject": row["class"]} | {
        name: row[name] for name in ("title", "topic", "aim", "data", "method", "measure")
    }
