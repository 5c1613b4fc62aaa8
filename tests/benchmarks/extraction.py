"""How fast is extraction? One answer saved, a comparison shown, settled values read: 500 studies × 150 items × 2.

    python tests/benchmarks/extraction.py [STUDIES] [--seconds 5]

Starts servers of its own in a temporary folder, as tests/benchmarks/screening.py does, fills a review with STUDIES
studies (default 500), two ready sheets of 150 items each, and a settled consensus for every tenth; then saves answers
on open sheets over 8 connections, and opens comparisons over 1 and 8. The load shares the machine with the site.
Exit code 1 if an aim is missed or any answer was a server error. Lasts about two minutes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
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

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewapp.embedded import ServerOptions, Servers, State  # noqa: E402
from reviewapp.embedded.state import free_port  # noqa: E402
from tests.benchmarks.screening import CSRF, serve  # noqa: E402

EXTRACTORS = 8
ITEMS, IN_GROUP, ENTRIES = 150, 20, 3
AIM_SAVE_P95, AIM_COMPARE_P95, AIM_COMPARE_QUERIES, AIM_SAVE_QUERIES, AIM_VALUES = 0.060, 0.150, 12, 6, 2.0


@dataclass(frozen=True)
class Site:
    """Where the site listens, and what is asked of it."""

    port: int
    review_id: int
    form_id: int
    sessions: list[str]
    own_sheets: list[int]
    studies: list[int]


@dataclass
class Client:
    """One extractor on one keep-alive connection."""

    site: Site
    number: int
    seconds: list[float] = field(default_factory=list)
    status: Counter[int] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        self.chance = random.Random(self.number)

    def ask(self, method: str, path: str, form: dict[str, Any] | None = None) -> bytes:
        """One request; its time, status and size are kept."""
        cookie = f"sessionid={self.site.sessions[self.number]}; csrftoken={CSRF}"
        sent = {"Cookie": cookie, "X-CSRFToken": CSRF}
        if form:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, path, urlencode(form) if form else None, sent)
        response = self.connection.getresponse()
        content = response.read()
        self.seconds.append(time.perf_counter() - began)
        self.status[response.status] += 1
        self.sizes.append(len(content))
        return content

    def save(self) -> None:
        """One answer: half of them texts, half numbers from which a value is derived."""
        name = self.chance.choice(["v-i1-0", "v-i2-0"])
        value = self.chance.randrange(1, 10_000)
        form = {"name": name, name: value, f"{name}-number": self.numbers.get(name, 0), f"{name}-mark": "value"}
        path = f"/reviews/{self.site.review_id}/extraction/sheets/{self.site.own_sheets[self.number]}/value/"
        self.numbers[name] = json.loads(self.ask("POST", path, form))["number"]  # also of a 409: known from now on

    def save_calmly(self) -> None:
        """One answer, then a breath: eight people together send some forty answers a second."""
        self.save()
        time.sleep(self.chance.uniform(0.1, 0.3))

    def compare(self) -> None:
        """One comparison, of any study whose sheets are ready."""
        study = self.chance.choice(self.site.studies)
        self.ask("GET", f"/reviews/{self.site.review_id}/extraction/forms/{self.site.form_id}/studies/{study}/compare/")

    def sheet(self) -> None:
        """One's own sheet."""
        self.ask("GET", f"/reviews/{self.site.review_id}/extraction/sheets/{self.site.own_sheets[self.number]}/")


def definition() -> dict[str, Any]:
    """150 items: texts, numbers, choices; one derived; twenty of them per entry of a group."""

    def item(number: int) -> dict[str, Any]:
        body: dict[str, Any] = {"id": f"i{number}", "label": f"Item {number}", "required": number % 5 == 0}
        if number == 3:
            return body | {"type": "derived", "formula": "i2 / i6", "precision": 2, "required": False}
        if number % 4 == 0:
            options = [{"id": f"o{number}x{n}", "label": f"Answer {n}"} for n in range(4)]
            return body | {"type": "single", "options": options}
        return body | {"type": "number" if number % 2 == 0 else "text"}

    single = ITEMS - IN_GROUP
    sections = [
        {
            "id": f"s{start}",
            "title": f"Part {start}",
            "items": [item(n) for n in range(start, min(start + 26, single + 1))],
        }
        for start in range(1, single + 1, 26)
    ]
    model = {"id": "sm", "title": "Model", "group": "g1", "items": [item(n) for n in range(single + 1, ITEMS + 1)]}
    return {"sections": [*sections, model], "groups": [{"id": "g1", "title": "Model"}]}


