"""Ovid's own text exports: tagged (``<1. >``, ``TI  - …``, perhaps indented by a blank) and labelled (“Title” on a line, the value
indented below it, or on the same line after blanks).
"""

import re

from screening.importers.build import Entry, Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.identifiers import find_year
from screening.importers.names import NameStyle
from screening.importers.tagged import Dialect, Split, parse_tagged

HEAD = re.compile(r"^\ufeff?\s*<\s*\d{1,7}\s*\.?\s*>\s*$")
_TAG = re.compile(r"^ ?([A-Z][A-Z0-9]{1,4}) {1,3}- ?(.*)")
_YEAR_VOLUME = re.compile(
    r"(?P<journal>.+?)[.,]?\s+(?:Vol\.?\s*)?(?P<volume>\d+)\s*\((?P<issue>[^)]{1,20})\)\s*[:,(]?\s*(?P<pages>[^.;,]*)"
)
_JOURNALS_AT_OVID = re.compile(
    r"^(?P<journal>.+?)\s+(?:[A-Z][a-z]+\s+(?:\d{1,2},\s+)?)?(?P<year>\d{4});(?P<volume>[^(:;]*)(?:\((?P<issue>[^)]*)\))?(?::(?P<pages>\S+))?"
)
_SENTENCE_END = re.compile(r"\.\s+(?=Vol|\d+\s*\()")

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("TI",),
        "original_title": ("OT", "FT"),
        "author": ("AU",),
        "editor": ("ED",),
        "year": ("YR", "DP", "DG", "@year"),
        "date": ("DP", "DG", "PH@date"),
        "journal": ("JN", "JT", "@journal", "SO"),
        "journal_abbreviation": ("JA", "TA"),
        "volume": ("VO", "VI", "@volume"),
        "issue": ("IP", "@issue"),
        "pages": ("PG", "@pages"),
        "abstract": ("AB",),
        "doi": ("DO", "DI"),
        "pmid": ("PM",),
        "accession": ("AN", "UI"),
        "serial": ("IS", "IT", "IB"),
        "keyword": ("KW", "MH", "SH", "ID@keyword", "DE", "HW"),
        "publication_type": ("PT", "DT"),
        "language": ("LG",),
        "url": ("XL", "UR", "LK", "JL"),
    },
    keyword_separators=";",
    accession_sources={"AN": "Ovid accession number", "UI": "Unique identifier"},
    ignored=frozenset({"VN", "SCORE"}),
    doi_hints=("XL", "UR", "SO"),
)

LABELS: dict[str, str] = {
    "title": "TI", "author": "AU", "authors": "AU", "authors full name": "AU", "source": "SO", "abstract": "AB", "accession number": "AN",
    "unique identifier": "UI", "institution": "IN", "language": "LG", "document type": "DT", "publication type": "PT", "issn": "IS",
    "issn print": "IS", "issn electronic": "IT", "doi number": "DO", "digital object identifier": "DO", "doi": "DO", "year of publication": "YR",
    "publication year": "YR", "date of publication": "DP", "author keywords": "KW", "keywords": "KW", "key phrase identifiers": "KW",
    "mesh subject headings": "MH", "subject headings": "SH", "heading word": "HW", "isbn": "IB", "journal name": "JN", "volume": "VO",
    "issue": "IP", "page": "PG", "pages": "PG", "pubmed id": "PM", "pmid": "PM", "original title": "OT", "status": "ST", "score": "SCORE",
    "link to the ovid full text or citation": "XL", "database": "DB", "comments": "CM", "country of publication": "CY", "editor": "ED",
    "journal subset": "SB", "nlm journal code": "NJ", "publisher": "PU",
}  # fmt: skip


def _split_tags() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        found = match(line)
        return (found.group(1), found.group(2)) if found else None

    return split


def _split_labels() -> Split:
    def split(line: str) -> tuple[str, str] | None:
        if not line or line[0].isspace():
            return None
        label, _, value = line.partition("  ")
        tag = LABELS.get(label.strip().lower())
        if tag is None:
            return (f"“{label.strip()}”", value) if len(label) < 60 and label[:1].isupper() else None
        return tag, value.strip()

    return split


def _prepare(entry: Entry) -> None:
    fields = entry.fields
    for name, values in fields.items():
        if name != "AB":
            fields[name] = [" ".join(value.split()) if name not in {"AU", "IN"} else value.strip() for value in values]
    for name in ("AU", "ED"):
        if name in fields:
            fields[name] = [part.strip() for value in fields[name] for part in re.split(r";|\n", value) if part.strip()]
    for name in ("LG", "DT", "PT"):
        if name in fields:
            fields[name] = [value.rstrip(". ") for value in fields[name]]
    _source(entry)


def _source(entry: Entry) -> None:
    """Journal, year, volume, issue and pages of one ``SO`` line."""
    source = entry.first("SO")
    if not source:
        return
    match = _JOURNALS_AT_OVID.match(source) or _YEAR_VOLUME.match(_SENTENCE_END.sub(" ", source))
    if match:
        for name, value in match.groupdict().items():
            if value and value.strip():
                entry.add(f"@{name}", value.strip(" .,"))
    if not entry.first("YR", "DP", "DG", "@year") and find_year(source):
        entry.add("@year", source)


TAGGED = Dialect(
    format_label="Ovid (tagged)",
    spec=SPEC,
    split=_split_tags,
    heads=HEAD,
    opens_implicitly=False,
    preamble=re.compile(r"^\s*(?:Database:|Search Strategy|-{3,}|\*{3,})"),
    prepare=_prepare,
)
LABELLED = Dialect(
    format_label="Ovid (labelled)",
    spec=SPEC,
    split=_split_labels,
    heads=HEAD,
    opens_implicitly=False,
    preamble=re.compile(r"^\s*(?:Database:|Search Strategy|-{3,}|\*{3,})"),
    prepare=_prepare,
)


def _has_head(head: str) -> bool:
    return re.search(r"^\ufeff?\s*<\s*\d{1,7}\s*\.?\s*>\s*$", head[:8192], re.MULTILINE) is not None


def _sniff_tagged(head: str) -> float:
    tagged = re.findall(r"^ ?(?:VN|DB|AN|TI|AU|SO|UI|AB|PT|PU|IN) {1,3}- ", head, re.MULTILINE)
    return 0.98 if _has_head(head) and len(tagged) >= 2 else 0.0


def _sniff_labelled(head: str) -> float:
    found = re.findall(
        r"^(?:Title|Author|Authors|Source|Accession Number|Unique Identifier|Abstract)\s*(?:$| {2,})",
        head,
        re.MULTILINE,
    )
    return 0.96 if _has_head(head) and len(found) >= 2 else 0.0


def _parse_tagged(source: Source) -> Stream:
    return parse_tagged(source.lines(), TAGGED)


def _parse_labelled(source: Source) -> Stream:
    return parse_tagged(source.lines(), LABELLED)


FORMAT = Format(name="ovid", label="Ovid (tagged)", extensions=("txt", "cgi"), sniff=_sniff_tagged, parse=_parse_tagged)
LABELLED_FORMAT = Format(
    name="ovid_labelled",
    label="Ovid (labelled)",
    extensions=("txt", "cgi"),
    sniff=_sniff_labelled,
    parse=_parse_labelled,
)
