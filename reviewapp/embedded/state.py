"""The state directory: one lock, the ports and secrets made at the first start, logs, and what was started.

Layout: ``lock``, ``ports.json``, ``secrets/<name>`` (0600), ``run/<name>.json`` (started processes),
``logs/<name>.log``, ``postgres/`` and ``valkey/`` (data). Everything that must survive a power cut is written to a
temporary name, synced and renamed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from reviewapp.embedded.errors import AlreadyRunning, EmbeddedError

LOG_BYTES = 5 * 1024 * 1024
LOGS_KEPT = 3
LOCK_PATIENCE_SECONDS = 1.0
STOPPING = "stopping"
STOPPING_PATIENCE_SECONDS = 60.0


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text``, mode 0600, in one step that survives a crash at any moment."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames inside ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``host:port`` now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that the system gives out as unused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class State:
    """One state directory, held by one process at a time (``with State(path) as state``)."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path))
        self.token = secrets.token_hex(16)
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Make the directory if needed and take its lock; raise ``AlreadyRunning`` when another process has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("secrets", "run", "logs"):
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
            self._lock = open(self.path / "lock", "a+", encoding="utf-8")
        except OSError as error:
            raise EmbeddedError(
                f"The state directory {self.path} cannot be used: {error.strerror} ({error.filename}). If it was made "
                f"by another user, run as that user, or give it to yourself: sudo chown -R $(id -un) '{self.path}'"
            ) from error
        self._take_lock(self._lock)
        self.describe("starting")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.close()
            self._lock = None

    def _take_lock(self, lock: IO[str]) -> None:
        """Take the lock, waiting longer for a holder that says it is about to stop."""
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "by a process that has not said which"
                patience = STOPPING_PATIENCE_SECONDS if STOPPING in holder else LOCK_PATIENCE_SECONDS
                if time.monotonic() - began < patience:
                    time.sleep(0.1)
                    continue
                lock.close()
                self._lock = None
                raise AlreadyRunning(
                    f"Already running {holder}, with the state in {self.path}. "
                    "Stop that one first, or set STATE_DIR to another directory for a second installation."
                ) from None
            return

    def describe(self, what: str) -> None:
        """Leave a line in the lock file for whoever finds it taken: ``as process N (what)``."""
        if self._lock is None:
            raise EmbeddedError("The state directory is not held by this process.")
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(f"as process {os.getpid()} ({what})\n")
        self._lock.flush()

    def secret(self, name: str) -> str:
        """The secret of that name, made at first use: 43 characters safe in URLs, kept with mode 0600."""
        path = self.path / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32) + "\n")
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise EmbeddedError(f"{path} is empty. Restore it from a backup.")
        return text

    def has_secret(self, name: str) -> bool:
        """Whether the secret of that name has been made."""
        return (self.path / "secrets" / name).exists()

    def port(self, name: str, *, renew: bool = False) -> int:
        """The port kept for that server; another free one if there is none yet, it is taken, or ``renew`` is asked."""
        path = self.path / "ports.json"
        ports: dict[str, int] = {}
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            ports = json.loads(path.read_text(encoding="utf-8"))
        port = ports.get(name)
        if port is None or renew or not port_is_free(port):
            port = ports[name] = free_port()
            write_private(path, json.dumps(ports) + "\n")
        return port

    def log_path(self, name: str) -> Path:
        """Path of that log."""
        return self.path / "logs" / f"{name}.log"

    def open_log(self, name: str) -> IO[bytes]:
        """Open that log for appending; one that has outgrown ``LOG_BYTES`` is first set aside as ``.1``, ``.2``, …"""
        path = self.log_path(name)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = path.with_name(f"{path.name}.{number}")
                if older.exists():
                    older.replace(path.with_name(f"{path.name}.{number + 1}"))
            path.replace(path.with_name(f"{path.name}.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return open(descriptor, "ab", buffering=0)

    def log_tail(self, name: str, lines: int = 12) -> str:
        """The last lines of that log, for an error message."""
        try:
            text = self.log_path(name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def write_run(self, name: str, data: dict[str, Any]) -> None:
        """Keep what identifies a started process, so that the next start can find it if this one is killed."""
        write_private(self.path / "run" / f"{name}.json", json.dumps(data))

    def forget_run(self, name: str) -> None:
        """The process of that name has ended."""
        (self.path / "run" / f"{name}.json").unlink(missing_ok=True)

    def runs(self) -> dict[str, dict[str, Any]]:
        """What earlier launches started and did not see end, by name."""
        found: dict[str, dict[str, Any]] = {}
        for path in sorted((self.path / "run").glob("*.json")):
            with contextlib.suppress(json.JSONDecodeError):
                found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        return found
