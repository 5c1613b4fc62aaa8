"""How fast is an import? Each format end to end into PostgreSQL, against COPY of the same rows and a library's mere parsing.

    python tests/benchmarks/import.py [RECORDS] [--formats ris,nbib,…] [--site]

Starts servers of its own (durable, as `make demo` does) in a temporary folder, writes RECORDS records (default 100,000, 1.5 kB each) in
RIS, nbib, BibTeX, CSV and EndNote XML, uploads each file and lets a child process run the worker's task on it. Printed for each: records per
second from the start of the task to the committed, searchable records; CPU seconds of the worker and of the database; the worker's peak memory; the
ratio of its rate to COPY of the very same rows into the same table with the same indexes (the floor), and the ratio of its CPU to what the
usual library needs merely to parse the file (rispy, nbib, bibtexparser; for CSV and XML the standard library, for orientation). Seconds of two
machines do not compare, the ratios do. `--site` also measures the p95 of the screening page while a file is imported, against its idle value.
Exit code 1 if a record is missing or a bar is missed. With 100,000 records this lasts about five minutes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewapp.embedded import ServerOptions, Servers, State  # noqa: E402
from reviewapp.embedded.state import free_port  # noqa: E402
from tests.benchmarks import screening  # noqa: E402
from tests.benchmarks.import_sets import FORMATS, write_file  # noqa: E402

AIM_FLOOR, AIM_RISPY, AIM_MEMORY_MB, AIM_P95 = 1 / 15, 2.0, 400.0, 2.0
SITE_RECORDS = 2_000
SITE_SECONDS = 8.0
SITE_PAUSE = 0.05
"""Seconds a person needs at the very least before the next click."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """One format. Seconds and CPU seconds; memory in MB."""

    name: str
    records: int
    seconds: float
    worker_cpu: float
    data_cpu: float
    memory: float
    floor_seconds: float
    library: str
    library_cpu: float

    @property
    def of_floor(self) -> float:
        """Rate of the import : rate of COPY."""
        return self.floor_seconds / self.seconds

    @property
    def of_library(self) -> float:
        """CPU of the worker : CPU of the library."""
        return self.worker_cpu / self.library_cpu


# ---- in the child process


def peak_memory() -> float:
    """Most memory this program ever held, in MB. Linux counts per program; elsewhere the parent's share may be in it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def work(job_id: int) -> None:
    """What the worker does with the job; prints its figures as JSON."""
    import django  # noqa: PLC0415 - settings need the servers' addresses

    django.setup()
    from screening.tasks import import_batch  # noqa: PLC0415

    cpu, began = time.process_time(), time.perf_counter()
    import_batch(job_id)
    figures = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "memory": peak_memory()}
    print(json.dumps(figures))


def child(*words: str) -> Any:
    """Run a program of ours to its end; the JSON it prints last."""
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


# ---- in this process


