"""How titles, names, journals, pages and identifiers are read. All examples are made up for these tests."""

from __future__ import annotations

import pytest

from screening.rules.matching.journals import journal_names, same_journal
from screening.rules.matching.names import Agreement, agreement, parse_names
from screening.rules.matching.places import Pages, volume_and_issue
from screening.rules.matching.text import clean_doi, clean_isbns, clean_pmid, clean_title, plain, words
from screening.rules.matching.titles import title_facts, title_language


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Café Müller", "cafe muller"),
        ("H<sub>2</sub>O in TNF-α &amp; β-cells", "h2o in tnf-alpha & beta-cells"),
        (r"Über {\alpha}-helices and \textit{E. coli}", "uber alpha-helices and e. coli"),
        ("MÃ¼ller", "muller"),
        ("Гипертония", "gipertoniya"),
    ],
)
def test_text_becomes_plain(raw: str, expected: str) -> None:
    assert plain(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "Sleep in shift workers",
        "SLEEP IN SHIFT WORKERS.",
        "[Sleep in shift workers]",
        "Sleep in shift workers [Article]",
        "Sleep in shift workers. [German]",
        "Sleep in shift workers. French",
        "Sleep in shift workers. [Review] [42 refs]",
        "Sleep in shift workers [Erratum appears in Made Up J. 2011 May;3(2):99]",
        "Sleep in shift workers - [Careers]",
        '"Sleep in shift workers"',
        "<i>Sleep</i> in shift workers (Structured abstract)",
    ],
)
def test_a_title_loses_what_databases_hang_onto_it(raw: str) -> None:
    assert words(clean_title(raw)[0]) == ["sleep", "in", "shift", "workers"]


@pytest.mark.parametrize("raw", ["", "   ", "#NAME?", "#VALUE!", "..."])
def test_a_destroyed_title_is_empty(raw: str) -> None:
    assert clean_title(raw)[0] == ""


@pytest.mark.parametrize(
    ("title", "notices"),
    [
        ("Erratum to: Sleep in shift workers", {"erratum"}),
        ("Sleep in shift workers (vol 3, pg 12, 2011)", {"erratum"}),
        ("Retraction of: Sleep in shift workers", {"retraction"}),
        ("RETRACTED: Sleep in shift workers", set()),
        ("Authors' reply", {"reply"}),
        ("Comment on: Sleep in shift workers", {"comment"}),
        ("Sleep in shift workers: study protocol for a trial", {"protocol"}),
        ("Sleep in shift workers", set()),
        ("Errors of refraction and their correction in children", set()),
    ],
)
def test_notices_are_seen_in_titles(title: str, notices: set[str]) -> None:
    text, cites = clean_title(title)
    assert title_facts(text, tuple(words(text)), cites).notices == notices


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Care of burns. Part II: surgery", {2}),
        ("Care of burns, part 2", {2}),
        ("Care of burns: III", {3}),
        ("Care of burns. Part A", {101}),
        ("Care of burns", set()),
        ("A phase II trial of burn care", set()),
    ],
)
def test_parts_are_seen_in_titles(title: str, parts: set[int]) -> None:
    text, cites = clean_title(title)
    assert title_facts(text, tuple(words(text)), cites).parts == parts


@pytest.mark.parametrize(
    ("title", "recurs"),
    [
        ("Editorial", True),
        ("Introduction to the minitrack on robots", True),
        ("Abstracts of the 3rd congress", True),
        ("Ward rounds at night", False),
        ("Immune response and body mass index in horses", False),
    ],
)
def test_titles_that_recur_are_known(title: str, recurs: bool) -> None:
    text, cites = clean_title(title)
    assert title_facts(text, tuple(words(text)), cites).series is recurs


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("123-9", 123, 129),
        ("1234-41", 1234, 1241),
        ("123--129", 123, 129),
        ("123 – 129", 123, 129),
        ("pp. 123-129", 123, 129),
        ("S12-S15", 12, 15),
        ("S-647", 647, 0),
        ("2S13-2S19", 13, 19),
        ("e1045", 1045, 0),
        ("06-Oct", 6, 10),
        ("Jan-30", 1, 30),
        ("Suppl:S109-12", 109, 112),
        ("Suppl-12", 0, 0),
        ("45", 45, 0),
        ("viii108", 108, 0),
        ("", 0, 0),
        ("n/a", 0, 0),
    ],
)
def test_pages_are_read(raw: str, first: int, last: int) -> None:
    pages = Pages(raw)
    assert (pages.first, pages.last) == (first, last)


def test_roman_pages_are_no_arabic_ones() -> None:
    assert Pages("xiii-xv").first != Pages("13-15").first
    assert Pages("xiii-xv").first == Pages("XIII").first


