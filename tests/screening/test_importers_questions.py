"""What a person says of a file: the mapping of a table's columns and the encoding reach the parser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from screening.importers import ImportFileError, ParsedRecord, ParsedVote, RejectedEntry, detect, parse
from screening.importers.decoding import Lines
from screening.importers.encodings import ENCODINGS, encoding_in_words, known_encoding, readings, with_encoding
from screening.importers.mapping import (
    TARGETS,
    guess_mapping,
    mapping_faults,
    mapping_in_words,
    mapping_of_text,
    signature_of,
)
from screening.importers.reading import preview
from tests.screening.importing import write

CZECH = "Nadpis,Autoři,Rok\nPrvní,Novák J; Li W,2019\nDruhý,Malá K,2020\n"


def records_by(path: Path, mapping: dict[str, str]) -> list[ParsedRecord]:
    """The records of a table as a mapping reads it."""
    return [item for item in parse(path, detect(path, path.name), mapping) if isinstance(item, ParsedRecord)]


# ---- headings and preview


def test_the_preview_shows_the_columns_and_five_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "Nadpis,Rok\n" + "".join(f"Práce {n},20{n}\n" for n in range(10, 20)))
    shown = preview(path, detect(path, "x.csv"))
    assert shown.columns == ("Nadpis", "Rok")
    assert shown.rows == tuple((f"Práce {n}", f"20{n}") for n in range(10, 15))


@pytest.mark.parametrize("banner", ["Export z 1. 3. 2024,,\n\n", "Export z 1. 3. 2024\nVýsledky\n"])
def test_a_banner_is_not_the_headings_and_is_no_record(tmp_path: Path, banner: str) -> None:
    path = write(tmp_path, "x.csv", banner + CZECH)
    shown = preview(path, detect(path, "x.csv"))
    assert shown.columns == detect(path, "x.csv").columns == ("Nadpis", "Autoři", "Rok")
    assert shown.rows[0] == ("První", "Novák J; Li W", "2019")
    assert [record.title for record in records_by(path, {"Nadpis": "title"})] == ["První", "Druhý"]


def test_repeated_and_empty_headings_have_names_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", "Nadpis,Poznámka,,poznámka\nPrvní,jedna,dvě,tři\nDruhý,a,b,c\n")
    columns = preview(path, detect(path, "x.csv")).columns
    assert columns == ("Nadpis", "Poznámka", "column 3", "poznámka (column 4)")
    record = records_by(path, {"Nadpis": "title", "poznámka (column 4)": "notes", "Poznámka": ""})[0]
    assert record.notes == "tři"
    assert dict(record.other) == {"poznámka": "jedna", "column 3": "dvě"}


def test_a_row_that_is_too_wide_is_still_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", CZECH + "Další,Kos L,2021\n" * 9 + "Třetí,Kos L,2021,navíc,více\n")
    items = list(parse(path, detect(path, "x.csv"), {"Nadpis": "title"}))
    assert [type(item) for item in items] == [*[ParsedRecord] * 11, RejectedEntry]


def test_a_workbook_is_previewed_as_it_is_parsed(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["Výpis"], ["Nadpis", None, "Rok"], ["První", "x", 2019], ["Druhý", "y"]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    path = tmp_path / "x.xlsx"
    shown = preview(path, detect(path, "x.xlsx"))
    assert (shown.columns, shown.rows) == (("Nadpis", "column 2", "Rok"), (("První", "x", "2019"), ("Druhý", "y", "")))
    first, second = records_by(path, {"Nadpis": "title", "Rok": "year", "column 2": "notes"})
    assert (first.title, first.year, first.notes, second.title) == ("První", 2019, "x", "Druhý")


def test_a_file_that_is_no_table_has_no_preview(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - One\nER  - \n")
    assert preview(path, detect(path, "x.ris")).columns == ()


# ---- mapping


def test_every_target_of_the_page_is_one_the_parser_takes(tmp_path: Path) -> None:
    head = ",".join(f"Sloupec {n}" for n in range(len(TARGETS)))
    path = write(tmp_path, "x.csv", f"{head}\n{','.join(['Exclude'] * len(TARGETS))}\n")
    [record] = records_by(path, {f"Sloupec {n}": target for n, target in enumerate(TARGETS)})
    assert (record.title, record.journal, record.volume) == ("Exclude", "Exclude", "Exclude")
    assert record.votes == (ParsedVote("Exclude", "EXCLUDE", "TITLE_ABSTRACT", "Exclude"),)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", CZECH)
    with pytest.raises(ImportFileError, match=r"no column “Titulek”.*“Nadpis”, “Autoři”, “Rok”"):
        records_by(path, {"Nadpis": "title", "Titulek": "abstract"})


def test_known_columns_of_web_of_science_take_no_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, "x.txt", "PT\tAU\tTI\tSO\tUT\nJ\tDoe, J\tOne\tSYNTH\tWOS:1\n")
    with pytest.raises(ImportFileError, match="leave the mapping out"):
        records_by(path, {"SO": "title"})


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"A": "title", "B": "author", "C": "author"}, []),
        ({"A": "year"}, ["Say which column holds the title."]),
        ({"A": "title", "B": "title"}, ["Title can come from one column only, but “A” and “B” are both set to it."]),
        ({"A": "title", "B": "nonsense"}, ["There is no field “nonsense”."]),
        ({"A": "title", "B": "verdict"}, ["A vote made elsewhere needs two columns"]),
        ({"A": "title", "B": "verdict", "C": "reviewer"}, []),
    ],
)
def test_what_cannot_stand_is_said(mapping: dict[str, str], words: list[str]) -> None:
    faults = mapping_faults(mapping)
    assert len(faults) == len(words)
    assert all(part in fault for part, fault in zip(words, faults, strict=True))


def test_guesses_know_headings_and_words_and_never_take_one_field_twice() -> None:
    columns = ["Paper title (English)", "Title of journal", "First author", "Author list", "Pub. year", "Year", "Cena"]
    assert guess_mapping(columns) == {
        "Paper title (English)": "title",
        "Title of journal": "journal",
        "First author": "author",
        "Author list": "",
        "Pub. year": "",
        "Year": "year",
        "Cena": "",
    }
    assert not [fault for fault in mapping_faults(guess_mapping(columns)) if "one column only" in fault]


def test_the_signature_depends_on_the_headings_and_their_order() -> None:
    signatures = {signature_of(columns) for columns in (["a", "b"], ["b", "a"], ["a", "b", "c"], ["ab"])}
    assert len(signatures) == 4
    assert signature_of(["a", "b"]) == signature_of(("a", "b"))


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("Nadpis=title,Rok=year", {"Nadpis": "title", "Rok": "year"}),
        (' Nadpis = Title , "Kdo, kdy"=author', {"Nadpis": "title", "Kdo, kdy": "author"}),
        ("a=b=title", {"a=b": "title"}),
        ("#1=title,#2=author", {"#1": "title", "#2": "author"}),
    ],
)
def test_a_mapping_is_read_from_the_command_line(text: str, mapping: dict[str, str]) -> None:
    assert mapping_of_text(text) == mapping


@pytest.mark.parametrize(
    ("text", "words"), [("Nadpis", "column=field"), ("", "column=field"), ("A=yeer", "fields are: t")]
)
def test_a_mapping_that_cannot_be_read_says_how_to_write_it(text: str, words: str) -> None:
    with pytest.raises(ImportFileError, match=words):
        mapping_of_text(text)


def test_a_mapping_in_words() -> None:
    assert (
        mapping_in_words({"Kdo": "author", "Nic": "", "Nadpis": "title"}) == "Title from “Nadpis”, Authors from “Kdo”"
    )


# ---- encodings


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_choice_decodes_lines(tmp_path: Path, name: str) -> None:
    codec = "utf-8" if name == "utf-8+cp1252" else name
    path = write(tmp_path, "x.txt", "one\r\ntwo\r\n".encode(codec))
    assert [line.strip("\ufeff") for line in Lines(path, name)][:2] == ["one", "two"]
    assert known_encoding(name) == name


def test_names_of_encodings_as_people_write_them() -> None:
    assert [known_encoding(name) for name in ("Windows-1252", "latin-1", "UTF8", "macintosh", "klingon", "hex")] == [
        "cp1252",
        "iso8859-1",
        "utf-8",
        "mac_roman",
        "",
        "",
    ]
    assert encoding_in_words("koi8-r") == "koi8-r"


def ris(text: str, codec: str) -> bytes:
    """One record with this title."""
    return f"TY  - JOUR\nTI  - {text}\nER  - \n".encode(codec)


def test_the_override_reaches_the_parser(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", ris("Příliš žluťoučký", "cp1250"))
    found = detect(path, "x.ris")
    titles = {
        name: next(
            item.title for item in parse(path, with_encoding(path, found, name)) if isinstance(item, ParsedRecord)
        )
        for name in ("cp1250", "cp1252", "cp1251")
    }
    assert titles["cp1250"] == "Příliš žluťoučký"
    assert len(set(titles.values())) == 3


def test_the_headings_are_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, "x.csv", CZECH.encode("cp1250"))
    found = replace(detect(path, "x.csv"), encoding="cp1252")
    assert with_encoding(path, found, "cp1250").columns == ("Nadpis", "Autoři", "Rok")


def test_an_encoding_that_the_file_cannot_have_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", ris("Café", "cp1252"))
    with pytest.raises(ImportFileError, match="The file is not UTF-8"):
        with_encoding(path, detect(path, "x.ris"), "utf-8")


def test_the_readings_are_the_encodings_that_decode_the_file_and_differ(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", ris("Müller, Jörg", "cp1252"))
    found = {reading.encoding: reading.snippets for reading in readings(path, "cp1252")}
    assert next(iter(found)) == "cp1252"
    assert found["cp1252"] == ("TI  - Müller, Jörg",)
    assert found["mac_roman"] == ("TI  - M¸ller, Jˆrg",)
    assert "utf-8" not in found
    assert "iso8859-1" not in found, "the same as Windows-1252 here"
    assert not [name for name in found if name.startswith("utf-16")]


def test_the_readings_prefer_places_that_show_something(tmp_path: Path) -> None:
    text = "a\xa0b\nc\xa0d\n" + "é\n" * 9 + "ö\n"
    path = write(tmp_path, "x.ris", ris(text, "cp1252"))
    assert readings(path, "cp1252")[0].snippets == ("é", "ö")
    path = write(tmp_path, "y.ris", ris("a\xa0b", "cp1252"))
    assert readings(path, "cp1252")[0].snippets == ("TI  - a\xa0b",)


def test_a_workbook_is_read_whatever_its_name(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for row in (["Title", "Year"], ["One", 2019]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    path = (tmp_path / "x.xlsx").rename(tmp_path / "0123456789abcdef")
    found = detect(path, "x.xlsx")
    assert [item.title for item in parse(path, found) if isinstance(item, ParsedRecord)] == ["One"]


def test_an_encoding_in_which_control_characters_appear_is_not_offered(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", ris("Crohn’s disease: a café’s view", "cp1252"))
    found = {reading.encoding: reading.snippets for reading in readings(path, "cp1252")}
    assert found["cp1252"] == ("TI  - Crohn’s disease: a café’s view",)
    assert "iso8859-1" not in found, "it reads the apostrophe as U+0092"