def data_cpu() -> float:
    """CPU time so far of the database, its ended connections included."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            name, spent = process.name(), process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        if "postgres" in name:
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def upload(path: Path) -> Any:
    """The file as a waiting batch of a search of its own."""
    from django.core.files.base import File  # noqa: PLC0415

    from reviewapp.models import Membership  # noqa: PLC0415
    from screening.services.uploads import receive_upload  # noqa: PLC0415
    from tests.factories import make_review, make_search, make_user  # noqa: PLC0415

    review = make_review(make_user("Lead"))
    with path.open("rb") as stream:
        return receive_upload(
            membership=Membership.objects.get(review=review),
            search=make_search(review),
            file=File(stream, name=path.name),
            filename=path.name,
        )


def floor(batch: Any, folder: Path) -> float:
    """Seconds of COPY of the batch's rows into the same table, for another batch; one commit, like the import's."""
    from django.db import connection, transaction  # noqa: PLC0415

    from screening.models import Record  # noqa: PLC0415
    from tests.factories import make_batch  # noqa: PLC0415

    other = make_batch(batch.search)
    columns = [field.column for field in Record._meta.local_fields if field.column not in ("id", "batch_id")]
    names, path = ", ".join(f'"{name}"' for name in columns), folder / "rows.copy"
    table = Record._meta.db_table
    with connection.cursor() as cursor, path.open("wb") as stream:
        with cursor.copy(
            f'COPY (SELECT {other.pk}, {names} FROM "{table}" WHERE batch_id = {batch.pk}) TO STDOUT'
        ) as rows:
            for piece in rows:
                stream.write(piece)
        cursor.execute("CHECKPOINT")
    began = time.perf_counter()
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        path.open("rb") as stream,
        cursor.copy(f'COPY "{table}" (batch_id, {names}) FROM STDIN') as rows,
    ):
        while piece := stream.read(1 << 16):
            rows.write(piece)
    lasted = time.perf_counter() - began
    path.unlink()
    return lasted


def clear(batch: Any) -> None:
    """Each format meets the same, empty tables."""
    from django.db import connection  # noqa: PLC0415

    from screening.models import Record  # noqa: PLC0415

    Record.objects.filter(review_id=batch.search.review_id).delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("CHECKPOINT")


def measure(name: str, records: int, folder: Path) -> Imported:
    """Import one file, check it, and measure its floor and its library."""
    from screening.models import Record  # noqa: PLC0415
    from screening.queries.imports import batch_line  # noqa: PLC0415

    path = write_file(name, records, folder)
    batch = upload(path)
    before = data_cpu()
    done = child(str(Path(__file__)), "--job", str(batch.job_id))
    spent = data_cpu() - before
    batch.refresh_from_db()
    line = batch_line(batch)
    stored = Record.objects.filter(batch=batch).exclude(title="").exclude(abstract="").count()
    if (line.read, line.stored, line.rejected, stored) != (records, records, 0, records):
        raise RuntimeError(f"{name}: {line}, {stored} of {records} with title and abstract; {batch.error}")
    if not Record.objects.filter(review_id=batch.search.review_id, title__icontains=f"({records})").exists():
        raise RuntimeError(f"{name}: the last record is not found")
    floor_seconds = floor(batch, folder)
    clear(batch)
    library, library_cpu, found = child("-m", "tests.benchmarks.import_sets", name, str(path))
    if found != records:
        print(f"{library} finds {found:,} of {records:,} records")
    path.unlink()
    return Imported(
        name=name,
        records=records,
        seconds=done["seconds"],
        worker_cpu=done["cpu"],
        data_cpu=spent,
        memory=done["memory"],
        floor_seconds=floor_seconds,
        library=library,
        library_cpu=library_cpu,
    )


def report(rows: list[Imported]) -> bool:
    """Print the table and the bars; whether all were met."""
    print(
        f"\n{'format':12}{'records':>9}{'rec/s':>8}{'s':>7}{'CPU s: worker':>14}{'data':>7}{'MB':>6}{'COPY rec/s':>12}{': COPY':>8}  library"
    )
    for row in rows:
        print(
            f"{row.name:12}{row.records:9,}{row.records / row.seconds:8,.0f}{row.seconds:7.1f}{row.worker_cpu:14.2f}{row.data_cpu:7.2f}{row.memory:6.0f}"
            f"{row.records / row.floor_seconds:12,.0f}{row.of_floor:8.2f}  {row.library} {row.library_cpu:.2f} CPU s; worker {row.of_library:.2f}, "
            f"with database {(row.worker_cpu + row.data_cpu) / row.library_cpu:.2f}, time {row.seconds / row.library_cpu:.2f} times that"
        )
    print()
    bars = [
        (f"{row.name}: rate of COPY's", row.of_floor, f"≥ {AIM_FLOOR:.3f}", row.of_floor >= AIM_FLOOR) for row in rows
    ]
    bars += [
        (f"{row.name}: worker's peak MB", row.memory, f"< {AIM_MEMORY_MB:.0f}", row.memory < AIM_MEMORY_MB)
        for row in rows
    ]
    bars += [
        ("ris: worker's CPU : rispy's", row.of_library, f"≤ {AIM_RISPY}", row.of_library <= AIM_RISPY)
        for row in rows
        if row.name == "ris"
    ]
    for name, value, aim, met in bars:
        print(f"{name:32}{value:10.2f}   aim {aim:10}{'met' if met else 'MISSED'}")
    return all(met for *_, met in bars)


# ---- the site meanwhile


def page_times(site: screening.Site, stop: threading.Event) -> list[float]:
    """Seconds of each answer to one reviewer who opens the screening page again and again."""
    client = screening.Client(site, site.sessions[0], 0)
    client.open()
    client.seconds.clear()
    while not stop.is_set():
        client.connection.close()  # a request of its own each time, as after a pause
        client.open()
        time.sleep(SITE_PAUSE)
    return client.seconds


@contextmanager
def running_import(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that imports the file."""
    batch = upload(path)
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--job", str(batch.job_id)],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def measure_site(state: State, records: int, folder: Path) -> bool:
    """The p95 of the screening page, idle and while RIS is imported."""
    site = screening.fill(SITE_RECORDS, free_port())
    path = write_file("ris", records, folder)
    web = screening.serve(state, site.port)
    try:
        idle = page_times(site, _after(SITE_SECONDS))
        with running_import(path) as process:
            ended = threading.Event()
            threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
            busy = page_times(site, ended)
    finally:
        web.stop()
    before, during = (screening.statistics.quantiles(times, n=100) for times in (idle, busy))
    ratio = during[94] / before[94]
    print(
        f"\nscreening page: idle p50 {before[49] * 1e3:.1f} ms, p95 {before[94] * 1e3:.1f} ms ({len(idle)} requests); "
        f"during an import of {records:,} records p50 {during[49] * 1e3:.1f} ms, p95 {during[94] * 1e3:.1f} ms ({len(busy)} requests)"
    )
    print(f"{'p95 during : idle':32}{ratio:10.2f}   aim ≤ {AIM_P95:<8}{'met' if ratio <= AIM_P95 else 'MISSED'}")
    return ratio <= AIM_P95


