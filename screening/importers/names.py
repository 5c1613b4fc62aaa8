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
_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚΑ-ΩА-Я"
_UPPER_INITIALS = re.compile(
    rf"-?[{_CAPITAL}](?:[.‐-]*-?[{_CAPITAL}]){{0,3}}\.?|[{_CAPITAL}][a-zà-ÿ]\.|-[a-z]\.|[{_CAPITAL}]\.-[a-z]\."
)
"""``A``, ``AB``, ``A.B.``, ``J.-P.``, ``Yu.``, ``-x.``; ``Ji`` and ``Li`` are names."""
_SUFFIX = re.compile(r"^(?:jr|sr|i{2,3}|iv|2nd|3rd|4th)\.?$", re.IGNORECASE)
_GROUP_WORDS = frozenset(
    "group groups consortium committee collaboration collaborative collaborators organization organisation investigators network "
    "society association institute institution institut department ministry university foundation council agency centre center "
    "party taskforce trialists initiative federation corporation company inc ltd gmbh commission team programme program study "
    "trial hospital college academy library office bureau service services unit board partnership alliance registry "
    "pharmaceutical pharmaceuticals laboratories anonymous press bank nations working".split()
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
_COMMON = re.compile(
    r"((?:(?:van|von|de|der|den|da|di|du|dos|del|la|le|ter|ten) )*)"
    r"([A-ZÀ-Þ][^\W\d_]+(?:-[^\W\d_]+)?), ([A-ZÀ-Þ][^\W\d_]*\.?(?:[ -]?[A-ZÀ-Þ][^\W\d_]*\.?){0,2})"
)
"""A family name and one to three given names or initials: most names, and nothing in them needs a closer look."""
_COMMON_SHORT = re.compile(r"[A-ZÀ-Þ][^\W\d_]*[a-zß-ÿ](?:-[^\W\d_]+)? [A-ZÀ-Þ]{1,3}")
"""``Griffin DK``: MEDLINE's way."""
_CJK = re.compile(r"^[一-鿿぀-ヿ가-힣·]+$")


def names_group(text: str) -> bool:
    """Whether a word of ``text`` is one that groups and institutions are called by."""
    return not _GROUP_WORDS.isdisjoint(text.lower().replace(",", " ").replace(".", " ").replace("(", " ").split())


@lru_cache(maxsize=16384)
def parse_author(raw: str, style: NameStyle = NameStyle.FAMILY_FIRST) -> Author | None:
    """One name; ``None`` for nothing, a lone comma or the word null."""
    common = _COMMON.fullmatch(raw)
    if common and raw[-2:] not in _DEGREE_TAILS:
        particle, family, given = common.groups()
        return Author(family, given, particle[:-1], raw=raw)
    if _COMMON_SHORT.fullmatch(raw):
        family, _, given = raw.partition(" ")
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
    if names_group(name) and not (len(words) <= 3 and _UPPER_INITIALS.fullmatch(words[-1])):
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
    if names_group(name) and (len(parts) > 3 or " " in family or len(given.split()) > 3):
        return Author(name, collective=True, raw=raw)
    if given.lower() == "null":
        given = ""
    particle, family = _leading_particle(family)
    if not particle:
        given, particle = _trailing_particle(given)
    return Author(family, given, particle, raw=raw)


def _without_comma(words: list[str], raw: str, style: NameStyle) -> Author:
    if words[0].lower() == "null" and len(words) > 1:
        particle, family = _leading_particle(" ".join(words[1:]))
        return Author(family, "", particle, raw=raw)
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
    middle = [at for at in range(1, len(words) - 1) if _UPPER_INITIALS.fullmatch(words[at])]
    if middle and not trailing and not leading:
        return words[middle[-1] + 1 :], words[: middle[-1] + 1]
    return None


def _count_initials(words: list[str]) -> int:
    count = 0
    for word in words:
        if not _UPPER_INITIALS.fullmatch(word):
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
    if " and " in text and not names_group(text):
        return [name.strip(" ,") for name in re.split(r"\s+and\s+|,\s+and\s+", text) if name.strip(" ,")]
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if len(pieces) > 2 or (len(pieces) == 2 and all(" " in piece for piece in pieces)):
        return _comma_names(pieces)
    return [text.strip()] if text.strip() else []


def _comma_names(pieces: list[str]) -> list[str]:
    """``Yang Z., Jiang B.`` is two names; ``Yang, Z., Jiang, B.`` is two as well."""
    initials = [all(_UPPER_INITIALS.fullmatch(word) for word in piece.split()) for piece in pieces]
    if len(pieces) % 2 == 0 and all(initials[1::2]) and not any(initials[0::2]):
        return [f"{family}, {given}" for family, given in zip(pieces[0::2], pieces[1::2], strict=True)]
    return pieces
