"""Cochrane Library's plain-text citation export: ``Record #1 of 60`` and two-letter tags with a colon."""

import re

from screening.importers.build import Entry, Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.identifiers import find_pmid
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}): ?(.*)")
_HEAD = re.compile(r"^\ufeff?\s*Record #\d+ of \d+")

SPEC = Spec(
    targets={
        "title": ("TI",),
        "author": ("AU",),
        "year": ("YR", "PD"),
        "date": ("PD",),
        "journal": ("SO",),
        "volume": ("VL",),
        "issue": ("NO",),
        "pages": ("PG",),
        "abstract": ("AB",),
        "doi": ("DOI",),
        "pmid": ("@pmid",),
        "accession": ("ID", "XR"),
        "serial": ("SN", "IS"),
        "keyword": ("KY",),
        "publication_type": ("PT",),
        "language": ("LA",),
        "url": ("US",),
    },
    keyword_separators=";",
    accession_sources={"ID": "Cochrane Library", "XR": "Embase"},
    doi_hints=("US",),
)


def _split() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        found = match(line)
        return (found.group(1), found.group(2)) if found else None

    return split


def _prepare(entry: Entry) -> None:
    for value in (*entry.fields.get("PM", ()), *entry.fields.get("AN", ())):
        if "PUBMED" in value.upper() or value.strip().isdigit():
            entry.add("@pmid", find_pmid(value))


DIALECT = Dialect(
    format_label="Cochrane text",
    spec=SPEC,
    split=_split,
    heads=_HEAD,
    preamble=re.compile(r"^\ufeff?\s*(?:Search Name|Date Run|Comment|Provider|Content):?"),
    opens_implicitly=False,
    list_tags=frozenset({"AU"}),
    prepare=_prepare,
)


def _sniff(head: str) -> float:
    return 0.98 if _HEAD.search(head[:4000]) and re.search(r"^(?:ID|AU|TI): ", head, re.MULTILINE) else 0.0


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(name="cochrane", label="Cochrane Library text", extensions=("txt",), sniff=_sniff, parse=_parse)
