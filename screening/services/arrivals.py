"""Take in what a person sends at once: export files and ZIP archives of them. Each file of an archive becomes a batch
of its own; one that is refused does not hold up the others. The page and `manage.py import_records` both come here,
so that both take and refuse the same files in the same words."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.template.defaultfilters import filesizeformat

from reviewapp.errors import DomainError
from reviewapp.models import Membership
from screening.importers import ImportFileError
from screening.importers.zipped import Unpacked, is_archive, unpack_each
from screening.models import ImportBatch, Search
from screening.services.uploads import receive_upload

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:  # Django's files take no parameters at run time
    BytesFile = File


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One file that was sent: the batch it became, or why it was refused."""

    name: str
    """The file's own name; one from an archive after the archive's, as in “exports.zip: embase.ris”."""
    batch: ImportBatch | None = None
    refusal: str = ""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Who brings files in, and where they belong."""

    membership: Membership
    search: Search
    also_elsewhere: bool = False
    """Take a file that another search of the review has already."""


class UnpackedFile(BytesFile):
    """A file on disk that the storage may move into its place instead of copying it."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path.open("rb"), name=name)
        self.path = path

    def temporary_file_path(self) -> str:
        """Where the storage finds it."""
        return str(self.path)


def receive_files(to: Destination, files: Iterable[File[bytes]]) -> Iterator[Arrival]:
    """Takes the files in one by one, each in a transaction of its own, and says what became of each.

    The caller enqueues `import_batch` with the job of every batch it gets, as soon as it gets it.
    """
    for file in files:
        with _on_disk(file) as path:
            if path is not None and is_archive(path):
                yield from _receive_archive(to, file.name or "archive", path)
            else:
                yield _receive(to, file, file.name or "")


def _receive(to: Destination, file: File[bytes], name: str, archive: str = "") -> Arrival:
    shown = f"{archive}: {name}" if archive else name
    try:
        batch = receive_upload(
            membership=to.membership,
            search=to.search,
            file=file,
            filename=name,
            also_elsewhere=to.also_elsewhere,
            archive=archive,
        )
    except DomainError as error:
        return Arrival(name=shown, refusal=error.message)
    return Arrival(name=shown, batch=batch)


def _receive_archive(to: Destination, archive: str, path: Path) -> Iterator[Arrival]:
    limit = settings.MAX_IMPORT_FILE_BYTES
    if path.stat().st_size > limit:
        refusal = f"The archive is larger than {filesizeformat(limit)}. Send its files in several parts."
        yield Arrival(name=archive, refusal=refusal)
        return
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        try:
            for found in unpack_each(path, Path(folder)):
                yield _receive_unpacked(to, archive, found)
                if found.path is not None:
                    found.path.unlink(missing_ok=True)
        except ImportFileError as error:
            yield Arrival(name=archive, refusal=error.message)


def _receive_unpacked(to: Destination, archive: str, found: Unpacked) -> Arrival:
    if found.path is None:
        return Arrival(name=f"{archive}: {found.name}", refusal=found.error.message if found.error else "")
    if is_archive(found.path):
        refusal = "This is an archive inside the archive. Unpack it and send the files in it."
        return Arrival(name=f"{archive}: {found.name}", refusal=refusal)
    with UnpackedFile(found.path, PurePosixPath(found.name).name) as file:
        return _receive(to, file, found.name, archive)


@contextmanager
def _on_disk(file: File[bytes]) -> Iterator[Path | None]:
    """The file's own path, else a copy; None for one that does not begin as a ZIP does, which nobody needs to open."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head[:2] != b"PK":
        yield None
    elif isinstance(file, TemporaryUploadedFile):
        yield Path(file.temporary_file_path())
    else:
        with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            for piece in file.chunks():
                copy.write(piece)
            copy.flush()
            file.seek(0)
            yield Path(copy.name)