def _after(seconds: float) -> threading.Event:
    """An event that is set after so many seconds."""
    event = threading.Event()
    timer = threading.Timer(seconds, event.set)
    timer.daemon = True
    timer.start()
    return event


def run(folder: Path, options: argparse.Namespace) -> int:
    """Start the servers, measure, stop them."""
    with State(folder / "state") as state, Servers(state, ServerOptions()) as servers:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
            "DATABASE_URL": servers.urls.database_url,
            "REDIS_URL": servers.urls.redis_url,
            "SECRET_KEY": "only-for-the-benchmark-" + "x" * 50,
            "STATE_DIR": str(folder / "state"),
            "STATIC_ROOT": str(folder / "state" / "static"),
            "LOG_LEVEL": "WARNING",
        }
        for name in ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "MEDIA_ROOT"):
            os.environ.pop(name, None)
        django = importlib.import_module("django")
        django.setup()
        importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
        rows = []
        for name in options.formats.split(",") if options.formats else []:
            rows.append(measure(name, options.records, folder))
            print(f"{name}: {rows[-1].seconds:.1f} s", flush=True)
        met = report(rows)
        if options.site:
            met = measure_site(state, options.records, folder) and met
    return 0 if met else 1


def main() -> int:
    """Read the arguments and run in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=int, default=100_000)
    parser.add_argument("--formats", default=",".join(FORMATS), help="which, parted by commas; empty for none")
    parser.add_argument("--site", action="store_true", help="also the screening page while a file is imported")
    parser.add_argument("--job", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        work(options.job)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(Path(folder), options)


if __name__ == "__main__":
    sys.exit(main())
