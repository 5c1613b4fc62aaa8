"""How fast is a vote? Votes per second, latency, CPU and sizes of the screening page, against a floor in the same run.

    python tests/benchmarks/screening.py [RECORDS] [--seconds 5] [--plans]

Starts servers of its own (durable, as `make demo` does) in a temporary folder, fills a review with RECORDS records
(default 20,000, abstracts of 1.5 kB) and eight reviewers, and serves the site with gunicorn exactly as the launcher
does. The floor view (tests/benchmarks/floor_urls.py) runs in the same processes. The load comes from this process and
shares the machine, so figures of two machines do not compare; the ratio to the floor does. Exit code 1 if any answer
was a server error. Lasts about a minute.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import http.client
import os
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewapp.embedded import Child, ChildSpec, ServerOptions, Servers, State  # noqa: E402
from reviewapp.embedded.state import free_port  # noqa: E402
from reviewapp.launch import WEB_STOP  # noqa: E402
from reviewapp.probe import answers  # noqa: E402

REVIEWERS = 8
CSRF = "b" * 32
ABSTRACT = "Adults who slept badly were followed for a year and asked about their days. " * 20  # 1,520 characters
AIM_CPU_RATIO, AIM_VOTES, AIM_REQUESTS, AIM_BYTES, AIM_NEXT_BYTES = 4.0, 150.0, 12, 250_000, 15_000
RECORD = re.compile(rb'data-record="(\d+)"')
PREFETCH = re.compile(rb'data-prefetch="([^"]+)"')
LINKED = re.compile(rb'<(?:link[^>]+href|script[^>]+src)="([^"]+)"')
IMPORTED = re.compile(rb'(?:\bfrom\s*|\bimport\s*\(?\s*|url\(\s*)["\']?([^"\')\s]+\.(?:js|css|woff2|svg))')


@dataclass(frozen=True)
class Site:
    """Where the site listens, the review on it, and the session keys of its reviewers."""

    port: int
    review_id: int
    sessions: list[str]


@dataclass
class Client:
    """One reviewer on one keep-alive connection."""

    site: Site
    session: str
    number: int
    target: int = 0
    prefetch: str = ""
    status: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        self.chance = random.Random(self.number)

    def ask(self, method: str, path: str, form: dict[str, Any] | None = None, **headers: str) -> bytes:
        """One request; its time, status and size are kept."""
        sent = {"Cookie": f"sessionid={self.session}; csrftoken={CSRF}", "X-CSRFToken": CSRF, **headers}
        body = urlencode(form) if form else None
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        content = response.read()
        self.seconds.append(time.perf_counter() - began)
        self.status[response.status] += 1
        self.sizes.append(len(content))
        return content

    def look(self, content: bytes) -> None:
        """Remember which record is on the page and where the one after it is."""
        shown, following = RECORD.search(content), PREFETCH.search(content)
        if shown is None:
            raise RuntimeError(f"no record on the page; use more RECORDS. Statuses so far: {dict(self.status)}")
        self.target = int(shown[1])
        self.prefetch = following[1].decode() if following else ""

    def open(self) -> None:
        """Open the screening page, as everyone does before the first vote."""
        self.look(self.ask("GET", f"/reviews/{self.site.review_id}/screen/title-abstract/"))

    def vote(self) -> None:
        """One vote (one in ten includes), answered by the next record."""
        verdict = "include" if self.chance.random() < 0.1 else "exclude"
        path = f"/reviews/{self.site.review_id}/screen/title-abstract/{self.target}/vote/"
        self.look(self.ask("POST", path, {"verdict": verdict, "note": ""}, **{"HX-Request": "true"}))

    def fetch_following(self) -> None:
        """The prefetch of the record after the one on the page."""
        self.ask("GET", self.prefetch, **{"HX-Request": "true"})

    def floor(self) -> None:
        """Store a row, be shown a record."""
        form = {"verdict": "include", "note": ""}
        self.look(self.ask("POST", f"/benchmark/{self.site.review_id}/{self.target}/", form))


@dataclass(frozen=True)
class Measured:
    """One kind of request by so many connections. Seconds per request; CPU seconds per request."""

    name: str
    connections: int
    rate: float
    p50: float
    p95: float
    web_cpu: float
    data_cpu: float
    size: int
    status: Counter[int]

    @property
    def cpu(self) -> float:
        """CPU seconds per request of web server, database and cache together."""
        return self.web_cpu + self.data_cpu


def cpu_seconds() -> tuple[float, float]:
    """CPU time so far of (web processes, database and cache), children of this process; their ended ones included."""
    web = data = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            name, spent = " ".join(process.cmdline()), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        own = spent.user + spent.system
        if "gunicorn" in name:
            web += own
        else:
            data += own
    return web, data


def measure(site: Site, name: str, connections: int, seconds: float) -> Measured:
    """Let `connections` reviewers do `name` as fast as they can, one thread each."""
    clients = [Client(site, session, number) for number, session in enumerate(site.sessions[:connections])]
    for client in clients:
        client.open()
        action: Callable[[], None] = getattr(client, name)
        action()
        client.seconds.clear()
        client.sizes.clear()
        client.status.clear()
        client.connection.close()  # opened anew by its first request; gunicorn drops one that idles for 2 s
    failures: list[BaseException] = []
    deadline = time.perf_counter() + seconds

    def work(client: Client) -> None:
        act = getattr(client, name)
        try:
            while time.perf_counter() < deadline:
                act()
        except Exception as error:  # shown below, once all have ended
            failures.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    before, began = cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted, after = time.perf_counter() - began, cpu_seconds()
    for client in clients:
        client.connection.close()
    if failures:
        raise failures[0]
    times = [second for client in clients for second in client.seconds]
    cuts = statistics.quantiles(times, n=100)
    return Measured(
        name=name,
        connections=connections,
        rate=len(times) / lasted,
        p50=cuts[49],
        p95=cuts[94],
        web_cpu=(after[0] - before[0]) / len(times),
        data_cpu=(after[1] - before[1]) / len(times),
        size=max(size for client in clients for size in client.sizes),
        status=sum((client.status for client in clients), Counter()),
    )


def first_load(site: Site) -> list[tuple[str, int]]:
    """All that a browser fetches for the screening page, with an empty cache: (path, bytes as sent)."""
    client = Client(site, site.sessions[0], 0)
    page = f"/reviews/{site.review_id}/screen/title-abstract/"
    wanted, fetched = [page], {}
    while wanted:
        path = wanted.pop(0)
        if path in fetched:
            continue
        client.connection.request(
            "GET", path, headers={"Cookie": f"sessionid={client.session}", "Accept-Encoding": "gzip"}
        )
        response = client.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path} answers {response.status}")
        fetched[path] = len(body)
        text = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
        if path == page:
            found = [link.decode() for link in LINKED.findall(text)]
        elif path.endswith((".css", ".js")):
            base = path.rsplit("/", 1)[0]
            names = [name.decode() for name in IMPORTED.findall(text)]
            found = [name if name.startswith("/") else f"{base}/{name.removeprefix('./')}" for name in names]
        else:
            found = []
        wanted += found
    return list(fetched.items())


def fill(records: int, port: int) -> Site:
    """Migrate, and make the review, its records, reviewers and their sessions. Django's settings are read here."""
    import django  # noqa: PLC0415 - settings need the servers' addresses

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from tests.benchmarks.floor_urls import TABLE  # noqa: PLC0415
    from tests.factories import add_member, make_records, make_review, make_user  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    review = make_review(make_user("Lead"))
    for start in range(0, records, 5_000):
        make_records(review, min(5_000, records - start), abstract=ABSTRACT)
    sessions = []
    for number in range(REVIEWERS):
        user = make_user(f"Reviewer{number}")
        add_member(review, user)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions.append(str(session.session_key))
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute("VACUUM ANALYZE")
    return Site(port, review.pk, sessions)


