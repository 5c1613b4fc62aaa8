"""A team's own instrument, from the JSON that the page for making one sends.

Shape of a definition::

    {"name": "Our checklist", "version": "1", "link": "", "scope": "",
     "levels": [{"key": "low", "label": "Low", "meaning": "..."}, ...],          best first, two or more
     "rule": "worst" | "judgement",
     "domains": [{"key": "", "name": "Participants", "describe": "", "prompt": "", "applicability_prompt": "",
                  "questions": [{"number": "1.1", "text": "...", "guidance": "", "na_allowed": false}]}]}

Level keys are those of `bias.constants.Level`; their order is the team's, and "worst" is the last. Questions are worded
so that yes is good. Empty keys and numbers are made from the name and the place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bias.constants import Answer, Level, Scale
from bias.instruments.types import (
    STANDARD_ANSWERS,
    Domain,
    Instrument,
    InstrumentError,
    LevelOption,
    Part,
    Question,
)

MAX_DOMAINS = 20
MAX_QUESTIONS = 40
MAX_LEVELS = len(Level)
RULES = ("worst", "judgement")
_LENGTHS = {"name": 120, "label": 40, "number": 12, "key": 40, "version": 20}
_LONG_TEXT = 2000


def instrument_from(definition: Mapping[str, Any]) -> Instrument:
    """The instrument a definition describes. Raises InstrumentError whose ``field`` names the place that is wrong."""
    _known(definition, "", {"name", "version", "link", "scope", "levels", "rule", "domains"})
    name = _text(definition, "name", "", required=True)
    levels = _levels(definition)
    rule = definition.get("rule", "worst")
    if rule not in RULES:
        raise InstrumentError("The rule is either the worst domain or the assessor's judgement.", "rule")
    domains = _domains(definition)
    link = _text(definition, "link", "")
    if link and not re.match(r"https?://\S+$", link):
        raise InstrumentError("A link begins with https:// or http://.", "link")
    with_na = any(question.na_allowed for domain in domains for question in domain.questions)
    return Instrument(
        key="custom",
        name=name,
        version=_text(definition, "version", ""),
        link=link,
        scales=(Scale.CUSTOM,),
        parts=(Part(key="", label="Risk of bias", axis="risk of bias", domains=domains),),
        answers=(*STANDARD_ANSWERS, Answer.NOT_APPLICABLE) if with_na else STANDARD_ANSWERS,
        scope=_text(definition, "scope", ""),
        own_levels=levels,
        worst_rule=rule == "worst",
    )


def _levels(definition: Mapping[str, Any]) -> tuple[LevelOption, ...]:
    found: list[LevelOption] = []
    for place, row in _rows(definition, "levels", "", most=MAX_LEVELS):
        _known(row, place, {"key", "label", "meaning"})
        key = _text(row, "key", place, required=True)
        if key not in Level.values:
            raise InstrumentError(f"A level is one of: {', '.join(Level.values)}.", f"{place}.key")
        if any(level.key == key for level in found):
            raise InstrumentError("Each level can be used once.", f"{place}.key")
        label = _text(row, "label", place) or Level(key).label
        if any(level.label.casefold() == label.casefold() for level in found):
            raise InstrumentError("Two levels have the same name.", f"{place}.label")
        found.append(LevelOption(key=Level(key), label=label, meaning=_text(row, "meaning", place)))
    if len(found) < 2:
        raise InstrumentError("A scale needs two levels or more, the best first.", "levels")
    return tuple(found)


def _domains(definition: Mapping[str, Any]) -> tuple[Domain, ...]:
    found: list[Domain] = []
    numbers: set[str] = set()
    for index, (place, row) in enumerate(_rows(definition, "domains", "", most=MAX_DOMAINS), start=1):
        _known(row, place, {"key", "name", "describe", "prompt", "applicability_prompt", "questions"})
        name = _text(row, "name", place, required=True)
        key = _text(row, "key", place) or _key_from(name, index)
        if any(domain.key == key for domain in found):
            raise InstrumentError("Two domains have the same key.", f"{place}.key")
        if any(domain.name.casefold() == name.casefold() for domain in found):
            raise InstrumentError("Two domains have the same name.", f"{place}.name")
        found.append(
            Domain(
                key=key,
                name=name,
                describe=_text(row, "describe", place),
                prompt=_text(row, "prompt", place),
                questions=_questions(row, place, domain_index=index, numbers=numbers),
                applicability_prompt=_text(row, "applicability_prompt", place),
            )
        )
    if not found:
        raise InstrumentError("An instrument needs at least one domain.", "domains")
    return tuple(found)


def _questions(row: Mapping[str, Any], place: str, *, domain_index: int, numbers: set[str]) -> tuple[Question, ...]:
    found: list[Question] = []
    for index, (spot, item) in enumerate(_rows(row, "questions", place, most=MAX_QUESTIONS), start=1):
        _known(item, spot, {"number", "text", "guidance", "na_allowed"})
        number = _text(item, "number", spot) or f"{domain_index}.{index}"
        if number in numbers:
            raise InstrumentError(f"The number {number} is used twice.", f"{spot}.number")
        numbers.add(number)
        na_allowed = item.get("na_allowed", False)
        if not isinstance(na_allowed, bool):
            raise InstrumentError("Say yes or no (true or false).", f"{spot}.na_allowed")
        text = _text(item, "text", spot, required=True)
        found.append(Question(number=number, text=text, guidance=_text(item, "guidance", spot), na_allowed=na_allowed))
    return tuple(found)


def _rows(source: Mapping[str, Any], name: str, place: str, *, most: int) -> list[tuple[str, Mapping[str, Any]]]:
    where = f"{place}.{name}" if place else name
    rows = source.get(name, [])
    if not isinstance(rows, list):
        raise InstrumentError("A list is expected here.", where)
    if len(rows) > most:
        raise InstrumentError(f"At most {most} fit here.", where)
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise InstrumentError("Named values are expected here.", f"{where}[{index}]")
    return [(f"{where}[{index}]", row) for index, row in enumerate(rows)]


def _text(source: Mapping[str, Any], name: str, place: str, *, required: bool = False) -> str:
    where = f"{place}.{name}" if place else name
    value = source.get(name, "")
    if not isinstance(value, str):
        raise InstrumentError("Text is expected here.", where)
    text = value.strip()
    if required and not text:
        raise InstrumentError("This is needed.", where)
    if len(text) > _LENGTHS.get(name, _LONG_TEXT):
        raise InstrumentError(f"At most {_LENGTHS.get(name, _LONG_TEXT)} characters fit here.", where)
    return text


def _known(source: Any, place: str, names: set[str]) -> None:
    if not isinstance(source, Mapping):
        raise InstrumentError("Named values are expected here.", place)
    for name in source:
        if name not in names:
            raise InstrumentError(f"There is no such entry: {name}.", f"{place}.{name}" if place else str(name))


def _key_from(name: str, index: int) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:36]
    return key or f"domain_{index}"
