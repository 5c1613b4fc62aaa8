"""MEDLINE tagged text (.nbib), as PubMed, PubMed Central (MEDLARS) and ERIC write it: four-letter tags, continuation lines indented,
entries parted by blank lines. ERIC has no PMID; PMC puts ``PMC`` before ``PMID``.
"""

import re

from screening.importers.build import Entry, Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) *- ?(.*)")
_BRACKET = re.compile(r"\s*\[([a-z]+)\]\s*$")

SPEC = Spec(
    targets={
        "title": ("TI", "BTI", "CTI", "@title"),
        "original_title": ("TT",),
        "author": ("@author",),
        "collective": ("CN",),
        "editor": ("FED", "ED"),
        "year": ("DP", "@year", "YR"),
        "date": ("DEP", "DP"),
        "journal": ("JT", "BTI", "@journal", "TA"),
        "journal_abbreviation": ("TA",),
        "volume": ("VI",),
        "issue": ("IP",),
        "pages": ("PG",),
        "abstract": ("AB", "OAB"),
        "doi": ("@doi",),
        "pmid": ("PMID",),
        "pmcid": ("PMC",),
        "accession": ("OID", "SI"),
        "serial": ("IS", "ISBN", "ISSN"),
        "keyword": ("MH", "OT"),
        "publication_type": ("@type", "PT"),
        "language": ("LA",),
        "url": ("@url",),
        "notes": ("GN",),
    },
    accession_sources={"OID": "ERIC", "SI": "Secondary source"},
    ignored=frozenset({"AU", "FAU", "AID", "LID", "PT"}),
    doi_hints=("SO", "AID", "LID"),
)


def _split() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        if line[:1] == " " or line[:2] == "\ufeff ":
            return None
        found = match(line)
        return (found.group(1), found.group(2)) if found else None

    return split


def _prepare(entry: Entry) -> None:
    fields = entry.fields
    for values in fields.values():
        for at, value in enumerate(values):
            if "\n" in value:
                values[at] = " ".join(value.split())
    _locations(entry)
    if "@doi" not in fields and "doi" in fields.get("SO", [""])[0]:
        entry.add("@doi", fields["SO"][0].partition("doi:")[2])
    _authors(entry)
    _types(entry)
    if "JT" not in fields and "TA" not in fields and entry.first("SO") and not entry.first("BTI"):
        entry.add("@journal", entry.first("SO").partition(". ")[0])


def _locations(entry: Entry) -> None:
    """DOIs and addresses among the article identifiers."""
    for value in (*entry.fields.get("AID", ()), *entry.fields.get("LID", ())):
        kind = _BRACKET.search(value)
        if kind and kind.group(1) == "doi":
            entry.add("@doi", _BRACKET.sub("", value))
        elif "doi.org/" in value:
            entry.add("@doi", value)
        elif value.startswith("http"):
            entry.add("@url", value)


def _authors(entry: Entry) -> None:
    """Full names where the record has them; PubMed gives both forms of each author, older records only the short one."""
    full, short = entry.all("FAU"), entry.all("AU")
    entry.fields["@author"] = full if len(full) >= len(short) else short
    if not entry.fields["@author"]:
        del entry.fields["@author"]


def _types(entry: Entry) -> None:
    """The first type that says more than who paid."""
    types = [value for value in entry.all("PT") if not value.startswith("Research Support")]
    if types:
        entry.fields["@type"] = ["; ".join(types)]


DIALECT = Dialect(
    format_label="MEDLINE (nbib)",
    spec=SPEC,
    split=_split,
    starts=frozenset({"PMID"}),
    blank_closes=True,
    indented_continues=True,
    preamble=re.compile(r"^\s*(?:\d{1,6}[.:]?\s*$|</?pre>|Database:|\d+: )"),
    prepare=_prepare,
)

_FIRST = re.compile(r"^\ufeff?(?:PMID|PMC|OWN|STAT) {0,2}- ?\S", re.MULTILINE)
_MORE = re.compile(r"^(?:OWN |STAT|DCOM|FAU |JT  |DP  |TA  |PT  |TI  |AU  |AB  |LID |OID )- ", re.MULTILINE)


def _sniff(head: str) -> float:
    if _FIRST.search(head) and len(_MORE.findall(head)) >= 2:
        return 0.97 if _FIRST.match(head.lstrip()) else 0.9
    return 0.6 if re.match(r"\s*\ufeff?PMID ?- ?\d+", head) else 0.0


def _dialect(head: str) -> str:
    if re.search(r"^OWN - ERIC", head, re.MULTILINE):
        return "ERIC"
    if re.search(r"^PMC +- ", head, re.MULTILINE) and not re.search(r"^OWN -", head, re.MULTILINE):
        return "PubMed Central"
    return "PubMed"


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(
    name="nbib",
    label="MEDLINE (nbib)",
    extensions=("nbib", "txt", "medline"),
    sniff=_sniff,
    dialect=_dialect,
    parse=_parse,
)
