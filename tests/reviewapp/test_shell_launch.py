"""The launcher behind ``make demo``, for real: up, watched, stopped whole, and up again with nothing lost."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from reviewapp import launch
from reviewapp.embedded.process import processes_with_token, started_at
from reviewapp.embedded.state import free_port
from reviewapp.env import EnvError
from reviewapp.probe import answers, host_name
from tests.worker import wait_for

ROOT = Path(__file__).resolve().parents[2]
COLD_SECONDS = 180
WARM_SECONDS = 15
pytestmark = [pytest.mark.durability, pytest.mark.xdist_group("launch")]


class Launch:
    """One run of the launcher."""

    started: ClassVar[list["Launch"]] = []

    def __init__(self, state_dir: Path, port: int, **extra: str) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MEDIA_ROOT", "STATIC_ROOT", "MAKELEVEL"}
        }
        self.port = port
        self.output = state_dir.parent / f"output-{time.monotonic_ns()}"
        self.began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reviewapp.launch"],
                cwd=ROOT,
                env=kept | {"STATE_DIR": str(state_dir), "PORT": str(port), "WEB_CONCURRENCY": "1"} | extra,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.started.append(self)

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_up(self, seconds: float) -> float:
        """Seconds until the last line of the greeting."""
        assert wait_for(lambda: "Ctrl-C stops it" in self.said() or self.process.poll() is not None, seconds)
        assert self.process.poll() is None, self.said()
        return time.monotonic() - self.began

    def children(self) -> dict[str, int]:
        """Process numbers by name, as the launcher keeps them for the next launch."""
        run = Path(self.state_dir) / "run"
        found = {path.stem: int(re.findall(r'"pid": (\d+)', path.read_text())[0]) for path in run.glob("*.json")}
        return {name: pid for name, pid in found.items() if started_at(pid) is not None}

    @property
    def state_dir(self) -> str:
        return re.findall(r"State and logs are in (.*)", self.said())[0]

    def stop(self, number: int) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A place for the state; at the end, what a failed test left running is stopped."""
    Launch.started.clear()
    (tmp_path / "my state").mkdir()
    yield tmp_path / "my state" / "var"
    for launched in Launch.started:
        if launched.process.poll() is None:
            launched.stop(signal.SIGTERM)


def busyness() -> float:
    """How many times longer things take here just now than on an idle machine (1 or more), by the load average."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def healthy(port: int) -> bool:
    return answers("127.0.0.1", port)


def test_the_site_comes_up_is_kept_up_stops_whole_and_comes_up_again(state_dir):
    port = free_port()
    first = Launch(state_dir, port)
    first.wait_until_up(COLD_SECONDS)
    assert f"http://127.0.0.1:{port}/" in first.said()
    assert "alice@example.org" in first.said()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=10) as page:
        assert page.status == 200
    children = first.children()
    assert set(children) == {"postgres", "valkey", "worker", "web"}

    second = Launch(state_dir, free_port())
    assert second.process.wait(30) == 1
    assert f"Already running as process {first.process.pid} (http://127.0.0.1:{port}/)" in second.said()

    for name in ("postgres", "valkey", "worker", "web"):
        os.kill(children[name], signal.SIGKILL)
        assert wait_for(lambda name=name: first.children().get(name) not in (None, children[name])), first.said()
    assert wait_for(lambda: healthy(port))
    assert first.process.poll() is None

    running = first.children()
    assert first.stop(signal.SIGTERM) == 0
    assert "Stopped." in first.said()
    assert not [name for name, pid in running.items() if started_at(pid) is not None]

    again = Launch(state_dir, port)
    assert again.wait_until_up(120) < WARM_SECONDS * busyness()
    running = again.children()
    again.process.kill()
    again.process.wait()

    last = Launch(state_dir, port)
    last.wait_until_up(120)
    assert "549 records identified, 292 removed, 257 screened, 27 studies included" in last.said()
    assert not set(running.values()) & set(last.children().values())
    assert last.stop(signal.SIGINT) == 0
    assert last.children() == {}


def test_a_taken_port_is_named_and_its_holder_left_alone(state_dir):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        refused = Launch(state_dir, port)
        assert refused.process.wait(30) == 1
    assert f"Port {port} of 127.0.0.1 is taken by another program" in refused.said()
    assert f"PORT={port + 1} make demo" in refused.said()


def test_servers_of_ones_own_are_used_and_nothing_is_embedded(state_dir):
    own = Launch(
        state_dir, free_port(), DATABASE_URL="postgresql://127.0.0.1:1/none", REDIS_URL="redis://127.0.0.1:1/0"
    )
    assert own.process.wait(60) == 1
    assert "manage.py migrate --noinput failed" in own.said()
    assert not (state_dir / "postgres").exists()
    assert not (state_dir / "valkey").exists()


def test_a_port_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("PORT", "80a")
    with pytest.raises(EnvError, match=r"^PORT is '80a'"):
        launch.read_options()


@pytest.mark.parametrize(
    ("host", "bind", "url"),
    [
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "0.0.0.0:8000", "http://127.0.0.1:8000/"),
        ("::1", "[::1]:8000", "http://[::1]:8000/"),
        ("::", "[::]:8000", "http://[::1]:8000/"),
    ],
)
def test_addresses_of_both_families(monkeypatch, host, bind, url):
    monkeypatch.setenv("HOST", host)
    monkeypatch.delenv("PORT", raising=False)
    options = launch.read_options()
    assert (options.bind, options.url) == (bind, url)


def test_the_site_answers_to_the_names_it_is_asked_under():
    assert set(launch.own_names("127.0.0.1")) == {"127.0.0.1", "localhost", "[::1]"}
    assert "review.local" in set(launch.own_names("review.local"))
    assert socket.gethostname() in set(launch.own_names("0.0.0.0"))


@pytest.mark.parametrize(
    ("allowed", "name"),
    [([], "127.0.0.1"), (["*"], "127.0.0.1"), ([".example.org", "b.org"], "example.org"), (["a.org"], "a.org")],
)
def test_the_probe_asks_under_an_accepted_name(allowed, name):
    assert host_name(allowed) == name


def test_static_stamp_changes_with_the_files(monkeypatch, tmp_path):
    for name in ("static/css", "reviewapp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("a==1\n")
    (tmp_path / "reviewapp" / "settings.py").write_text("")
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    seen = [launch.static_stamp()]
    assert launch.static_stamp() == seen[0]
    (tmp_path / "static" / "css" / "app.css").write_text("a {}")
    seen.append(launch.static_stamp())
    (tmp_path / "static" / "css" / "app.css").write_text("abc {}")
    seen.append(launch.static_stamp())
    (tmp_path / "requirements.lock").write_text("a==2\n")
    seen.append(launch.static_stamp())
    assert len(set(seen)) == 4


def test_no_process_carries_a_token_nobody_has():
    assert processes_with_token("0" * 32) == []
