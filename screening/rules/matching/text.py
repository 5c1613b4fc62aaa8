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


LANGUAGES = (
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
      | (?:article|text|abstract|review)?\s*(?:in|originally\ in)?\s*(?:{LANGUAGES})(?:\s*(?:,|and|&)\s*(?:{LANGUAGES}))*
      | \d+\ (?:refs?|references)
    )\s*\.?\s*[\])]
    """,
    re.VERBOSE,
)
# A magazine's department after the title: "The all-seeing employer - [Careers]".
_DEPARTMENT = re.compile(r"(?<=\w{3}) ?-? ?\[[a-z]+(?: [a-z]+){0,2}\]$")
_LANGUAGE_TAIL = re.compile(rf"[.?!]\s*(?:{LANGUAGES})\s*\.?\s*$")
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


_SIMPLE_DOI = re.compile(r"10\.\d{4,9}/[\w./()-]+$")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
# The check part of a DOI made from a serial item identifier ("…3.0.co;2-v") differs between print and online.
_SICI_TAIL = re.compile(r"\d\.\d\.(?:co|tx);2-.$")
# DOIs of an article's parts: figures and tables (PLOS, PeerJ), abstracts and digests (eLife).
_COMPONENT_TAIL = re.compile(r"(?<=\d)(?:\.[gts]\d{3}|/(?:fig|table|supp)-\d+)$|(?<=^10\.7554/elife\.\d{5})\.\d{3}$")
_COMPONENT_HINTS = ("g", "t", "s", ".")
_DOUBLED_PREFIX = re.compile(r"^(10\.\d{4,9}/)\1")


def clean_doi(raw: str) -> str:
    """A DOI in lower case without resolver, prefix or trailing punctuation; empty when there is none."""
    if raw.startswith("10.") and raw.isascii() and raw[-1].isalnum() and _SIMPLE_DOI.match(raw):
        return _of_the_whole(raw.lower())
    text = html.unescape(raw) if "&" in raw else raw
    found = _DOI.search((unquote(text) if "%" in text else text).lower())
    if not found:
        return ""
    doi = _SICI_TAIL.sub("", found[0]).split("?", 1)[0].rstrip(".,;\"'")
    return _of_the_whole(doi[:-1] if doi.endswith(")") and doi.count("(") < doi.count(")") else doi)


def _of_the_whole(doi: str) -> str:
    """The DOI of the article where one of its parts is named; a prefix written twice once."""
    if "/10." in doi:
        doi = _DOUBLED_PREFIX.sub(r"\1", doi)
    return _COMPONENT_TAIL.sub("", doi) if doi[-4:-3] in _COMPONENT_HINTS or "-" in doi[-4:] else doi


def clean_pmid(raw: str) -> str:
    """The digits of a PubMed identifier; empty for anything that is none (1 to 8 digits)."""
    digits = "".join(re.findall(r"\d+", raw)[:1])
    return digits.lstrip("0") if len(digits) <= 8 else ""


_ISBN = re.compile(r"\b(?:97[89][- ]?)?(?:\d[- ]?){7,9}[\dXx]\b")
_WHOLE_NUMBER = re.compile(r"\d{7}[\dX]|\d{9}[\dX]|97[89]\d{10}")
_BETWEEN_NUMBERS = re.compile(r"[\s;,|()]+")


def clean_isbns(raw: str) -> frozenset[str]:
    """The ISSNs (8 characters) and ISBNs (13 digits) named in a field, without hyphens; several may stand in any order,
    separated by spaces, commas or semicolons. An ISBN of 10 characters is written as one of 13."""
    parts = [part.replace("-", "").upper() for part in _BETWEEN_NUMBERS.split(raw)]
    found = [part for part in parts if _WHOLE_NUMBER.fullmatch(part)]
    if not found:
        found = [re.sub(r"[- ]", "", number).upper() for number in _ISBN.findall(raw)]
    return frozenset(map(_thirteen_digits, found))


def _thirteen_digits(number: str) -> str:
    if len(number) != 10:
        return number
    digits = f"978{number[:9]}"
    check = -sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits)) % 10
    return f"{digits}{check}"
