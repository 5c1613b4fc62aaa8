"""Encodings, plain text, names and identifiers."""

from __future__ import annotations

from pathlib import Path

import pytest

from screening.importers import Author, ImportFileError
from screening.importers.clean import abstract_text, one_line, paragraphs
from screening.importers.decoding import MAX_LINE, Lines, sniff_encoding
from screening.importers.identifiers import find_doi, find_isbns, find_issns, find_urls, find_year, iso_date, join_pages
from screening.importers.names import NameStyle, parse_author, split_names
from tests.screening.importing import detection_of, records, rejected, warned, write

RIS = "TY  - JOUR\nTI  - {}\nAU  - Müller, Jörg\nER  - \n\n"
TITLE = "Café “Übersicht” – naïve Prüfung der Größe für später"


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, codec: str, name: str, ends: str) -> None:
    text = RIS.format(TITLE) + RIS.format("Zweite Übersicht über Gärten")
    path = write(tmp_path, "x.ris", text.replace("\n", ends).encode(codec))
    found = detection_of(tmp_path, "x.ris", path.read_bytes())
    assert found.encoding == name
    assert found.newline == {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[ends]
    assert [record.title for record in records(path)] == [TITLE, "Zweite Übersicht über Gärten"]
    assert [record.line for record in records(path)] == [1, 6]


@pytest.mark.parametrize("codec", ["gb18030", "shift_jis", "euc_kr"])
def test_east_asian_encodings_are_a_guess_with_a_sample(tmp_path: Path, codec: str) -> None:
    text = {
        "gb18030": "系统评价与文献检索方法的研究",
        "shift_jis": "システマティックレビューの方法",
        "euc_kr": "체계적 문헌고찰의 방법",
    }[codec]
    found = detection_of(tmp_path, "x.ris", f"TY  - JOUR\nTI  - {text}\nAB  - {text}{text}\nER  - \n".encode(codec))
    assert (found.confident, found.encoding) == (False, codec)
    assert text in found.sample
    assert codec in found.hint


def test_a_file_that_mixes_two_encodings_reads_both(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", RIS.format("Café one").encode() + RIS.format("Café two").encode("cp1252"))
    assert sniff_encoding(path).name == "utf-8+cp1252"
    assert [record.title for record in records(path)] == ["Café one", "Café two"]
    assert [item.line for item in warned(path)] == [7]


def test_a_declared_encoding_is_believed_when_utf8_is_impossible(tmp_path: Path) -> None:
    text = "% Encoding: windows-1250\n@article{a, title={Žlutý kůň úpěl ďábelské ódy}}\n"
    path = write(tmp_path, "x.bib", text.encode("cp1250"))
    assert records(path)[0].title == "Žlutý kůň úpěl ďábelské ódy"


def test_utf8_beats_a_wrong_declaration(tmp_path: Path) -> None:
    path = write(tmp_path, "x.bib", "% Encoding: latin1\n@article{a, title={Müller}}\n")
    assert records(path)[0].title == "Müller"


def test_a_declaration_that_is_not_true_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = write(tmp_path, "x.bib", "\n% Encoding: latin1\n@article{a, title={Müller}}\n")
    assert [item.line for item in warned(wrong)] == [2]
    for content in ("% Encoding: latin1\n@article{a, title={M}}\n", "% Encoding: UTF-8\n@article{a, title={Müller}}\n"):
        assert not warned(write(tmp_path, "y.bib", content))


def test_braces_that_nest_too_deeply_are_refused_in_their_line(tmp_path: Path) -> None:
    deep = write(tmp_path, "x.bib", "@article{a,\n year = 2020,\n title = " + "{" * 600 + "}" * 600 + "}\n")
    assert [item.line for item in rejected(deep)] == [3]


def test_nul_characters_are_removed_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - A\0B\nER  - \n")
    assert records(path)[0].title == "AB"
    assert "\0" not in records(path)[0].raw
    assert [(item.line, item.message) for item in warned(path)] == [(2, "NUL characters were removed.")]


def test_lines_end_at_cr_and_lf_only(tmp_path: Path) -> None:
    path = write(tmp_path, "x.txt", "a\u2028b\x0bc\x85d\re\n\nf")
    assert list(Lines(path, "utf-8")) == ["a\u2028b\x0bc\x85d", "e", "", "f"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "mixed"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("count", [1, 4_000])
def test_a_source_entry_keeps_its_own_line_ends(tmp_path: Path, ends: str, codec: str, count: int) -> None:
    lines = ["TY  - JOUR", "TI  - Müllers Schlaf", "AB  - One", "two", "", "three\u00e9", "ER  - "]
    closes = ["\r\n", "\n", "\r", "\r\n", "\n\r", "\r\n"] if ends == "mixed" else [ends] * 6
    entry = "".join(line + end for line, end in zip(lines, closes, strict=False)) + lines[-1]
    gap = "\r\n\n" if ends == "mixed" else ends * 2
    path = write(tmp_path, "x.ris", gap.join([entry] * count).encode(codec))
    found = records(path)
    assert len(found) == count
    assert {record.raw for record in found} == {entry}
    assert {record.abstract for record in found} == {"One two three\u00e9"}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_source_entry_of_bibtex_keeps_its_line_ends(tmp_path: Path, ends: str) -> None:
    entry = "@article{a,\n  title = {Sleep},\n}".replace("\n", ends)
    path = write(tmp_path, "x.bib", f"{entry}{ends}{ends}{entry}{ends}")
    assert [record.raw for record in records(path)] == [entry, entry]


def test_an_overlong_line_is_cut_and_told(tmp_path: Path) -> None:
    path = write(tmp_path, "x.ris", "TY  - JOUR\nTI  - T\nAB  - " + "x" * (MAX_LINE + 5_000_000) + "\nER  - \n")
    record = records(path)[0]
    assert record.warnings[0] == "The abstract was cut at 100,000 characters."
    assert "only the first 2,000,000" in warned(path)[0].message
    assert warned(path)[0].line == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n \n", "0 records found"),
        (b"%PDF-1.4\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "image"),
        (b"SQLite format 3\0" + bytes(200), "library"),
        (b"\xd0\xcf\x11\xe0" + bytes(200), "old Word or Excel"),
        (bytes(range(256)) * 40, "not a text file"),
        (b"Dear colleague,\nplease find the results attached.\nYours\n", "not recognised"),
        (b'{"hello": "world"}', "no references"),
    ],
)
def test_files_that_are_no_exports_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ImportFileError, match=message):
        detection_of(tmp_path, "x.ris", content)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<i>E. coli</i> &amp; <b>more</b>", "E. coli & more"),
        ("p &lt;0.05 and p < 0.01 > x", "p <0.05 and p < 0.01 > x"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("&amp;lt;u&amp;gt;S&amp;lt;/u&amp;gt;OS", "SOS"),
        ("10<sup>5</sup> and <sup>18</sup>F", "10⁵ and 18F"),
        ("H<sub>2</sub>O", "H2O"),
        ("a\u00a0b\u200b c\u2028d", "a b c d"),
        ("right\u202eto left\u202c", "rightto left"),
        ("e\u0301tude", "étude"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("  two   blanks ", "two blanks"),
        ("<jats:p>Text</jats:p>", "Text"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math>", "x"),
        ("a <em class='x'>b</em>", "a b"),
    ],
)
def test_one_line(text: str, plain: str) -> None:
    assert one_line(text) == plain


def test_paragraphs_keep_their_breaks() -> None:
    assert paragraphs("<p>One</p><p>Two</p>") == "One\nTwo"
    assert paragraphs("One<br/>Two\n\n\nThree") == "One\nTwo\nThree"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Background: A. Methods: B. Results: C.", ["Background: A.", "Methods: B.", "Results: C."]),
        ("BACKGROUND: A. MAIN OUTCOME: B: c.", ["BACKGROUND: A.", "MAIN OUTCOME: B: c."]),
        ("Note: one colon only.", ["Note: one colon only."]),
        ("Ratio 1:2. Time 10:30 and 11:45.", ["Ratio 1:2. Time 10:30 and 11:45."]),
        ("wrapped at a\nfixed width here\nand there", ["wrapped at a fixed width here and there"]),
        ("One sentence.\nAnother one.", ["One sentence.", "Another one."]),
        ("Abstract text.AIMS: A.CONCLUSIONS: B.", ["Abstract text.", "AIMS: A.", "CONCLUSIONS: B."]),
    ],
)
def test_abstracts(text: str, lines: list[str]) -> None:
    assert abstract_text(text).split("\n") == lines


