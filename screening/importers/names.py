"""Names of authors as the sources write them, taken apart.

``Family, Given`` is certain. Without a comma the order is judged by which end looks like initials; :class:`NameStyle` says which
order the format uses when neither does. The name as written stays in ``Author.raw``.
"""

import re
from enum import IntEnum
from functools import lru_cache

from screening.importers.clean import one_line
from screening.importers.types import Author


class NameStyle(IntEnum):
    """Order of a name that has no comma and no initials."""

    FAMILY_FIRST = 1
    """``Smith John``"""
    GIVEN_FIRST = 2
    """``John Smith``"""


_PARTICLES = frozenset(
    [
        "af",
        "al",
        "am",
        "av",
        "d",
        "da",
        "dal",
        "dalla",
        "de",
        "degli",
        "dei",
        "del",
        "dela",
        "della",
        "den",
        "der",
        "des",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "op",
        "'t",
        "'s",
        "te",
        "ten",
        "ter",
        "uit",
        "van",
        "vande",
        "vanden",
        "vander",
        "vom",
        "von",
        "voor",
        "y",
        "zu",
        "zum",
        "zur",
        "bin",
        "ibn",
    ]
)
_INITIALS = re.compile(r"^(?:[^\W\d_]\.?-?){1,4}\.?$")
_UPPER_INITIALS = re.compile(
    r"^-?[A-ZÀ-ÞŠŽČĆĐŁŚŻŹŘŇĎŤŐŰĞİŞА-Я](?:[.‐-]*-?[A-ZÀ-ÞŠŽČĆĐŁŚŻŹŘŇĎŤŐŰĞİŞА-Яa-zа-я]?\.?)?(?:[.‐-]*[A-ZÀ-ÞŠŽČĆĐŁ]\.?){0,3}$"
)
_SUFFIX = re.compile(r"^(?:jr|sr|i{2,3}|iv|2nd|3rd|4th)\.?$", re.IGNORECASE)
_COLLECTIVE = re.compile(
    r"\b(?:group|consortium|committee|collaborat(?:ion|ive|ors)|organi[sz]ation|investigators|network|society|association|"
    r"institut(?:e|ion)|department|ministry|university|foundation|council|agency|centre|center|working party|task ?force|"
    r"trialists|initiative|federation|corporation|company|inc\.?|ltd\.?|gmbh|commission|team|programme|program|study|trial|"
    r"hospital|college|academy|library|office|bureau|service|services|unit|board|partnership|alliance|registry|"
    r"pharmaceuticals?|laboratories|unknown|anonymous|press|bank|nations)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(r"\s*(?:\[[^\]]*\]?|\(\d[\d\- ]*\)|;.*ORCID.*)\s*$", re.IGNORECASE)
_WORDS_ONLY = re.compile(r"[\w ,.'’-]*[^\W\d]\.?")
_DEGREE_ENDS = frozenset("DdHcNOSAPr.0123456789")
_DEGREE_TAILS = frozenset(
    {"MD", "hD", "PH", "Sc", "RN", "DO", "BS", "DS", "mD", "MS", "MA", "CP", "Dr", "Jr", "Sr", "II"}
)
_DEGREES = re.compile(
    r"(?:[ ,]+(?:MD|M\.D\.|PhD|Ph\.D\.|MPH|MSc|BSc|RN|DO|MBBS|DDS|PharmD|DrPH|ScD|MS|MA|FRCP|Dr)\.?)+(?=\s*\d*\s*$)"
)
_AFFILIATION_MARK = re.compile(r"(?<=[^\W\d])[ ,]*(?:\d{1,3}[, ]*|[*†‡§]+)+$")
_COMMON = re.compile(r"[A-ZÀ-Þ][^\W\d_]+(?:-[^\W\d_]+)?, [A-ZÀ-Þ][^\W\d_]*\.?(?:[ -]?[A-ZÀ-Þ][^\W\d_]*\.?){0,2}")
"""A single family name and one to three given names or initials: most names, and nothing in them needs a closer look."""
_CJK = re.compile(r"^[一-鿿぀-ヿ가-힣·]+$")


@lru_cache(maxsize=65536)
def parse_author(raw: str, style: NameStyle = NameStyle.FAMILY_FIRST) -> Author | None:
    """One name; ``None`` for nothing, a lone comma or the word null."""
    if _COMMON.fullmatch(raw) and raw[-2:] not in _DEGREE_TAILS:
        family, _, given = raw.partition(", ")
        return Author(family, given, raw=raw)
    text = one_line(raw)
    name = _cleaned(text)
    if not name:
        return None
    if "," in name:
        return _with_comma(name, text)
    if _CJK.match(name):
        return Author(name, raw=text)
    words = name.split()
    if _COLLECTIVE.search(name) and not (len(words) <= 3 and _UPPER_INITIALS.match(words[-1])):
        return Author(name, collective=True, raw=text)
    return _without_comma(words, text, style)


def parse_collective(raw: str) -> Author | None:
    """A group that the source itself marks as one."""
    text = one_line(raw).strip(" ,;")
    return Author(text, collective=True, raw=text) if text else None


