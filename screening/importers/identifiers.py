"""DOIs, PubMed numbers, ISSN, ISBN, addresses, dates and pages out of the many ways in which sources write them."""

import re
from functools import lru_cache
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"\u201c\u201d|\\{}]+", re.IGNORECASE)
_SHORT_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10/[a-z0-9]{3,10})$", re.IGNORECASE)
_DOI_TAIL = re.compile(r"(?:\[doi\]|\(doi\)|</?[a-z]+/?>)$", re.IGNORECASE)
_PMID = re.compile(r"(?<!\d)(\d{1,8})(?!\d)")
_PMCID = re.compile(r"PMC\d{3,9}", re.IGNORECASE)
_ISSN = re.compile(r"(?<![\dX-])(\d{4})-?(\d{3}[\dXx])(?![\dX])")
_ISBN = re.compile(r"(?<![\dX-])(?:97[89][- ]?)?(?:\d[- ]?){9}[\dXx](?![\dX])")
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d|2100)(?!\d)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier", "feb february februar fevrier", "mar march märz mars", "apr april avril", "may mai",
            "jun june juni juin", "jul july juli juillet", "aug august août", "sep sept september septembre",
            "oct october okt oktober octobre", "nov november novembre", "dec december dez dezember decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_NUMERIC_DATE = re.compile(r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[-/.T ]*|[ T]\d\d:\d\d.*|/.*)$")
_COMPACT_DATE = re.compile(r"^(1[5-9]\d\d|20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
_YEAR_MONTH = re.compile(r"^(\d{4}),?[ /-]([^\W\d]+)\.?(?:[ /-](\d{1,2}))?\b(?![-/])")
_MONTH_YEAR = re.compile(r"^(?:(\d{1,2})[ .-]{1,2})?([^\W\d]+)\.?(?: (\d{1,2}),)?,?[ -](\d{4})$")


def find_doi(text: str) -> str:
    """The first DOI in ``text``, bare and in lower case; empty if there is none."""
    if "10" not in text:
        return ""
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    if "%" in text:
        text = unquote(text)
    match = _DOI.search(text)
    if match is None:
        short = _SHORT_DOI.match(text.strip())
        return short.group(1).lower() if short else ""
    doi = _DOI_TAIL.sub("", match.group())
    doi = doi.partition("&")[0] if "://" in text and "doi.org/" not in text.lower() else doi
    return _without_tail(doi).lower()


def _without_tail(doi: str) -> str:
    """Punctuation of the sentence around it; a closing bracket stays where it was opened inside the DOI."""
    while doi:
        last = doi[-1]
        if (
            last in ".,;:'’\""
            or (last == ")" and doi.count("(") < doi.count(")"))
            or (last == "]" and doi.count("[") < doi.count("]"))
            or (last == ">" and doi.count("<") < doi.count(">"))
        ):
            doi = doi[:-1]
        else:
            break
    return doi


def find_pmid(text: str) -> str:
    """A PubMed number: 1-8 digits."""
    match = _PMID.search(text)
    return match.group(1).lstrip("0") if match else ""


def find_pmcid(text: str) -> str:
    """``PMC1234567``."""
    match = _PMCID.search(text)
    return match.group().upper() if match else ""


def find_issns(text: str) -> list[str]:
    """Every ISSN, as ``1234-567X``."""
    return [f"{left}-{right.upper()}" for left, right in _ISSN.findall(text)]


def find_isbns(text: str) -> list[str]:
    """Every ISBN of 10 or 13 digits, without hyphens."""
    return [re.sub(r"[- ]", "", found).upper() for found in _ISBN.findall(text)]


@lru_cache(maxsize=4096)
def find_serials(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ISSNs and ISBNs of a field that may hold either."""
    isbns = find_isbns(text)
    rest = _ISBN.sub(" ", text) if isbns else text
    return tuple(find_issns(rest)), tuple(isbns)


def find_urls(text: str) -> list[str]:
    """Addresses a browser may be sent to: http, https, ftp. A ``javascript:`` address is not one."""
    if "://" not in text:
        bare = text.strip()
        return [f"https://{bare}"] if bare.lower().startswith("www.") and " " not in bare else []
    return [
        url.rstrip(".,;)>]'") if url.count("(") < url.count(")") else url.rstrip(".,;>]'") for url in _URL.findall(text)
    ]


@lru_cache(maxsize=4096)
def find_year(text: str) -> int | None:
    """The first year 1500-2100. ``0000``, ``20l9``, ``99`` and ``3019`` are none."""
    match = _YEAR.search(text)
    if match is None:
        compact = _COMPACT_DATE.match(text.strip())
        return int(compact.group(1)) if compact else None
    return int(match.group(1))


@lru_cache(maxsize=4096)
def iso_date(text: str) -> str:
    """``2019-03-07``, ``2019-03`` or ``2019`` where the date is certain, else the text as given."""
    text = text.strip()
    numeric = _COMPACT_DATE.match(text) or _NUMERIC_DATE.match(text)
    if numeric:
        return _iso(numeric.group(1), numeric.group(2), numeric.group(3)) or text
    named = _YEAR_MONTH.match(text)
    if named:
        return _iso(named.group(1), _month(named.group(2)), named.group(3)) or text
    named = _MONTH_YEAR.match(text)
    if named:
        return _iso(named.group(4), _month(named.group(2)), named.group(1) or named.group(3)) or text
    return text


def _month(name: str) -> str:
    return str(_MONTHS.get(name.lower(), 99))


def _iso(year: str, month: str | None, day: str | None) -> str:
    if not month or month == "0" or month == "00":
        return year
    if not 1 <= int(month) <= 12:
        return ""
    if not day or int(day) == 0:
        return f"{year}-{int(month):02d}"
    if int(day) > 31:
        return ""
    return f"{year}-{int(month):02d}-{int(day):02d}"


def join_pages(start: str, end: str) -> str:
    """``523`` and ``31`` give ``523-31`` as written: what was abbreviated stays so."""
    start, end = start.strip(), end.strip()
    if not end or end == start or "-" in start or "–" in start:
        return start or end
    return f"{start}-{end}" if start else end
