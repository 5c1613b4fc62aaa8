"""Every real and every broken file kept outside the repository gives what its manifest says."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from screening.importers import ImportFileError, ParsedRecord, ParseWarning, RejectedEntry, detect, parse
from screening.importers.decoding import codec_of
from tests.screening.importing import folded, read

pytestmark = pytest.mark.shared


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _spot_checks(folder: Path) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in _rows(folder / "spotchecks.csv"):
        found.setdefault(row["file"], []).append(row)
    return found


def _differences(row: dict[str, str], record: ParsedRecord) -> Iterator[str]:
    place = f"{row['file']} #{row['record_index']}"
    if folded(html.unescape(row["title"])) != folded(record.title):
        yield f"{place} title: {row['title']!r} is {record.title!r}"
    family = folded(record.authors[0].family) if record.authors else ""
    if row["first_author"] and (not family or family not in folded(row["first_author"])):
        yield f"{place} author: {row['first_author']!r} is {record.authors[:1]}"
    if row["year"] != str(record.year or ""):
        yield f"{place} year: {row['year']!r} is {record.year}"
    if row["doi"] and row["doi"].lower() != record.doi:
        yield f"{place} doi: {row['doi']!r} is {record.doi!r}"
    wanted = folded(html.unescape(row["abstract_start"]))[:60]
    if wanted and wanted not in folded(record.abstract)[:120]:
        yield f"{place} abstract: {row['abstract_start'][:60]!r} is {record.abstract[:60]!r}"


def test_every_public_file_has_its_records_and_spot_checks(shared_dir: Path) -> None:
    folder = shared_dir / "formats" / "public"
    spots = _spot_checks(folder)
    wrong: list[str] = []
    for row in _rows(folder / "manifest.csv"):
        found = [item for item in read(folder / row["file"]) if isinstance(item, ParsedRecord)]
        if len(found) != int(row["n_records"]):
            wrong.append(f"{row['file']}: {len(found)} records, not {row['n_records']}")
            continue
        for spot in spots.get(row["file"], []):
            wrong += _differences(spot, found[int(spot["record_index"]) - 1])
    assert not wrong, "\n".join(wrong)


def test_every_public_file_is_read_in_its_encoding(shared_dir: Path) -> None:
    folder = shared_dir / "formats" / "public"
    same = {"ascii": "utf-8", "utf-16le (BOM)": "utf-16", "latin-1": "cp1252", "gbk": "gb18030", "binary": ""}
    wrong = [
        (row["file"], row["encoding"], found)
        for row in _rows(folder / "manifest.csv")
        if (found := detect(folder / row["file"], row["file"]).encoding) != same.get(row["encoding"], row["encoding"])
    ]
    assert not wrong


LINE_FORMATS = frozenset({"ris", "nbib", "wos", "refer", "refworks", "ovid", "cochrane", "bibtex", "csv"})


def test_raw_entries_hold_the_source_unchanged_line_ends_included(shared_dir: Path) -> None:
    folder = shared_dir / "formats" / "public"
    wrong: list[str] = []
    read_formats: set[str] = set()
    for row in _rows(folder / "manifest.csv"):
        path = folder / row["file"]
        detection = detect(path, path.name)
        if detection.format not in LINE_FORMATS:
            continue
        codec, errors = codec_of(detection.encoding)
        with path.open(encoding=codec, errors=errors, newline="") as stream:
            text = stream.read().replace("\0", "")
        if detection.format == "csv" or (detection.format == "bibtex" and "+" in detection.newline):
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        found = [item for item in parse(path, detection) if isinstance(item, ParsedRecord)]
        wrong += [f"{path.name}:{item.line}" for item in found if item.raw not in text]
        read_formats.add(detection.format)
    assert not wrong
    assert read_formats >= {"ris", "nbib", "wos", "bibtex", "csv"}


def _outcome(path: Path) -> tuple[int, list[int], str]:
    """(records, lines named, error)."""
    count, lines, error = 0, [], ""
    try:
        for item in parse(path, detect(path, path.name)):
            if isinstance(item, ParsedRecord):
                count += 1
                if item.warnings:
                    lines += list(range(item.line, item.end_line + 2))
            else:
                lines.append(item.line)
                assert (item.reason if isinstance(item, RejectedEntry) else item.message) != ""
    except ImportFileError as problem:
        error = problem.message
        lines.append(problem.line or 0)
    return count, lines, error


def test_every_broken_file_ends_as_its_manifest_says(shared_dir: Path) -> None:
    folder = shared_dir / "formats" / "bad"
    wrong: list[str] = []
    for row in _rows(folder / "manifest.csv"):
        count, lines, error = _outcome(folder / row["file"])
        if not int(row["n_records_min"]) <= count <= int(row["n_records_max"]):
            wrong.append(f"{row['file']}: {count} records")
        if row["expect"] in {"warn", "partial"} and not lines:
            wrong.append(f"{row['file']}: nothing told")
        if row["expect"] == "error" and not error and not lines:
            wrong.append(f"{row['file']}: no error")
        named = int(row["line_to_name"] or 0)
        if named and row["expect"] != "ok" and not any(abs(line - named) <= 1 for line in lines):
            wrong.append(f"{row['file']}: line {named} is not named but {sorted(set(lines))[:5]}")
    assert not wrong, "\n".join(wrong)


def test_hostile_xml_never_shows_a_local_file(shared_dir: Path) -> None:
    path = shared_dir / "formats" / "bad" / "xml_external_entity_xxe.xml"
    with pytest.raises(ImportFileError) as caught:
        read(path)
    assert "root:" not in str(caught.value)
    assert caught.value.line == 2


def test_bidi_and_control_characters_are_gone_from_the_title(shared_dir: Path) -> None:
    items = read(shared_dir / "formats" / "bad" / "ris_control_and_bidi_chars.ris")
    first = next(item for item in items if isinstance(item, ParsedRecord))
    assert first.title.isprintable()
    assert "\u202e" not in first.title
    assert not [item for item in items if isinstance(item, ParseWarning)]
