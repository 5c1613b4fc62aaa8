"""Text brought to a common form: titles, names, journals, pages, identifiers as different databases write them."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

from anyascii import anyascii

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,40}>")
_LATEX_COMMAND = re.compile(r"\\(?:text|math|em|bf|it|rm|sf|tt)[a-z]*\s*|\\[`'^\"~=.uvHcdbkrt](?=\W|[a-zA-Z]\b)")
_LATEX_SYMBOL = re.compile(r"\\([a-zA-Z]+)\s?")
_LATEX_NOISE = re.compile(r"[{}$\\]")
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "ß": "ss",
}  # fmt: skip
_GREEK_TABLE = str.maketrans(_GREEK | {k.upper(): v for k, v in _GREEK.items() if k.upper() != k and k != "ß"})
_GREEK_LETTER = re.compile(r"[Ͱ-Ͽ]")
_WORD = re.compile(r"[a-z0-9]+")
_DAMAGED = ("#NAME?", "#VALUE!", "#REF!", "#N/A")


def repair_mojibake(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or Latin-1, read again; the text itself where that fails."""
    if "Ã" not in text and "â" not in text and "Â" not in text:
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def plain(text: str) -> str:
    """ASCII in lower case, without markup: entities, tags, LaTeX, diacritics and foreign scripts resolved."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _TAG.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", repair_mojibake(text))
        if len(_GREEK_LETTER.findall(text)) * 3 < len(text):
            text = text.translate(_GREEK_TABLE)
        text = anyascii(text)
    if "\\" in text or "$" in text or "{" in text:
        text = _LATEX_NOISE.sub("", _LATEX_SYMBOL.sub(r"\1", _LATEX_COMMAND.sub("", text)))
    return text.lower()


def words(text: str) -> list[str]:
    """The runs of ASCII letters and digits of a text that `plain` has seen."""
    return _WORD.findall(text)


_LANGUAGES = (
    "english|french|german|spanish|italian|portuguese|chinese|japanese|korean|russian|polish|czech|danish|dutch|finnish|swedish|"
    "norwegian|hungarian|turkish|persian|hebrew|arabic|greek|croatian|serbian|slovak|slovenian|romanian|bulgarian|ukrainian|"
    "catalan|icelandic|lithuanian|estonian|thai"
)
# Notes that databases hang onto a title. They say something about the record, they are not part of the title.
_NOTE = re.compile(
    rf"""
    \s*[\[(]\s*(?:erratum|corrigendum|correction|retraction)\ (?:appears|published)\ in\b.*$
  | \s*[\[(]\s*(?:
        (?:erratum|corrigendum|correction|retraction|comment|see\ comments?|update|republished)\s(?:appears\ |published\ )?(?:in|for|of|from)\b[^\])]*
      | (?:see\ comments?|comments?|comment|review|reviews?|article|articulo|original\ article|research\ article|article\ in\ press|corrected|letter|editorial|note|proceeding|
           meeting\ abstract|conference\ abstract|conference\ paper|in\ process\ citation|record\ supplied\ by\ publisher|
           provisional\ abstract|structured\ abstract|abstract|abstract\ only|miscellaneous|print|online|epub|preprint)
      | (?:article|text|abstract|review)?\s*(?:in|originally\ in)?\s*(?:{_LANGUAGES})(?:\s*(?:,|and|&)\s*(?:{_LANGUAGES}))*
      | \d+\ (?:refs?|references)
    )\s*\.?\s*[\])]
    """,
    re.VERBOSE,
)
# A magazine's department after the title: "The all-seeing employer - [Careers]".
_DEPARTMENT = re.compile(r"(?<=\w{3}) ?-? ?\[[a-z]+(?: [a-z]+){0,2}\]$")
_LANGUAGE_TAIL = re.compile(rf"[.?!]\s*(?:{_LANGUAGES})\s*\.?\s*$")
_ERRATUM_SOURCE = re.compile(
    r"\(\s*(?:retraction of |correction of )?vol\.? ?[\w ]+, ?(?:(?:pg|p|pp|art\.? ?no|no|issue|iss)\.? ?[\w\-. ]+,? ?)*(?:\d{4})?\s*\)"
)


def clean_title(raw: str) -> tuple[str, bool]:
    """A title in plain ASCII without databases' notes; and whether it cites another article's volume (an erratum's habit).

    A title that a spreadsheet destroyed ("#NAME?") counts as empty.
    """
    text = raw.strip()
    if text in _DAMAGED:
        return "", False
    text = plain(text)
    cites = False
    if "(" in text or "[" in text:
        text = _NOTE.sub(" ", text)
        shortened = _ERRATUM_SOURCE.sub(" ", text)
        cites = shortened != text
        text = shortened
    text = _DEPARTMENT.sub("", text) if text.endswith("]") else text
    return _LANGUAGE_TAIL.sub("", text).strip(" \"'[]().;:,*"), cites


_DOI = re.compile(r"10\.\d{4,9}/\S+")
# The check part of a DOI made from a serial item identifier ("…3.0.co;2-v") differs between print and online.
_SICI_TAIL = re.compile(r"\d\.\d\.(?:co|tx);2-.$")


def clean_doi(raw: str) -> str:
    """A DOI in lower case without resolver, prefix or trailing punctuation; empty when there is none."""
    text = html.unescape(raw) if "&" in raw else raw
    found = _DOI.search((unquote(text) if "%" in text else text).lower())
    if not found:
        return ""
    doi = _SICI_TAIL.sub("", found[0]).split("?", 1)[0].rstrip(".,;\"'")
    return doi[:-1] if doi.endswith(")") and doi.count("(") < doi.count(")") else doi


def clean_pmid(raw: str) -> str:
    """The digits of a PubMed identifier; empty for anything that is none (1 to 8 digits)."""
    digits = "".join(re.findall(r"\d+", raw)[:1])
    return digits.lstrip("0") if len(digits) <= 8 else ""


_ISBN = re.compile(r"\b(?:97[89][- ]?)?(?:\d[- ]?){7,9}[\dXx]\b")


def clean_isbns(raw: str) -> frozenset[str]:
    """The ISSNs (8 characters) and ISBNs (10 or 13) named in a field, without hyphens."""
    return frozenset(re.sub(r"[- ]", "", found).upper() for found in _ISBN.findall(raw))


_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_EXCEL_DATE = re.compile(r"^(\d{1,2})-([a-z]{3})$")
_EXCEL_DATE_BACK = re.compile(r"^([a-z]{3})-(\d{1,2})$")
# "Suppl-12" and "Pt-8" are what is left of "Suppl:S109-12" and "Pt 1:2665-8": the start is lost.
_CUT_START = re.compile(r"^(?:suppl?|pt?|t|part)\.?[ :.-]*-? ?\d{1,3}$")
_SPACED_PREFIX = re.compile(r"^(?:pp?\.? ?)?([a-z]{1,5})[ .-]+(\d)")
_PAGE = re.compile(r"^(?:pp?\.?\s?)?((?:\d?[a-z]{1,5})?)[\s.:]*0*(\d+)([a-z]{0,2})(?:\.e\d+)?$")
_DASH = re.compile(r"\s*(?:-+|[‐-―−~])+\s*")


_ROMAN = {
    ten + one: 10 * tens + ones
    for tens, ten in enumerate(("", "x", "xx", "xxx", "xl", "l"))
    for ones, one in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens or ones
}
_FRONT_MATTER = 1_000_000  # pages in Roman numerals stand apart from all others


class Pages:
    """Where an article stands: `first` and `last` page numbers (0 = unknown), `prefix` letters ("s", "e", "viii" …), `raw` forms."""

    __slots__ = ("first", "is_range", "last", "numbers", "prefix")

    def __init__(self, raw: str) -> None:
        text = raw.strip().lower().strip("\"'. ")
        text = _undo_spreadsheet_date(text)
        if _CUT_START.match(text):
            text = ""
        text = _SPACED_PREFIX.sub(r"\1\2", text)
        parts = _DASH.split(re.split(r"[,;+ ]", text, maxsplit=1)[0].strip(), maxsplit=1)
        self.prefix, self.first = _page_number(parts[0])
        last = _page_number(parts[1])[1] if len(parts) > 1 else 0
        self.last = _complete_last(self.first, last)
        self.is_range = self.last > self.first > 0
        self.numbers = frozenset(map(int, re.findall(r"\d{1,7}", text)))

    def __bool__(self) -> bool:
        return self.first > 0


def _undo_spreadsheet_date(text: str) -> str:
    if found := _EXCEL_DATE.match(text):
        return f"{int(found[1])}-{_MONTHS[found[2]]}" if found[2] in _MONTHS else text
    if found := _EXCEL_DATE_BACK.match(text):
        return f"{_MONTHS[found[1]]}-{int(found[2])}" if found[1] in _MONTHS else text
    return text


def _page_number(text: str) -> tuple[str, int]:
    text = text.strip()
    if text in _ROMAN:
        return "", _FRONT_MATTER + _ROMAN[text]
    found = _PAGE.match(text)
    return (found[1], int(found[2][:9])) if found else ("", 0)


def _complete_last(first: int, last: int) -> int:
    """The end of a range in full: "123-9" ends on 129. An end that is not after the start counts as unknown."""
    if 0 < last < first:
        head, tail = str(first), str(last)
        last = int(head[: len(head) - len(tail)] + tail)
    return last if last >= first else 0


# "36 (SUPPL.2)", "6 (9) (no pagination)", "Current Topics. 4"; "1)" is what is left of "23 Suppl (1)" and says nothing.
_VOLUME = re.compile(r"^\D*?(\d+)(?!\s*\)\s*$)(?:\s*\(\s*([^()]*\d[^()]*)\))?")
_PART_OF = re.compile(r"\b(?:part|pt|section|sect)\.? ?\d+\b\.?", re.IGNORECASE)
_MONTH_ISSUE = re.compile(r"^(?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?: \d{1,2})?$")


def volume_and_issue(volume: str, issue: str) -> tuple[int, str]:
    """Volume as a number (0: not told) and issue in letters and digits, whichever field they were written into."""
    found = _VOLUME.match(_PART_OF.sub("", volume.strip()))
    number = int(found[1][:9]) if found else _ROMAN.get(volume.strip().lower(), 0)
    text = issue.lower().strip() or ((found[2] or "") if found else "").lower()
    text = _undo_spreadsheet_date(text)
    if _MONTH_ISSUE.match(text):
        text = ""
    text = text.replace("supplement", "suppl").replace("suppl", "s").replace("part", "").replace("pt", "")
    return number, "".join(c for c in text if c.isalnum()).lstrip("0")


_JOURNAL_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "de",
        "der",
        "des",
        "di",
        "die",
        "du",
        "e",
        "et",
        "for",
        "fur",
        "in",
        "la",
        "le",
        "les",
        "of",
        "on",
        "online",
        "print",
        "the",
        "to",
        "und",
        "y",
        "zu",
        "del",
        "el",
        "en",
        "los",
        "und",
        "with",
    ]
)


_ALTERNATIVES = re.compile(r"\s+-\s+|\s*[=/;|]\s*|\s*\[|\]\s*|\s+: ?|: |\. |\s*\(|\)\s*")
# What tells one year's meeting from the next, or says only that these are proceedings.
_BARE_ORDINALS = frozenset(
    [
        "annual",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "twenty",
        "thirty",
        "forty",
        "fifty",
    ]
)
_ORDINAL = re.compile(r"^\d+(?:st|nd|rd|th)?$")
_NOT_A_NAME = re.compile(r"^(?:conference|electronic resource|online|print|\d{4}|official .*)$")
JournalNames = tuple[tuple[str, ...], ...]


def journal_names(raw: str) -> JournalNames:
    """The names a journal or proceedings field holds, each as its telling words in order: whole first, then its parts.

    "Ai zheng = Aizheng = Chinese journal of cancer" holds three; "BJOG: an international journal" holds two.
    """
    text = re.sub(r"(?<=\w)\?(?=\w)", "", plain(raw.strip().strip('"')))
    parts = [text, *_ALTERNATIVES.split(text)] if _ALTERNATIVES.search(text) else [text]
    names = [
        tuple(w for w in words(part.replace("'", "")) if w not in _JOURNAL_STOP)
        for part in parts
        if not _NOT_A_NAME.match(part)
    ]
    names += [_without_meeting(name) for name in names]
    return tuple(dict.fromkeys(name for name in names if name and len("".join(name)) > 1))


def _without_meeting(name: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(w for w in name if not _ORDINAL.match(w) and w not in _BARE_ORDINALS)
    if "proceedings" in kept or "proc" in kept:
        kept = tuple(w for w in kept if w not in ("proceedings", "proc"))
    return kept


def same_journal(a: JournalNames, b: JournalNames) -> str:
    """ "same", "unclear" (one name could be a longer one's short form) or "differ", by the closest two names."""
    best = "differ"
    for x in a:
        for y in b:
            level = same_name(x, y)
            if level == "same":
                return level
            if level == "unclear":
                best = level
    return best


def same_name(a: tuple[str, ...], b: tuple[str, ...]) -> str:
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


def _one_word(short: str, full: tuple[str, ...]) -> str:
    if is_acronym(short, full) and len(short) >= 3:
        return "same"
    if len(short) >= 3 and full[0].startswith(short):
        return "same" if len(full) == 1 else "unclear"
    return "unclear" if len(full) == 1 and _stands_for(short, full[0]) else "differ"


_NO_MATCH = 99


def abbreviates(short: tuple[str, ...], full: tuple[str, ...]) -> int:
    """How many inner words of `full` are skipped when each word of `short` stands, cut or contracted, for one of `full`.

    The order must be kept; words after the last match are not counted; 99 where it cannot be done.
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
    return skipped


def _stands_for(short: str, full: str) -> bool:
    if full.startswith(short):
        return True
    if len(short) < 2 or short[0] != full[0] or len(short) >= len(full):
        return False
    letters = iter(full)
    return all(letter in letters for letter in short)


def is_acronym(short: str, full: tuple[str, ...]) -> bool:
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
