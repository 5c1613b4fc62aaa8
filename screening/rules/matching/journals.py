"""Journal and proceedings names: abbreviated, contracted, as acronyms, with subtitles, in two languages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from screening.rules.matching.text import plain, words

Name = tuple[str, ...]
_STOP_WORDS = frozenset(
    ["a", "an", "and", "de", "del", "der", "des", "di", "die", "du", "e", "el", "en", "et", "for", "fur", "in", "la", "le", "les", "los", "of",
     "on", "online", "print", "the", "to", "und", "with", "y", "zu"]
)  # fmt: skip
_ALTERNATIVES = re.compile(r"\s+-\s+|\s*[=/;|]\s*|\s*\[|\]\s*|\s+: ?|: |\. |\s*\(|\)\s*")
# What tells one year's meeting from the next, or says only that these are proceedings.
_YEARLY = frozenset(
    ["annual", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
     "thirteenth", "fourteenth", "fifteenth", "sixteenth", "twenty", "thirty", "forty", "fifty", "proceedings", "proc"]
)  # fmt: skip
_ORDINAL = re.compile(r"^\d+(?:st|nd|rd|th)?$")
_NOT_A_NAME = re.compile(r"^(?:conference|electronic resource|online|print|\d{4}|official .*)$")
_ELISION = re.compile(r"\b[dl]'(?=\w)")
_NO_MATCH = 99


@dataclass(frozen=True, slots=True)
class JournalNames:
    """The names one field holds, as their telling words in order: `main` the whole and its first part, `other` the rest.

    `cut`: the source broke the name off ("Journal of Everyday …").
    """

    main: tuple[Name, ...] = ()
    other: tuple[Name, ...] = ()
    cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.main)


def journal_names(raw: str) -> JournalNames:
    """Read a journal or proceedings field.

    "Ai zheng = Aizheng = Chinese journal of cancer" holds three names; "BJOG: an international journal" holds two.
    """
    cut = raw.rstrip().endswith(("…", "..."))
    text = _ELISION.sub("", re.sub(r"(?<=\w)\?(?=\w)", "", plain(raw.strip().strip('"'))))
    parts = [part for part in _ALTERNATIVES.split(text) if part and not _NOT_A_NAME.match(part)]
    main = _names([text, *parts[:1]])
    other = _names(parts[1:])
    return JournalNames(main, tuple(name for name in other if name not in main), cut)


def _names(parts: list[str]) -> tuple[Name, ...]:
    names = [tuple(w for w in words(part.replace("'", "")) if w not in _STOP_WORDS) for part in parts]
    names += [tuple(w for w in name if not _ORDINAL.match(w) and w not in _YEARLY) for name in names]
    return tuple(dict.fromkeys(name for name in names if len("".join(name)) > 1))


def same_journal(a: JournalNames, b: JournalNames) -> str:
    """ "same", "unclear" (one name could be short for the other) or "differ", by the closest two names.

    Two secondary names are not compared: different journals print abstracts of one conference.
    """
    if a is b and a.main:
        return "same"
    if (a.cut and _begins(a.main, b.main)) or (b.cut and _begins(b.main, a.main)):
        return "same"
    levels = {same_name(x, y) for x in a.main for y in (*b.main, *b.other)}
    if "same" not in levels:
        levels |= {same_name(x, y) for x in a.other for y in b.main}
    return next((level for level in ("same", "unclear") if level in levels), "differ")


def _begins(cut: tuple[Name, ...], whole: tuple[Name, ...]) -> bool:
    """Whether a name that was broken off begins a whole one, word by word, in full or abbreviated."""
    return any(x and len(x) <= len(y) and all(map(_stands_for, x, y)) for x in cut for y in whole)


def same_name(a: Name, b: Name) -> str:
    """ "same", "unclear" or "differ" for two names as their telling words: equal, abbreviated word by word, or acronym."""
    glued_a, glued_b = "".join(a), "".join(b)
    if glued_a == glued_b:
        return "same"
    short, full = (a, b) if (len(glued_a), a) <= (len(glued_b), b) else (b, a)
    if len(short) == 1:
        return _one_word(short[0], full)
    skipped = min(abbreviates(short, full), abbreviates(full, short))
    if skipped < _NO_MATCH:
        return "same" if skipped == 0 else "unclear"
    return "same" if is_acronym("".join(short), full) and len("".join(short)) >= 8 else "differ"


def _one_word(short: str, full: Name) -> str:
    if is_acronym(short, full) and len(short) >= 3:
        return "same"
    if len(short) >= 3 and full[0].startswith(short):
        return "same" if len(full) == 1 else "unclear"
    return "unclear" if len(full) == 1 and _stands_for(short, full[0]) else "differ"


def abbreviates(short: Name, full: Name) -> int:
    """How many words of `full` are left over when each word of `short` stands, cut or contracted, for one of `full`.

    The order must be kept, and the first words must match; 99 where it cannot be done.
    """
    if not short or len(short) > len(full) or not _stands_for(short[0], full[0]):
        return _NO_MATCH
    place, skipped = 1, 0
    for word in short[1:]:
        while place < len(full) and not _stands_for(word, full[place]):
            place += 1
            skipped += 1
        if place == len(full):
            return _NO_MATCH
        place += 1
    return skipped + len(full) - place


def _stands_for(short: str, full: str) -> bool:
    if full.startswith(short):
        return True
    if len(short) < 2 or short[0] != full[0] or len(short) >= len(full):
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def is_acronym(short: str, full: Name) -> bool:
    """Whether `short` is made of the beginnings of all words of `full` in order ("amcis", "jthoraccardiovascsurg")."""
    ends = {0}
    for word in full:
        grown = set()
        for end in ends:
            size = 0
            while size < len(word) and end + size < len(short) and short[end + size] == word[size]:
                size += 1
                grown.add(end + size)
        ends = grown
        if not ends:
            return False
    return len(short) in ends and len(full) > 1
