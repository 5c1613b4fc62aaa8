"""What a format must offer to stand in the registry."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from screening.importers.decoding import Lines
from screening.importers.types import Detection, ParsedStream

Stream = ParsedStream


@dataclass(frozen=True, slots=True)
class Source:
    """A file about to be parsed, with what detection said of it and, for a table, which column feeds which target."""

    path: Path
    detection: Detection
    mapping: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Lines:
        """The decoded lines."""
        return Lines(self.path, self.detection.encoding, self.detection.newline)


PREVIEW_ROWS = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """A table as a person sees it who is asked which column is which: column names, and the first rows as wide as they."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _no_dialect(head: str) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One export format. ``sniff`` judges the beginning of the decoded text: 0 (no) to 1 (certain)."""

    name: str
    label: str
    extensions: tuple[str, ...]
    sniff: Callable[[str], float]
    parse: Callable[[Source], Stream]
    dialect: Callable[[str], str] = _no_dialect
    """The vendor, where the content shows it."""
    columns: Callable[[str], tuple[str, ...]] | None = None
    """Headings of a table; ``None`` for a format that is none."""
    needs_mapping: Callable[[str], bool] | None = None
    """Whether a table's columns are unknown and a person must say which is which."""
    preview: Callable[[Source], Preview] | None = None
    """The columns and first rows of a table; ``None`` for a format that is none."""
