"""Numbers of rows as they come from outside."""

from __future__ import annotations

import pytest

from reviewapp.numbers import as_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1), ("٣", 3)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize("text", ["", " ", "-1", "+1", "1.5", "1e3", "²", "x", "1_000", "9" * 19, "9" * 5000])
def test_everything_else_is_none(text: str) -> None:
    assert as_number(text) is None