def test_abstract_with_thousands_of_colons_is_quick() -> None:
    text = "METHODS: " * 20_000
    assert len(abstract_text(text)) > 100_000


@pytest.mark.parametrize(
    ("raw", "family", "given", "particle"),
    [
        ("Smith, John", "Smith", "John", ""),
        ("Smith J", "Smith", "J", ""),
        ("Griffin DK.", "Griffin", "DK.", ""),
        ("Yang Z.", "Yang", "Z.", ""),
        ("Brownstein C D", "Brownstein", "C D", ""),
        ("Lockwood J.A.F.", "Lockwood", "J.A.F.", ""),
        ("H. -x. Ji", "Ji", "H. -x.", ""),
        ("Y. -T. S. Chang", "Chang", "Y. -T. S.", ""),
        ("EM Dwyer", "Dwyer", "EM", ""),
        ("Björn A. Blomberg", "Blomberg", "Björn A.", ""),
        ("van den Berg RA", "Berg", "RA", "van den"),
        ("de la Cruz, Maria", "Cruz", "Maria", "de la"),
        ("De Waele J.J.", "De Waele", "J.J.", ""),
        ("Carvalho, Ana Isabel Rodrigues de", "Carvalho", "Ana Isabel Rodrigues", "de"),
        ("King, Martin Luther, Jr.", "King", "Martin Luther Jr.", ""),
        ("King, Jr., Martin Luther", "King", "Martin Luther Jr.", ""),
        ("van den Hoven, null", "Hoven", "", "van den"),
        ("null van den Hoven", "Hoven", "", "van den"),
        ("Lefkowitz, Rafael Y. MD, MPH 1", "Lefkowitz", "Rafael Y.", ""),
        ("Walsdorf, Neill B. [Inventor, Reprint Author]", "Walsdorf", "Neill B.", ""),
        ("Bank, John", "Bank", "John", ""),
        ("Press WH", "Press", "WH", ""),
        ("余敏", "余敏", "", ""),
        ("WILSON, JOHN P.", "WILSON", "JOHN P.", ""),
        ("O'Connor, Jingmai K. ", "O'Connor", "Jingmai K.", ""),
    ],
)
def test_names(raw: str, family: str, given: str, particle: str) -> None:
    found = parse_author(raw)
    assert found is not None
    assert (found.family, found.given, found.particle, found.collective) == (family, given, particle, False)


