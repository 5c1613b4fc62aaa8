"""ZIP archives: refused by their declared sizes before a byte is unpacked, then read file by file."""

import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from screening.importers.types import ImportFileError

MAX_UNPACKED = 500_000_000
"""Bytes, all files of an archive together."""
MAX_RATIO = 200
"""Unpacked to packed: text packs 3-10 fold, a bomb a thousandfold."""
MAX_FILES = 200
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError)


ZIP_STARTS = {b"PK\x03\x04", b"PK\x05\x06"}
OFFICE_PARTS = {"[Content_Types].xml", "xl/workbook.xml", "META-INF/manifest.xml"}
"""Any of them is in every Office or OpenDocument file, which is a ZIP and yet one file to the person who has it."""


def is_archive(path: Path) -> bool:
    """A ZIP of files, as against a workbook or another Office file, which are ZIPs too. A damaged one counts: whoever opens
    it is told so."""
    with path.open("rb") as stream:
        if stream.read(4) not in ZIP_STARTS:
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return OFFICE_PARTS.isdisjoint(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return True


def check_zip(path: Path) -> list[zipfile.ZipInfo]:
    """The files of the archive. Raises :class:`ImportFileError` for a broken, encrypted, huge or suspiciously dense one."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ImportFileError(
            "The ZIP archive is damaged and cannot be opened. Send it again, or the files in it."
        ) from error
    if len(infos) > MAX_FILES:
        raise ImportFileError(f"The ZIP archive holds {len(infos):,} files; at most {MAX_FILES} are read at once.")
    if any(info.flag_bits & 0x1 for info in infos):
        raise ImportFileError("The ZIP archive is protected by a password. Unpack it and upload the files in it.")
    unpacked = sum(info.file_size for info in infos)
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED or (unpacked > 10_000_000 and unpacked / packed > MAX_RATIO):
        raise ImportFileError(
            f"The archive would unpack to {unpacked / 1e6:,.0f} MB ({unpacked / packed:,.0f} times its size); it was not opened."
        )
    return infos


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file of an archive: its name there, and where it was unpacked to or why it could not be."""

    name: str
    path: Path | None
    error: ImportFileError | None = None


def unpack_each(path: Path, folder: Path) -> Iterator[Unpacked]:
    """Unpacks one file after the other into ``folder``; a damaged one does not hold up the others. Never leaves ``folder``.

    Folders, hidden files and the extra files of macOS are passed over. Raises :class:`ImportFileError` before anything is
    unpacked if the archive as a whole cannot be opened (see :func:`check_zip`) or holds no file.
    """
    infos = [info for info in check_zip(path) if not _is_passed_over(PurePosixPath(info.filename.replace("\\", "/")))]
    if not infos:
        raise ImportFileError("The ZIP archive holds no files.")
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(infos):
            name = PurePosixPath(info.filename.replace("\\", "/"))
            target = folder / f"{number:03d}{PurePosixPath(name.name).suffix[:10]}"
            try:
                _unpack_one(archive, info, target)
            except ImportFileError as error:
                target.unlink(missing_ok=True)
                yield Unpacked(str(name), None, error)
            else:
                yield Unpacked(str(name), target)


def unpack_zip(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """As :func:`unpack_each`, as (name, path); stops with :class:`ImportFileError` at the first damaged file."""
    for found in unpack_each(path, folder):
        if found.path is None:
            raise found.error or ImportFileError(f"“{found.name}” in the archive is damaged.")
        yield found.name, found.path


def _is_passed_over(name: PurePosixPath) -> bool:
    return name.name.startswith(".") or "__MACOSX" in name.parts


def _unpack_one(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    try:
        with archive.open(info) as packed, target.open("wb") as plain:
            shutil.copyfileobj(_Bounded(packed, info.file_size), plain, 1 << 18)
    except DAMAGED as error:
        raise ImportFileError(f"“{info.filename}” in the archive is damaged ({error}).") from error
    except OSError as error:
        if error.errno is not None:  # the disk's fault; bz2 raises a bare OSError for damaged data
            raise
        raise ImportFileError(f"“{info.filename}” in the archive is damaged ({error}).") from error


class _Bounded:
    """Reads no more than the archive declared."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.stream = stream
        self.left = limit

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        self.left -= len(block)
        if self.left < 0:
            raise ImportFileError("The archive holds more than it declares; it was not opened.")
        return block
