"""Helpers of the importer tests: parse a fixture or a text written on the spot."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from screening.importers import Detection, Parsed, ParsedRecord, ParseWarning, RejectedEntry, detect, parse

DATA = Path(__file__).resolve().parent.parent / "data" / "imports"


def read(path: Path) -> list[Parsed]:
    """Everything a file yields."""
    return list(parse(path, detect(path, path.name)))


def records(path: Path) -> list[ParsedRecord]:
    """Only the records."""
    return [item for item in read(path) if isinstance(item, ParsedRecord)]


def rejected(path: Path) -> list[RejectedEntry]:
    """Only the refused entries."""
    return [item for item in read(path) if isinstance(item, RejectedEntry)]


def warned(path: Path) -> list[ParseWarning]:
    """Only the warnings about the file."""
    return [item for item in read(path) if isinstance(item, ParseWarning)]


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def detection_of(folder: Path, name: str, content: str | bytes) -> Detection:
    """What such a file is judged to be."""
    return detect(write(folder, name, content), name)


def folded(text: str) -> str:
    """Letters and digits only, without markup, case or accents: for comparing what two readers made of one title."""
    text = re.sub(r"&#?\w+;", "", re.sub(r"</?[A-Za-z:]+[^<>]*>", "", text))
    return "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if char.isalnum())
