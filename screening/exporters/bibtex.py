"""Records as BibTeX in UTF-8. Special characters are escaped as LaTeX wants them; letters with accents stay letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from screening.exporters.publication_types import bibtex_type
from screening.exporters.rows import ExportOptions, ExportRow, exportable, flat, inverted, lines_of, status_lines
from screening.importers.bibtex_fields import SPEC, prepare, read_entry
from screening.importers.build import build
from screening.importers.exact import exact_line
from screening.importers.ownvotes import vote_line
from screening.importers.types import Author, ParsedRecord

EXACT = "reviewapp-exact"
CARRIES = {
    "title": "title",
    "original_title": "origtitle",
    "authors": "author; a group in braces",
    "year": "year",
    "date": "date (BibLaTeX)",
    "journal": "journal, or booktitle for parts of books and meetings",
    "journal_abbreviation": "shortjournal (BibLaTeX)",
    "volume": "volume",
    "issue": "number",
    "pages": "pages",
    "abstract": "abstract, a paragraph a line; in one line where a paragraph begins with @",
    "doi": "doi",
    "pmid": "pmid",
    "pmcid": "pmcid",
    "accession_numbers": "accession_number; several, and whose they are, only in reviewapp-exact (BibTeX has no place)",
    "issn": "issn",
    "isbn": "isbn",
    "keywords": "keywords, parted by commas",
    "publication_type": "type, and roughly the kind of the entry",
    "language": "language",
    "urls": "url; further ones only in reviewapp-exact (BibTeX takes one)",
    "notes": "note",
    "votes": "annote, one a line",
}
"""Field → where it stands. Whatever its place cannot say exactly stands in `reviewapp-exact`."""
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{char: f"\\{char}" for char in "&%$#_"},
    }
)
_IN_BOOKS = frozenset({"incollection", "inproceedings"})


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _one(name: str, value: str) -> list[tuple[str, str]]:
    text = _escaped(flat(value))
    return [(name, text)] if text else []


def _verbatim(name: str, value: str) -> list[tuple[str, str]]:
    return [(name, value)] if value else []


def _many(name: str, value: str) -> list[tuple[str, str]]:
    lines = lines_of(value, lambda line: line.startswith("@"))
    return [(name, "\n".join(map(_escaped, lines)))] if lines else []


def _author(author: Author) -> str:
    name = _escaped(inverted(author))
    return f"{{{name}}}" if author.collective or " and " in name else name


def _fields(row: ExportRow, record: ParsedRecord, kind: str) -> list[tuple[str, str]]:
    numbers = [number for _, number in record.accession_numbers]
    fields = _one("title", record.title) + _one("origtitle", record.original_title)
    if record.authors:
        fields.append(("author", " and ".join(map(_author, record.authors))))
    fields += _one("year", str(record.year or "")) + _one("date", record.date)
    fields += _one("booktitle" if kind in _IN_BOOKS else "journal", record.journal)
    fields += _one("shortjournal", record.journal_abbreviation)
    fields += _one("volume", record.volume) + _one("number", record.issue)
    fields += _one("pages", record.pages.replace("-", "--"))
    fields += _many("abstract", record.abstract)
    fields += _verbatim("doi", record.doi) + _one("pmid", record.pmid) + _one("pmcid", record.pmcid)
    fields += _one("accession_number", numbers[0] if len(numbers) == 1 else "")
    fields += _one("issn", ", ".join(record.issn)) + _one("isbn", ", ".join(record.isbn))
    fields += _one("keywords", ", ".join(record.keywords))
    fields += _one("type", record.publication_type) + _one("language", record.language)
    fields += _verbatim("url", record.urls[0] if record.urls else "")
    fields += _many("note", record.notes)
    fields += _many("annote", "\n".join(flat(vote_line(vote)) for vote in record.votes))
    fields += _one("database", row.source) + _one("database-provider", row.platform)
    names = ("reviewapp-title-abstract", "reviewapp-full-text", "reviewapp-duplicate")
    for name, line in zip(names, status_lines(row), strict=True):
        fields += _one(name, line)
    return [*fields, ("reviewapp-number", str(row.number))]


def _text(row: ExportRow, kind: str, fields: Iterable[tuple[str, str]]) -> str:
    lines = [f"@{kind}{{reviewapp{row.number},", *(f"  {name} = {{{value}}}," for name, value in fields)]
    return "\n".join([*lines, "}", "", ""])


def _read_back(text: str, kind: str) -> ParsedRecord:
    entry, _ = read_entry(text, 1, kind, {})
    prepare(entry, kind)
    return build(entry, SPEC)


def bibtex_entry(row: ExportRow) -> str:
    """One entry and the blank line after it."""
    record = exportable(row)
    kind = bibtex_type(record.publication_type)
    fields = _fields(row, record, kind)
    exact = exact_line(record, _read_back(_text(row, kind, fields), kind))
    return _text(row, kind, [*fields, *_verbatim(EXACT, exact)])


def write_bibtex(rows: Iterable[ExportRow], options: ExportOptions) -> Iterator[bytes]:
    """The file, one entry at a time."""
    for row in rows:
        yield bibtex_entry(row).encode()
