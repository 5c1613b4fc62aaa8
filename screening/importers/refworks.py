"""RefWorks tagged format: ``RT Journal Article``, one blank after the tag, entries parted by blank lines, a legend in front."""

import re

from screening.importers.build import Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.names import NameStyle
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]|U1[0-5]|PMC?ID)(?: (.*)|)$")

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("T1",),
        "original_title": ("OT",),
        "author": ("A1",),
        "editor": ("A2",),
        "year": ("YR", "FD"),
        "date": ("FD",),
        "journal": ("JF", "T2", "JO"),
        "journal_abbreviation": ("JO",),
        "volume": ("VO",),
        "issue": ("IS",),
        "start_page": ("SP",),
        "end_page": ("OP",),
        "abstract": ("AB",),
        "doi": ("DO",),
        "pmid": ("PMID",),
        "pmcid": ("PMCID",),
        "accession": ("AN",),
        "serial": ("SN",),
        "keyword": ("K1",),
        "publication_type": ("RT",),
        "language": ("LA",),
        "url": ("UL", "LK"),
        "notes": ("NO",),
    },
    accession_sources={"AN": "Accession number"},
    doi_hints=("UL", "LK", "NO"),
)


def _split() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        if line[2:3] not in {" ", "", "I", "C", "0", "1", "2", "3", "4", "5"}:
            return None
        found = match(line)
        return (found.group(1), found.group(2) or "") if found else None

    return split


DIALECT = Dialect(
    format_label="RefWorks",
    spec=SPEC,
    split=_split,
    starts=frozenset({"RT"}),
    blank_closes=True,
    preamble=re.compile(
        r"^\ufeff?(?:Refworks Export|Character Set|Tag legend|\*{3,}|[A-Z][A-Z0-9]{1,4}=|Font Attribute|(?:Start|End) \w+ =|BEGIN EXPORTED)",
        re.IGNORECASE,
    ),
    list_tags=frozenset({"A1", "A2", "K1"}),
    opens_implicitly=False,
)


def _sniff(head: str) -> float:
    if re.search(r"^\ufeff?Refworks Export Tagged Format", head, re.MULTILINE):
        return 0.98
    if (
        re.search(r"^\ufeff?RT [A-Z][a-z]", head, re.MULTILINE)
        and len(re.findall(r"^(?:A1|T1|YR|JF|SR|VO|PB|K1) ", head, re.MULTILINE)) >= 2
    ):
        return 0.92
    return 0.0


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(name="refworks", label="RefWorks tagged", extensions=("txt",), sniff=_sniff, parse=_parse)
