"""Reads a detected file as a stream."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from screening.importers.formats import Preview, Source
from screening.importers.registry import BY_NAME
from screening.importers.types import Detection, ImportFileError, Parsed, ParsedRecord, ParseWarning, RejectedEntry


def parse(path: Path, detection: Detection, mapping: Mapping[str, str] | None = None) -> Iterator[Parsed]:
    """Records, refused entries and warnings in file order, as they are read.

    ``mapping`` (column heading → target) is for a table whose columns nobody knows. Raises :class:`ImportFileError` when the file
    cannot be read or holds no record at all; records before a break in the file have been given out by then.
    """
    item = BY_NAME.get(detection.format)
    if item is None:
        raise ImportFileError(f"No importer is called “{detection.format}”.")
    if mapping and item.preview is None:
        raise ImportFileError(f"Only a table has columns to say what they hold, but this file is {detection.label}.")
    return _counted(item.parse(Source(path, detection, dict(mapping or {}))), item.label, detection)


def _counted(stream: Iterator[Parsed], label: str, detection: Detection) -> Iterator[Parsed]:
    found = False
    for line, message in detection.remarks:
        yield ParseWarning(line, message)
    for item in stream:
        found = found or isinstance(item, ParsedRecord | RejectedEntry)
        yield item
    if not found:
        raise ImportFileError(f"0 records found: the file looks like {label}, but there is no entry in it.")


def preview(path: Path, detection: Detection) -> Preview:
    """The columns and first rows of a table, found as :func:`parse` finds them; empty for a file that is no table."""
    item = BY_NAME.get(detection.format)
    if item is None or item.preview is None:
        return Preview((), ())
    return item.preview(Source(path, detection))
