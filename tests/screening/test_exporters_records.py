"""Export → import gives the same records in every format, for any text; other programs read it; memory is bounded."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rispy
from bibtexparser import parse_string
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook

from screening.constants import Stage, Verdict
from screening.exporters import bibtex, endnote_xml, ris, table
from screening.exporters.registry import EXPORTERS
from screening.exporters.rows import ExportOptions, ExportRow, ExportVote
from screening.importers import ParsedRecord
from screening.importers.exact import FIELDS, MARK
from screening.importers.types import Author
from tests.screening.exporting import VOTERS, read, round_trip, rows, same, wanted_of, write

QUICK = settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking a file of three records takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WITH_VOTES = ExportOptions(voters=VOTERS, notes=True)
PLAIN = ParsedRecord(
    title="Sleep in adults: a cohort",
    authors=(Author("Berg", "Ann B", "van den"), Author("WHO Study Group", collective=True), Author("Ito", "K")),
    year=2019,
    date="2019-03-07",
    journal="Journal of Sleep",
    volume="12",
    issue="3",
    pages="523-31",
    abstract="BACKGROUND: Sleep matters.\nMETHODS: We asked 40 adults.\nRESULTS: Most slept.",
    doi="10.1000/sleep.(12)3",
    issn=("1234-567X",),
    keywords=("Sleep", "Adult"),
    publication_type="Journal article",
    language="eng",
    urls=("https://example.org/sleep?id=1&x=2",),
    notes="Checked.",
)


def row_of(record: ParsedRecord, **fields: object) -> ExportRow:
    values = {"number": 7, "source": "Embase", "platform": "Ovid", "title_abstract_status": "Included", **fields}
    return ExportRow(record=record, **values)  # type: ignore[arg-type]


def text_of(name: str, *found: ExportRow, options: ExportOptions = ExportOptions()) -> str:  # noqa: B008 - frozen
    return b"".join(EXPORTERS[name].write(found, options)).decode("utf-8-sig")


@pytest.mark.parametrize("name", EXPORTERS)
@QUICK
@given(found=st.lists(rows(), min_size=1, max_size=3))
def test_any_records_come_back_as_they_were(name: str, found: list[ExportRow]) -> None:
    got = round_trip(name, found, WITH_VOTES)
    assert len(got) == len(found)
    for row, record in zip(found, got, strict=True):
        same(wanted_of(row), record)


@pytest.mark.parametrize("name", ["ris", "csv", "bibtex", "endnote_xml"])
def test_a_plain_record_needs_no_second_saying(name: str) -> None:
    assert MARK not in text_of(name, row_of(PLAIN))
    [got] = round_trip(name, [row_of(PLAIN)], ExportOptions())
    same(PLAIN, got)
    assert not got.warnings


def test_the_guard_of_a_formula_is_taken_off_again() -> None:
    record = replace(PLAIN, title="=1+1", journal="@rest", abstract="- slept", notes="|x", keywords=("-a", "b"))
    content = text_of("csv", row_of(record))
    assert "'=1+1" in content
    assert MARK not in content
    [got] = round_trip("csv", [row_of(record)], ExportOptions())
    same(record, got)


@pytest.mark.parametrize("module", [ris, table, bibtex, endnote_xml])
def test_each_format_says_where_every_field_stands(module: object) -> None:
    assert set(module.CARRIES) == set(FIELDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ris", "csv", "bibtex", "endnote_xml"])
def test_a_value_corrected_in_the_file_is_the_one_that_counts(name: str, tmp_path: Path) -> None:
    record = replace(PLAIN, title="Old & <i>new</i> titles", accession_numbers=(("Embase", "L1"), ("CENTRAL", "CN1")))
    path = write(name, [row_of(record)], ExportOptions(), tmp_path)
    content = path.read_text(encoding="utf-8-sig")
    assert MARK in content
    corrected = re.sub(r"Old (?:\\&|&amp;|&) (?:<i>|&lt;i&gt;)new", "Corrected and new", content, count=1)
    assert corrected != content
    path.write_text(corrected, encoding="utf-8")
    [got] = read(path)[0]
    assert got.title.startswith("Corrected and new")
    assert got.accession_numbers == record.accession_numbers


def test_ris_is_read_by_rispy_too() -> None:
    nasty = replace(PLAIN, abstract="One.\nER  - \nTY  - JOUR\nTI  - Not a title", title="Second")
    entries = rispy.loads(text_of("ris", row_of(PLAIN), row_of(nasty)))
    assert [entry["title"] for entry in entries] == [PLAIN.title, "Second"]
    assert entries[0]["authors"] == ["van den Berg, Ann B", "WHO Study Group", "Ito, K"]
    assert entries[0]["doi"] == PLAIN.doi
    assert entries[0]["name_of_database"] == "Embase"
    assert entries[0]["keywords"] == ["Sleep", "Adult"]


def test_bibtex_is_read_by_bibtexparser_too() -> None:
    nasty = replace(PLAIN, title="50 % {of} \\all & a_b #1 ~x^2 $", abstract="a } b { c\n@book{x,")
    library = parse_string(text_of("bibtex", row_of(PLAIN), row_of(nasty, number=8)))
    assert not library.failed_blocks
    first, second = library.entries
    assert (first.key, second.key) == ("reviewapp7", "reviewapp8")
    assert first["title"] == PLAIN.title
    assert first["author"] == "van den Berg, Ann B and {WHO Study Group} and Ito, K"
    assert first["pages"] == "523--31"
    assert second["title"].startswith(r"50 \% \textbraceleft{}of\textbraceright{}")


def test_endnote_xml_is_xml_whatever_is_in_it() -> None:
    nasty = replace(PLAIN, title="a < b & c ]]> \x0b \ufffe end", notes="x\x00y")
    root = etree.fromstring(
        b"".join(EXPORTERS["endnote_xml"].write([row_of(nasty, source="\x01 & Co")], ExportOptions()))
    )
    assert root.findtext("records/record/titles/title") == "a < b & c ]]> end"
    assert root.findtext("records/record/remote-database-name") == "& Co"
    assert root.find("records/record/ref-type").get("name") == "Journal Article"  # type: ignore[union-attr]


def test_tables_have_a_column_for_each_voter_and_stage() -> None:
    votes = (
        ExportVote(reviewer="Ann", stage=Stage.TITLE_ABSTRACT, verdict=Verdict.INCLUDE, note="yes"),
        ExportVote(reviewer="Ben", stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE, reason="Wrong design"),
    )
    content = text_of("csv", row_of(PLAIN, votes=votes), options=ExportOptions(voters=("Ann", "Ben")))
    [row] = csv.DictReader(io.StringIO(content))
    assert row["Vote of Ann (title and abstract)"] == "Include"
    assert row["Vote of Ben (title and abstract)"] == ""
    assert row["Reason of Ben (full text)"] == "Wrong design"
    assert not [heading for heading in row if heading.startswith("Note of")]
    with_notes = text_of("csv", row_of(PLAIN, votes=votes), options=ExportOptions(voters=("Ann",), notes=True))
    assert next(csv.DictReader(io.StringIO(with_notes)))["Note of Ann (title and abstract)"] == "yes"


@pytest.mark.parametrize("name", ["ris", "bibtex", "endnote_xml"])
def test_votes_are_lines_that_people_read(name: str) -> None:
    vote = ExportVote(reviewer="Ben", stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE, reason="Wrong design")
    assert "Vote of Ben (full text): Exclude; reason: Wrong design" in text_of(name, row_of(PLAIN, votes=(vote,)))


def test_excel_cuts_what_no_cell_can_hold_and_shows_it(tmp_path: Path) -> None:
    record = replace(PLAIN, abstract="word " * 9_000)
    path = write("xlsx", [row_of(record)], ExportOptions(), tmp_path)
    headings, cells = load_workbook(path).active.iter_rows(values_only=True)
    abstract = dict(zip(headings, cells, strict=True))["Abstract"]
    assert len(abstract) == table.MAX_CELL
    assert abstract.endswith(" […]")
    [got] = read(path)[0]
    same(replace(record, abstract=got.abstract), got)
    [whole] = round_trip("csv", [row_of(record)], ExportOptions())
    assert whole.abstract == record.abstract


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_first_bytes_leave_before_the_last_row_is_made(name: str) -> None:
    taken = 0

    def many() -> Iterator[ExportRow]:
        nonlocal taken
        for number in range(1, 2_001):
            taken += 1
            yield row_of(replace(PLAIN, title=str(number**50)), number=number)

    pieces = EXPORTERS[name].write(many(), ExportOptions())
    assert next(pieces)
    assert next(pieces)
    assert taken < 2_000


@pytest.mark.parametrize("name", EXPORTERS)
def test_memory_does_not_grow_with_the_records(name: str) -> None:
    def peak(count: int) -> int:
        found = (row_of(replace(PLAIN, title=f"{number} {'word ' * 300}"), number=number) for number in range(1, count))
        tracemalloc.start()
        for _ in EXPORTERS[name].write(found, ExportOptions()):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(300)  # what is kept between calls fills
    assert peak(900) < peak(300) + 300_000
