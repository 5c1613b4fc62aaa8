"""What a title says beyond its words: which part it is, what kind of notice, which numbers it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from screening.rules.matching.text import LANGUAGES

STOP_WORDS = frozenset(
    ["a", "an", "and", "are", "as", "at", "be", "by", "de", "des", "der", "die", "das", "del", "der", "di", "do", "does", "during", "el", "en", "et", "for", "from", "h", "has", "have", "how", "i", "ii", "iii", "in", "into", "is", "it", "its", "la", "le", "les", "los", "of", "on", "or", "s", "t", "that", "the", "their", "this", "to", "und", "une", "un", "use", "using", "versus", "vs", "was", "were", "what", "when", "which", "who", "with", "without", "y", "e", "o", "a", "t", "du", "da", "dos", "im", "zur", "zum", "von"]
)  # fmt: skip
_NOTICES = (
    ("erratum", re.compile(r"^(?:author |publisher |publishers? )?(?:erratum|errata|corrigend\w+|corrections?)\b(?: (?:to|for|in|of|on)\b|:|$|\.)|\b(?:erratum|corrigendum)\b|^corrections? ?[:.]|\bcorrection$")),
    ("retraction", re.compile(r"^(?:notice of )?retraction(?: note| notice)?(?:\b(?: of| to| for)|:|$)|^withdrawal notice|^statement of retraction|^retraction\b")),
    ("concern", re.compile(r"expression of concern")),
    ("reply", re.compile(r"^(?:the )?(?:authors?'?s?'? |in )?(?:reply|response)\b(?: to|:|$)|^(?:author|authors|authors'|author's) (?:reply|response)|\bauthor'?s'? (?:reply|response)s?$|^re ?:|^in reply|\breply$|: reply\b")),
    ("comment", re.compile(r"^(?:invited )?comment(?:ary)?(?:s)? ?(?:on|to|:)|\bcomment(?:ary)? on\b|^letter (?:to the editor|by)|^editorial comment|: (?:a )?comment(?:ary)?$|^discussion of\b")),
    ("protocol", re.compile(r"\bprotocol\b(?! (?:driven|based|compliance|violation))")),
    ("update", re.compile(r"\bupdat(?:e|ed|ing)\b")),
)  # fmt: skip
# Nearly all titles hold none of these, and need no closer look.
_HINT = re.compile(
    r"errat|corrig|correction|retract|withdrawal|concern|repl|response|\bre\b|comment|letter|discussion|protocol|updat"
)
# Words of titles that come back issue after issue, year after year.
_SERIES = re.compile(
    r"\b(?:editor(?:s|ial|ials)?|preface|foreword|introduction|letters?|reply|replies|remarks|comments?|obituary|in memoriam|news|announcements?|book reviews?|"
    r"abstracts|proceedings|mini-?track|calendar|table of contents|subject index|author index|presidential|annual (?:meeting|report|congress)|congress|"
    r"from the|in this issue|highlights|instructions (?:to|for)|acknowledge?ments?|reviewers|errata|erratum|case records|images? in|quiz|q&a|journal club|"
    r"welcome|message from|symposium|conference|workshop)\b"
)
_PART = re.compile(
    r"\b(?:part|pt|section|chapter|paper|study|experiment|volume|teil|partie|parte|lesson|module|report)s?\.? ?(?:no\.? ?)?(\d{1,3}|[ivx]{1,5}|[a-h]|one|two|three|four|five|six)\b"
)
_TRAILING_ROMAN = re.compile(r"[\s:.,(-](ii|iii|iv|vi|vii|viii|ix|xi|xii|i|v|x)[).]?(?=[:.]|$)")
_ROMAN_WORD = re.compile(r"\b(ii|iii|iv|vi|vii|viii|ix|xi|xii)\b")
_VALUES = {
    w: i
    for i, w in enumerate(
        ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"], start=1
    )
}
_VALUES |= {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6} | {
    c: 100 + i for i, c in enumerate("abcdefgh", start=1)
}
_VALUES["i"], _VALUES["v"], _VALUES["x"] = 1, 5, 10
_LONG = 9
_LANGUAGE_NAMED = re.compile(rf"[.?!]\s*(?!english)(?:{LANGUAGES})\s*\.?\s*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """Markers of one title: kinds of notice, part numbers, all numbers named, its telling words in
    order, and whether it is of a kind that many issues repeat."""

    notices: frozenset[str]
    parts: frozenset[int]
    numbers: frozenset[int]
    content: tuple[str, ...]
    series: bool


_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "for",
        "with",
        "from",
        "to",
        "by",
        "an",
        "after",
        "during",
        "between",
        "among",
        "their",
        "its",
        "using",
        "study",
    ]
)
_OTHER_LANGUAGES = frozenset(
    [
        "der",
        "die",
        "das",
        "des",
        "dem",
        "und",
        "fur",
        "fuer",
        "von",
        "vom",
        "zur",
        "zum",
        "bei",
        "mit",
        "eine",
        "einer",
        "eines",
        "ein",
        "auf",
        "durch",
        "nach",
        "uber",
        "ueber",
        "zu",
        "im",
        "als",
        "le",
        "la",
        "les",
        "du",
        "de",
        "et",
        "une",
        "dans",
        "chez",
        "sur",
        "par",
        "aux",
        "au",
        "pour",
        "avec",
        "el",
        "los",
        "las",
        "del",
        "y",
        "con",
        "por",
        "para",
        "una",
        "sobre",
        "segun",
        "entre",
        "il",
        "della",
        "delle",
        "dei",
        "degli",
        "nel",
        "nella",
        "e",
        "con",
        "per",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "em",
        "na",
        "nos",
        "uma",
        "com",
        "het",
        "een",
        "van",
        "bij",
        "voor",
        "och",
        "av",
        "hos",
        "med",
        "i",
        "og",
    ]
)
_TRANSLATED = re.compile(r"^\s*\[.*\]\W*$|<original>|\(author'?s transl\)", re.IGNORECASE | re.DOTALL)


def title_language(raw: str, tokens: tuple[str, ...]) -> str:
    """ "translated" by the marks that databases give ("[Title]", "Title. German"), else "english", "other" or "" (unknown)
    by the small words."""
    if _TRANSLATED.search(raw) or _LANGUAGE_NAMED.search(raw):
        return "translated"
    english = sum(t in _ENGLISH for t in tokens)
    other = sum(t in _OTHER_LANGUAGES for t in tokens)
    if english == other:
        return ""
    return "english" if english > other else "other"


def title_facts(title: str, tokens: tuple[str, ...], cites_another: bool) -> TitleFacts:
    """The markers of a title as `clean_title` leaves it; `cites_another` makes it an erratum."""
    notices = {name for name, pattern in _NOTICES if pattern.search(title)} if _HINT.search(title) else set()
    if cites_another:
        notices.add("erratum")
    parts = {_value(found) for found in _PART.findall(title)}
    parts |= {_value(found) for found in _TRAILING_ROMAN.findall(title)}
    numbers = {int(d[:9]) for d in _DIGITS.findall(title)} | {_value(r) for r in _ROMAN_WORD.findall(title)} | parts
    numbers |= {_ORDINALS[t] for t in tokens if t in _ORDINALS}
    content = tuple(t for t in tokens if t not in STOP_WORDS and not t.isdigit())
    series = len(content) < 2 or (len(content) < _LONG and bool(_SERIES.search(title)))
    return TitleFacts(frozenset(notices), frozenset(parts), frozenset(numbers), content, series)


def _value(word: str) -> int:
    return int(word) if word.isdigit() else _VALUES.get(word, 0)


def unmatched_words(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Telling words of each title that have no partner in the other, spelling, endings and joining allowed."""
    only_a, only_b = _without(a, b), _without(b, a)
    if not only_a or not only_b:
        glued_a, glued_b = "".join(a), "".join(b)
        return [w for w in only_a if w not in glued_b], [w for w in only_b if w not in glued_a]
    left_b = list(only_b)
    left_a = []
    for word in only_a:
        partner = next((w for w in left_b if _alike(word, w)), None)
        if partner is None:
            left_a.append(word)
        else:
            left_b.remove(partner)
    glued_a, glued_b = "".join(a), "".join(b)
    return [w for w in left_a if w not in glued_b], [w for w in left_b if w not in glued_a]


def _without(these: tuple[str, ...], those: tuple[str, ...]) -> list[str]:
    left = list(those)
    result = []
    for word in these:
        if word in left:
            left.remove(word)
        else:
            result.append(word)
    return result


def _alike(a: str, b: str) -> bool:
    """One word spelt two ways, but not hyper- for hypo-, pre- for post-: longer words may differ by two letters late on."""
    short = min(len(a), len(b))
    if short >= 4 and (a.startswith(b) or b.startswith(a)):
        return True
    if short < 5:
        return False
    distance = OSA.distance(a, b, score_cutoff=2)
    return distance <= 1 or (distance == 2 and short >= 8 and a[:4] == b[:4])
