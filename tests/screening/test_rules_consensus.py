"""Every combination of votes for one, two and three required reviewers, and what an adjudication does to them."""

from __future__ import annotations

from itertools import combinations_with_replacement, permutations

import pytest

from screening.constants import ScreeningStatus, Stage, Verdict
from screening.rules.consensus import Vote, leans_in, settle, settled_reason

P, C, I, E = ScreeningStatus.PENDING, ScreeningStatus.CONFLICT, ScreeningStatus.INCLUDED, ScreeningStatus.EXCLUDED  # noqa: E741
# One letter a vote. Title/abstract: i include, m maybe, x exclude. Full text: i include, a and b exclude by reason.
TITLE_ABSTRACT = {
    1: {"": P, "i": I, "m": I, "x": E, "ii": I, "im": I, "mm": I, "ix": C, "mx": C, "xx": E},
    2: {"": P, "i": P, "m": P, "x": P, "ii": I, "im": I, "mm": I, "ix": C, "mx": C, "xx": E,
        "iii": I, "iix": C, "xxx": E, "mxx": C},
    3: {"": P, "i": P, "m": P, "x": P, "ii": P, "im": P, "mm": P, "ix": P, "mx": P, "xx": P,
        "iii": I, "iim": I, "imm": I, "mmm": I, "iix": C, "imx": C, "mmx": C, "ixx": C, "mxx": C, "xxx": E},
}  # fmt: skip
FULL_TEXT = {
    1: {"": P, "i": I, "a": E, "ii": I, "ai": C, "aa": E, "ab": C},
    2: {"": P, "i": P, "a": P, "ii": I, "ai": C, "aa": E, "ab": C},
    3: {"": P, "i": P, "a": P, "ii": P, "ai": P, "aa": P, "ab": P,
        "iii": I, "aii": C, "aai": C, "abi": C, "aaa": E, "aab": C},
}  # fmt: skip
LETTERS = {
    "i": (Verdict.INCLUDE, None),
    "m": (Verdict.MAYBE, None),
    "x": (Verdict.EXCLUDE, None),
    "a": (Verdict.EXCLUDE, 1),
    "b": (Verdict.EXCLUDE, 2),
}


def votes(letters: str) -> list[Vote]:
    return [Vote(reviewer, *LETTERS[letter]) for reviewer, letter in enumerate(letters, start=1)]


def cases(table: dict[int, dict[str, ScreeningStatus]]) -> list[tuple[int, str, ScreeningStatus]]:
    """Each row in every order in which the votes may come."""
    return [
        (required, "".join(order), status)
        for required, rows in table.items()
        for letters, status in rows.items()
        for order in sorted(set(permutations(letters)))
    ]


@pytest.mark.parametrize(("required", "letters", "status"), cases(TITLE_ABSTRACT))
def test_title_and_abstract(required, letters, status):
    assert settle(stage=Stage.TITLE_ABSTRACT, required=required, votes=votes(letters)) == status


@pytest.mark.parametrize(("required", "letters", "status"), cases(FULL_TEXT))
def test_full_text(required, letters, status):
    assert settle(stage=Stage.FULL_TEXT, required=required, votes=votes(letters)) == status


@pytest.mark.parametrize("required", [1, 2, 3])
def test_the_tables_hold_every_combination(required):
    assert {*TITLE_ABSTRACT[required]} >= {
        "".join(letters) for n in range(required + 1) for letters in combinations_with_replacement("imx", n)
    }
    exclusions = {"b": "a", "bb": "aa", "bi": "ai", "bii": "aii", "bbi": "aai", "bbb": "aaa", "abb": "aab"}
    wanted = {"".join(letters) for n in range(required + 1) for letters in combinations_with_replacement("abi", n)}
    assert {*FULL_TEXT[required]} >= {exclusions.get(letters, letters) for letters in wanted}


@pytest.mark.parametrize("required", [2, 3])
@pytest.mark.parametrize("letter", ["i", "m", "x"])
def test_one_decision_is_never_a_conflict(required, letter):
    assert settle(stage=Stage.TITLE_ABSTRACT, required=required, votes=votes(letter)) == P


@pytest.mark.parametrize("letters", ["ix", "mx", "im", "xx"])
@pytest.mark.parametrize(("adjudicated", "status"), [("i", I), ("x", E)])
def test_an_adjudication_settles(letters, adjudicated, status):
    third = Vote(9, *LETTERS[adjudicated])
    given = {"stage": Stage.TITLE_ABSTRACT, "required": 2, "votes": votes(letters)}
    assert settle(**given, adjudication=third) == status


@pytest.mark.parametrize(
    ("letters", "adjudicated", "reason"),
    [("aa", "", 1), ("ab", "", None), ("ai", "", None), ("ii", "", None), ("a", "", None),
     ("ab", "b", 2), ("ai", "a", 1), ("ab", "i", None)],
)  # fmt: skip
def test_the_reason_that_stands_at_full_text(letters, adjudicated, reason):
    third = Vote(9, *LETTERS[adjudicated]) if adjudicated else None
    assert settled_reason(stage=Stage.FULL_TEXT, required=2, votes=votes(letters), adjudication=third) == reason


@pytest.mark.parametrize(("letters", "reason"), [("xx", None), ("aa", 1), ("ab", None), ("ax", None)])
def test_reasons_are_optional_at_title_and_abstract(letters, reason):
    given = {"stage": Stage.TITLE_ABSTRACT, "required": 2, "votes": votes(letters)}
    assert settle(**given) == E
    assert settled_reason(**given) == reason


def test_maybe_leans_in():
    assert [leans_in(verdict) for verdict in (Verdict.INCLUDE, Verdict.MAYBE, Verdict.EXCLUDE)] == [True, True, False]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"required": 0, "votes": []}, "at least one reviewer"),
        ({"required": 2, "votes": [Vote(1, Verdict.INCLUDE), Vote(1, Verdict.INCLUDE)]}, "two live votes"),
        ({"required": 2, "votes": [], "adjudication": Vote(3, Verdict.MAYBE)}, "cannot be a maybe"),
        ({"stage": Stage.FULL_TEXT, "required": 2, "votes": [Vote(1, Verdict.MAYBE)]}, "only at title"),
        ({"stage": Stage.FULL_TEXT, "required": 2, "votes": [Vote(1, Verdict.EXCLUDE)]}, "names its reason"),
        (
            {"stage": Stage.FULL_TEXT, "required": 2, "votes": [], "adjudication": Vote(3, Verdict.EXCLUDE)},
            "names its reason",
        ),
    ],
)
def test_what_the_database_forbids_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        settle(**{"stage": Stage.TITLE_ABSTRACT, **given})
