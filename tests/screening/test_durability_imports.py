"""kill -9 of the worker, the broker and the database, early and late while a file is read and while it is being stored.

Each time the import completes without a person's help, every record is stored once, and the receipt adds up. The
servers are this module's own, with the durability they have in use; nothing here touches those of the other tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from reviewapp.embedded import ServerOptions, Servers, State
from screening.constants import AuditKind
from tests.worker import Worker, wait_for

pytestmark = [pytest.mark.durability, pytest.mark.worker, pytest.mark.xdist_group("durability-imports")]
ROOT = Path(__file__).resolve().parents[2]
COUNT = 12_000
BROKEN = 3
SETUP = """
import django, sys
django.setup()
from django.core.files.base import ContentFile
from screening.services.uploads import receive_upload
from screening.tasks import import_batch
from tests.factories import make_cast, make_search, make_user
import itertools, tests.factories
tests.factories._numbers = itertools.count(int(sys.argv[1]) * 1000)
cast = make_cast()
file = ContentFile(open(sys.argv[2], "rb").read(), name="big.csv")
search = make_search(cast.review)
batch = receive_upload(membership=cast.membership("alice"), search=search, file=file, filename="big.csv")
if sys.argv[3] == "enqueue":
    import_batch.delay(batch.job_id)
print(batch.pk, batch.job_id)
"""


@dataclass
class Site:
    """Servers of our own, a worker on them, and the file to import."""

    servers: Servers
    worker: Worker
    environment: dict[str, str]
    file: Path
    uploads: int = 0

    def upload(self, *, enqueue: bool = True) -> Import:
        """A waiting import of the file, in a review of its own."""
        self.uploads += 1
        words = [sys.executable, "-c", SETUP, str(self.uploads), str(self.file), "enqueue" if enqueue else "no"]
        done = subprocess.run(
            words, cwd=ROOT, env=os.environ | self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        batch, job = done.stdout.split()
        return Import(self, int(batch), int(job))

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the database, on a connection of this moment."""
        with psycopg.connect(self.servers.urls.database_url, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]  # the queries of this module

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker.start()

    def kill_broker(self) -> None:
        self._kill(self.servers.valkey)

    def kill_database(self) -> None:
        self._kill(self.servers.postgres)

    def _kill(self, server: object) -> None:
        child = server.child  # type: ignore[attr-defined]
        os.kill(child.pid, signal.SIGKILL)
        assert wait_for(lambda: self.servers.ended() == [child.spec.name], 10)
        assert self.servers.restart_ended()


@dataclass(frozen=True)
class Import:
    """One upload of the file."""

    site: Site
    batch: int
    job: int

    def staged(self) -> int:
        return int(
            str(self.site.ask("SELECT count(*) FROM screening_stagedrecord WHERE batch_id = %s", self.batch)[0][0])
        )

    def is_done(self) -> bool:
        """Asked while servers may be away."""
        try:
            [(state, error)] = self.site.ask("SELECT state, error FROM reviewapp_job WHERE id = %s", self.job)
        except psycopg.OperationalError:
            return False
        assert state not in ("failed", "cancelled"), error
        return state == "done"

    def check(self) -> None:
        """Done by itself; each record once, in order; read = stored + rejected; one event; nothing left over."""
        assert wait_for(self.is_done, 180), self.site.worker.log()[-6000:]
        ask = self.site.ask
        assert ask("SELECT state FROM screening_importbatch WHERE id = %s", self.batch) == [("done",)]
        stored = (
            "SELECT count(*), count(DISTINCT position), count(DISTINCT title) FROM screening_record WHERE batch_id = %s"
        )
        assert ask(stored, self.batch) == [(COUNT, COUNT, COUNT)]
        assert ask("SELECT count(*) FROM screening_rejectedrow WHERE batch_id = %s", self.batch) == [(BROKEN,)]
        events = "SELECT after FROM reviewapp_auditevent WHERE kind = %s AND object_id = %s"
        [(receipt,)] = ask(events, AuditKind.BATCH_IMPORTED.value, self.batch)
        assert isinstance(receipt, dict)
        assert (receipt["read"], receipt["stored"], receipt["rejected"]) == (COUNT + BROKEN, COUNT, BROKEN)
        assert self.staged() == 0


def write_table(path: Path) -> None:
    """Rows as Publish or Perish writes them, the last ones with too many cells."""
    lines = ["Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI,Abstract"]
    abstract = "We followed adults who slept badly for a year and asked them how they were. " * 16
    lines += [
        f'1,"A Rowe","Sleep trial number {n}",2020,"Rest",P,https://x.org/{n},,{n},2024-01-01,,10.1000/sleep.{n},"{abstract}"'
        for n in range(1, COUNT + 1)
    ]
    lines += [",".join(str(cell) for cell in range(20))] * BROKEN
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("durable")
    write_table(folder / "big.csv")
    with (
        State(folder / "state") as state,
        Servers(state, ServerOptions(pg_bin=os.environ.get("PG_BIN", ""))) as servers,
    ):
        environment = {
            "DATABASE_URL": servers.urls.database_url,
            "REDIS_URL": servers.urls.redis_url,
            "MEDIA_ROOT": str(folder / "media"),
            "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
            "JOB_SWEEP_SECONDS": "2",
        }
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=os.environ | environment, check=True)
        worker = Worker(folder / "worker.log", environment)
        worker.start()
        try:
            yield Site(servers, worker, environment, folder / "big.csv")
        finally:
            worker.stop()


@contextmanager
def storing_held_up(begun: Import) -> Iterator[None]:
    """The transaction that turns staged rows into records has done so, and waits before its last write and commit."""
    connection = psycopg.connect(begun.site.servers.urls.database_url)
    try:
        connection.execute("LOCK TABLE reviewapp_auditevent IN EXCLUSIVE MODE")
        waits = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND query LIKE 'INSERT INTO \"reviewapp_auditevent\"%'"
        )
        assert wait_for(lambda: begun.site.ask(waits), 120), begun.site.worker.log()[-3000:]
        yield
    finally:
        connection.close()


def early(begun: Import, kill: Callable[[], None]) -> None:
    assert wait_for(lambda: begun.staged() > 0, 60), begun.site.worker.log()[-3000:]
    kill()


def late(begun: Import, kill: Callable[[], None]) -> None:
    deadline = time.monotonic() + 60
    while begun.staged() < COUNT * 2 // 3:
        assert time.monotonic() < deadline, begun.site.worker.log()[-3000:]
    kill()


def storing(begun: Import, kill: Callable[[], None]) -> None:
    with storing_held_up(begun):
        assert begun.site.ask("SELECT count(*) FROM screening_record WHERE batch_id = %s", begun.batch) == [(0,)]
        kill()


@pytest.mark.parametrize("moment", [early, late, storing])
@pytest.mark.parametrize("victim", ["worker", "broker", "database"])
def test_a_kill_loses_and_doubles_nothing(
    site: Site, victim: str, moment: Callable[[Import, Callable[[], None]], None]
) -> None:
    begun = site.upload()
    moment(begun, getattr(site, f"kill_{victim}"))
    begun.check()


def test_a_message_that_the_broker_forgot_is_sent_again(site: Site) -> None:
    begun = site.upload(enqueue=False)
    redis.Redis.from_url(site.servers.urls.redis_url).flushall()
    begun.check()
