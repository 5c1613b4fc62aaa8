"""What the plain fields of a format cannot say exactly, said once more in one line of our own exports.

A name that reads like a group's, an abstract whose paragraphs a format joins, a title that begins with ``=``: such values
are written as the format and other programs want them, and beside them stands one field with the exact value. It holds
``[[field, value, check], …]`` as JSON of plain ASCII without braces, angle brackets or ampersands, so that no format needs
to escape it. ``check`` is the CRC-32 of what the plain fields said when the file was written: a value that somebody has
corrected in the file since then is no longer the one that was meant, and the correction counts.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from screening.importers.clean import MAX_TEXT, TRUNCATED, readable
from screening.importers.types import Author, ParsedRecord, ParsedVote

MARK = "reviewapp-exact:"
MAX_EXACT = 2_000_000
"""Characters of one such line."""
_MOST = 5_000
"""Elements of one list."""
_ESCAPES = {char: f"\\u{ord(char):04x}" for char in "{}<>&~%$#"}
_ESCAPED = str.maketrans(_ESCAPES)
TEXTS = (
    "title", "original_title", "date", "journal", "journal_abbreviation", "volume", "issue", "pages", "abstract", "doi", "pmid", "pmcid",
    "publication_type", "language", "notes",
)  # fmt: skip
LISTS = ("issn", "isbn", "keywords", "urls")
FIELDS = (*TEXTS, *LISTS, "year", "authors", "accession_numbers", "votes")
"""Every field of a record that an export carries and an import reads back."""


def plain_data(record: ParsedRecord, name: str) -> Any:
    """One field as JSON can hold it. The source's spelling of a name (``Author.raw``) is not part of it."""
    value = getattr(record, name)
    if name == "authors":
        return [[a.family, a.given, a.particle, int(a.collective)] for a in value]
    if name == "votes":
        return [[v.reviewer, v.verdict, v.stage, v.reason] for v in value]
    if name == "accession_numbers":
        return [list(pair) for pair in value]
    return list(value) if isinstance(value, tuple) else value


def exact_line(wanted: ParsedRecord, read: ParsedRecord, names: Iterable[str] = FIELDS) -> str:
    """The line for those fields that the plain form gives back as ``read`` and not as ``wanted``; empty where all agree."""
    items = []
    for name in names:
        if getattr(wanted, name) == getattr(read, name):
            continue
        exact, plain = plain_data(wanted, name), plain_data(read, name)
        if exact != plain:
            items.append([name, exact, _check(plain)])
    if not items:
        return ""
    text = f"{MARK} {json.dumps(items, separators=(',', ':')).translate(_ESCAPED)}"
    return text if len(text) <= MAX_EXACT else ""


def _check(data: Any) -> int:
    return zlib.crc32(json.dumps(data).encode())


def restored(record: ParsedRecord, line: str) -> ParsedRecord:
    """The record with its exact values; whatever does not fit its field, or was changed in the file since, is left as read."""
    start = line.find(MARK)
    if start < 0 or len(line) > MAX_EXACT + start:
        return record
    try:
        items = json.loads(line[start + len(MARK) :])
    except (ValueError, RecursionError):
        return _doubted(record)
    if not isinstance(items, list):
        return _doubted(record)
    changes: dict[str, Any] = {}
    sound = True
    for item in items:
        try:
            name, value, check = item
            reader = _READERS[name]
        except (TypeError, ValueError, KeyError):
            sound = False
            continue
        if check != _check(plain_data(record, name)):
            continue
        found = reader(value)
        if found is None and not (name == "year" and value is None):
            sound = False
        else:
            changes[name] = found
    title = changes.get("title", record.title)
    warnings = tuple(warning for warning in record.warnings if not (title and warning == "No title."))
    exact = replace(record, **changes, warnings=warnings)
    return exact if sound else _doubted(exact)


def _doubted(record: ParsedRecord) -> ParsedRecord:
    warning = "The line with exact values is damaged; the plain fields were read."
    return replace(record, warnings=(*record.warnings, warning))


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_TEXT + len(TRUNCATED):
        return None
    return readable(value)


def _like(pattern: str) -> Callable[[Any], str | None]:
    """Reader of an identifier or address: the whole of it must match."""
    matcher = re.compile(pattern, re.IGNORECASE)

    def read(value: Any) -> str | None:
        text = _text(value)
        return text if text is not None and matcher.fullmatch(text) else None

    return read


def _list_of(reader: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...] | None]:
    def read(value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, list) or len(value) > _MOST:
            return None
        found = tuple(reader(item) for item in value)
        return None if None in found else found

    return read


def _texts(value: Any, count: int) -> list[str] | None:
    """``count`` texts."""
    if not isinstance(value, list) or len(value) != count:
        return None
    found = [text for item in value if (text := _text(item)) is not None]
    return found if len(found) == count else None


def _author(value: Any) -> Author | None:
    found = _texts(value[:3], 3) if isinstance(value, list) and len(value) == 4 else None
    if found is None or value[3] not in (0, 1):
        return None
    author = Author(found[0], found[1], found[2], collective=bool(value[3]))
    return replace(author, raw=author.display)


def _vote(value: Any) -> ParsedVote | None:
    found = _texts(value, 4)
    if found is None or found[1] not in ("INCLUDE", "EXCLUDE", "MAYBE"):
        return None
    if found[2] not in ("TITLE_ABSTRACT", "FULL_TEXT"):
        return None
    return ParsedVote(*found)


def _pair(value: Any) -> tuple[str, str] | None:
    found = _texts(value, 2)
    return (found[0], found[1]) if found else None


def _year(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value <= 9999 else None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXTS, _text),
    "doi": _like(r"(?:10[./][^\s\"]+)?"),
    "pmid": _like(r"\d{0,8}"),
    "pmcid": _like(r"(?:PMC\d{3,9})?"),
    "issn": _list_of(_like(r"\d{4}-\d{3}[\dX]")),
    "isbn": _list_of(_like(r"(?:97[89])?\d{9}[\dX]")),
    "urls": _list_of(_like(r"(?:https?|ftp)://[^\s<>\"{}|\\^`]+")),
    "keywords": _list_of(_text),
    "authors": _list_of(_author),
    "accession_numbers": _list_of(_pair),
    "votes": _list_of(_vote),
    "year": _year,
}
