"""Progress in words: what is known is said, what is not known is left out."""

from __future__ import annotations

import pytest

from screening.rules.pace import duration_words, progress_words, rounded, waiting_words


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        (0, 0, None, "Opening the file"),
        (0, 0, 9.0, "Opening the file"),
        (12_400, 100_321, 1.127, "12,400 of about 100,000 · 11,000 a second · 8 s left"),
        (12_400, 100_321, 0.4, "12,400 of about 100,000"),
        (12_400, 100_321, None, "12,400 of about 100,000"),
        (12_400, 0, 2.0, "12,400 read · 6,200 a second"),
        (101_900, 102_300, 10.0, "101,900 of about 101,900 · 10,000 a second · 1 s left"),
        (3, 400, 6.0, "3 of about 400 · less than one a second · 13 min left"),
        (500, 500, 3.0, "500 read · storing them"),
        (600, 500, 3.0, "600 of about 600 · 200 a second"),
    ],
)
def test_progress(done: int, total: int, seconds: float | None, words: str) -> None:
    assert progress_words(done=done, total=total, seconds=seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "1 s"), (8.4, "8 s"), (59.6, "1 min"), (200, "3 min"), (3600, "1 h"), (3900, "1 h 5 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(("number", "result"), [(0.4, 0), (7, 7), (99, 99), (123, 120), (98_734, 99_000), (9.6, 10)])
def test_two_digits_are_enough(number: float, result: int) -> None:
    assert rounded(number) == result


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (0, "Waiting to start"),
        (1, "Waiting for the file before it"),
        (1200, "Waiting for the 1,200 files before it"),
    ],
)
def test_what_a_file_waits_for(ahead: int, words: str) -> None:
    assert waiting_words(ahead) == words
