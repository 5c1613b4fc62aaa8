"""Which copy's value is shown: pure cases."""

from __future__ import annotations

from screening.rules.borrowed import Copy, borrow, borrowed_values, in_words, origins

OWN = {"title": "A", "abstract": "", "year": None}
SCOPUS = Copy(2, "Scopus", {"title": "B", "abstract": "Long.", "year": 2020})
EMBASE = Copy(3, "Embase", {"title": "A.", "abstract": "Longer.", "year": None})


def test_the_first_copy_that_has_it_fills_what_is_missing() -> None:
    found = borrow(OWN, [EMBASE, SCOPUS], {})
    assert borrowed_values(found) == {"abstract": "Longer.", "year": 2020}
    assert origins(found) == [
        "Year from Scopus (#2)",
        "Abstract from Embase (#3)",
    ]


def test_a_choice_goes_before_and_waits_without_its_copy() -> None:
    wanted = {"title": {"wanted": 2}, "abstract": {"wanted": 2}}
    found = borrow(OWN, [EMBASE, SCOPUS], wanted)
    assert borrowed_values(found) == {"title": "B", "abstract": "Long.", "year": 2020}
    assert origins(found) == ["Title, year and abstract from Scopus (#2)"]
    released = borrow(OWN, [EMBASE], found)
    assert released["title"] == {"wanted": 2}
    assert borrowed_values(released) == {"abstract": "Longer."}
    assert borrow(OWN, [EMBASE, SCOPUS], released) == found
    assert borrow(OWN, [EMBASE, SCOPUS], found) == found


def test_without_copies_nothing_is_borrowed() -> None:
    assert borrow(OWN, [], borrow(OWN, [SCOPUS], {})) == {}
    assert borrowed_values(None) == {}
    assert origins(None) == []


def test_words() -> None:
    author = {"family": "Dam", "given": "Ann", "particle": "van"}
    assert in_words([author, {"family": "WHO"}]) == "van Dam Ann; WHO"
    assert in_words(["a", "b"]) == "a; b"
    assert in_words(2020) == "2020"
    assert in_words(None) == ""
