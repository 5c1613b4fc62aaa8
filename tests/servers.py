"""Pytest plugin: a PostgreSQL and a Valkey of our own for the whole run, before Django reads its settings.

Loaded by ``-p tests.servers`` (pyproject.toml), because Django's settings are read before any conftest. The
controlling process starts the servers in ``<STATE_DIR>/test`` (default ``var/test``), not durable, and hands their
addresses to the xdist workers through the environment; each worker has its own database (pytest-django) and its own
Redis database number.
``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` name other servers instead.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from reviewapp.embedded import AlreadyRunning, EmbeddedError, ServerOptions, Servers, ServerUrls, State

ROOT = Path(__file__).resolve().parent.parent
NOT_RUNNING_TESTS = {"-h", "--help", "-V", "--version", "--co", "--collect-only", "--fixtures", "--markers"}
FOREIGN_SETTINGS = (
    "ALLOWED_HOSTS",
    "ACCOUNT_EMAIL_VERIFICATION",
    "BEHIND_PROXY",
    "CELERY_VISIBILITY_TIMEOUT",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DATABASE_CONN_MAX_AGE",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_HOST",
    "HTTPS",
    "JOB_SWEEP_SECONDS",
    "LOG_LEVEL",
    "MAX_IMPORT_FILE_MB",
    "MAX_REPORT_FILE_MB",
    "SITE_URL",
    "STATIC_ROOT",
    "TIME_ZONE",
)
_running = ExitStack()


def _start(state_dir: Path) -> ServerUrls:
    """Start what is needed; data of a test run are disposable, so a cluster that does not start is made anew once."""
    options = ServerOptions(
        durable=False,
        postgres="TEST_DATABASE_URL" not in os.environ,
        valkey="TEST_REDIS_URL" not in os.environ,
        pg_bin=os.environ.get("PG_BIN", ""),
    )
    state = _running.enter_context(State(state_dir))
    shutil.rmtree(state_dir / "media", ignore_errors=True)
    try:
        return _running.enter_context(Servers(state, options)).urls
    except AlreadyRunning:
        raise
    except EmbeddedError as error:
        print(f"The test servers are made anew: {error}", file=sys.stderr)
        shutil.rmtree(state_dir / "postgres", ignore_errors=True)
        return _running.enter_context(Servers(state, options)).urls


def _with_redis_database(url: str, number: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _prepare_environment(state_dir: Path, urls: ServerUrls) -> None:
    for name in FOREIGN_SETTINGS:
        os.environ.pop(name, None)
    (state_dir / "static").mkdir(parents=True, exist_ok=True)
    os.environ["STATE_DIR"] = str(state_dir)
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or urls.database_url
    os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL") or urls.redis_url
    os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
    os.environ["MEDIA_ROOT"] = str(state_dir / "media" / "main")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None:
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = _with_redis_database(os.environ["REDIS_URL"], number)
        os.environ["MEDIA_ROOT"] = str(Path(os.environ["STATE_DIR"]) / "media" / worker)
    else:
        state_dir = Path(os.environ.get("STATE_DIR") or ROOT / "var").absolute() / "test"
        urls = ServerUrls(database_url="postgresql://127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0")
        if not NOT_RUNNING_TESTS.intersection(args):
            try:
                urls = _start(state_dir)
            except EmbeddedError as error:
                _running.close()
                raise pytest.UsageError(str(error)) from error
        _prepare_environment(state_dir, urls)
    try:
        return (yield)
    except BaseException:
        _running.close()
        raise


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _running.close()
