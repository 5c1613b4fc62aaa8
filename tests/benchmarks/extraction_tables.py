"""How long does a large evidence table take? The page with its queries, and each file.

    python tests/benchmarks/extraction_tables.py [STUDIES] [--columns 30] [--pages 20]

Starts servers of its own (durable, as `make demo` does) in a temporary folder and fills a review with STUDIES settled
studies (default 500) of 30 items each, one in five of them in a repeating group of three entries. Pages are asked for
with Django's test client, one after the other. Exit code 1 where an aim is missed: page and each file 2 s, page 24
queries.
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

AIM_SECONDS, AIM_QUERIES = 2.0, 24
IN_GROUP, ENTRIES = 5, 3


def fill(studies: int, columns: int) -> tuple[Any, Any]:
    """The cast, and a table of all columns, of a review with that many settled studies."""
    from django.utils import timezone  # noqa: PLC0415

    from extraction.constants import FormState, ItemType, SheetKind, SheetState  # noqa: PLC0415
    from extraction.models import (  # noqa: PLC0415
        EvidenceTable,
        ExtractedValue,
        Extraction,
        ExtractionForm,
        FormVersion,
        GroupEntry,
    )
    from extraction.rules.definition import Definition, Group, Item, Option, Section, dump  # noqa: PLC0415
    from extraction.rules.tables import dump_layout  # noqa: PLC0415
    from extraction.rules.tables_types import Layout, TableColumn  # noqa: PLC0415
    from screening.models import Study  # noqa: PLC0415
    from tests.factories import make_cast  # noqa: PLC0415

    cast, now = make_cast(), timezone.now()

    def options(n: int) -> tuple[Option, ...]:
        return tuple(Option(f"o{n}_{label.lower()}", label) for label in ("GAN", "VAE", "LDA"))

    kinds = (ItemType.TEXT, ItemType.NUMBER, ItemType.MULTIPLE, ItemType.INTEGER)
    items = [
        Item(f"i{n}", kinds[n % 4], f"Item {n}", options=options(n) if kinds[n % 4] == ItemType.MULTIPLE else ())
        for n in range(columns)
    ]
    sections = (
        Section("s1", "Study", items=tuple(items[IN_GROUP:])),
        Section("s2", "Arm", group="arm", items=tuple(items[:IN_GROUP])),
    )
    form = ExtractionForm.objects.create(review=cast.review, name="Form", created_by=cast.alice, created_at=now)
    version = FormVersion.objects.create(
        form=form, number=1, state=FormState.IN_USE, definition=dump(Definition(sections, (Group("arm", "Arm"),))),
        created_by=cast.alice, created_at=now, published_at=now,
    )  # fmt: skip
    rows = Study.objects.bulk_create(
        Study(review=cast.review, label=f"Author {n} 20{n % 25:02}", created_at=now) for n in range(studies)
    )
    sheets = Extraction.objects.bulk_create(
        Extraction(
            review=cast.review, form=form, version=version, study=study, kind=SheetKind.CONSENSUS,
            extractor=cast.alice, state=SheetState.READY, assigned_at=now, changed_at=now, ready_at=now,
        )
        for study in rows
    )  # fmt: skip
    entries = GroupEntry.objects.bulk_create(
        GroupEntry(extraction=sheet, group="arm", label=f"Arm {n}", position=n)
        for sheet in sheets
        for n in range(1, ENTRIES + 1)
    )
    given: dict[str, Any] = {"text": "Adults with GAN in care", "number": "3.10"}

    def value(sheet: Any, item: Item, entry: Any = None) -> ExtractedValue:
        return ExtractedValue(
            extraction=sheet, item=item.id, entry=entry, value=[item.options[0].id, item.options[2].id] if item.options else given.get(item.type.value, 7), version=version,
            entered_by=cast.alice, entered_at=now,
        )  # fmt: skip

    ExtractedValue.objects.bulk_create(
        [value(sheet, item) for sheet in sheets for item in items[IN_GROUP:]]
        + [value(entry.extraction, item, entry) for entry in entries for item in items[:IN_GROUP]],
        batch_size=5_000,
    )
    layout = Layout(tuple(TableColumn(item.id) for item in items), group_by="i6", sort_by="i9")
    table = EvidenceTable.objects.create(
        review=cast.review, form=form, title="Large", layout=dump_layout(layout), changed_by=cast.alice, changed_at=now
    )
    return cast, table


def measure(studies: int, columns: int, pages: int) -> bool:
    """Print the figures; whether every aim is met. Django is set up by the time this is called."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    cast, table = fill(studies, columns)
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.bob)
    url = reverse("extraction:table_detail", args=[cast.review.pk, table.pk])
    _timed(client, url)
    asked: list[str] = []

    def count(run: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return run(sql, *rest)

    with connection.execute_wrapper(count):
        size = len(client.get(url).content)
    seconds = sorted(_timed(client, url) for _ in range(pages))
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    print(f"{studies} studies, {columns} columns: page {len(asked)} queries (aim {AIM_QUERIES}), median "
          f"{1000 * statistics.median(seconds):.0f} ms, p95 {1000 * p95:.0f} ms (aim {1000 * AIM_SECONDS:g} ms), "
          f"{size / 1000:.0f} kB")  # fmt: skip
    met = len(asked) <= AIM_QUERIES and p95 <= AIM_SECONDS
    for shape in ("joined", "wide", "long"):
        table.layout = {**table.layout, "shape": shape}
        table.save()
        for kind in ("html", "csv", "xlsx", "docx"):
            took = _timed(client, reverse("extraction:table_file", args=[cast.review.pk, table.pk, kind]))
            print(f"{shape} {kind}: {1000 * took:.0f} ms")
            met &= shape != "joined" or took <= AIM_SECONDS
    return met


def _timed(client: Any, url: str) -> float:
    began = time.perf_counter()
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return time.perf_counter() - began


def main() -> int:
    """Servers, figures, servers gone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", type=int, nargs="?", default=500)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--pages", type=int, default=20)
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
        return 0 if measure(options.studies, options.columns, options.pages) else 1


if __name__ == "__main__":
    sys.exit(main())
