"""Taking in several files and archives of files: each its own batch, none held up by another, refusals by name."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import TemporaryUploadedFile

from reviewapp.models import Job
from screening.constants import BatchState
from screening.models import ImportBatch, Search
from screening.services.arrivals import Arrival, Destination, receive_files
from tests.factories import Cast, make_search

pytestmark = pytest.mark.django_db


def ris(word: str) -> bytes:
    return f"TY  - JOUR\nTI  - Sleep {word}\nER  - \n".encode()


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted(content: bytes) -> bytes:
    """The archive with the flag that says its files need a password."""
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + offset
        [flags] = struct.unpack_from("<H", content, place)
        content = content[:place] + struct.pack("<H", flags | 1) + content[place + 2 :]
    return content


@pytest.fixture
def search(cast: Cast) -> Search:
    return make_search(cast.review)


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty folder of stored files."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def receive(cast: Cast, search: Search, *files: tuple[str, bytes]) -> list[Arrival]:
    to = Destination(membership=cast.membership("alice"), search=search)
    return list(receive_files(to, [ContentFile(content, name=name) for name, content in files]))


def test_every_file_of_an_archive_becomes_a_batch_with_a_job(cast: Cast, search: Search, media: Path) -> None:
    archive = packed(
        {"a/embase.ris": ris("1"), "pubmed.nbib": b"PMID- 1\nTI  - T\n", "__MACOSX/._x": b"x", ".DS": b"x"}
    )
    arrivals = receive(cast, search, ("all.zip", archive), ("plain.ris", ris("2")))
    batches = list(ImportBatch.objects.all())
    assert [(b.filename, b.archive) for b in batches] == [
        ("embase.ris", "all.zip"),
        ("pubmed.nbib", "all.zip"),
        ("plain.ris", ""),
    ]
    assert [arrival.batch for arrival in arrivals] == batches
    assert len({batch.job_id for batch in batches}) == Job.objects.count() == 3
    assert batches[0].file.read() == ris("1")
    assert len(stored(media)) == 3


def test_what_is_refused_inside_does_not_hold_up_the_others(cast: Cast, search: Search, media: Path) -> None:
    content = packed({"one.ris": ris("1"), "bad.ris": ris("2") * 9, "empty.ris": b"", "again.ris": ris("1")}, 0)
    at = content.index(ris("2"))
    content = content[:at] + b"XX" + content[at + 2 :]  # its checksum is now wrong
    inner = packed({"x.ris": ris("5")})
    one, bad, empty, again, *rest = receive(cast, search, ("a.zip", content), ("b.zip", packed({"in.zip": inner})))
    assert one.batch is not None
    assert (bad.name, bad.batch) == ("a.zip: bad.ris", None)
    assert "damaged" in bad.refusal
    assert "empty" in empty.refusal
    assert "as “one.ris”" in again.refusal
    assert [(arrival.name, "inside the archive" in arrival.refusal) for arrival in rest] == [("b.zip: in.zip", True)]
    assert list(ImportBatch.objects.values_list("filename", flat=True)) == ["one.ris"]
    assert len(stored(media)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04" + b"nothing" * 20, "damaged"),
        (packed({"a.ris": ris("1")})[:-30], "damaged"),
        (encrypted(packed({"a.ris": ris("1")})), "password"),
        (packed({"zeros.ris": bytes(30_000_000)}), "was not opened"),
        (packed({".hidden": b"x"}), "holds no files"),
        (packed({f"{n}.ris": b"x" for n in range(201)}), "201 files"),
    ],
    ids=["no archive", "cut off", "encrypted", "bomb", "nothing in it", "too many"],
)
def test_an_archive_that_cannot_be_opened_is_refused_by_name(
    cast: Cast, search: Search, media: Path, content: bytes, words: str
) -> None:
    refused, fine = receive(cast, search, ("odd.zip", content), ("fine.ris", ris("1")))
    assert (refused.name, refused.batch) == ("odd.zip", None)
    assert words in refused.refusal
    assert fine.batch is not None
    assert (ImportBatch.objects.count(), len(stored(media))) == (1, 1)


def test_an_archive_is_bounded_packed_and_unpacked(
    cast: Cast, search: Search, settings: Any, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_IMPORT_FILE_BYTES = 1000
    [packed_too_large] = receive(cast, search, ("big.zip", packed({"a.ris": ris("1") * 50}, zipfile.ZIP_STORED)))
    assert "archive is larger" in packed_too_large.refusal
    [one_too_large, other] = receive(cast, search, ("b.zip", packed({"a.ris": ris("1") * 50, "b.ris": ris("2")})))
    assert "file is larger" in one_too_large.refusal
    assert other.batch is not None
    monkeypatch.setattr("screening.importers.zipped.MAX_UNPACKED", 1500)
    [together] = receive(cast, search, ("c.zip", packed({f"{n}.ris": ris(str(n)) * 25 for n in range(2)})))
    assert "was not opened" in together.refusal


def test_a_workbook_is_a_file_and_not_an_archive(cast: Cast, search: Search, media: Path) -> None:
    [arrival] = receive(
        cast, search, ("table.xlsx", packed({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}))
    )
    assert arrival.batch is not None
    assert (arrival.batch.filename, arrival.batch.archive) == ("table.xlsx", "")


def test_an_upload_on_disk_is_opened_where_it_lies(cast: Cast, search: Search, media: Path) -> None:
    content = packed({"a.ris": ris("1")})
    file = TemporaryUploadedFile("up.zip", "application/zip", len(content), None)
    file.write(content)
    file.seek(0)
    to = Destination(membership=cast.membership("alice"), search=search)
    assert [arrival.name for arrival in receive_files(to, [file])] == ["up.zip: a.ris"]
    assert ImportBatch.objects.get().state == BatchState.WAITING
