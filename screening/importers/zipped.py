"""ZIP archives: refused by their declared sizes before a byte is unpacked, then read file by file."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from screening.importers.types import ImportFileError

MAX_UNPACKED = 500_000_000
"""Bytes, all files of an archive together."""
MAX_RATIO = 200
"""Unpacked to packed: text packs 3-10 fold, a bomb a thousandfold."""
MAX_FILES = 200


def is_archive(path: Path) -> bool:
    """A ZIP of files, as against an Excel workbook, which is a ZIP too."""
    with path.open("rb") as stream:
        if stream.read(4) not in {b"PK\x03\x04", b"PK\x05\x06"}:
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" not in archive.namelist()
    except (zipfile.BadZipFile, ValueError):
        return False


def check_zip(path: Path) -> list[zipfile.ZipInfo]:
    """The files of the archive. Raises :class:`ImportFileError` for a broken, encrypted, huge or suspiciously dense one."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ImportFileError(f"The ZIP archive is damaged and cannot be opened ({error}).") from error
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


def unpack_zip(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Unpacks one file after the other into ``folder``, as (its name in the archive, its path). Never leaves ``folder``.

    Folders, hidden files and the extra files of macOS are passed over. A file that unpacks to more than it declared is refused.
    """
    infos = check_zip(path)
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(infos):
            name = PurePosixPath(info.filename.replace("\\", "/"))
            if name.name.startswith(".") or "__MACOSX" in name.parts:
                continue
            target = folder / f"{number:03d}{PurePosixPath(name.name).suffix[:10]}"
            _unpack_one(archive, info, target)
            yield str(name), target


def _unpack_one(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    try:
        with archive.open(info) as packed, target.open("wb") as plain:
            shutil.copyfileobj(_Bounded(packed, info.file_size), plain, 1 << 18)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
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
