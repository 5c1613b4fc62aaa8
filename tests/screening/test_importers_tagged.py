"""The tagged formats: RIS in its dialects, MEDLINE, Web of Science, refer, Cochrane, RefWorks, Ovid."""

from __future__ import annotations

from pathlib import Path

import pytest

from screening.importers import Author, ImportFileError, ParsedVote, RejectedEntry, detect
from tests.screening.importing import DATA, detection_of, read, records, rejected, warned, write


def test_ris_first_record_has_every_field() -> None:
    first = records(DATA / "dialects.ris")[0]
    assert first.title == "Early warning of sepsis & septic shock: 10⁵ beds"
    assert first.authors == (
        Author("Rampášek", "Ladislav", raw="Rampášek, Ladislav"),
        Author("Berg", "R. A.", "van den", raw="van den Berg, R. A."),
        Author("WHO Working Group on Sepsis", collective=True, raw="WHO Working Group on Sepsis"),
    )
    assert (first.year, first.date) == (2019, "2019-03-07")
    assert (first.journal, first.journal_abbreviation) == ("Critical Care Synthetic", "Crit. Care Synth.")
    assert (first.volume, first.issue, first.pages) == ("12", "3", "101-9")
    assert first.doi == "10.5555/synthetic.1"
    assert first.issn == ("1234-567X",)
    assert first.accession_numbers == (("AN", "WOS:000000000000001"),)
    assert first.keywords == ("sepsis", "early warning", "prediction model")
    assert first.publication_type == "Journal article"
    assert first.notes == "Export Date: 1 May 2020"


def test_ris_abstract_keeps_its_structure_and_joins_wrapped_lines() -> None:
    first = records(DATA / "dialects.ris")[0]
    assert first.abstract.split("\n") == [
        "BACKGROUND: Sepsis is common.",
        "METHODS: We looked.",
        "RESULTS: We found much, and wrapped it.",
        "CONCLUSION: It helps.",
    ]


def test_ris_second_tag_on_a_line_and_refused_address() -> None:
    first = records(DATA / "dialects.ris")[0]
    assert first.urls == ("http://example.org/one",)
    assert first.other == (("L4", "internal.pdf"), ("OP", "A second tag on the line"))
    assert first.warnings == ("Not a web address, kept out: “javascript:alert(1)”.",)


def test_ris_dialects_of_tag_lines() -> None:
    titles = [record.title for record in records(DATA / "dialects.ris")]
    assert titles[1:] == [
        "One space before the dash",
        "Indented by two blanks",
        "Not closed before the next",
        "The next",
    ]


def test_ris_start_inside_an_entry_begins_the_next_and_is_told() -> None:
    open_entry, after = records(DATA / "dialects.ris")[3:]
    assert open_entry.warnings == ("The entry is not closed by ER: the next one begins in line 48.",)
    assert [author.family for author in open_entry.authors] == ["Roe"]
    assert [author.family for author in after.authors] == ["Poe"]


def test_ris_lines_and_raw_name_the_place_in_the_file() -> None:
    text = (DATA / "dialects.ris").read_text().split("\n")
    for record in records(DATA / "dialects.ris"):
        assert record.raw == "\n".join(text[record.line - 1 : record.end_line])


def test_ris_headers_between_entries_are_no_warning() -> None:
    assert warned(DATA / "dialects.ris") == []


def test_ris_without_ty_becomes_a_record_with_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TI  - No type\nAU  - Doe, J.\nER  - \n\nTY  - JOUR\nTI  - Second\nER  - \n")
    first, second = records(path)
    assert first.warnings == ("The entry does not begin with TY.",)
    assert second.warnings == ()


def test_ris_cut_off_keeps_the_record_and_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - Whole\nER  - \nTY  - JOUR\nTI  - Cut\nAB  - Begun and n")
    assert records(path)[1].warnings == ("The entry is incomplete: the file ends without ER.",)


def test_ris_bom_crlf_and_bare_cr_change_nothing(tmp_path: Path) -> None:
    plain = (DATA / "dialects.ris").read_text()
    for ends in ("\r\n", "\r"):
        path = write(tmp_path, "x.ris", "\ufeff" + plain.replace("\n", ends))
        assert [r.title for r in records(path)] == [r.title for r in records(DATA / "dialects.ris")]
        assert [r.line for r in records(path)] == [r.line for r in records(DATA / "dialects.ris")]


