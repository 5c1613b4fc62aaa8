"""Both bundled servers together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from reviewapp.embedded.postgres import Postgres
from reviewapp.embedded.process import stop_leftovers
from reviewapp.embedded.state import State
from reviewapp.embedded.valkey import Valkey


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Which servers to start, whether they survive a crash, and which PostgreSQL (``PG_BIN``) to use."""

    durable: bool = True
    postgres: bool = True
    valkey: bool = True
    pg_bin: str = ""


@dataclass(frozen=True, kw_only=True)
class ServerUrls:
    """Addresses of the started servers, passwords included; empty for one that was not asked for."""

    database_url: str
    redis_url: str


class Servers:
    """The bundled servers of a held state directory: ``start``, ``restart_ended`` while running, ``stop``."""

    def __init__(self, state: State, options: ServerOptions | None = None) -> None:
        options = options or ServerOptions()
        self.state = state
        self.postgres = Postgres(state, durable=options.durable, wanted=options.pg_bin) if options.postgres else None
        self.valkey = Valkey(state, durable=options.durable) if options.valkey else None

    def start(self) -> ServerUrls:
        """End what a killed launch left, then start; raises ``EmbeddedError``, with nothing left running."""
        stop_leftovers(self.state)
        try:
            if self.valkey is not None:
                self.valkey.start()
            if self.postgres is not None:
                self.postgres.start()
        except BaseException:
            self.stop()
            raise
        return self.urls

    @property
    def urls(self) -> ServerUrls:
        """Present addresses."""
        return ServerUrls(
            database_url="" if self.postgres is None else self.postgres.url,
            redis_url="" if self.valkey is None else self.valkey.url,
        )

    def ended(self) -> list[str]:
        """Names of the servers that have ended by themselves."""
        servers = [server for server in (self.postgres, self.valkey) if server is not None]
        return [
            server.child.spec.name
            for server in servers
            if server.child is not None and server.child.exit_code() is not None
        ]

    def restart_ended(self) -> bool:
        """Start again what has ended. True if the addresses are what they were; otherwise the users must be told."""
        before, ended = self.urls, self.ended()
        for server in (self.postgres, self.valkey):
            if server is not None and server.child is not None and server.child.spec.name in ended:
                server.stop()
                server.start()
        return self.urls == before

    def pg_dump(self) -> Path | None:
        """The ``pg_dump`` that belongs to the running PostgreSQL, if it has one."""
        if self.postgres is None or self.postgres.binaries is None:
            return None
        program = self.postgres.binaries.program("pg_dump")
        return program if program.exists() else None

    def stop(self) -> None:
        """Stop what was started, PostgreSQL last; returns when both are gone."""
        try:
            if self.valkey is not None:
                self.valkey.stop()
        finally:
            if self.postgres is not None:
                self.postgres.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
