"""``make demo``: the whole site on one machine, from the bundled servers to the web server, in one process to stop.

Run as ``python -m reviewapp.launch``. Environment: ``HOST``, ``PORT``, ``STATE_DIR``, ``WEB_CONCURRENCY``, ``PG_BIN``,
and all that ``reviewapp/settings.py`` reads. With ``DATABASE_URL`` or ``REDIS_URL`` set, that server is not started
here.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from reviewapp.embedded import Child, ChildSpec, EmbeddedError, ServerOptions, Servers, State, stop_leftovers
from reviewapp.embedded.process import PR_SET_PDEATHSIG, die_with_parent
from reviewapp.embedded.state import STOPPING, port_is_free
from reviewapp.env import EnvError, env_int, env_list, env_str
from reviewapp.probe import answers, host_name

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "localhost", "::1")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WEB_SECONDS = 60.0
WORKER_STOP = ((signal.SIGTERM, 10.0), (signal.SIGQUIT, 5.0))
WEB_STOP = ((signal.SIGTERM, 15.0),)
RESTARTS = 5
RESTART_WINDOW_SECONDS = 120.0


class Stop(BaseException):
    """A signal asked us to stop."""


class LaunchError(RuntimeError):
    """Something cannot be started or kept running; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where to listen and where the state is."""

    host: str
    port: int
    web_processes: int
    state_dir: Path

    @property
    def url(self) -> str:
        """Address for a person on this machine."""
        return f"http://{self._for_url(self.reachable_host)}:{self.port}/"

    @property
    def bind(self) -> str:
        """Address as gunicorn takes it."""
        return f"{self._for_url(self.host)}:{self.port}"

    @property
    def reachable_host(self) -> str:
        """Where this machine itself reaches the site."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    @staticmethod
    def _for_url(host: str) -> str:
        return f"[{host}]" if ":" in host else host


def read_options() -> Options:
    """The options from the environment; raises ``EnvError`` naming a variable that cannot be read."""
    return Options(
        host=env_str("HOST", "127.0.0.1"),
        port=env_int("PORT", 8000, minimum=1, maximum=65535),
        web_processes=env_int("WEB_CONCURRENCY", 4, minimum=1, maximum=64),
        state_dir=Path(env_str("STATE_DIR", str(ROOT / "var"))).absolute(),
    )


def say(text: str) -> None:
    """One line for the person at the terminal, at once."""
    print(text, flush=True)


