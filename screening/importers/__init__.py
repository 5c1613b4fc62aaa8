"""From an export file to records: :func:`detect` says what a file is, :func:`parse` reads it as a stream.

One module per format; each registers a :class:`~screening.importers.formats.Format` here and nowhere else.
"""

from screening.importers.detection import detect
from screening.importers.reading import parse
from screening.importers.receipt import Receipt, take_receipt
from screening.importers.types import (
    Author,
    Detection,
    ImportFileError,
    Parsed,
    ParsedRecord,
    ParsedVote,
    ParseWarning,
    RejectedEntry,
)

__all__ = [
    "Author", "Detection", "ImportFileError", "ParseWarning", "Parsed", "ParsedRecord", "ParsedVote", "Receipt", "RejectedEntry",
    "detect", "parse", "take_receipt",
]  # fmt: skip
