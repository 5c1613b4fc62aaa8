"""How long does the summary of risk of bias take? The job, the page with its queries, and each file.

    python tests/benchmarks/bias.py [STUDIES] [--pages 60]

Starts servers of its own (durable, as `make demo` does) in a temporary folder and fills a review with STUDIES settled
evaluations (default 300), each assessed by two with every signalling question answered. The job runs in this process as
the worker runs it; the page is asked for with Django's test client, one after the other. Exit code 1 where an aim is
missed: job 10 s, page 12 queries and 150 ms (95th percentile).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewapp.embedded import ServerOptions, Servers, State  # noqa: E402

AIM_JOB, AIM_QUERIES, AIM_P95 = 10.0, 12, 0.150
FILES = (
    "table.docx", "table.xlsx", "table.csv", "robvis.csv", "traffic-light.svg", "traffic-light.png",
    "traffic-light.pdf", "bars.svg", "bars.png", "bars.pdf",
)  # fmt: skip


def measure(studies: int, pages: int) -> bool:
    """Print the figures; whether every aim is met. Django is set up by the time this is called."""
    from django.core.cache import cache  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from bias.services.summary import request_summary  # noqa: PLC0415
    from bias.tasks import summarise_bias  # noqa: PLC0415
    from reviewapp.models import Job  # noqa: PLC0415
    from tests.bias.summarised import make_settled  # noqa: PLC0415
    from tests.factories import make_cast  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    cast = make_cast()
    make_settled(cast, studies, answers=True)
    job = request_summary(membership=cast.membership("alice"))
    assert job is not None
    began = time.perf_counter()
    summarise_bias(job.pk)
    job_seconds = time.perf_counter() - began
    assert Job.objects.get(pk=job.pk).state == "done"
    print(f"{studies} studies, two assessors: job {job_seconds:.2f} s (aim {AIM_JOB:g} s)")

    client = Client(headers={"host": "localhost"})
    client.force_login(cast.bob)
    url = reverse("bias:summary_page", args=[cast.review.pk])
    assert client.get(url).status_code == 200
    asked: list[str] = []
    with connection.execute_wrapper(lambda run, sql, *rest: (asked.append(sql), run(sql, *rest))[1]):
        size = len(client.get(url).content)
    seconds = sorted(_timed(client, url) for _ in range(pages))
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    print(f"page: {len(asked)} queries (aim {AIM_QUERIES}), median {1000 * statistics.median(seconds):.0f} ms, "
          f"p95 {1000 * p95:.0f} ms (aim {1000 * AIM_P95:g} ms), {size / 1000:.0f} kB")  # fmt: skip
    for name in FILES:
        cache.clear()
        client.force_login(cast.bob)
        file_url = reverse("bias:summary_file", args=[cast.review.pk, name])
        first = _timed(client, file_url)
        print(f"{name}: {1000 * first:.0f} ms, again {1000 * _timed(client, file_url):.0f} ms")
    return job_seconds <= AIM_JOB and len(asked) <= AIM_QUERIES and p95 <= AIM_P95


def _timed(client: Any, url: str) -> float:
    began = time.perf_counter()
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return time.perf_counter() - began


def main() -> int:
    """Servers, figures, servers gone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", type=int, nargs="?", default=300)
    parser.add_argument("--pages", type=int, default=60)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        State(Path(folder) / "state") as state,
        Servers(state, ServerOptions(pg_bin=os.environ.get("PG_BIN", ""))) as servers,
    ):
        os.environ |= {
            "DATABASE_URL": servers.urls.database_url,
            "REDIS_URL": servers.urls.redis_url,
            "MEDIA_ROOT": str(Path(folder) / "media"),
            "SECRET_KEY": "benchmark",
            "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
            "DEBUG": "0",
        }
        import django  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        django.setup()
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.SECURE_SSL_REDIRECT = False
        return 0 if measure(options.studies, options.pages) else 1


if __name__ == "__main__":
    sys.exit(main())