def static_stamp() -> str:
    """Changes when a file that collectstatic copies may have: ours by name, size and time, packages' by the lock."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    digest.update((ROOT / "reviewapp" / "settings.py").read_bytes())
    for folder in sorted([ROOT / "static", *ROOT.glob("*/static")]):
        for path in sorted(folder.rglob("*")):
            about = path.stat()
            digest.update(f"{path.relative_to(ROOT)}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def own_names(host: str) -> Iterator[str]:
    """Names under which the site is asked for when it listens on ``host``."""
    yield from ("127.0.0.1", "localhost", "[::1]")
    if host in ("0.0.0.0", "::"):
        name = socket.gethostname()
        yield from (name, socket.getfqdn())
        try:
            yield from socket.gethostbyname_ex(name)[2]
        except OSError:
            say(f"The addresses of {name} are not known; set ALLOWED_HOSTS to the names people will use.")
    elif host not in LOOPBACK:
        yield host


class Launcher:
    """Everything that runs, and the order in which it starts and stops."""

    def __init__(self, options: Options, state: State) -> None:
        self.options = options
        self.state = state
        self.environment = dict(os.environ)
        wanted = ServerOptions(
            postgres=not env_str("DATABASE_URL"), valkey=not env_str("REDIS_URL"), pg_bin=env_str("PG_BIN")
        )
        self.servers = Servers(state, wanted)
        self.children: list[Child] = []
        self.restarts: dict[str, list[float]] = {}
        self.accounts = ""

    # ---- starting

    def start(self) -> None:
        """Bring the site up, or raise with nothing of ours left half-started (``stop`` cleans up)."""
        stop_leftovers(self.state)
        if not port_is_free(self.options.port, self.options.host):
            raise LaunchError(
                f"Port {self.options.port} of {self.options.host} is taken by another program. "
                f"Choose another: PORT={self.options.port + 1} make demo"
            )
        say(f"Starting. State and logs are in {self.options.state_dir}")
        self.step("servers", self.servers.start)
        self.set_environment()
        self.step("database", lambda: self.manage("migrate", "--noinput"))
        self.step("static files", self.collect_static)
        self.step("demo", self.load_demo)
        self.start_children()
        self.step("web server", self.wait_for_web)
        self.state.describe(self.options.url)
        say(f"\nThe site is at {self.options.url}\n{self.accounts}\n")
        if self.options.reachable_host not in LOOPBACK or self.options.host in ("0.0.0.0", "::"):
            say("Others can reach this address, and the demo's passwords are public: do not keep real work in it.")
        say("Ctrl-C stops it; what was entered is kept.")

    def step(self, name: str, run: Callable[[], object]) -> None:
        """Run one step and say how long it took."""
        began = time.monotonic()
        run()
        say(f"  {name}: {time.monotonic() - began:.1f} s")

    def set_environment(self) -> None:
        """What the children read, where the person has not said it."""
        urls, options = self.servers.urls, self.options
        if urls.database_url:
            self.environment["DATABASE_URL"] = urls.database_url
        if urls.redis_url:
            self.environment["REDIS_URL"] = urls.redis_url
        if not env_str("SECRET_KEY"):
            self.environment["SECRET_KEY"] = self.state.secret("django")
        if not env_str("ALLOWED_HOSTS"):
            self.environment["ALLOWED_HOSTS"] = ",".join(dict.fromkeys(own_names(options.host)))
        if not env_str("SITE_URL"):
            self.environment["SITE_URL"] = options.url.rstrip("/")
        self.environment["STATE_DIR"] = str(options.state_dir)
        self.environment["STATIC_ROOT"] = env_str("STATIC_ROOT", str(options.state_dir / "static"))

    def manage(self, *words: str) -> str:
        """Run a management command to its end; what it says on stderr is shown at once, what on stdout is returned."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            output = process.communicate()[0]
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            raise LaunchError(f"manage.py {' '.join(words)} failed (exit code {process.returncode}).\n{output}")
        return output

    def collect_static(self) -> None:
        """Gather the static files, if any may have changed since the last time."""
        stamp_file, root = self.state.path / "static.stamp", Path(self.environment["STATIC_ROOT"])
        stamp = f"{root}\n{static_stamp()}\n"
        if (
            stamp_file.exists()
            and stamp_file.read_text(encoding="utf-8") == stamp
            and (root / "staticfiles.json").exists()
        ):
            return
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        stamp_file.write_text(stamp, encoding="utf-8")

    def load_demo(self) -> None:
        """Load the worked example, unless it is there; keeps what the command says about accounts."""
        self.accounts = self.manage("demo").strip()

    def start_children(self) -> None:
        """The worker and the web server, with the present environment."""
        python = [sys.executable, "-m"]
        worker = [*python, "celery", "-A", "reviewapp", "worker", "-c", "2", "--loglevel", "INFO"]
        worker += ["--without-gossip", "--without-mingle"]
        web = [*python, "gunicorn", "reviewapp.wsgi", "--bind", self.options.bind, "--preload", "--no-control-socket"]
        web += ["-w", str(self.options.web_processes), "-k", "gthread", "--threads", "2"]
        web += ["--timeout", "60", "--graceful-timeout", "10"]
        self.children = []
        for name, argv, stop_plan in (
            ("worker", worker, WORKER_STOP),
            ("web", web, WEB_STOP),
        ):
            child = Child(
                ChildSpec(name=name, argv=argv, cwd=ROOT, env=self.environment, stop_plan=stop_plan), self.state
            )
            self.children.append(child)
            child.start()

    def wait_for_web(self) -> None:
        """Wait for the site's own answer; raise ``LaunchError`` with the log's end if it ends or stays silent."""
        web, deadline = self.children[-1], time.monotonic() + WEB_SECONDS
        name = host_name(env_list("ALLOWED_HOSTS", environ=self.environment))
        while time.monotonic() < deadline and web.exit_code() is None:
            if answers(self.options.reachable_host, self.options.port, name):
                return
            time.sleep(0.05)
        raise LaunchError(f"The web server does not answer. The end of its log:\n{self.state.log_tail('web')}")

    # ---- watching

    def watch(self) -> None:
        """Start again what ends by itself, until a signal stops us or something cannot be kept running."""
        while True:
            time.sleep(0.5)
            ended = self.servers.ended()
            for name in ended:
                self.allow_restart(name)
            if ended and not self.servers.restart_ended():
                say("A server had to move to another port; the site is started again.")
                self.stop_children()
                self.set_environment()
                self.start_children()
            for child in self.children:
                if (code := child.exit_code()) is not None:
                    child.kill()
                    self.allow_restart(child.spec.name, code)
                    child.start()

    def allow_restart(self, name: str, code: int | None = None) -> None:
        """Say that ``name`` ended, wait longer each time; raise ``LaunchError`` when it has ended too often."""
        now = time.monotonic()
        recent = [moment for moment in self.restarts.get(name, []) if now - moment < RESTART_WINDOW_SECONDS]
        how = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit code {code})"
        if len(recent) >= RESTARTS:
            raise LaunchError(
                f"{name} keeps ending{how}. The end of {self.state.log_path(name)}:\n{self.state.log_tail(name)}"
            )
        self.restarts[name] = [*recent, now]
        say(f"{name} ended{how}; it is started again. Its log: {self.state.log_path(name)}")
        time.sleep(min(2.0 ** len(recent) - 1, 15.0))

    # ---- stopping

    def stop_children(self) -> None:
        """The web server first, so that nobody adds work, then the worker."""
        for child in reversed(self.children):
            child.stop()

    def stop(self) -> None:
        """Stop everything that was started, the servers last."""
        self.state.describe(STOPPING)
        try:
            self.stop_children()
        finally:
            self.servers.stop()


def on_signal(number: int, frame: FrameType | None) -> None:
    """Turn the first signal into ``Stop``; those that follow must not disturb the orderly end."""
    ignore_signals()
    raise Stop


def ignore_signals() -> None:
    """From now on, end undisturbed."""
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def die_with_make() -> None:
    """If make started us, end when it ends, even by ``kill -9`` (Linux)."""
    if sys.platform == "linux" and os.environ.get("MAKELEVEL"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def main() -> int:
    """Run until stopped. Exit code 0 after a signal, 1 when something failed (said on stderr)."""
    os.umask(0o077)
    for each in STOP_SIGNALS:
        signal.signal(each, on_signal)
    die_with_make()
    try:
        options = read_options()
        with State(options.state_dir) as state:
            launcher = Launcher(options, state)
            try:
                launcher.start()
                launcher.watch()
            finally:
                ignore_signals()
                launcher.stop()
    except Stop:
        say("Stopped. `make demo` continues where this left off.")
    except (EmbeddedError, EnvError, LaunchError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
