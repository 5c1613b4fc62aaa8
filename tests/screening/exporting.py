"""Helpers of the exporter tests: records of any text, written by an exporter and read back from a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from screening.constants import Stage, Verdict
from screening.exporters.registry import EXPORTERS
from screening.exporters.rows import ExportOptions, ExportRow, ExportVote, exportable
from screening.importers import Detection, ParsedRecord, RejectedEntry, detect, parse
from screening.importers.exact import FIELDS, plain_data
from screening.importers.identifiers import find_doi, find_urls
from screening.importers.types import Author

NASTY = (
    "=1+1",
    "+49 30",
    "-1",
    "@SUM(A1)",
    "|pipe",
    "'=x",
    "ER  -",
    "TY  - JOUR",
    "a\nER  - \nTY  - JOUR\nb",
    "AB  - x",
    "@article{x,",
    "a\n@book{",
    "{",
    "}",
    "{}",
    "\\",
    "\\alpha",
    "$x$",
    "50 %",
    "a & b",
    "&amp;lt;b&amp;gt;",
    "<b>x</b>",
    "<script>",
    "x -- y",
    "~",
    "``q''",
    '"',
    '""',
    "'",
    "a;b",
    "a; b",
    "a, b",
    "a and b",
    "null",
    "N/A",
    "[1]",
    "['a', 'b']",
    "שלום עולם",
    "مرحبا",
    "\u202bRTL\u202c",
    "😀👩‍🔬",
    "e\u0301",
    "\u00e9",
    "ﬁ",
    "\x00",
    "\x08",
    "\x1b",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\ud800",
    "BACKGROUND: a. METHODS: b. RESULTS: c",
    "line one\nline two",
    "a\r\nb\rc",
    "  spaced  out ",
    "\t",
    "10.1000/xyz",
    "PMC123456",
    "PMID: 12345",
    "Vote of Ann (full text): Exclude",
    'RAYYAN-INCLUSION: {"Ann"=>"Included"}',
    "C8  - x",
    "reviewapp-exact: []",
    "]]>",
    "&#2;",
    "_x0041_",
    "%0",
    "WHO Group",
    "et al.",
    "Smith J",
    "van der",
    "1.",
    "Record #1 of 2",
    "Database: x",
    "2019",
    "-",
    "--",
    "–",
    "x" * 300,
)
TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(NASTY),
    st.lists(st.sampled_from([*NASTY, "word", " ", "\n"]), max_size=6).map("".join),
)
FILLED = TEXT.filter(bool)
PLAIN_NAME = st.text("abcdeéßžABCÜ -'", min_size=1, max_size=12)
NAME = st.one_of(PLAIN_NAME, FILLED)
AUTHOR = st.builds(
    Author, NAME, st.one_of(st.just(""), NAME), st.sampled_from(["", "van der", "de", "x"]), collective=st.booleans()
)
DOI = st.text("abc./()<>[];:-_&%'1", min_size=1, max_size=14).map(lambda tail: find_doi(f"10.1234/{tail}"))
URL = st.text("abc./?=&%()~-_#;,:é", min_size=1, max_size=20).map(
    lambda tail: "".join(find_urls(f"https://example.org/{tail}")[:1])
)


def _lists(values: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=most, unique=True).map(tuple)


RECORD = st.builds(
    ParsedRecord,
    title=TEXT,
    original_title=TEXT,
    authors=st.lists(AUTHOR, max_size=4).map(tuple),
    year=st.one_of(st.none(), st.integers(1500, 2100)),
    date=st.one_of(TEXT, st.sampled_from(["2019", "2019-03", "2019-03-07", "Spring 2019"])),
    journal=TEXT,
    journal_abbreviation=TEXT,
    volume=TEXT,
    issue=TEXT,
    pages=st.one_of(TEXT, st.sampled_from(["1-9", "523-31", "e12", "1-3, 7-9", "S1-S9"])),
    abstract=TEXT,
    doi=st.one_of(st.just(""), DOI),
    pmid=st.one_of(st.just(""), st.integers(1, 99_999_999).map(str)),
    pmcid=st.one_of(st.just(""), st.integers(100, 999_999_999).map(lambda number: f"PMC{number}")),
    accession_numbers=_lists(st.tuples(FILLED, FILLED)),
    issn=_lists(st.sampled_from(["1234-567X", "0028-0836", "2049-3630"]), 2),
    isbn=_lists(st.sampled_from(["9783161484100", "316148410X"]), 2),
    keywords=_lists(FILLED),
    publication_type=st.one_of(TEXT, st.sampled_from(["Journal article", "Thesis", "Meeting abstract"])),
    language=TEXT,
    urls=_lists(URL, 3),
    notes=TEXT,
)
VOTERS = ("Ann Rowe", "Ben (guest)", "=Cleo; x", "Ann Rowe (full text): Include")


@st.composite
def rows(draw: st.DrawFn) -> ExportRow:
    """One record as an exporter is given it, with or without votes."""
    votes = []
    for reviewer in VOTERS:
        for stage in Stage:
            verdicts = [Verdict.INCLUDE, Verdict.EXCLUDE, *([Verdict.MAYBE] if stage == Stage.TITLE_ABSTRACT else [])]
            verdict = draw(st.sampled_from([None, None, *verdicts]))
            if verdict is not None:
                reason = draw(TEXT) if (stage, verdict) == (Stage.FULL_TEXT, Verdict.EXCLUDE) else ""
                votes.append(
                    ExportVote(reviewer=reviewer, stage=stage, verdict=verdict, reason=reason, note=draw(TEXT))
                )
    return ExportRow(
        record=draw(RECORD),
        number=draw(st.integers(1, 10**9)),
        source=draw(TEXT),
        platform=draw(TEXT),
        duplicate_of=draw(st.one_of(st.none(), st.integers(1, 10**9))),
        title_abstract_status="Included",
        full_text_status=draw(st.sampled_from(["", "Excluded"])),
        exclusion_reason=draw(TEXT),
        title_abstract_settlement=draw(TEXT),
        votes=tuple(votes),
    )


def write(name: str, found: Iterable[ExportRow], options: ExportOptions, folder: Path) -> Path:
    """The rows as a file of the format."""
    exporter = EXPORTERS[name]
    path = folder / f"records.{exporter.extension}"
    path.write_bytes(b"".join(exporter.write(found, options)))
    return path


def read(path: Path) -> tuple[list[ParsedRecord], list[RejectedEntry], Detection]:
    """Everything of a file, by the importer that its content asks for."""
    detection = detect(path, path.name)
    items = list(parse(path, detection))
    return (
        [item for item in items if isinstance(item, ParsedRecord)],
        [item for item in items if isinstance(item, RejectedEntry)],
        detection,
    )


def round_trip(name: str, found: Sequence[ExportRow], options: ExportOptions) -> list[ParsedRecord]:
    """The rows written and read; nothing is refused, and the format is told as our own."""
    with tempfile.TemporaryDirectory() as folder:
        records, rejected, detection = read(write(name, found, options, Path(folder)))
    assert not rejected
    assert (detection.format, detection.dialect) == (name, "this app")
    return records


def same(wanted: ParsedRecord, got: ParsedRecord) -> None:
    """Field for field, as JSON would hold them."""
    for name in FIELDS:
        assert plain_data(got, name) == plain_data(wanted, name), name


def wanted_of(row: ExportRow, *, votes: bool = True) -> ParsedRecord:
    """What the importer shall give back of a row."""
    return exportable(row if votes else replace(row, votes=()))
