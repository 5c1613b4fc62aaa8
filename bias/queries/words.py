"""Words for the fields of an assessment, by their names on pages and in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bias.constants import Answer, Level


def words(*pairs: tuple[str, str]) -> Mapping[str, str]:
    """Stored choices with their words as plain text."""
    return {str(value): str(label) for value, label in pairs}


FIELD_WORDS = {
    "answer": "",
    "quote": "quote",
    "page": "page",
    "comment": "comment",
    "report": "report",
    "level": "level",
    "rationale": "support",
    "departure_reason": "why it departs from the answers",
    "applicability": "applicability",
    "applicability_rationale": "support of applicability",
    "reason": "why it departs from the rule",
    "applicability_reason": "why applicability departs from the rule",
    "sample_size": "sample size",
    "internal_validation": "internal validation",
}


class FieldNames(dict[str, str]):
    """Names of the fields of an assessment: "a::4.1:development:answer" is "4.1 development"."""

    def get(self, name: str, default: Any = None) -> Any:
        """Words for a field's name, else for a plain name."""
        match name.split(":"):
            case ["a", part, question, column, what]:
                words = (question, part, column, FIELD_WORDS.get(what, what))
            case ["d", part, domain, what]:
                words = (domain.replace("_", " "), part, "", FIELD_WORDS.get(what, what))
            case ["o", part, what]:
                words = ("overall", part, "", FIELD_WORDS.get(what, what))
            case _:
                return super().get(name, default)
        return " ".join(word for word in words if word)


class FieldChoices(dict[str, Mapping[str, str]]):
    """Words for the levels and answers of such fields."""

    def get(self, name: str, default: Any = None) -> Any:
        """Codes and words of a field's values."""
        _, colon, what = name.rpartition(":")
        if colon and what == "answer":
            return words(*Answer.choices)
        if colon and what in ("level", "applicability"):
            return words(*Level.choices)
        return super().get(name, default)


def field_words(name: str) -> str:
    """What a field is called."""
    found = str(FieldNames().get(name, name))
    return found[:1].upper() + found[1:]


def value_words(name: str, value: str) -> str:
    """What stands in a field, in words; "Nothing" where it is empty."""
    return str(FieldChoices().get(name, {}).get(value, value)) or "Nothing"