def test_ris_keeps_repeated_values_and_an_empty_first_one(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - \nTI  - Real\nSN  - 1234-5678\nSN  - 8765-4321\nER  - \n")
    record = records(path)[0]
    assert record.title == "Real"
    assert record.issn == ("1234-5678", "8765-4321")


def test_ris_odd_years_never_lose_the_record(tmp_path: Path) -> None:
    years = {
        "2019/03//": 2019,
        "in press": None,
        "0000": None,
        "20l9": None,
        "Winter 2001": 2001,
        "99": None,
        "3019": None,
    }
    for text, year in years.items():
        record = records(write(tmp_path, "x.ris", f"TY  - JOUR\nTI  - T\nPY  - {text}\nER  - \n"))[0]
        assert record.year == year
        assert record.date or year is None or text


def test_ris_text_in_another_format_after_it_is_refused_not_merged(tmp_path: Path) -> None:
    path = write(
        tmp_path, "x.txt", "TY  - JOUR\nTI  - One\nER  - \n\nPMID- 77\nOWN - NLM\nTI  - MEDLINE\n\n@misc{a,title={B}}\n"
    )
    assert [record.title for record in records(path)] == ["One"]
    assert [(item.line, "MEDLINE" in item.reason) for item in rejected(path)] == [(5, True)]


def test_ris_prose_between_entries_is_told_once(tmp_path: Path) -> None:
    path = write(
        tmp_path, "x.ris", "TY  - JOUR\nTI  - One\nER  - \nSome words\nand more\nTY  - JOUR\nTI  - Two\nER  - \n"
    )
    assert len(records(path)) == 2
    assert [(item.line, item.message) for item in warned(path)] == [
        (4, "Text between entries was passed over: “Some words”.")
    ]


def test_ris_rayyan_votes_come_with_the_record(tmp_path: Path) -> None:
    note = 'N1  - RAYYAN-INCLUSION: {"Anna"=>"Excluded", "Ben"=>"Maybe"} | RAYYAN-EXCLUSION-REASONS: wrong population'
    path = write(tmp_path, "x.ris", f"TY  - JOUR\nTI  - One\n{note}\nER  - \n")
    assert records(path)[0].votes == (
        ParsedVote("Anna", "EXCLUDE", reason="wrong population"),
        ParsedVote("Ben", "MAYBE"),
    )


def test_ris_title_from_the_larger_work_is_told(tmp_path: Path) -> None:
    record = records(write(tmp_path, "x.ris", "TY  - SER\nT3  - A series\nER  - \n"))[0]
    assert (record.title, record.warnings) == ("A series", ("The title was taken from T3.",))


def test_ris_endless_entry_is_cut_not_kept_in_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - Endless\n" + "KW  - a\n" * 450_000)
    found = records(path)
    assert found[0].title == "Endless"
    assert any("was cut after" in warning for warning in found[0].warnings)


def test_medline_fields() -> None:
    first, second = records(DATA / "pubmed.nbib")
    assert first.title == "A synthetic record whose title runs over two lines."
    assert [author.display for author in first.authors] == ["Nováková Jana", "Li Wei", "Synthetic Trial Group"]
    assert first.authors[2].collective
    assert (first.pmid, first.pmcid, first.doi) == ("99000001", "PMC9900001", "10.5555/synthetic.2")
    assert (first.year, first.date, first.language) == (2021, "2021-03-04", "eng")
    assert first.keywords == ("Humans", "*Sepsis/diagnosis", "early warning")
    assert first.publication_type == "Journal Article; Randomized Controlled Trial"
    assert first.abstract == "BACKGROUND: First line of the abstract that goes on here.\nMETHODS: None."
    assert (second.authors[0].family, second.authors[0].given, second.year) == ("Griffin", "DK", 1999)


def test_web_of_science_fields() -> None:
    first, second = records(DATA / "savedrecs.txt")
    assert first.title == "Synthetic models of nothing"
    assert [author.given for author in first.authors] == ["Shijie", "Andre E."]
    assert first.keywords == ("maximum likelihood", "observation error", "FISHERY")
    assert first.date == "2009-03-07"
    assert first.issn == ("1323-1650", "1448-6059")
    assert first.accession_numbers == (("Web of Science", "WOS:000272541300010"),)
    assert first.abstract == "First part of the abstract and its second."
    assert (second.authors[0].display, second.year) == ("Guarino A", 2006)


def test_refer_title_may_stand_before_the_type() -> None:
    first, second = records(DATA / "refer.enw")
    assert (first.title, first.pages, first.issn) == ("A refer record", "582-596", ("0022-2194",))
    assert (second.title, second.publication_type, second.doi) == (
        "Title before the type",
        "Book",
        "10.5555/synthetic.4",
    )
    assert second.authors[0].family == "余敏"


def test_cochrane_text() -> None:
    first, second = records(DATA / "cochrane.txt")
    assert (first.authors[0].family, first.authors[0].given) == ("Han", "Shanshan")
    assert first.accession_numbers == (("Cochrane Library", "CD009275"),)
    assert first.abstract == "Background: One.\nObjectives: Two.\nMethods: Three."
    assert second.title == "Second"


def test_refworks_legend_is_no_record() -> None:
    first, second = records(DATA / "refworks.txt")
    assert (first.title, first.pages, first.year) == ("Synthetic clothes", "337-367", 2003)
    assert second.publication_type == "Book, Section"
    assert warned(DATA / "refworks.txt") == []


def test_ovid_tagged_takes_the_source_line_apart() -> None:
    first, second = records(DATA / "ovid.txt")
    assert first.title == "A comparison of manifestations."
    assert (first.journal, first.volume, first.issue) == ("Behavioural Synthesis", "43", "5")
    assert first.doi == "10.5555/synthetic.9"
    assert second.year == 2016


def test_ovid_labelled(tmp_path: Path) -> None:
    text = "<8>\nAuthor\n  Doe, Jane 1;  Roe, Tim 2\nTitle\n  Effects of\n  nothing.\n"
    text += "ISSN\n  1067-5027\nYear of Publication\n  2014\n"
    record = records(write(tmp_path, "x.txt", text))[0]
    assert (record.title, record.year, record.issn) == ("Effects of nothing.", 2014, ("1067-5027",))
    assert [author.display for author in record.authors] == ["Doe Jane", "Roe Tim"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("dialects.ris", "RIS, Scopus"),
        ("pubmed.nbib", "MEDLINE (nbib), PubMed"),
        ("savedrecs.txt", "Web of Science (tagged)"),
        ("refer.enw", "EndNote (enw)"),
        ("cochrane.txt", "Cochrane Library text"),
        ("refworks.txt", "RefWorks tagged"),
        ("ovid.txt", "Ovid (tagged)"),
        ("entries.bib", "BibTeX"),
        ("endnote.xml", "EndNote XML, EndNote"),
        ("pubmed.xml", "PubMed XML"),
        ("items.json", "CSL-JSON"),
        ("scopus.csv", "CSV, Scopus"),
        ("pop.csv", "CSV, Publish or Perish"),
        ("zotero.rdf", "Zotero RDF"),
    ],
)
def test_detection_goes_by_content(name: str, label: str) -> None:
    assert detect(DATA / name, "upload.bin").label == label


def test_a_name_that_says_otherwise_gives_a_hint(tmp_path: Path) -> None:
    found = detection_of(tmp_path, "export.csv", "TY  - JOUR\nTI  - One\nER  - \n")
    assert (found.format, found.hint) == ("ris", "The name ends in .csv, but the content is RIS.")


def test_an_entry_without_any_field_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path, "x.txt", "<1. >\nVN  - Ovid Technologies\nTI  - One\nAU  - Doe, J\n\n<2. >\n\n<3. >\nTI  - Three\n"
    )
    assert [item for item in read(path) if isinstance(item, RejectedEntry)] == [
        RejectedEntry(6, "The entry holds no field.", "<2. >")
    ]


def test_no_entry_at_all_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, "x.txt", "FN Clarivate Analytics Web of Science\nVR 1.0\nEF\n")
    with pytest.raises(ImportFileError):
        read(path)
