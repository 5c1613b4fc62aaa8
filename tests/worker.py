"""A real Celery worker in a process of its own, on this process's test database and Redis database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0


def own_database_url() -> str:
    """Address of the database this test process works on."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))


class Worker:
    """One ``celery worker``. ``extra`` are further environment variables, such as ``CELERY_VISIBILITY_TIMEOUT``."""

    def __init__(self, log_path: Path, extra: dict[str, str] | None = None) -> None:
        self.log_path = log_path
        self.extra = extra or {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def log(self) -> str:
        """All that it has written."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it and wait until it takes tasks."""
        before = self.log().count(" ready.") if self.log_path.exists() else 0
        name = f"test-{os.getpid()}-{time.monotonic_ns()}@localhost"
        argv = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "reviewapp",
            "worker",
            "-c",
            "1",
            "--loglevel",
            "info",
            "-n",
            name,
        ]
        environment = (
            os.environ | {"DATABASE_URL": own_database_url(), "MEDIA_ROOT": str(settings.MEDIA_ROOT)} | self.extra
        )
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: self.log().count(" ready.") > before or self.process.poll() is not None, READY_SECONDS)
        assert self.process.poll() is None, self.log()
        assert self.log().count(" ready.") > before, self.log()

    def kill(self) -> None:
        """``kill -9`` of the worker and its children, as an out-of-memory killer or a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """Ask it to finish; end it if it does not."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    """Whether ``condition`` came true within that time; asked ten times a second."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Worker]:
    """A started worker, its queue empty; committed rows only, as it looks from another process."""
    redis.Redis.from_url(settings.CELERY_BROKER_URL).flushdb()
    started = Worker(tmp_path / "worker.log")
    started.start()
    yield started
    started.stop()
