"""Fixtures for every test: the data outside the repository, a real worker, a real browser.

The servers are started by ``tests/servers.py``, a plugin, before Django reads its settings.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser import axe, browser, live_url, new_page, page  # noqa: F401 - fixtures
from tests.factories import Cast, make_cast
from tests.worker import worker  # noqa: F401 - fixture

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Static files straight from their sources: a test must not depend on a collectstatic that was run before it."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Benchmark and domain data kept outside the repository: ``SHARED_DIR``, else ``../shared`` beside it."""
    path = Path(os.environ.get("SHARED_DIR") or ROOT.parent / "shared")
    if not (path / "domain").is_dir():
        message = f"no shared data at {path} (set SHARED_DIR)"
        if os.environ.get("REQUIRE_SHARED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture
def cast(db: None) -> Cast:
    """alice lead, bob and cara reviewers, dan adjudicator, olga observer, mallory from another review."""
    return make_cast()