@pytest.mark.parametrize(
    ("volume", "issue", "expected"),
    [
        ("12", "3", (12, "3")),
        ("12", "03", (12, "3")),
        ("6 (9) (no pagination)", "", (6, "9")),
        ("36 (SUPPL.2)", "", (36, "s2")),
        ("1)", "", (0, "")),
        ("XIV", "", (14, "")),
        ("Made-Up Topics. 4", "", (4, "")),
        ("Part 2. 117", "12", (117, "12")),
        ("8", "Dec", (8, "")),
        ("", "", (0, "")),
    ],
)
def test_volumes_and_issues_are_read(volume: str, issue: str, expected: tuple[int, str]) -> None:
    assert volume_and_issue(volume, issue) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Annals of Invented Medicine", "Ann Invent Med", "same"),
        ("Annals of Invented Medicine", "Ann. Invent. Med.", "same"),
        ("Journal of the National Toy Institute", "J Natl Toy Inst", "same"),
        ("Journal of Everyday Gardening", "Journal of Everyday …", "same"),
        ("Made-Up Rev: the review of made-up things", "Made-up Rev", "same"),
        ("Zhonghua = Chinese Journal of Toys", "Chinese Journal of Toys", "same"),
        ("Conference on Odd Information Systems", "COIS 2017 Proceedings", "same"),
        ("Proceedings of the 50th Annual Toy Conference", "Toy Conference", "same"),
        ("Journal of Toy Oncology", "Journal of Toy Oncology Practice", "unclear"),
        ("J Periodont", "J Clin Periodont", "unclear"),
        ("Gardening", "Journal of Toy Oncology", "differ"),
        ("Toy Journal. Conference: Sweets 2017", "Ball Letters. Conference: Sweets 2017", "differ"),
        ("Annales françaises d'anesthésie et de réanimation", "Ann Fr Anesth Reanim", "same"),
    ],
)
def test_journals_are_compared(a: str, b: str, expected: str) -> None:
    x, y = journal_names(a), journal_names(b)
    assert same_journal(x, y) == same_journal(y, x) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (("Okafor, Ada", "Lindqvist, Bo"), ("Okafor A", "Lindqvist B"), Agreement.STRONG),
        (("Okafor, Ada and Lindqvist, Bo",), ("Okafor A.Lindqvist B.",), Agreement.STRONG),
        (("Okafor AdaLindqvist Bo",), ("Okafor A.Lindqvist B.",), Agreement.STRONG),
        (("Ada Okafor", "Bo Lindqvist"), ("Okafor, A.", "Lindqvist, B."), Agreement.STRONG),
        (("Müller, K.", "Sørensen, P."), ("Mueller K", "Soerensen P"), Agreement.STRONG),
        (("Lindqvist B", "Okafor A"), ("Okafor A", "Lindqvist B"), Agreement.STRONG),
        (("Okafor A", "et al."), ("Okafor A", "Lindqvist B", "Haddad C", "Ito D"), Agreement.STRONG),
        (("Okafor A",), ("Haddad C",), Agreement.CONFLICT),
        (("Li X", "Wu Y"), ("Li Xiao", "Wu Yan"), Agreement.STRONG),
        (("Okafor A",), (), Agreement.MISSING),
        (("Anonymous",), ("Okafor A",), Agreement.MISSING),
        (("The Toy Study Group",), ("Okafor A", "Haddad C"), Agreement.MISSING),
        (("Smithers J",), ("Smithers R",), Agreement.WEAK),
    ],
)
def test_authors_are_compared(a: tuple[str, ...], b: tuple[str, ...], expected: Agreement) -> None:
    x, y = parse_names(a), parse_names(b)
    assert agreement(x, y) is agreement(y, x) is expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("10.5555/ABC.1", "10.5555/abc.1"),
        ("https://doi.org/10.5555/abc.1", "10.5555/abc.1"),
        ("doi: 10.5555/abc.1.", "10.5555/abc.1"),
        ("10.5555/s0165%2899%2900043-0", "10.5555/s0165(99)00043-0"),
        ("10.5555/(sici)1:1&lt;73::aid&gt;3.0.co;2-o", "10.5555/(sici)1:1<73::aid>"),
        ("10.1371/journal.pone.0094853.g001", "10.1371/journal.pone.0094853"),
        ("10.7554/eLife.06487.001", "10.7554/elife.06487"),
        ("10.7717/peerj.123/fig-2", "10.7717/peerj.123"),
        ("10.5555/10.5555/abc.1", "10.5555/abc.1"),
        ("10.1001/jama.2012.001", "10.1001/jama.2012.001"),
        ("none", ""),
        ("", ""),
    ],
)
def test_dois_are_read(raw: str, expected: str) -> None:
    assert clean_doi(raw) == expected


def test_identifiers_are_read() -> None:
    assert clean_pmid("PMID: 0123456") == "123456"
    assert clean_pmid("PMC and more 123456789012") == ""
    assert clean_isbns("1234-567X (Print) 8765-4321") == {"1234567X", "87654321"}


@pytest.mark.parametrize("between", ["; ", ";", " ", ", ", "\n"])
def test_several_book_and_serial_numbers_stand_in_one_field(between: str) -> None:
    raw = between.join(["1234-567x", "978-0-306-40615-7", "87654321"])
    assert clean_isbns(raw) == {"1234567X", "9780306406157", "87654321"}
    assert clean_isbns("0-306-40615-2") == {"9780306406157"}
    assert clean_isbns("2049 3630") == {"20493630"}


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Sleep of porters by the light of lanterns", "english"),
        ("Der Schlaf der Portiers und das Licht", "other"),
        ("Le sommeil des portiers et la lumière", "other"),
        ("[Sleep of porters by the light of lanterns]", "translated"),
        ("Sleep of porters. German", "translated"),
        ("Sleep of porters <ORIGINAL> SCHLAF", "translated"),
        ("Lanterns", ""),
    ],
)
def test_the_language_of_a_title_is_guessed(title: str, language: str) -> None:
    assert title_language(title, tuple(words(plain(title)))) == language
