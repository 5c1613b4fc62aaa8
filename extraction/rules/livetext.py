"""Text whose numbers and lists of studies come from the rows.

A reference stands between double braces: a word, then perhaps a condition. There is no other syntax, nothing nests, and
nothing is ever run.

    {{count}}                           all studies; in a theme's text, the studies of the theme
    {{studies}}                         their names, "A, B and C"
    {{percent}}                         their share of all studies, "59%"
    {{count model_family = GAN}}        studies whose model family is GAN, whatever else it is too
    {{count model_family == GAN}}       studies whose model family is GAN and nothing else
    {{studies theme = Imaging}}         the studies of another theme

Items are named by their id, or by their label, with _ or spaces, capitals ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from extraction.rules.text import normal

REFERENCE = re.compile(r"\{\{([^{}]*)\}\}")
PARTS = re.compile(r"\s*(?P<verb>[a-z]+)(?:\s+(?P<item>[^=]+?)\s*(?P<sign>==?)\s*(?P<value>.+?))?\s*", re.DOTALL)
VERBS = ("count", "studies", "percent")
MAX_BODY = 20_000


@dataclass(frozen=True)
class Reference:
    """One reference as it was written."""

    source: str
    verb: str = ""
    item: str = ""
    exact: bool = False
    value: str = ""


@dataclass(frozen=True)
class Fact:
    """One item with its classes: which studies have which value, and which have it alone."""

    id: str
    label: str
    having: Mapping[str, frozenset[int]]
    alone: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """All that a text can refer to."""

    names: Mapping[int, str]
    """All included studies by id, in the order in which they are listed."""
    items: Sequence[Fact] = ()
    own: frozenset[int] | None = None
    """The studies of the theme that the text belongs to; None for all."""


@dataclass(frozen=True)
class Part:
    """A stretch of the rendered text: what was typed, or what a reference gave."""

    text: str
    reference: Reference | None = None
    problem: str = ""


def split(body: str) -> Iterator[str | Reference]:
    """The text in order: stretches as they were typed, and references."""
    place = 0
    for match in REFERENCE.finditer(body):
        if match.start() > place:
            yield body[place : match.start()]
        yield _reference(match.group(), match.group(1))
        place = match.end()
    if place < len(body):
        yield body[place:]


def _reference(source: str, inside: str) -> Reference:
    found = PARTS.fullmatch(inside)
    if found is None:
        return Reference(source)
    item, value = found["item"] or "", found["value"] or ""
    return Reference(source, found["verb"], item.strip(), found["sign"] == "==", value.strip())


def render(body: str, facts: Facts) -> list[Part]:
    """The text with its references filled in. One that cannot be stays as it is written, with the problem in words."""
    parts: list[Part] = []
    for piece in split(body):
        if isinstance(piece, str):
            parts.append(Part(piece))
            continue
        found = _studies_of(piece, facts)
        if isinstance(found, str):
            parts.append(Part(piece.source, piece, found))
        else:
            parts.append(Part(_say(piece.verb, found, facts), piece))
    return parts


def plain(parts: Sequence[Part]) -> str:
    """The rendered text in one."""
    return "".join(part.text for part in parts)


def _studies_of(reference: Reference, facts: Facts) -> frozenset[int] | str:
    """The studies that a reference is about, or what is wrong with it."""
    if reference.verb not in VERBS:
        return "Begin with count, studies or percent."
    if not reference.item:
        return facts.own if facts.own is not None else frozenset(facts.names)
    fact = find_fact(reference.item, facts)
    if fact is None:
        return f"There is no item “{reference.item}”."
    sets = fact.alone if reference.exact else fact.having
    for value, studies in sets.items():
        if normal(value) == normal(reference.value):
            return studies
    if any(normal(value) == normal(reference.value) for value in fact.having):
        return frozenset()
    return f"No study has “{reference.value}” as {fact.label}, and it is not offered."


def find_fact(name: str, facts: Facts) -> Fact | None:
    """The item of this id or label."""
    wanted = _slug(name)
    return next((fact for fact in facts.items if fact.id == name or _slug(fact.label) == wanted), None)


def _slug(text: str) -> str:
    return normal(text.replace("_", " "))


def _say(verb: str, studies: frozenset[int], facts: Facts) -> str:
    if verb == "count":
        return f"{len(studies):,}"
    if verb == "percent":
        return percent(len(studies), len(facts.names))
    names = [name for study, name in facts.names.items() if study in studies]
    if len(names) < 2:
        return names[0] if names else "no study"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def percent(part: int, whole: int) -> str:
    """Whole per cent, halves upwards; "0%" of nothing."""
    return f"{(200 * part + whole) // (2 * whole)}%" if whole else "0%"