def test_names_keep_the_source_form_and_display_reads_well() -> None:
    assert parse_author("van den Berg, R. A.") == Author("Berg", "R. A.", "van den", raw="van den Berg, R. A.")
    assert Author("Rampášek", "L").display == "Rampášek L"
    assert Author("Berg", "R. A.", "van den").display == "van den Berg R. A."


@pytest.mark.parametrize("raw", ["", " ", ",", "null", "et al.", "NA"])
def test_no_name_is_none(raw: str) -> None:
    assert parse_author(raw) is None


def test_order_without_comma_and_initials_is_the_formats() -> None:
    assert parse_author("Terry Eagleton", NameStyle.GIVEN_FIRST) == Author("Eagleton", "Terry", raw="Terry Eagleton")
    assert parse_author("Han Shanshan") == Author("Han", "Shanshan", raw="Han Shanshan")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Yang Z.; Jiang B.", ["Yang Z.", "Jiang B."]),
        ("Yang, Z. and Jiang, B.", ["Yang, Z.", "Jiang, B."]),
        ("Yang Z., Jiang B., Xu J.", ["Yang Z.", "Jiang B.", "Xu J."]),
        ("Yang, Z., Jiang, B.", ["Yang, Z.", "Jiang, B."]),
        ("Barrett, Paul M", ["Barrett, Paul M"]),
        ("Centre for Reviews and Dissemination", ["Centre for Reviews and Dissemination"]),
        ("Novák J | Li W", ["Novák J", "Li W"]),
        ("", []),
    ],
)
def test_split_names(text: str, names: list[str]) -> None:
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1371/journal.pone.0012292", "10.1371/journal.pone.0012292"),
        ("https://dx.doi.org/10.1186/S11689-021-09396-9", "10.1186/s11689-021-09396-9"),
        ("doi:10.1000/182.", "10.1000/182"),
        ("10.1016/0009-2509(93)81049-2", "10.1016/0009-2509(93)81049-2"),
        ("(see 10.1000/182)", "10.1000/182"),
        (
            "10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",
            "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2",
        ),
        ("10.2984/1534-6188(2009)63[15:COSSDP]2.0.CO;2", "10.2984/1534-6188(2009)63[15:cossdp]2.0.co;2"),
        ("https://www.scopus.com/x?doi=10.1038%2fs41467-024-46843-2&partnerID=40", "10.1038/s41467-024-46843-2"),
        ("10.1016/j.mex.2018.03.007 [doi]", "10.1016/j.mex.2018.03.007"),
        ("10/fqd6hj", "10/fqd6hj"),
        ("page 10 of 12", ""),
        ("", ""),
    ],
)
def test_doi(text: str, doi: str) -> None:
    assert find_doi(text) == doi


