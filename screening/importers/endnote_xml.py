"""EndNote XML, as EndNote, Mendeley, Zotero and EPPI write it: text sits in ``<style>`` runs, or bare."""

from lxml import etree

from screening.importers.build import Entry, Spec, build
from screening.importers.exact import MARK
from screening.importers.formats import Format, Source, Stream
from screening.importers.names import NameStyle
from screening.importers.types import ParsedRecord
from screening.importers.xmlstream import XmlFormat, parse_xml, text_of

_PATHS = {
    "titles/title": "title",
    "titles/secondary-title": "secondary-title",
    "titles/tertiary-title": "tertiary-title",
    "titles/alt-title": "alt-title",
    "titles/short-title": "short-title",
    "titles/translated-title": "translated-title",
    "contributors/authors/author": "author",
    "contributors/secondary-authors/author": "editor",
    "contributors/tertiary-authors/author": "tertiary-author",
    "contributors/subsidiary-authors/author": "subsidiary-author",
    "contributors/translated-authors/author": "translated-author",
    "periodical/full-title": "full-title",
    "periodical/abbr-1": "abbr-1",
    "alt-periodical/full-title": "alt-full-title",
    "alt-periodical/abbr-1": "alt-abbr-1",
    "keywords/keyword": "keyword",
    "dates/year": "year",
    "dates/pub-dates/date": "date",
    "urls/related-urls/url": "url",
    "urls/web-urls/url": "url",
    "urls/text-urls/url": "url",
    "urls/pdf-urls/url": "pdf-url",
}

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("title", "short-title"),
        "original_title": ("translated-title",),
        "author": ("author",),
        "editor": ("editor",),
        "year": ("year",),
        "date": ("@date",),
        "journal": ("full-title", "secondary-title", "alt-title"),
        "journal_abbreviation": ("abbr-1", "alt-abbr-1", "alt-title"),
        "volume": ("volume",),
        "issue": ("number", "issue"),
        "pages": ("pages",),
        "abstract": ("abstract",),
        "doi": ("electronic-resource-num", "doi"),
        "pmid": ("@pmid",),
        "pmcid": ("custom2",),
        "accession": ("accession-num",),
        "serial": ("isbn", "issn"),
        "keyword": ("keyword",),
        "publication_type": ("work-type", "ref-type"),
        "language": ("language",),
        "url": ("url",),
        "notes": ("notes", "research-notes"),
    },
    accession_sources={"accession-num": "Accession number"},
    ignored=frozenset({"ref-type", "database", "source-app", "rec-number", "key", "foreign-keys"}),
    doi_hints=("url", "custom3", "custom7", "notes"),
)


def _build(record: etree._Element, line: int) -> ParsedRecord:
    entry = Entry(line)
    for child in record:
        if not isinstance(child.tag, str):
            continue
        name = child.tag
        if name in {"titles", "contributors", "periodical", "alt-periodical", "keywords", "dates", "urls"}:
            _nested(entry, child, name)
        elif name == "ref-type":
            entry.add("ref-type", child.get("name") or text_of(child))
        else:
            entry.add(name, text_of(child))
    _prepare(entry)
    entry.raw = etree.tostring(record, encoding="unicode", with_tail=False)
    return build(entry, SPEC)


def _nested(entry: Entry, parent: etree._Element, prefix: str) -> None:
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        path = f"{prefix}/{child.tag}"
        name = _PATHS.get(path)
        if name is not None or not any(isinstance(inner.tag, str) and inner.tag != "style" for inner in child):
            entry.add(name or path, text_of(child))
        else:
            _nested(entry, child, path)


def _prepare(entry: Entry) -> None:
    """Authors in one element parted by CR, the PubMed number among the accession numbers, day and month beside the year."""
    fields = entry.fields
    entry.take_exact("custom6", MARK)
    if "author" in fields:
        fields["author"] = [name for value in fields["author"] for name in value.replace("\r", "\n").split("\n")]
    number = entry.first("accession-num").strip()
    database = entry.first("remote-database-name").lower()
    if (
        number.isdigit()
        and len(number) <= 8
        and (not database or "pubmed" in database or "medline" in database or "nlm" in database)
    ):
        entry.fields["@pmid"] = [number]
    date, year = entry.first("date").strip(), entry.first("year").strip()
    if date:
        entry.fields["@date"] = [date if year in date else f"{year} {date}"]
        del fields["date"]


XML = XmlFormat(record_tags=frozenset({"record"}), build=_build, label="EndNote XML")


_OWN = '<source-app name="reviewapp"'


def _sniff(head: str) -> float:
    start = head.lstrip("\ufeff \r\n\t")[:4000]
    if not start.startswith("<"):
        return 0.0
    if _OWN in start:
        return 0.99
    if "<records>" in start and ("<record" in start or "<xml>" in start or "<xml " in start):
        return 0.95
    return 0.8 if "<ref-type" in start or "<source-app" in start else 0.0


def _dialect(head: str) -> str:
    if _OWN in head:
        return "this app"
    for name in ("Mendeley", "Zotero", "EPPI", "EndNote", "Rayyan", "Covidence"):
        if f'name="{name}' in head or f">{name}" in head:
            return name
    return ""


def _parse(source: Source) -> Stream:
    return parse_xml(source, XML)


FORMAT = Format(
    name="endnote_xml", label="EndNote XML", extensions=("xml",), sniff=_sniff, dialect=_dialect, parse=_parse
)
