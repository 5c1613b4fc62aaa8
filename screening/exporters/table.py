"""Records as a table, one row each: CSV, and an Excel workbook. No cell of either is ever run as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from reviewapp.exporters import csv_lines, safe_cell
from screening.constants import Stage
from screening.exporters.rows import ExportOptions, ExportRow, ExportVote, exportable, flat, inverted, lines_of
from screening.exporters.workbook import workbook_pieces
from screening.importers.exact import FIELDS, exact_line
from screening.importers.own import LIST_SEPARATOR
from screening.importers.rows import Header, Row, parse_rows
from screening.importers.types import ParsedRecord

CARRIES = {
    "title": "Title",
    "original_title": "Original title",
    "authors": "Authors, parted by semicolons",
    "year": "Year",
    "date": "Date",
    "journal": "Journal",
    "journal_abbreviation": "Journal abbreviation",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "abstract": "Abstract, a paragraph a line",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "accession_numbers": "Accession numbers, each after the name of its source",
    "issn": "ISSN",
    "isbn": "ISBN",
    "keywords": "Keywords, parted by semicolons",
    "publication_type": "Publication type",
    "language": "Language",
    "urls": "URLs, one a line",
    "notes": "Notes",
    "votes": "Vote of … and Reason of …, a column for each voter and stage",
}
"""Field → its column. Whatever the column cannot say exactly stands in "Exact values".

Excel holds 32,767 characters in a cell: a longer value is cut there and ends in " […]"; the CSV has all of it.
"""
MAX_CELL = 32_767
CUT = " […]"
_STAGES = {Stage.TITLE_ABSTRACT: "title and abstract", Stage.FULL_TEXT: "full text"}
_RECORD_HEADINGS = (
    "Record number",
    "Source database",
    "Platform",
    "Title",
    "Original title",
    "Authors",
    "Year",
    "Date",
    "Journal",
    "Journal abbreviation",
    "Volume",
    "Issue",
    "Pages",
    "Abstract",
    "DOI",
    "PMID",
    "PMCID",
    "Accession numbers",
    "ISSN",
    "ISBN",
    "Keywords",
    "Publication type",
    "Language",
    "URLs",
    "Notes",
    "Duplicate of",
    "Title and abstract status",
    "Full text status",
    "Exclusion reason",
)
_SETTLEMENTS = ("Settlement (title and abstract)", "Settlement (full text)")
EXACT = "Exact values"
_WIDTHS = {"Title": 60, "Authors": 30, "Journal": 30, "Abstract": 60, "Keywords": 30, "Notes": 30}


def _lines(text: str) -> str:
    return "\n".join(lines_of(text, lambda line: False))


def _joined(values: Iterable[str]) -> str:
    return LIST_SEPARATOR.join(map(flat, values))


def _number(value: int | None) -> str:
    return str(value) if value else ""


@dataclass
class _Table:
    """Makes the cells of each row and reads them back. `longest`: characters a cell may hold, 0: any."""

    options: ExportOptions
    longest: int = 0
    headings: list[str] = field(init=False)
    _waiting: list[Row] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.headings = [*_RECORD_HEADINGS, *self._vote_headings(), EXACT]
        header = Header.of(self.headings, -1, 1)
        self._reader = parse_rows(iter(self._waiting.pop, None), header)

    def _vote_headings(self) -> list[str]:
        found = []
        for voter in map(flat, self.options.voters):
            for stage, words in _STAGES.items():
                found.append(f"Vote of {voter} ({words})")
                if stage == Stage.FULL_TEXT:
                    found.append(f"Reason of {voter} ({words})")
                if self.options.notes:
                    found.append(f"Note of {voter} ({words})")
        return [*found, *_SETTLEMENTS] if found else []

    def cells(self, row: ExportRow) -> list[str]:
        """The row with its exact values in the last cell."""
        record = exportable(row)
        plain = [*_record_cells(row, record), *self._vote_cells(row)]
        cells = [self._fitting(safe_cell(cell)) for cell in plain]
        names = FIELDS if cells == [safe_cell(cell) for cell in plain] else self._whole(record)
        self._waiting.append(Row(1, 1, [*cells, ""], ""))
        read = next(self._reader)
        if not isinstance(read, ParsedRecord):
            raise TypeError("A row of our own table could not be read back.")
        exact = exact_line(record, read, names)
        return [*cells, exact if not self.longest or len(exact) <= self.longest else ""]

    def _whole(self, record: ParsedRecord) -> list[str]:
        """Fields that fit a cell: what was cut is not said in another cell, which would be cut as well."""
        return [name for name in FIELDS if len(str(getattr(record, name))) < self.longest // 6]

    def _fitting(self, cell: str) -> str:
        if not self.longest or len(cell) <= self.longest:
            return cell
        return cell[: self.longest - len(CUT)] + CUT

    def _vote_cells(self, row: ExportRow) -> list[str]:
        if not self.options.voters:
            return []
        votes: dict[tuple[str, Stage], ExportVote] = {(vote.reviewer, vote.stage): vote for vote in row.votes}
        cells = []
        for voter in self.options.voters:
            for stage in _STAGES:
                vote = votes.get((voter, stage))
                cells.append(vote.verdict.label if vote else "")
                if stage == Stage.FULL_TEXT:
                    cells.append(flat(vote.reason) if vote else "")
                if self.options.notes:
                    cells.append(_lines(vote.note) if vote else "")
        return [*cells, _lines(row.title_abstract_settlement), _lines(row.full_text_settlement)]


def _record_cells(row: ExportRow, record: ParsedRecord) -> Sequence[str]:
    return (
        str(row.number),
        flat(row.source),
        flat(row.platform),
        flat(record.title),
        flat(record.original_title),
        LIST_SEPARATOR.join(map(inverted, record.authors)),
        _number(record.year),
        flat(record.date),
        flat(record.journal),
        flat(record.journal_abbreviation),
        flat(record.volume),
        flat(record.issue),
        flat(record.pages),
        _lines(record.abstract),
        record.doi,
        record.pmid,
        record.pmcid,
        _joined(f"{source}: {number}" for source, number in record.accession_numbers),
        _joined(record.issn),
        _joined(record.isbn),
        _joined(record.keywords),
        flat(record.publication_type),
        flat(record.language),
        "\n".join(record.urls),
        _lines(record.notes),
        _number(row.duplicate_of),
        row.title_abstract_status,
        row.full_text_status,
        flat(row.exclusion_reason),
    )


def write_csv(rows: Iterable[ExportRow], options: ExportOptions) -> Iterator[bytes]:
    """The file, one row at a time."""
    table = _Table(options)
    for line in csv_lines([safe_cell(heading) for heading in table.headings], map(table.cells, rows)):
        yield line.encode()


def write_xlsx(rows: Iterable[ExportRow], options: ExportOptions) -> Iterator[bytes]:
    """The workbook, piece by piece."""
    table = _Table(options, longest=MAX_CELL)
    yield from workbook_pieces([safe_cell(heading) for heading in table.headings], map(table.cells, rows), _WIDTHS)
