"""Web of Science: tagged text (``PT J`` … ``ER``) and the tab-delimited table share the same two-letter fields."""

import re

from screening.importers.build import Entry, Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9])(?: (.*)|)$")
LIST_TAGS = frozenset({"AU", "AF", "CR", "BA", "BF", "ED", "BE"})

SPEC = Spec(
    targets={
        "title": ("TI",),
        "original_title": ("FT",),
        "author": ("@author",),
        "collective": ("CA", "GP"),
        "editor": ("BE", "ED"),
        "year": ("PY", "EY"),
        "date": ("@date", "EA"),
        "journal": ("SO",),
        "journal_abbreviation": ("JI", "J9"),
        "volume": ("VL",),
        "issue": ("IS",),
        "pages": ("@pages",),
        "start_page": ("BP", "AR"),
        "end_page": ("EP",),
        "abstract": ("AB",),
        "doi": ("DI", "D2"),
        "pmid": ("PM",),
        "accession": ("UT",),
        "serial": ("SN", "EI", "BN"),
        "keyword": ("DE", "ID"),
        "publication_type": ("DT", "PT"),
        "language": ("LA",),
        "url": ("UR", "DL"),
    },
    keyword_separators=";",
    accession_sources={"UT": "Web of Science"},
    ignored=frozenset({"AU", "AF", "BA", "BF", "PT", "FN", "VR", "PD"}),
)


def _split() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        if line[:1] == " ":
            return None
        found = match(line)
        return (found.group(1), found.group(2) or "") if found else None

    return split


def prepare(entry: Entry) -> None:
    """Joins wrapped lines, prefers full author names where every author has one, and dates ``PD MAR 7`` with ``PY``."""
    fields = entry.fields
    for name, values in fields.items():
        if name not in LIST_TAGS:
            for at, value in enumerate(values):
                if "\n" in value:
                    values[at] = (
                        " ".join(value.split()) if name != "AB" else "\n".join(map(str.strip, value.split("\n")))
                    )
    short = entry.all("AU") or entry.all("BA")
    full = entry.all("AF") or entry.all("BF")
    if short or full:
        fields["@author"] = full if len(full) == len(short) and any("," in name for name in full) else short or full
    month, year = entry.first("PD"), entry.first("PY")
    if month and year:
        words = month.replace("-", " ").split()
        tidy = " ".join(words).title()
        fields["@date"] = [f"{year} {tidy}"]


DIALECT = Dialect(
    format_label="Web of Science (tagged)",
    spec=SPEC,
    split=_split,
    starts=frozenset({"PT"}),
    ends=frozenset({"ER"}),
    file_tags=frozenset({"FN", "VR", "EF"}),
    indented_continues=True,
    list_tags=LIST_TAGS,
    preamble=re.compile(r"^\ufeff?(?:FN|VR|EF)\b"),
    prepare=prepare,
    warn_missing_start="The entry does not begin with PT.",
)

_HEAD = re.compile(r"^\ufeff?(?:FN (?:Clarivate|Thomson|ISI|Web of Science)|VR 1\.0)", re.MULTILINE)
_ENTRY = re.compile(r"^\ufeff?PT [JBSPC]\s*$(?:\n.*){0,3}\n(?:AU|GP|CA|TI|BA|BE|AF|SO|ED) ", re.MULTILINE)


def _sniff(head: str) -> float:
    if _HEAD.match(head.lstrip()) and re.search(r"^PT ", head, re.MULTILINE):
        return 0.99
    return 0.9 if _ENTRY.search(head) else 0.0


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(
    name="wos",
    label="Web of Science (tagged)",
    extensions=("txt", "ciw", "isi"),
    sniff=_sniff,
    parse=_parse,
)
