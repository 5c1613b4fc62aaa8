"""Reported against read: equal, explained by repetitions, or flagged, with the reasons that are known."""

from __future__ import annotations

from typing import Any

import pytest

from screening.rules.reported import SearchCounts, check_counts

KNOWN: dict[str, Any] = {"reported": 100, "read": 100, "rejected": 0, "files": 1}


@pytest.mark.parametrize(
    ("changes", "verdict", "difference", "words"),
    [
        ({"reported": None}, "unknown", None, "nothing to compare"),
        ({}, "equal", 0, "as many were read"),
        ({"rejected": 3}, "equal", 0, "3 entries were read but could not be stored"),
        ({"rejected": 1}, "equal", 0, "1 entry was read but"),
        ({"read": 93}, "open", -7, "100 records; 93 were read, 7 fewer"),
        ({"read": 93}, "open", -7, "export was complete"),
        ({"read": 1, "reported": 2}, "open", -1, "2 records; 1 was read, 1 fewer"),
        ({"read": 93, "not_imported": 1}, "open", -7, "1 file of this search is not imported"),
        ({"read": 104}, "open", 4, "every file belongs"),
        ({"read": 104, "repeated": 4, "files": 2}, "explained", 4, "4 records are there again"),
        ({"read": 104, "repeated": 9}, "explained", 4, "left to the search for duplicates"),
        ({"read": 104, "repeated": 3}, "open", 4, "every file belongs"),
        ({"read": 93, "repeated": 7}, "open", -7, "7 fewer"),
        ({"files": 3}, "equal", 0, "3 files are counted together"),
        ({"reported": 0, "read": 0}, "equal", 0, "0 records, and as many"),
    ],
)
def test_the_comparison(changes: dict[str, Any], verdict: str, difference: int | None, words: str) -> None:
    check = check_counts(SearchCounts(**{**KNOWN, **changes}))
    assert (check.verdict, check.difference, check.is_open) == (verdict, difference, verdict == "open")
    assert words in " ".join(check.sentences)


def test_an_explained_surplus_asks_for_nothing() -> None:
    check = check_counts(SearchCounts(**{**KNOWN, "read": 104, "repeated": 4}))
    assert "Check" not in " ".join(check.sentences)