def test_serial_numbers() -> None:
    assert find_issns("15230406 (ISSN) 1532-2548") == ["1523-0406", "1532-2548"]
    assert find_isbns("978-1-80062-734-5; 0727912771 (paperback)") == ["9781800627345", "0727912771"]
    assert find_isbns("1234-5678") == []


def test_only_addresses_a_browser_may_open() -> None:
    assert find_urls("javascript:alert(1)") == []
    assert find_urls("see https://a.org/x(1). Or ftp://b.org/y;") == ["https://a.org/x(1)", "ftp://b.org/y"]
    assert find_urls("www.example.org/1") == ["https://www.example.org/1"]
    assert find_urls("file:///etc/passwd data:text/html,x") == []


@pytest.mark.parametrize(
    ("text", "iso", "year"),
    [
        ("2019/03/07/", "2019-03-07", 2019),
        ("2019/03//", "2019-03", 2019),
        ("2019///", "2019", 2019),
        ("2021 Mar 4", "2021-03-04", 2021),
        ("1999 Nov-Dec", "1999 Nov-Dec", 1999),
        ("March 2001", "2001-03", 2001),
        ("October 16, 2014", "2014-10-16", 2014),
        ("20190307", "2019-03-07", 2019),
        ("2019/13/45/", "2019/13/45/", 2019),
        ("4/3/2024", "4/3/2024", 2024),
        ("n.d.", "n.d.", None),
    ],
)
def test_dates(text: str, iso: str, year: int | None) -> None:
    assert (iso_date(text), find_year(text)) == (iso, year)


def test_pages() -> None:
    assert [join_pages(*pair) for pair in (("1", "9"), ("1", ""), ("", "9"), ("557-572", "9"), ("5", "5"))] == [
        "1-9",
        "1",
        "9",
        "557-572",
        "5",
    ]
