"""The bundled Valkey: broker and cache of a one-machine install, on 127.0.0.1, with password and append-only file."""

from __future__ import annotations

import contextlib
import signal
import time
from pathlib import Path
from urllib.parse import quote

import redis

from reviewapp.embedded.binaries import valkey_binary
from reviewapp.embedded.errors import EmbeddedError
from reviewapp.embedded.process import Child, ChildSpec
from reviewapp.embedded.state import State, write_private

NAME = "valkey"
START_SECONDS = 60.0
ATTEMPTS = 5
DATABASES = 64


def _quoted(text: str) -> str:
    """``text`` as one word of Valkey's configuration file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Valkey:
    """One server with its data in ``<state>/valkey``. ``durable=False`` keeps nothing on disk (tests)."""

    def __init__(self, state: State, *, durable: bool = True) -> None:
        self.state = state
        self.durable = durable
        self.home = state.path / NAME
        self.port = 0
        self.child: Child | None = None

    def _write_configuration(self) -> Path:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {_quoted(self.state.secret(NAME))}",
            f"dir {_quoted(str(self.home))}",
            "daemonize no",
            f"databases {DATABASES}",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            'logfile ""',
        ]
        path = self.home / "valkey.conf"
        write_private(path, "\n".join(lines) + "\n")
        return path

    def start(self) -> None:
        """Start the server; raise ``EmbeddedError`` with the log's end if it does not come up."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        program = valkey_binary()
        deadline = time.monotonic() + START_SECONDS
        for attempt in range(ATTEMPTS):
            self.port = self.state.port(NAME, renew=attempt > 0)
            spec = ChildSpec(
                name=NAME,
                argv=[str(program), str(self._write_configuration())],
                cwd=self.home,
                stop_plan=((signal.SIGTERM, 30.0),),
            )
            self.child = Child(spec, self.state)
            self.child.start()
            if self._wait_until_ready(deadline):
                return
            self.child.stop()
            time.sleep(0.2 * (attempt + 1))
        raise EmbeddedError(
            f"Valkey does not start. The end of {self.state.log_path(NAME)}:\n{self.state.log_tail(NAME)}"
        )

    def _wait_until_ready(self, deadline: float) -> bool:
        """True when it answers to our password, its data loaded; False when it ended instead, or the time is over."""
        with contextlib.closing(redis.Redis.from_url(self.url, socket_timeout=5)) as client:
            while time.monotonic() < deadline:
                if self.child is None or self.child.exit_code() is not None:
                    return False
                with contextlib.suppress(redis.RedisError):
                    client.ping()
                    return True
                time.sleep(0.02)
        return False

    @property
    def url(self) -> str:
        """Address of database 0, password included."""
        return f"redis://:{quote(self.state.secret(NAME), safe='')}@127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Clean shutdown: the append-only file is written and synced."""
        if self.child is not None:
            self.child.stop()
            self.child = None