def _cleaned(text: str) -> str:
    name = text
    if not _WORDS_ONLY.fullmatch(name):
        for pattern in (_NOISE, _AFFILIATION_MARK):
            name = pattern.sub("", name)
    if name[-1:] in _DEGREE_ENDS:
        name = _DEGREES.sub("", name)
    name = name.strip(" ,;|")
    return (
        ""
        if name.lower() in {"null", "na", "n/a", "none", "et al", "et al.", "others", "[anonymous]", "no author"}
        else name
    )


def _with_comma(name: str, raw: str) -> Author:
    parts = [part.strip() for part in name.split(",")]
    family, given = parts[0], " ".join(part for part in parts[1:] if part)
    if len(parts) > 2 and _SUFFIX.match(parts[1]):
        given = f"{' '.join(part for part in parts[2:] if part)} {parts[1]}".strip()
    if _COLLECTIVE.search(name) and (len(parts) > 3 or " " in family or len(given.split()) > 3):
        return Author(name, collective=True, raw=raw)
    if given.lower() == "null":
        given = ""
    particle, family = _leading_particle(family)
    if not particle:
        given, particle = _trailing_particle(given)
    return Author(family, given, particle, raw=raw)


def _without_comma(words: list[str], raw: str, style: NameStyle) -> Author:
    if words[0].lower() == "null":
        words = words[1:] or words
        style = NameStyle.GIVEN_FIRST if words[0].lower() in _PARTICLES else style
    if len(words) == 1:
        return Author(words[0], raw=raw)
    split = _by_initials(words)
    if split is None:
        split = _by_style(words, style)
    family_words, given = split
    particle, family = _leading_particle(" ".join(family_words))
    return Author(family, " ".join(given), particle, raw=raw)


def _by_initials(words: list[str]) -> tuple[list[str], list[str]] | None:
    """(family, given) where one end of the name is initials: ``Yang Z.``, ``H. -x. Ji``, ``van den Berg RA``."""
    leading = _count_initials(words)
    trailing = _count_initials(words[::-1])
    suffix = 0
    if not trailing and len(words) > 2 and _SUFFIX.match(words[-1]):
        suffix = 1
        trailing = _count_initials(words[-2::-1])
    if trailing and not leading and trailing + suffix < len(words):
        cut = len(words) - trailing - suffix
        return words[:cut], words[cut:]
    if leading and not trailing and leading < len(words):
        return words[leading:], words[:leading]
    return None


def _count_initials(words: list[str]) -> int:
    count = 0
    for word in words:
        is_name = len(word) > 8 or not _UPPER_INITIALS.match(word) or (len(word) > 2 and word[1:].islower())
        if is_name and not (count and re.match(r"^-?[a-zA-Z]\.$", word)):
            break
        count += 1
    return count


def _by_style(words: list[str], style: NameStyle) -> tuple[list[str], list[str]]:
    if style is NameStyle.FAMILY_FIRST and words[0].lower() not in _PARTICLES:
        return words[:1], words[1:]
    if style is NameStyle.FAMILY_FIRST:
        cut = next((i for i, word in enumerate(words) if word.lower() not in _PARTICLES), 0) + 1
        return words[:cut], words[cut:]
    suffix = words.pop() if len(words) > 2 and _SUFFIX.match(words[-1]) else ""
    cut = len(words) - 1
    while cut > 1 and words[cut - 1] in _PARTICLES:
        cut -= 1
    return words[cut:], [*words[:cut], suffix] if suffix else words[:cut]


def _leading_particle(family: str) -> tuple[str, str]:
    if not family[:1].islower() and not family.startswith("'"):
        return "", family
    words = family.split()
    cut = 0
    while cut < len(words) - 1 and words[cut] in _PARTICLES:
        cut += 1
    return " ".join(words[:cut]), " ".join(words[cut:])


def _trailing_particle(given: str) -> tuple[str, str]:
    words = given.split()
    cut = len(words)
    while cut > 1 and words[cut - 1] in _PARTICLES:
        cut -= 1
    return " ".join(words[:cut]), " ".join(words[cut:])


def split_names(text: str) -> list[str]:
    """The names of a field that holds several: parted by ``;``, by `` and ``, by ``|``, or by commas between whole names."""
    for separator in (";", "|", "\n"):
        if separator in text:
            return [name.strip() for name in text.split(separator) if name.strip()]
    if " and " in text and not _COLLECTIVE.search(text):
        return [name.strip(" ,") for name in re.split(r"\s+and\s+|,\s+and\s+", text) if name.strip(" ,")]
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if len(pieces) > 2 or (len(pieces) == 2 and all(" " in piece for piece in pieces)):
        return _comma_names(pieces)
    return [text.strip()] if text.strip() else []


def _comma_names(pieces: list[str]) -> list[str]:
    """``Yang Z., Jiang B.`` is two names; ``Yang, Z., Jiang, B.`` is two as well."""
    initials = [
        bool(_INITIALS.match(piece.replace(" ", "")) and piece[:1].isupper() and len(piece) <= 8) for piece in pieces
    ]
    if len(pieces) % 2 == 0 and all(initials[1::2]) and not any(initials[0::2]):
        return [f"{family}, {given}" for family, given in zip(pieces[0::2], pieces[1::2], strict=True)]
    return pieces