def value_of(number: int, chance: random.Random) -> Any:
    """A kept value of an item; one in ten differs from what the other extractor has."""
    code = 7 if chance.random() < 0.9 else chance.randrange(4)
    if number % 4 == 0:
        return f"o{number}x{code % 4}"
    return f"{code}.5" if number % 2 == 0 else f"What the report says about this, in some words: {code}"


def fill(studies: int, port: int) -> Site:
    """Migrate, and make the review, its people, sheets and values. Django's settings are read here."""
    import django  # noqa: PLC0415 - settings need the servers' addresses

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from extraction.models import ExtractionForm, FormVersion  # noqa: PLC0415
    from screening.models import Study  # noqa: PLC0415
    from tests.factories import add_member, make_review, make_user  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    now, lead = timezone.now(), make_user("Lead")
    review = make_review(lead)
    form = ExtractionForm.objects.create(review=review, name="Form", created_by=lead, created_at=now)
    version = FormVersion.objects.create(
        form=form, number=1, state="in_use", definition=definition(), created_by=lead, created_at=now, published_at=now
    )
    rows = Study.objects.bulk_create(
        Study(review=review, label=f"Study {n}", created_at=now) for n in range(studies + EXTRACTORS)
    )
    sessions, users = [], []
    for number in range(EXTRACTORS):
        users.append(make_user(f"Extractor{number}"))
        add_member(review, users[-1], can_adjudicate=True)
        session = SessionStore()
        session[SESSION_KEY] = str(users[-1].pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = users[-1].get_session_auth_hash()
        session.save()
        sessions.append(str(session.session_key))
    own = fill_sheets(form, version, rows, users)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Site(port, review.pk, form.pk, sessions, own, [row.pk for row in rows[:-EXTRACTORS]])


def fill_sheets(form: Any, version: Any, studies: list[Any], users: list[Any]) -> list[int]:
    """Two sheets per study, ready but for the last eight; every tenth is settled. Returns each one's open sheet."""
    from django.utils import timezone  # noqa: PLC0415

    from extraction.models import ExtractedValue, Extraction, GroupEntry  # noqa: PLC0415
    from extraction.services.consensus import settle_all  # noqa: PLC0415
    from reviewapp.models import Membership  # noqa: PLC0415

    now, chance, open_from = timezone.now(), random.Random(1), len(studies) - EXTRACTORS
    sheets = Extraction.objects.bulk_create(
        Extraction(
            review_id=form.review_id,
            form=form,
            version=version,
            study=study,
            extractor=users[(number + place) % EXTRACTORS],
            place=place,
            state="ready" if number < open_from else "open",
            ready_at=now if number < open_from else None,
            assigned_at=now,
            changed_at=now,
        )
        for number, study in enumerate(studies)
        for place in (1, 2)
    )
    ready = [sheet for sheet in sheets if sheet.state == "ready"]
    entries = GroupEntry.objects.bulk_create(
        GroupEntry(extraction=sheet, group="g1", label=f"Model {n}", position=n)
        for sheet in ready
        for n in range(1, ENTRIES + 1)
    )
    cells: list[tuple[Any, Any, int]] = [
        (sheet, None, n) for sheet in ready for n in range(1, ITEMS - IN_GROUP + 1) if n != 3
    ]
    cells += [(entry.extraction, entry, n) for entry in entries for n in range(ITEMS - IN_GROUP + 1, ITEMS + 1)]
    for start in range(0, len(cells), 20_000):
        ExtractedValue.objects.bulk_create(
            ExtractedValue(
                extraction=sheet,
                entry=entry,
                item=f"i{n}",
                value=value_of(n, chance),
                version=version,
                entered_by_id=sheet.extractor_id,
                entered_at=now,
            )
            for sheet, entry, n in cells[start : start + 20_000]
        )
    settler = Membership.objects.select_related("review", "user").get(review_id=form.review_id, user=users[0])
    for study in studies[:open_from:10]:
        settle_all(membership=settler, form_id=form.pk, study_id=study.pk)
    opened = {sheet.extractor_id: sheet.pk for sheet in sheets if sheet.state == "open" and sheet.place == 1}
    return [opened[user.pk] for user in users]


def measure(site: Site, name: str, connections: int, seconds: float) -> tuple[float, Counter[int]]:
    """Let `connections` people do `name` as fast as they can; prints figures, returns (p95 in seconds, statuses)."""
    clients = [Client(site, number) for number in range(connections)]
    failures: list[BaseException] = []

    def work(client: Client) -> None:
        action: Callable[[], None] = getattr(client, name)
        try:
            for _ in range(12):
                action()
            client.seconds.clear()
            client.status.clear()  # an answer saved by another measurement: its number is known from now on
            deadline = time.perf_counter() + seconds
            while time.perf_counter() < deadline:
                action()
        except Exception as error:  # raised below, once all have ended
            failures.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    times = [second for client in clients for second in client.seconds]
    cuts = statistics.quantiles(times, n=100)
    status = sum((client.status for client in clients), Counter())
    size = max(size for client in clients for size in client.sizes)
    print(
        f"{name:12}{connections:5}{len(times) / seconds:8.0f}{cuts[49] * 1e3:8.1f}{cuts[94] * 1e3:8.1f}{size:10,}  "
        f"{dict(status)}",
        flush=True,
    )
    return cuts[94], status


def count_queries(site: Site) -> tuple[int, int]:
    """Statements of the comparison page's query and of one save's service, without BEGIN and the like."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from extraction.access import access_pair  # noqa: PLC0415
    from extraction.models import Extraction  # noqa: PLC0415
    from extraction.queries.comparison import comparison_page  # noqa: PLC0415
    from extraction.services.values import Given, save_value  # noqa: PLC0415
    from reviewapp.models import Membership  # noqa: PLC0415

    sheet = Extraction.objects.get(pk=site.own_sheets[0])
    members = Membership.objects.select_related("review", "user")
    member = members.get(review_id=site.review_id, user_id=sheet.extractor_id)

    def count(action: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as captured:
            action()
        control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        return sum(not query["sql"].startswith(control) for query in captured)

    save_value(membership=member, sheet_id=sheet.pk, key=("i2", None), given=Given(value="3"))
    compared = count(lambda: comparison_page(*access_pair(member, site.form_id, site.studies[0])))
    again = Given(value="4")
    return compared, count(lambda: save_value(membership=member, sheet_id=sheet.pk, key=("i2", None), given=again))


def read_values(site: Site) -> float:
    """Seconds to read the settled values of all studies."""
    from extraction.queries.sheets import consensus_values  # noqa: PLC0415

    began = time.perf_counter()
    values = consensus_values(site.form_id)
    lasted = time.perf_counter() - began
    print(f"settled values: {sum(len(study.cells) for study in values.studies):,} cells in {lasted:.2f} s")
    return lasted


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
            "LOG_LEVEL": "ERROR",
        }
        for name in ("DEBUG", "HTTPS", "ALLOWED_HOSTS", "MEDIA_ROOT"):
            os.environ.pop(name, None)
        began = time.monotonic()
        site = fill(options.studies, free_port())
        print(f"{options.studies:,} studies × {ITEMS} items × 2: {time.monotonic() - began:.0f} s", flush=True)
        compared, saved = count_queries(site)
        values = read_values(site)
        web = serve(state, site.port)
        try:
            print(f"{'request':12}{'conn':>5}{'per s':>8}{'p50 ms':>8}{'p95 ms':>8}{'bytes':>10}")
            plan = (
                ("save", 1),
                ("save_calmly", EXTRACTORS),
                ("save", EXTRACTORS),
                ("compare", 1),
                ("compare", EXTRACTORS),
                ("sheet", 1),
            )
            found = {key: measure(site, *key, options.seconds) for key in plan}
        finally:
            web.stop()
    aims = (
        ("save, p95 at 8 people, ms", found["save_calmly", EXTRACTORS][0] * 1e3, AIM_SAVE_P95 * 1e3),
        ("save, p95 at 8 at full load", found["save", EXTRACTORS][0] * 1e3, AIM_SAVE_P95 * 1e3),
        ("comparison, p95 at 1, ms", found["compare", 1][0] * 1e3, AIM_COMPARE_P95 * 1e3),
        ("queries of a comparison", compared, AIM_COMPARE_QUERIES),
        ("queries of a save", saved, AIM_SAVE_QUERIES),
        ("settled values, s", values, AIM_VALUES),
    )
    print()
    for name, value, aim in aims:
        print(f"{name:28}{value:10,.1f}   aim ≤ {aim:<8,.0f}{'met' if value <= aim else 'MISSED'}")
    wrong = any(status >= 400 for _, statuses in found.values() for status in statuses)
    return 1 if wrong or any(value > aim for _, value, aim in aims) else 0


def main() -> int:
    """Read the arguments and run in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="?", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5.0, help="per measurement; there are six")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return run(Path(folder), options)


if __name__ == "__main__":
    sys.exit(main())
