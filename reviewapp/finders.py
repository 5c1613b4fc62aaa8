"""[shell] Static files of installed packages, one by one: nothing is copied in, and nothing else of them is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

PACKAGE_FILES = {"plotly/plotly.min.js": ("plotly", "package_data/plotly.min.js")}
"""Path under STATIC_URL → (installed package, path inside it)."""


def _folder_of(package: str) -> Path | None:
    """Where a package is installed, without importing it; None where it is not."""
    spec = find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


class PackageFileFinder(BaseFinder):
    """Finds the files of PACKAGE_FILES, for the development server, whitenoise and collectstatic."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place, or a list of it with `find_all`; empty where there is none."""
        found = self._place(path)
        if find_all:
            return [found] if found else []
        return found or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every file with a storage of its folder whose prefix makes it land at its path."""
        for path in PACKAGE_FILES:
            found = self._place(path)
            if found and not matches_patterns(path, list(ignore_patterns or [])):
                storage = FileSystemStorage(location=Path(found).parent)
                storage.prefix = str(Path(path).parent)  # type: ignore[attr-defined]  # collectstatic reads it
                yield Path(found).name, storage

    def _place(self, path: str) -> str | None:
        package, inside = PACKAGE_FILES.get(path, ("", ""))
        folder = _folder_of(package) if package else None
        place = folder / inside if folder else None
        return str(place) if place and place.is_file() else None
