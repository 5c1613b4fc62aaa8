"""Author lists as databases write them: separated, glued together, family name first or last, with initials or in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from rapidfuzz.distance import Indel

from screening.rules.matching.text import plain, words

_SEPARATOR = re.compile(r"\s*;\s*|\s+and\s+|\s*\|\s*|\s*\n\s*|\s+&\s+")
# "Przyklenk K.Kloner R. A." and "Guxens MonicaGarcia-Esteban Raquel": a new name starts where a capital follows unspaced.
_GLUE = re.compile(
    r"(?<=[a-zà-ÿ]\.)(?=[A-Z])|(?<=[A-Z]\.)(?=[A-ZÀ-Þ][a-zà-ÿ'’])|(?<![\s\-'’.(]Mc)(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bDi)(?<!\bLe)(?<!\bLa)(?<!\bDu)(?<!\bVan)(?<!\bVon)(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])"
)
_COMMAS = re.compile(r"\s*,\s*")
_NOBODY = frozenset(
    {"anonymous", "anon", "no authors listed", "no author", "unknown", "none", "na", "n a", "nan", "et al"}
)
_GROUP = frozenset(
    [
        "group",
        "study",
        "collaboration",
        "collaborative",
        "consortium",
        "committee",
        "network",
        "investigators",
        "society",
        "association",
        "trialists",
        "centre",
        "center",
        "institute",
        "organization",
        "organisation",
        "department",
        "ministry",
        "agency",
        "council",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "da",
        "dos",
        "del",
        "della",
        "di",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ter",
        "ten",
        "zu",
        "st",
        "jr",
        "sr",
        "iii",
        "et",
        "others",
        "al",
    ]
)


@dataclass(frozen=True, slots=True)
class Names:
    """`people`: the words of each author in order; `family`: all words long enough to be names; `lead`: the first author's."""

    people: tuple[tuple[str, ...], ...]
    family: frozenset[str]
    lead: tuple[str, ...]
    initial: str
    shortened: bool
    group: bool

    def __bool__(self) -> bool:
        return bool(self.family)


class Agreement(IntEnum):
    """How two author lists stand to each other. MISSING: one of them says nothing."""

    CONFLICT = 0
    WEAK = 1
    MISSING = 2
    SOME = 3
    STRONG = 4


def parse_names(authors: tuple[str, ...]) -> Names:
    """Read an author list in any of the known notations; nobody for "Anonymous" and the like."""
    strings = split_glued(authors[0]) if len(authors) == 1 else list(authors)
    shortened = any("et al" in s.lower()[-8:] or s.lower().strip() == "others" for s in strings)
    people = []
    for string in plain("\n".join(strings)).replace("'", "").split("\n"):
        parts = words(string)
        if parts and " ".join(parts) not in _NOBODY:
            people.append(tuple(parts))
    group = any(not _GROUP.isdisjoint(person) for person in people)
    lead = tuple(w for w in people[0] if len(w) > 1 and w not in _PARTICLES) if people else ()
    return Names(
        tuple(people), _name_words(people), lead, _initial(people[0], lead) if people else "", shortened, group
    )


def split_glued(text: str) -> list[str]:
    """One string of authors cut into one string an author, as well as its notation allows."""
    text = text.strip().strip('"')
    parts = [part for part in _SEPARATOR.split(text) if part.strip(" .,")]
    if len(parts) > 1:
        return parts
    if text.count(",") > 1:
        return [part for part in _COMMAS.split(text) if part]
    return [part for part in _GLUE.split(text) if part.strip(" .")]


def _name_words(people: list[tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    for parts in people:
        telling = {w for w in parts if len(w) > 2 and w not in _PARTICLES}
        if len(parts[0]) == 2 and parts[0] not in _PARTICLES:
            telling.add(parts[0])  # "Li X": a family name of two letters
        found |= telling or set(parts[:1])
    return frozenset(found)


def _initial(person: tuple[str, ...], lead: tuple[str, ...]) -> str:
    """The first letter of the first author's given name, where the family name stands first; else empty."""
    if not lead:
        return ""
    place = person.index(lead[0])
    return person[place + 1][0] if place + 1 < len(person) else ""


def close(a: str, b: str) -> bool:
    """Whether two name words can be one name: equal, one cut short, or nearly the same spelling (Mueller, Muller)."""
    if a == b:
        return True
    if len(a) < 4 or len(b) < 4:
        return False
    return a.startswith(b) or b.startswith(a) or Indel.normalized_similarity(a, b, score_cutoff=0.8) >= 0.8


def overlap(a: Names, b: Names) -> float:
    """The share (0 to 1) of the shorter list's name words that stand in the other list, spelling differences allowed."""
    few, many = (a.family, b.family) if len(a.family) <= len(b.family) else (b.family, a.family)
    if not few:
        return 0.0
    shared = few & many
    loose, rest = few - shared, many - shared
    found = len(shared)
    for word in loose:
        if any(close(word, other) for other in rest):
            found += 1
    return found / len(few)


def same_lead(a: Names, b: Names) -> bool:
    """Whether the first authors share a family name, whichever way round their names stand."""
    if not a.lead or not b.lead:
        return bool(a.people and b.people and a.people[0][0] == b.people[0][0])
    return any(close(a.lead[0], w) for w in b.lead[:3]) or any(close(b.lead[0], w) for w in a.lead[:3])


def agreement(a: Names, b: Names) -> Agreement:
    """How well two author lists agree: order, spelling and initials may differ, lists may be cut."""
    if not a or not b:
        return Agreement.MISSING
    if a.people == b.people:
        return Agreement.STRONG
    share = overlap(a, b)
    lead = same_lead(a, b)
    if (a.group or b.group) and not lead and share < 0.6:
        return Agreement.MISSING
    few, many = sorted((len(a.people), len(b.people)))
    cut = few * 2 < many and few > 1 and not (a.shortened or b.shortened)
    if lead and share >= 0.6 and not cut and not initials_differ(a, b):
        return Agreement.STRONG
    if share >= 0.6 and few > 1:
        return Agreement.STRONG if share >= 0.8 and not cut else Agreement.SOME
    if lead and (share >= 0.3 or few == 1):
        return Agreement.WEAK if initials_differ(a, b) else Agreement.SOME
    return Agreement.WEAK if share >= 0.34 or lead else Agreement.CONFLICT


def initials_differ(a: Names, b: Names) -> bool:
    """Whether single authors of one family name have different given names ("Smith J", "Smith R")."""
    if len(a.people) > 1 or len(b.people) > 1 or not a.initial or not b.initial:
        return False
    given = {w[0] for w in a.people[0]} & {w[0] for w in b.people[0]} - {a.lead[0][0] if a.lead else ""}
    return a.lead[:1] == b.lead[:1] and a.initial != b.initial and not given