def serve(state: State, port: int) -> Child:
    """The web server as the launcher starts it, and wait for its answer."""
    argv = [sys.executable, "-m", "gunicorn", "tests.benchmarks.floor_wsgi", "--bind", f"127.0.0.1:{port}"]
    argv += ["--preload", "--no-control-socket", "-w", "4", "-k", "gthread", "--threads", "2", "--timeout", "60"]
    child = Child(ChildSpec(name="web", argv=argv, cwd=ROOT, env=dict(os.environ), stop_plan=WEB_STOP), state)
    child.start()
    deadline = time.monotonic() + 30
    while not answers("127.0.0.1", port, "127.0.0.1"):
        if time.monotonic() > deadline or child.exit_code() is not None:
            raise RuntimeError(f"The web server does not answer.\n{state.log_tail('web')}")
        time.sleep(0.1)
    return child


def show_plans(site: Site) -> None:
    """EXPLAIN ANALYZE of claiming and reading the next records, for the first reviewer; nothing is kept."""
    from django.db import connection, transaction  # noqa: PLC0415

    from reviewapp.models import Membership  # noqa: PLC0415
    from screening.constants import Stage  # noqa: PLC0415
    from screening.queries.screening import Queue  # noqa: PLC0415
    from screening.services.claims import hold_places  # noqa: PLC0415

    member = Membership.objects.filter(review_id=site.review_id).order_by("pk")[1]
    queue = Queue(site.review_id, Stage.TITLE_ABSTRACT, member.user_id)

    def explained(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(("WITH", "SELECT")):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
                print("\n".join(row[0] for row in cursor.fetchall()), "\n")
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(explained):
        hold_places(queue, dt.datetime.now(dt.UTC), voted=True)
        transaction.set_rollback(True)


def report(rows: list[Measured], files: list[tuple[str, int]]) -> None:
    """Print the table, the ratios and the aims."""
    print(
        f"\n{'request':16}{'conn':>5}{'per s':>8}{'p50 ms':>8}{'p95 ms':>8}{'CPU ms: web':>13}{'data':>7}{'bytes':>8}"
    )
    for row in rows:
        print(
            f"{row.name:16}{row.connections:5}{row.rate:8.0f}{row.p50 * 1e3:8.1f}{row.p95 * 1e3:8.1f}"
            f"{row.web_cpu * 1e3:13.2f}{row.data_cpu * 1e3:7.2f}{row.size:8,}  {dict(row.status)}"
        )
    by_kind = {(row.name, row.connections): row for row in rows}
    print()
    for connections in (1, REVIEWERS):
        vote, floor = by_kind["vote", connections], by_kind["floor", connections]
        print(
            f"vote : floor at {connections}: CPU {vote.cpu / floor.cpu:.1f} (web alone "
            f"{vote.web_cpu / floor.web_cpu:.1f}), time {vote.p50 / floor.p50:.1f}"
        )
    vote, floor = by_kind["vote", REVIEWERS], by_kind["floor", REVIEWERS]
    total = sum(size for _, size in files)
    print("\nfirst load of the page:", *(f"  {size:8,}  {path}" for path, size in files), sep="\n")
    print()
    for name, value, aim, met in (
        ("CPU, vote : floor", vote.cpu / floor.cpu, f"≤ {AIM_CPU_RATIO}", vote.cpu / floor.cpu <= AIM_CPU_RATIO),
        ("votes per second at 8", vote.rate, f"≥ {AIM_VOTES:.0f}", vote.rate >= AIM_VOTES),
        ("requests of the first load", len(files), f"≤ {AIM_REQUESTS}", len(files) <= AIM_REQUESTS),
        ("bytes of the first load", total, f"≤ {AIM_BYTES:,}", total <= AIM_BYTES),
        ("bytes of the next record", vote.size, f"≤ {AIM_NEXT_BYTES:,}", vote.size <= AIM_NEXT_BYTES),
    ):
        shown = f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
        print(f"{name:28}{shown:>10}   aim {aim:10}{'met' if met else 'MISSED'}")


def run(state_dir: Path, options: argparse.Namespace) -> int:
    """Start everything, measure, stop everything."""
    with State(state_dir) as state, Servers(state, ServerOptions()) as servers:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
            "DATABASE_URL": servers.urls.database_url,
            "REDIS_URL": servers.urls.redis_url,
            "SECRET_KEY": "only-for-the-benchmark-" + "x" * 50,
            "STATE_DIR": str(state_dir),
            "STATIC_ROOT": str(state_dir / "static"),
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "MEDIA_ROOT"):
            os.environ.pop(name, None)
        began = time.monotonic()
        site = fill(options.records, free_port())
        print(f"{options.records:,} records, {REVIEWERS} reviewers: {time.monotonic() - began:.0f} s", flush=True)
        web = serve(state, site.port)
        try:
            files = first_load(site)
            rows = [
                measure(site, name, connections, options.seconds)
                for connections in (1, REVIEWERS)
                for name in ("floor", "vote", "fetch_following")
            ]
            if options.plans:
                show_plans(site)
        finally:
            web.stop()
    report(rows, files)
    return 1 if any(status >= 500 for row in rows for status in row.status) else 0


def main() -> int:
    """Read the arguments and run in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="per measurement; there are six")
    parser.add_argument("--plans", action="store_true", help="print the query plan of the claim")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(Path(folder), options)


if __name__ == "__main__":
    sys.exit(main())
