"""The bundled PostgreSQL: made once, started on 127.0.0.1 with a password, waited for, stopped cleanly."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from reviewapp.embedded.binaries import PostgresBinaries, postgres_candidates
from reviewapp.embedded.errors import EmbeddedError
from reviewapp.embedded.identity import choose_identity, give
from reviewapp.embedded.process import Child, ChildSpec, RunAs, processes_in
from reviewapp.embedded.state import State, sync_directory

NAME = "postgres"
ROLE = "reviewapp"
DATABASE = "reviewapp"
EXTENSIONS = ("pg_trgm", "unaccent")
START_SECONDS = 60.0
ATTEMPTS = 5
FAST_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def server_environment() -> dict[str, str]:
    """Environment for PostgreSQL's programs: ours without PG* (another server's) and with the plain locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C", "LANG": "C"}


class Postgres:
    """One cluster in ``<state>/postgres/data``. ``durable=False`` gives up safety against crashes for speed (tests)."""

    def __init__(self, state: State, *, durable: bool = True, wanted: str = "") -> None:
        self.state = state
        self.durable = durable
        self.home = state.path / NAME
        self.data = self.home / "data"
        self.wanted = wanted
        self.port = 0
        self.binaries: PostgresBinaries | None = None
        self.child: Child | None = None

    # ---- where and as whom

    def choose(self) -> tuple[PostgresBinaries, RunAs]:
        """The first installation that fits the data (its major version), runs, and has the extensions we need."""
        made_by = self._data_major()
        reasons: list[str] = []
        for binaries in postgres_candidates(self.wanted):
            if made_by is not None and binaries.major != made_by:
                reasons.append(f"version {binaries.major} ({binaries.origin})")
                continue
            run_as = choose_identity(binaries.program("postgres"), self.home, self.data)
            missing = [] if made_by is not None else self._missing_extensions(binaries, run_as)
            if not missing:
                return binaries, run_as
            reasons.append(f"version {binaries.major} ({binaries.origin}) without the extension {missing[0]}")
        listed = "; ".join(reasons)
        if made_by is None:
            raise EmbeddedError(f"No usable PostgreSQL was found: {listed}.")
        raise EmbeddedError(
            f"The data in {self.data} was made by PostgreSQL {made_by}, but what was found is {listed}. Install "
            f"PostgreSQL {made_by} or set PG_BIN to its bin directory. To move to another version: start once with the "
            "old one, save with pg_dump, move the directory away, start, and load the dump."
        )

    def _data_major(self) -> int | None:
        try:
            text = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise EmbeddedError(
                f"The data in {self.data} belongs to another user. Run as that user, or give it to yourself: "
                f"sudo chown -R $(id -un) '{self.state.path}'"
            ) from error
        return int(text.partition(".")[0])

    def _missing_extensions(self, binaries: PostgresBinaries, run_as: RunAs) -> list[str]:
        answer = self._run(binaries, run_as, ["initdb", "--show", "-D", str(self.data)])
        share = re.search(r"^share_path=(.+)$", answer.stdout + answer.stderr, re.MULTILINE)
        if share is None:
            return list(EXTENSIONS)
        return [name for name in EXTENSIONS if not (Path(share[1]) / "extension" / f"{name}.control").exists()]

    def _run(self, binaries: PostgresBinaries, run_as: RunAs, argv: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*run_as.prefix, str(binaries.program(argv[0])), *argv[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
            cwd="/",
            env=server_environment(),
            user=run_as.uid,
            group=run_as.gid,
            extra_groups=run_as.extra_groups,
        )

    # ---- making the cluster

    def _initialise(self, binaries: PostgresBinaries, run_as: RunAs) -> None:
        """Make the cluster under a temporary name and rename it when it is whole, so a crash leaves no half of one."""
        for half in self.home.glob("making-*"):
            if half.is_dir():
                shutil.rmtree(half)
            else:
                half.unlink()
        making = Path(tempfile.mkdtemp(prefix="making-", dir=self.home))
        descriptor, password_file = tempfile.mkstemp(prefix="making-password-", dir=self.state.path / NAME)
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(self.state.secret(NAME) + "\n")
            if run_as.uid is not None:
                os.chown(making, run_as.uid, run_as.gid or 0)
                os.chown(password_file, run_as.uid, run_as.gid or 0)
            options = ["-A", "scram-sha-256", f"--pwfile={password_file}", "-k", "-U", ROLE, "-E", "UTF8"]
            options += self._locale(binaries) + ([] if self.durable else ["--no-sync"])
            answer = self._run(binaries, run_as, ["initdb", *options, "-D", str(making)])
        finally:
            Path(password_file).unlink()
        if answer.returncode != 0:
            shutil.rmtree(making, ignore_errors=True)
            raise EmbeddedError(f"PostgreSQL's data directory cannot be made:\n{answer.stderr.strip()}")
        making.rename(self.data)
        sync_directory(self.home)

    @staticmethod
    def _locale(binaries: PostgresBinaries) -> list[str]:
        """Options for Unicode case rules and a stable sort order on every platform."""
        if binaries.major >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8"]

    # ---- running it

    def start(self) -> None:
        """Start the server and make our database; raise ``EmbeddedError`` with the log's end if it does not come up."""
        if self.home.exists() and not os.access(self.home, os.W_OK | os.X_OK):
            raise EmbeddedError(
                f"{self.home} belongs to another user. Run as that user, or give it to yourself: "
                f"sudo chown -R $(id -un) '{self.state.path}'"
            )
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.binaries, run_as = self.choose()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(self.binaries, run_as)
        elif not self.state.has_secret(NAME):
            raise EmbeddedError(
                f"The password of the data in {self.data} is missing: restore {self.state.path / 'secrets' / NAME}."
            )
        give(self.data, run_as)
        self._clear_stale_pid_file()
        deadline = time.monotonic() + START_SECONDS
        for attempt in range(ATTEMPTS):
            self.port = self.state.port(NAME, renew=attempt > 0 and self._lost_port())
            self.child = Child(self._spec(self.binaries, run_as), self.state)
            self.child.start()
            if self._wait_until_ready(deadline):
                self._make_database()
                return
            self.child.stop()
            time.sleep(0.5 * (attempt + 1))  # children of a killed postmaster may still be leaving
        raise EmbeddedError(
            f"PostgreSQL ({self.binaries.origin}, as {run_as.label}) does not start. The end of "
            f"{self.state.log_path(NAME)}:\n{self.state.log_tail(NAME)}"
        )

    def _lost_port(self) -> bool:
        return "could not bind" in self.state.log_tail(NAME)

    def _spec(self, binaries: PostgresBinaries, run_as: RunAs) -> ChildSpec:
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",
            "max_connections=100",
            "password_encryption=scram-sha-256",
            "timezone=UTC",
            "log_timezone=UTC",
            "logging_collector=off",
            "log_line_prefix=%m [%p] ",
            "jit=off",
            *(() if self.durable else FAST_SETTINGS),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        return ChildSpec(
            name=NAME,
            argv=[str(binaries.program("postgres")), "-D", str(self.data), *options],
            cwd=Path("/"),
            env=server_environment(),
            stop_plan=((signal.SIGINT, 60.0), (signal.SIGQUIT, 20.0)),
            run_as=run_as,
        )

    def _clear_stale_pid_file(self) -> None:
        """Remove a stale ``postmaster.pid``: its number may be a stranger's or a zombie's, taken for a server.

        Only when it is certain that no process works in the data directory any more, as its children would.
        """
        path = self.data / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while path.exists():
            alive, certain = processes_in(self.data, NAME)
            if not alive:
                if certain:
                    path.unlink()
                return
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Another PostgreSQL works on {self.data}: process {min(alive)}. Stop it first.")
            time.sleep(0.1)

    def _wait_until_ready(self, deadline: float) -> bool:
        """True when it accepts our password; False when it ended instead, or the time is over."""
        while time.monotonic() < deadline:
            if self.child is None or self.child.exit_code() is not None:
                return False
            with contextlib.suppress(psycopg.OperationalError), self._connect("postgres"):
                return True
            time.sleep(0.03)
        return False

    @contextlib.contextmanager
    def _connect(self, database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        connection = psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ROLE,
            password=self.state.secret(NAME),
            dbname=database,
            connect_timeout=5,
            autocommit=True,
            sslmode="disable",
        )
        with contextlib.closing(connection):
            yield connection

    def _make_database(self) -> None:
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    @property
    def url(self) -> str:
        """Address of our database, password included."""
        return f"postgresql://{ROLE}:{quote(self.state.secret(NAME), safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, all that was committed is kept."""
        if self.child is not None:
            self.child.stop()
            self.child = None
