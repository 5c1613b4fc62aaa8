"""[shell] Numbers of rows as they come from outside: in addresses, forms and commands."""

from __future__ import annotations

MAX_DIGITS = 18
"""Any such number fits a bigint; longer ones name no row (and beyond 4,300 digits Python refuses to read them)."""


def as_number(text: str) -> int | None:
    """The number that the text is, if a row can have it; None for everything else: signs, "²", endless digits."""
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None
