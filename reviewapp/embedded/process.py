"""Child processes: started in their own session, told to stop when their parent dies, found again after a crash.

A process is recognised by its number *and* its start time, or by a random word in its environment: never by its name.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reviewapp.embedded.errors import EmbeddedError
from reviewapp.embedded.state import State

PR_SET_PDEATHSIG = 1
TOKEN_VARIABLE = "REVIEWAPP_RUN"
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

StopPlan = Sequence[tuple[signal.Signals, float]]
"""Signals to send in turn, each with the seconds to wait for the end; SIGKILL follows the last."""


@dataclass(frozen=True, kw_only=True)
class RunAs:
    """How to start a program as somebody: another user, or behind a command such as ``unshare``."""

    label: str = "the present user"
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    @property
    def extra_groups(self) -> list[int] | None:
        """No further groups for another user; None (leave as they are) for oneself."""
        return None if self.uid is None else []


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to start: its name (also of its log), command, environment, directory, and how to stop it."""

    name: str
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str] | None = None
    stop_plan: StopPlan = ((signal.SIGTERM, 15.0),)
    run_as: RunAs = field(default_factory=RunAs)


def started_at(pid: int) -> str | None:
    """A word for the moment that process started, stable while it lives; None if there is none or it is a zombie."""
    if pid <= 0:
        return None
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(None, 1)
    return None if len(answer) < 2 or answer[0].startswith("Z") else answer[1].strip()


def _proc_numbers() -> Iterable[int]:
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                yield int(entry.name)


def processes_with_token(token: str) -> list[int]:
    """Processes whose environment at their start held that word (Linux; elsewhere none are found)."""
    wanted = f"{TOKEN_VARIABLE}={token}".encode()
    found: list[int] = []
    for pid in _proc_numbers():
        with contextlib.suppress(OSError):
            if pid != os.getpid() and wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
    return [pid for pid in found if started_at(pid) is not None]


def processes_in(directory: Path, word: str) -> tuple[list[int], bool]:
    """Processes whose working directory is exactly that one, and whether the list is certain to be whole.

    Never certain but on Linux, nor when a living process does not let its directory be seen and has ``word`` in its
    command line.
    """
    found: list[int] = []
    certain = sys.platform == "linux"
    for pid in _proc_numbers():
        if started_at(pid) is None:
            continue
        try:
            if os.path.samefile(f"/proc/{pid}/cwd", directory):
                found.append(pid)
        except PermissionError:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                certain = certain and word.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
    return found, certain


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A function for the child to call before exec, asking for that signal when its parent ends (Linux only)."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Child:
    """One started process and all it starts, in a session of its own."""

    def __init__(self, spec: ChildSpec, state: State) -> None:
        self.spec = spec
        self.state = state
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process number; 0 before the start."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, its output going to its log; raise ``EmbeddedError`` if the program cannot be run at all."""
        environment = dict(os.environ if self.spec.env is None else self.spec.env)
        environment[TOKEN_VARIABLE] = self.state.token
        run_as = self.spec.run_as
        with self.state.open_log(self.spec.name) as log:
            try:
                self._process = subprocess.Popen(
                    [*run_as.prefix, *self.spec.argv],
                    cwd=self.spec.cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=die_with_parent(self.spec.stop_plan[0][0]),
                    user=run_as.uid,
                    group=run_as.gid,
                    extra_groups=run_as.extra_groups,
                )
            except OSError as error:
                raise EmbeddedError(f"{self.spec.name} cannot be started: {error}") from error
        started = started_at(self.pid)
        self.state.write_run(self.spec.name, {"pid": self.pid, "started": started, "token": self.state.token})

    def exit_code(self) -> int | None:
        """None while it runs; its exit code (negative: the signal that ended it) afterwards. 0 if never started."""
        return 0 if self._process is None else self._process.poll()

    def stop(self) -> None:
        """End it and whatever it left in its session; returns when they are gone."""
        if self._process is None:
            return
        for number, patience in self.spec.stop_plan:
            if self._process.poll() is not None:
                break
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
        self.kill()
        self.state.forget_run(self.spec.name)
        self._process = None

    def kill(self) -> None:
        """End the whole session at once, and wait for the process itself."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _await_end(pids: dict[int, str], seconds: float) -> dict[int, str]:
    deadline = time.monotonic() + seconds
    while pids and time.monotonic() < deadline:
        time.sleep(0.05)
        pids = {pid: started for pid, started in pids.items() if started_at(pid) == started}
    return pids


def _send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def stop_leftovers(state: State, *, patience: float = 20.0) -> list[str]:
    """End what an earlier, killed launch of this state directory left behind. Returns the names of what was found.

    PostgreSQL is asked for a fast shutdown (SIGINT) and never killed: its data is worth more than our patience.
    """
    found: list[str] = []
    for name, run in state.runs().items():
        pids: dict[int, str] = {}
        if (started := started_at(int(run["pid"]))) is not None and started == run["started"]:
            pids[int(run["pid"])] = started
        if name != "postgres":
            for pid in processes_with_token(str(run["token"])):
                pids[pid] = started_at(pid) or ""
        if pids:
            found.append(name)
            _send(pids, signal.SIGINT if name == "postgres" else signal.SIGTERM)
            if pids := _await_end(pids, patience):
                if name == "postgres":
                    raise EmbeddedError(f"A PostgreSQL of an earlier launch (process {min(pids)}) does not stop.")
                _send(pids, signal.SIGKILL)
                _await_end(pids, 5.0)
        state.forget_run(name)
    return found
