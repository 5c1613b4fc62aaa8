"""Tables: CSV and its relatives of known vendors, unknown ones by mapping, workbooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from screening.importers import ImportFileError, ParsedRecord, ParsedVote, detect, parse
from tests.screening.importing import DATA, detection_of, read, records, rejected, warned, write

HEADER = "Title,Authors,Year,DOI\n"


def test_scopus_takes_full_names_and_cells_of_several_lines() -> None:
    first, second = records(DATA / "scopus.csv")
    assert first.title == 'Synthetic gradients, "quoted"'
    assert [author.display for author in first.authors] == ["Wilson Lauren N.", "Gardner Jacob D."]
    assert [author.raw for author in second.authors] == ["Bradley, Elizabeth A."]
    assert first.abstract == "Line one line two of a cell."
    assert (first.line, first.end_line, second.line) == (2, 3, 4)
    assert (first.pages, second.pages) == ("2864", "19-28")
    assert first.accession_numbers == (("Scopus", "2-s2.0-85189760133"),)
    assert first.keywords == ("size", "latitude", "animals")
    assert ("cited by", "2") in first.other


def test_publish_or_perish_writes_given_names_first() -> None:
    record = records(DATA / "pop.csv")[0]
    assert [(author.family, author.given) for author in record.authors] == [("Kun‐Rodrigues", "C"), ("Salmona", "J")]
    assert (record.doi, record.urls) == ("10.5555/synthetic.11", ("https://example.org/a",))


def test_pubmed_citation_is_taken_apart(tmp_path: Path) -> None:
    head = "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,NIHMS ID,DOI\n"
    citation = "Eur J. 2020 Feb;63(2):103-40. doi: x."
    row = f'"1","T","Griffin DK, Larkin DM.","{citation}","Griffin DK","Eur J","2020","","","",""\n'
    record = records(write(tmp_path, "x.csv", head + row))[0]
    assert (record.volume, record.issue, record.pages) == ("63", "2", "103-40")
    assert [author.family for author in record.authors] == ["Griffin", "Larkin"]


def test_a_banner_before_the_header_is_passed_over(tmp_path: Path) -> None:
    text = '"SEARCH QUERY","dinosaur:ti"\n-------------\n\n' + HEADER + 'One,"Doe, J",2019,10.5555/b.1\n'
    assert [(record.title, record.line) for record in records(write(tmp_path, "x.csv", text))] == [("One", 5)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = HEADER.replace(",", delimiter) + delimiter.join(["One", '"Doe, J"', "2019", "10.5555/b.1"]) + "\n"
    record = records(write(tmp_path, "x.csv", text))[0]
    assert (record.title, record.authors[0].family, record.year, record.doi) == ("One", "Doe", 2019, "10.5555/b.1")


def test_ragged_rows_are_named_never_shifted(tmp_path: Path) -> None:
    text = HEADER + "Good,Doe J,2019,\nShort,Roe J\nLong,a,2020,b,c,d\nLast,Poe J,2021,\n"
    path = write(tmp_path, "x.csv", text)
    assert [record.title for record in records(path)] == ["Good", "Short", "Last"]
    assert "2 columns" in records(path)[1].warnings[0]
    assert [(item.line, item.reason) for item in rejected(path)] == [(4, "The row has 6 columns, the header 4.")]


def test_a_quote_never_closed_costs_one_row(tmp_path: Path) -> None:
    text = HEADER + 'One,Doe J,2019,\n"Open,Roe J,2020,\nThree,Poe J,2021,\nFour,Moe J,2022,\n'
    path = write(tmp_path, "x.csv", text)
    assert [record.title for record in records(path)] == ["One", "Three", "Four"]
    assert [(item.line, "never closed" in item.reason) for item in rejected(path)] == [(3, True)]


def test_headings_that_stand_twice_use_the_first_value_and_say_so(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "Title,Title,Year,DOI\nFirst,Second,2019,\n,Only,2020,\n")
    assert [record.title for record in records(path)] == ["First", "Only"]
    assert [item.line for item in warned(path)] == [1]


def test_cells_that_look_like_formulas_are_text(tmp_path: Path) -> None:
    cells = ["=1+1 trial", "+1 trial", "-2 log likelihood", "@SUM(A1:A9)", "=cmd|' /C calc'!A0"]
    path = write(tmp_path, "x.csv", HEADER + "".join(f"{cell},Doe J,2019,\n" for cell in cells))
    assert [record.title for record in records(path)] == cells


def test_excels_protection_of_numbers_is_taken_off(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", 'Title,Author,ISSN,Publication Date\nOne,Doe J,="19326203",="4/3/2024"\n')
    record = records(path)[0]
    assert (record.issn, record.year) == (("1932-6203",), 2024)


def test_large_cells_are_cut_with_a_warning_not_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", f"Title,Year,Abstract\nOne,2019,{'word ' * 50_000}\nTwo,2020,\n")
    first, second = records(path)
    assert len(first.abstract) < 101_000
    assert first.warnings == ("The abstract was cut at 100,000 characters.",)
    assert second.title == "Two"


def test_unknown_columns_ask_for_a_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "Nadpis,Autoři,Rok\nPrvní,Novák J; Li W,2019\n")
    found = detect(path, "x.csv")
    assert (found.needs_mapping, found.columns) == (True, ("Nadpis", "Autoři", "Rok"))
    with pytest.raises(ImportFileError, match=r"No title column.*“Nadpis”"):
        list(parse(path, found))
    mapping = {"Nadpis": "title", "Autoři": "author", "Rok": "year"}
    record = next(item for item in parse(path, found, mapping) if isinstance(item, ParsedRecord))
    assert (record.title, record.year, [author.family for author in record.authors]) == ("První", 2019, ["Novák", "Li"])
    assert record.line == 2


def test_a_table_without_header_is_mapped_by_position(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", 'Some trial of a drug,"Tester, A",2019\nAnother trial,"Tester, B",2020\n')
    items = list(parse(path, detect(path, "x.csv"), {"#1": "title", "#2": "author", "#3": "year"}))
    assert [(item.title, item.year) for item in items if isinstance(item, ParsedRecord)] == [
        ("Some trial of a drug", 2019),
        ("Another trial", 2020),
    ]


def test_a_mapping_without_title_or_to_nowhere_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "A,B\n1,2\n3,4\n")
    found = detect(path, "x.csv")
    with pytest.raises(ImportFileError, match="no title"):
        list(parse(path, found, {"A": "year"}))
    with pytest.raises(ImportFileError, match="No such field: nonsense"):
        list(parse(path, found, {"A": "nonsense"}))


def test_votes_of_a_plain_table() -> None:
    first, second = records(DATA / "votes.csv")
    assert first.votes == (
        ParsedVote("Anna", "INCLUDE"),
        ParsedVote("Ben", "EXCLUDE", "FULL_TEXT", "wrong population"),
    )
    assert second.votes == ()
    assert "line 4" in second.warnings[0]


def test_web_of_science_tab_delimited(tmp_path: Path) -> None:
    head = "PT\tAU\tAF\tTI\tSO\tDE\tPY\tDI\tUT\r\n"
    row = "J\tDoe, J; Roe, T\tDoe, Jane; Roe, Tim\tOne\tSYNTH\ta; b\t2004\t10.5555/w.1\tWOS:1\r\n"
    text = head + row
    for content in (text.encode("utf-16"), ("\ufeff" + text).encode(), text.replace("\r\n", "\r").encode("utf-16")):
        path = write(tmp_path, "x.txt", content)
        record = records(path)[0]
        assert (record.title, record.year, record.doi) == ("One", 2004, "10.5555/w.1")
        assert [author.given for author in record.authors] == ["Jane", "Tim"]
        assert record.keywords == ("a", "b")


def test_header_without_rows_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="0 records found"):
        read(write(tmp_path, "x.csv", HEADER))


def _workbook(path: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Title", "Authors", "Year", "DOI", "Abstract"],
        ["One", "Doe, J; Roe, T", 2019, "10.5555/x.1"],
        ["Two"],
    ]
    path = _workbook(tmp_path / "x.xlsx", rows)
    found = detect(path, "x.xlsx")
    assert (found.format, found.needs_mapping) == ("xlsx", False)
    first, second = records(path)
    assert (first.title, first.year, first.line) == ("One", 2019, 2)
    assert [author.family for author in first.authors] == ["Doe", "Roe"]
    assert (second.title, second.warnings) == ("Two", ())


def test_workbook_of_unknown_columns_is_mapped(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "x.xlsx", [["Nadpis", "Rok"], ["První", 2019]])
    found = detect(path, "x.xlsx")
    assert found.needs_mapping
    items = list(parse(path, found, {"Nadpis": "title", "Rok": "year"}))
    assert [(item.title, item.year) for item in items if isinstance(item, ParsedRecord)] == [("První", 2019)]


def test_columns_are_reported_for_the_preview(tmp_path: Path) -> None:
    assert detection_of(tmp_path, "x.csv", HEADER + "One,Doe J,2019,\n").columns == ("Title", "Authors", "Year", "DOI")
