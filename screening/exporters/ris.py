"""Records as RIS: UTF-8, CRLF, one blank line between entries, tags as EndNote and Zotero read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from screening.exporters.publication_types import ris_type
from screening.exporters.rows import (
    ExportOptions,
    ExportRow,
    exportable,
    flat,
    inverted,
    lines_of,
    split_pages,
    status_lines,
)
from screening.importers.build import Entry, build
from screening.importers.exact import exact_line
from screening.importers.ownvotes import vote_line
from screening.importers.ris import DIALECT, TYPES
from screening.importers.types import ParsedRecord

EXACT = "C8"
CARRIES = {
    "title": "TI",
    "original_title": "TT",
    "authors": "AU; which part is a particle, and whether it is a group, also in C8 where the name does not show it",
    "year": "PY",
    "date": "DA",
    "journal": "JF, and T2 for parts of books and meetings",
    "journal_abbreviation": "J2",
    "volume": "VL",
    "issue": "IS",
    "pages": "SP and EP",
    "abstract": "AB, a paragraph a line; in one line, and exactly in C8, where a paragraph looks like a tag",
    "doi": "DO",
    "pmid": "U1 (RIS has no tag for it)",
    "pmcid": "C2, as EndNote does",
    "accession_numbers": "AN; whose number it is only in C8 (RIS has no place for it)",
    "issn": "SN",
    "isbn": "SN",
    "keywords": "KW",
    "publication_type": "TY where it is one of the format's own types, else M3",
    "language": "LA",
    "urls": "UR",
    "notes": "N1",
    "votes": "N1, one each",
}
"""Field → where it stands. Whatever its place cannot say exactly stands in C8."""
_split = DIALECT.split()


def _is_tag(line: str) -> bool:
    return _split(line) is not None


def _one(tag: str, value: str) -> list[tuple[str, list[str]]]:
    text = flat(value)
    return [(tag, [text])] if text else []


def _many(tag: str, value: str) -> list[tuple[str, list[str]]]:
    lines = lines_of(value, _is_tag)
    return [(tag, lines)] if lines else []


def _fields(row: ExportRow, record: ParsedRecord) -> list[tuple[str, list[str]]]:
    kind = ris_type(record.publication_type)
    start, end = split_pages(flat(record.pages))
    fields = [("TY", [kind]), *_one("ID", f"reviewapp-{row.number}"), *_one("TI", record.title)]
    fields += _one("TT", record.original_title)
    fields += [field for author in record.authors for field in _one("AU", inverted(author))]
    fields += _one("PY", str(record.year or ""))
    fields += _one("DA", record.date.replace("-", "/") if _is_iso(record.date) else record.date)
    fields += _one("JF", record.journal)
    fields += _one("J2", record.journal_abbreviation)
    fields += _one("VL", record.volume) + _one("IS", record.issue) + _one("SP", start) + _one("EP", end)
    fields += _many("AB", record.abstract)
    fields += _one("DO", record.doi)
    fields += _one("U1", record.pmid and f"PMID: {record.pmid}") + _one("C2", record.pmcid)
    fields += [field for _, number in record.accession_numbers for field in _one("AN", number)]
    fields += [field for number in (*record.issn, *record.isbn) for field in _one("SN", number)]
    fields += [field for keyword in record.keywords for field in _one("KW", keyword)]
    if TYPES.get(kind) != record.publication_type:
        fields += _one("M3", record.publication_type)
    fields += _one("LA", record.language)
    fields += [field for url in record.urls for field in _one("UR", url)]
    fields += _many("N1", record.notes)
    fields += [field for vote in record.votes for field in _one("N1", vote_line(vote))]
    fields += _one("DB", row.source) + _one("DP", row.platform)
    for tag, line in zip(("C1", "C4", "C7"), status_lines(row), strict=True):
        fields += _one(tag, line)
    return fields


def _is_iso(date: str) -> bool:
    return len(date) in (4, 7, 10) and date.replace("-", "").isdecimal()


def _read_back(fields: Iterable[tuple[str, list[str]]]) -> ParsedRecord:
    entry = Entry(1)
    for tag, lines in fields:
        entry.add(tag, "\n".join(lines))
    if DIALECT.prepare is not None:
        DIALECT.prepare(entry)
    return build(entry, DIALECT.spec)


def ris_entry(row: ExportRow) -> str:
    """One entry, from TY to ER and the blank line after it."""
    record = exportable(row)
    fields = _fields(row, record)
    exact = exact_line(record, _read_back(fields))
    if exact:
        fields.append((EXACT, [exact]))
    lines = [line for tag, (first, *more) in fields for line in (f"{tag}  - {first}", *more)]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def write_ris(rows: Iterable[ExportRow], options: ExportOptions) -> Iterator[bytes]:
    """The file, one entry at a time."""
    for row in rows:
        yield ris_entry(row).encode()
