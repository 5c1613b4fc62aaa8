"""How far an import has come and how long it will still take, in words."""

from __future__ import annotations

from math import floor, log10

SETTLED_SECONDS = 1.0
"""Before this a rate says nothing."""


def progress_words(*, done: int, total: int, seconds: float | None) -> str:
    """ "12,400 of about 100,000 · 11,000 a second · 8 s left".

    `done`: records read; `total`: records expected, 0 while unknown, an estimate until it equals `done`;
    `seconds`: since the reading began, None where that is not known. The rate is the mean since then.
    """
    if done <= 0:
        return "Opening the file"
    if total == done:
        return f"{done:,} read · storing them"
    parts = [f"{done:,} of about {max(done, rounded(total)):,}" if total else f"{done:,} read"]
    if seconds is not None and seconds >= SETTLED_SECONDS:
        rate = done / seconds
        parts.append(f"{rounded(rate):,} a second" if rate >= 1 else "less than one a second")
        if total > done:
            parts.append(f"{duration_words((total - done) / rate)} left")
    return " · ".join(parts)


def rounded(number: float) -> int:
    """To two significant digits: 98,734 → 99,000."""
    if number < 1:
        return 0
    digits = floor(log10(number)) - 1
    return int(round(number, -digits)) if digits > 0 else round(number)


def duration_words(seconds: float) -> str:
    """ "8 s", "3 min", "1 h 5 min"; never nothing."""
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def waiting_words(ahead: int) -> str:
    """What a file that has not begun waits for; `ahead`: imports of the review that come before it."""
    if ahead == 0:
        return "Waiting to start"
    return "Waiting for the file before it" if ahead == 1 else f"Waiting for the {ahead:,} files before it"
