"""Records as EndNote XML, in the order of elements that EndNote's own exports have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from screening.exporters.publication_types import endnote_type
from screening.exporters.rows import ExportOptions, ExportRow, exportable, flat, inverted, lines_of, status_lines
from screening.importers.endnote_xml import XML
from screening.importers.exact import exact_line
from screening.importers.ownvotes import vote_line
from screening.importers.types import ParsedRecord

CARRIES = {
    "title": "titles/title",
    "original_title": "titles/translated-title",
    "authors": "contributors/authors/author; whether it is a group also in custom6 where the name does not show it",
    "year": "dates/year",
    "date": "dates/pub-dates/date",
    "journal": "titles/secondary-title and periodical/full-title",
    "journal_abbreviation": "periodical/abbr-1",
    "volume": "volume",
    "issue": "number",
    "pages": "pages",
    "abstract": "abstract, a paragraph a line",
    "doi": "electronic-resource-num",
    "pmid": "accession-num, as EndNote does",
    "pmcid": "custom2, as EndNote does",
    "accession_numbers": "accession-num; whose number it is only in custom6 (the format has no place for it)",
    "issn": "isbn (the format has one field for both)",
    "isbn": "isbn",
    "keywords": "keywords/keyword",
    "publication_type": "work-type, and roughly the ref-type",
    "language": "language",
    "urls": "urls/related-urls/url",
    "notes": "notes",
    "votes": "research-notes, one a line",
}
"""Field → where it stands. Whatever its place cannot say exactly stands in custom6."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>\n'
_FOOT = "</records></xml>\n"
_SOURCE = '<source-app name="reviewapp" version="1">reviewapp</source-app>'


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""


def _one(name: str, value: str) -> str:
    return _element(name, flat(value))


def _many(name: str, value: str) -> str:
    return _element(name, "\n".join(lines_of(value, lambda line: False)))


def _all(wrappers: str, name: str, values: Iterable[str]) -> str:
    """Elements of one name inside one or two others (``urls/related-urls``); nothing for no value."""
    inner = "".join(_one(name, value) for value in values)
    if not inner:
        return ""
    for wrapper in reversed(wrappers.split("/")):
        inner = f"<{wrapper}>{inner}</{wrapper}>"
    return inner


def _body(row: ExportRow, record: ParsedRecord) -> str:
    name, number = endnote_type(record.publication_type)
    titles = _one("title", record.title) + _one("secondary-title", record.journal)
    titles += _one("translated-title", record.original_title)
    periodical = _one("full-title", record.journal) + _one("abbr-1", record.journal_abbreviation)
    dates = _one("year", str(record.year or "")) + _all("pub-dates", "date", [record.date])
    numbers = [*([record.pmid] if record.pmid else []), *(number for _, number in record.accession_numbers)]
    title_abstract, full_text, duplicate = status_lines(row)
    parts = [
        _SOURCE,
        _one("rec-number", str(row.number)),
        f"<ref-type name={quoteattr(name)}>{number}</ref-type>",
        _all("contributors/authors", "author", map(inverted, record.authors)),
        f"<titles>{titles}</titles>" if titles else "",
        f"<periodical>{periodical}</periodical>" if periodical else "",
        _one("pages", record.pages),
        _one("volume", record.volume),
        _one("number", record.issue),
        _all("keywords", "keyword", record.keywords),
        f"<dates>{dates}</dates>" if dates else "",
        *(_one("isbn", serial) for serial in (*record.issn, *record.isbn)),
        *(_one("accession-num", number) for number in dict.fromkeys(numbers)),
        _one("electronic-resource-num", record.doi),
        _many("abstract", record.abstract),
        _many("notes", record.notes),
        _many("research-notes", "\n".join(flat(vote_line(vote)) for vote in record.votes)),
        _one("work-type", record.publication_type),
        _all("urls/related-urls", "url", record.urls),
        _one("custom1", title_abstract),
        _one("custom2", record.pmcid),
        _one("custom4", full_text),
        _one("custom5", duplicate),
        _one("remote-database-name", row.source),
        _one("remote-database-provider", row.platform),
        _one("language", record.language),
    ]
    return "".join(parts)


def _read_back(body: str) -> ParsedRecord:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return XML.build(etree.fromstring(f"<record>{body}</record>", parser), 1)


def endnote_record(row: ExportRow) -> str:
    """One `record` element and the line break after it."""
    record = exportable(row)
    body = _body(row, record)
    exact = exact_line(record, _read_back(body))
    return f"<record>{body}{_element('custom6', exact)}</record>\n"


def write_endnote_xml(rows: Iterable[ExportRow], options: ExportOptions) -> Iterator[bytes]:
    """The file, one record at a time."""
    yield _HEAD.encode()
    for row in rows:
        yield endnote_record(row).encode()
    yield _FOOT.encode()
