"""Strict readers of environment variables.

Each function takes the variable's name and a default, and answers with a value of one type. A variable that is set
but cannot be read raises ``EnvError`` naming the variable, what it held and what is accepted: a typing error in a
deployment must stop it, not change it. A variable that is set to nothing (or to blanks) counts as not set, because
compose files and shells cannot easily leave one out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

TRUE_WORDS: Final = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS: Final = frozenset({"0", "false", "no", "off"})


class EnvError(ValueError):
    """An environment variable is missing or holds something that cannot be read; the message names it."""


class _Required:
    """Type of ``REQUIRED``, the default of a variable that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


def _raw(name: str, environ: Mapping[str, str] | None) -> str | None:
    """The variable's text without surrounding blanks, or None if it is not set or empty."""
    value = (os.environ if environ is None else environ).get(name, "").strip()
    return value or None


def _missing(name: str) -> EnvError:
    return EnvError(f"{name} is not set. It has no default: set it in the environment (see .env.example).")


def env_str(
    name: str, default: str | _Required = "", *, choices: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> str:
    """Text without surrounding blanks; with ``choices``, one of them exactly."""
    value = _raw(name, environ)
    if value is None:
        if isinstance(default, _Required):
            raise _missing(name)
        return default
    if choices and value not in choices:
        raise EnvError(f"{name} is {value!r}. Accepted: {', '.join(choices)}.")
    return value


def env_bool(name: str, default: bool | _Required = False, *, environ: Mapping[str, str] | None = None) -> bool:
    """True for 1, true, yes, on; False for 0, false, no, off, in any case; anything else is an error."""
    value = _raw(name, environ)
    if value is None:
        if isinstance(default, _Required):
            raise _missing(name)
        return default
    word = value.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise EnvError(f"{name} is {value!r}. Accepted: 1, true, yes, on, or 0, false, no, off.")


def env_int(
    name: str,
    default: int | _Required = 0,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """A whole number in plain digits, within ``minimum`` and ``maximum`` (both inclusive)."""
    value = _raw(name, environ)
    if value is None:
        if isinstance(default, _Required):
            raise _missing(name)
        return default
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise EnvError(f"{name} is {value!r}, which is not a whole number.")
    number = int(value)
    if minimum is not None and number < minimum:
        raise EnvError(f"{name} is {number}, which is below {minimum}.")
    if maximum is not None and number > maximum:
        raise EnvError(f"{name} is {number}, which is above {maximum}.")
    return number


def env_list(
    name: str, default: Sequence[str] | _Required = (), *, environ: Mapping[str, str] | None = None
) -> list[str]:
    """Words separated by commas, without surrounding blanks; an empty word (``a,,b``) is an error, a last comma not."""
    value = _raw(name, environ)
    if value is None:
        if isinstance(default, _Required):
            raise _missing(name)
        return list(default)
    words = [word.strip() for word in value.removesuffix(",").split(",")]
    if not all(words):
        raise EnvError(f"{name} is {value!r}, which has an empty item. Separate items by single commas.")
    return words
