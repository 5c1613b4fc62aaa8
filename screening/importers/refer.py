"""EndNote refer (.enw): ``%0 Journal Article``, one field a line, entries parted by blank lines. Some writers put ``%T`` first."""

import re

from screening.importers.build import Entry, Spec
from screening.importers.formats import Format, Source, Stream
from screening.importers.names import NameStyle
from screening.importers.tagged import Dialect, Split, parse_tagged

_TAG = re.compile(r"^\ufeff?(%[0-9A-Za-z@!#$%^&*()+?><~=\]\[|-])(?:[ \t](.*)|)$")

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("%T", "%!", "%B"),
        "original_title": ("%Q",),
        "author": ("%A",),
        "editor": ("%E",),
        "year": ("%D",),
        "date": ("%8", "%D"),
        "journal": ("%J", "%B"),
        "journal_abbreviation": ("%O@short",),
        "volume": ("%V",),
        "issue": ("%N",),
        "pages": ("%P",),
        "abstract": ("%X",),
        "doi": ("%R",),
        "accession": ("%M",),
        "serial": ("%@",),
        "keyword": ("%K",),
        "publication_type": ("%0",),
        "language": ("%G",),
        "url": ("%U", "%>"),
        "notes": ("%Z", "%O"),
    },
    keyword_separators=";",
    accession_sources={"%M": "Accession number"},
    doi_hints=("%U", "%>"),
)


def _split() -> Split:
    match = _TAG.match

    def split(line: str) -> tuple[str, str] | None:
        if "%" not in line[:2]:
            return None
        found = match(line)
        return (found.group(1), found.group(2) or "") if found else None

    return split


def _prepare(entry: Entry) -> None:
    if entry.first("%T") and entry.fields.get("%B") and entry.fields.get("%J"):
        entry.fields["%S"] = [*entry.fields.get("%S", []), *entry.fields.pop("%B")]


DIALECT = Dialect(
    format_label="EndNote (enw)",
    spec=SPEC,
    split=_split,
    starts=frozenset({"%0", "%T"}),
    blank_closes=True,
    list_tags=frozenset({"%A", "%E", "%K"}),
    prepare=_prepare,
)


def _sniff(head: str) -> float:
    text = head.lstrip("\ufeff \r\n\t")
    if re.match(r"%[0TA] \S", text) and len(re.findall(r"^%[A-Z0-9@] ", text, re.MULTILINE)) >= 2:
        return 0.95
    return 0.0


def _parse(source: Source) -> Stream:
    return parse_tagged(source.lines(), DIALECT)


FORMAT = Format(
    name="enw", label="EndNote (enw)", extensions=("enw", "enl", "ref", "refer", "txt"), sniff=_sniff, parse=_parse
)
