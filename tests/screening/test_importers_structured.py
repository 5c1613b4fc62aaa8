"""BibTeX, EndNote XML, PubMed XML, Zotero RDF and CSL-JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from screening.importers import ImportFileError
from screening.importers.latex import plain_latex
from tests.screening.importing import DATA, records, rejected, warned, write


def test_bibtex_names_strings_and_latex() -> None:
    first = records(DATA / "entries.bib")[0]
    assert first.title == "LaTeX and α-synuclein: in vivo & more"
    assert first.journal == "Journal of Synthesis"
    assert [(a.particle, a.family, a.given, a.collective) for a in first.authors] == [
        ("", "Müller", "Jörg", False),
        ("van den", "Berg", "Ann", False),
        ("", "World Health Organization", "", True),
    ]
    assert (first.year, first.date, first.pages) == (2019, "2019-03", "1-10")
    assert first.doi == "10.5555/synthetic.5"
    assert first.keywords == ("a", "b", "c")
    assert "keywords" in first.warnings[0]


def test_bibtex_unbalanced_entry_is_refused_and_the_next_survives() -> None:
    found = records(DATA / "entries.bib")
    assert [record.title for record in found] == ["LaTeX and α-synuclein: in vivo & more", "Third"]
    assert [(item.line, "line 12" in item.reason) for item in rejected(DATA / "entries.bib")] == [(12, True)]
    third = found[1]
    assert (third.authors[0].family, third.journal, third.year) == ("Eagleton", "Proceedings of Nothing", 1984)


def test_bibtex_same_key_twice_is_two_records(tmp_path: Path) -> None:
    path = write(tmp_path, "x.bib", "@article{k, title={One}}\n@article{k, title={Two}}\n@misc{, title={No key}}\n")
    assert [record.title for record in records(path)] == ["One", "Two", "No key"]


def test_bibtex_inherits_from_an_entry_seen_before(tmp_path: Path) -> None:
    text = "@proceedings{p, title={Proceedings X}, year={2001}}\n@inproceedings{c, title={Child}, crossref={p}}\n"
    child = records(write(tmp_path, "x.bib", text))[1]
    assert (child.title, child.journal, child.year) == ("Child", "Proceedings X", 2001)


def test_bibtex_deep_braces_are_refused_in_no_time(tmp_path: Path) -> None:
    path = write(tmp_path, "x.bib", "@article{deep,\n title = {" + "{" * 50_000 + "}" * 50_000 + "}}\n")
    assert [item.line for item in rejected(path)] == [2]


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"{\'E}tude", "Étude"),
        (r"\'etude", "étude"),
        (r"Ramp{\'a}{\v{s}}ek", "Rampášek"),
        (r"\v{S}koda", "Škoda"),
        (r"Erd{\H o}s", "Erdős"),
        (r"\o re and \ss", "øre and ß"),
        (r"{\L}{\'o}d{\'z}", "Łódź"),
        (r"na{\"\i}ve", "naïve"),
        (r"50\% of \textbf{all}", "50% of all"),
        (r"A \& B", "A & B"),
        (r"$\beta$-blocker", "β-blocker"),
        (r"$p < 0.05$", "p < 0.05"),
        (r"pages 1--2", "pages 1–2"),
        (r"``quoted''", "“quoted”"),
        (r"\{braces\}", "{braces}"),
        ("no latex at all", "no latex at all"),
        ("costs $5", "costs $5"),
    ],
)
def test_latex_becomes_unicode(latex: str, plain: str) -> None:
    assert plain_latex(latex) == plain


def test_endnote_xml_joins_style_runs() -> None:
    first, second = records(DATA / "endnote.xml")
    assert first.title == "Patient satisfaction"
    assert (first.journal, first.journal_abbreviation) == ("Synthetic Health", "Synth Health")
    assert (first.year, first.date, first.volume, first.issue) == (2009, "2009-11", "15", "9")
    assert (first.pmid, first.doi) == ("19900001", "10.5555/synthetic.6")
    assert first.keywords == ("telemedicine", "trust")
    assert first.abstract == "Text in italics."
    assert (first.publication_type, second.publication_type) == ("Journal Article", "Book")
    assert second.authors[0].display == "Isaacson Walter"


def test_pubmed_xml_with_a_doctype_needs_no_network() -> None:
    record = records(DATA / "pubmed.xml")[0]
    assert record.title == "Role of E. coli in H2O."
    assert record.abstract == "BACKGROUND: Why.\nMETHODS: How."
    assert [(author.family, author.collective) for author in record.authors] == [
        ("Novák", False),
        ("Synthetic Group", True),
    ]
    assert (record.pmid, record.pmcid, record.doi) == ("99000003", "PMC9900003", "10.5555/synthetic.7")
    assert (record.year, record.date) == (2020, "2020-02-03")
    assert record.keywords == ("*Sepsis/diagnosis",)
    assert record.line == 4


def test_zotero_rdf_finds_the_journal_elsewhere_in_the_file() -> None:
    found = records(DATA / "zotero.rdf")
    assert [record.title for record in found] == ["An article in RDF"]
    assert (found[0].journal, found[0].volume, found[0].doi) == ("Journal of Synthesis", "34", "10.5555/synthetic.12")
    assert found[0].authors[0].display == "Novák Jan"


def test_csl_json_names_dates_and_short_doi() -> None:
    first, second = records(DATA / "items.json")
    assert (first.doi, first.date, first.pages) == ("10/fqd6hj", "2004-05-01", "429-452")
    assert [author.display for author in first.authors] == ["Brittain Ian", "van den Berg Ann", "TIME USA"]
    assert (second.year, second.publication_type, second.line) == (1999, "book", 5)


def test_csl_json_cut_off_keeps_what_was_whole(tmp_path: Path) -> None:
    text = '[{"type": "book", "title": "One"},\n {"type": "book", "title": "Tw'
    path = write(tmp_path, "x.json", text)
    assert [record.title for record in records(path)] == ["One"]
    assert [(item.line, "column 28" in item.reason) for item in rejected(path)] == [(2, True)]


def test_csl_json_of_many_items_streams(tmp_path: Path) -> None:
    items = ",\n".join(f'{{"type": "book", "title": "Title {n}", "note": "{"x" * 500}"}}' for n in range(2_000))
    found = records(write(tmp_path, "x.json", f"[{items}]"))
    assert [record.title for record in found] == [f"Title {n}" for n in range(2_000)]
    assert [record.line for record in found] == list(range(1, 2_001))


XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
RECORD = "<record><ref-type name='Book'>6</ref-type><titles><title>{}</title></titles></record>"


def test_xml_that_declares_entities_is_refused_with_its_line(tmp_path: Path) -> None:
    text = f'{XML_HEAD}<!DOCTYPE xml [\n<!ENTITY a "x">\n]>\n<xml><records>{RECORD.format("&a;")}</records></xml>'
    with pytest.raises(ImportFileError) as caught:
        records(write(tmp_path, "x.xml", text))
    assert caught.value.line == 2


def test_xml_cut_off_keeps_what_was_whole(tmp_path: Path) -> None:
    text = f"{XML_HEAD}<xml><records>\n{RECORD.format('One')}\n{RECORD.format('Two')}\n<record><titles><title>Thr"
    path = write(tmp_path, "x.xml", text)
    assert [record.title for record in records(path)] == ["One", "Two"]
    assert [item.line for item in rejected(path)] == [5]


def test_xml_in_another_encoding_than_it_says(tmp_path: Path) -> None:
    text = f"{XML_HEAD}<xml><records>{RECORD.format('Übersicht über Prüfungen')}</records></xml>"
    path = write(tmp_path, "x.xml", text.encode("cp1252"))
    assert [record.title for record in records(path)] == ["Übersicht über Prüfungen"]
    assert [item.line for item in warned(path)] == [2]


def test_xml_with_control_characters_is_read(tmp_path: Path) -> None:
    text = f"{XML_HEAD}<xml><records>{RECORD.format('A&#11;B' + chr(11) + 'C')}</records></xml>"
    assert [record.title for record in records(write(tmp_path, "x.xml", text))] == ["ABC"]


def test_xml_in_utf16(tmp_path: Path) -> None:
    text = f"<?xml version='1.0' encoding='UTF-16'?>\n<xml><records>{RECORD.format('Žlutý kůň')}</records></xml>"
    assert [record.title for record in records(write(tmp_path, "x.xml", text.encode("utf-16")))] == ["Žlutý kůň"]


def test_a_page_of_html_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="HTML page"):
        records(write(tmp_path, "x.xml", "<!DOCTYPE html><html><body>Log in</body></html>"))
