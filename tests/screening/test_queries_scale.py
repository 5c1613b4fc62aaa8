"""The pages that people open all day ask the database as often at 100,000 records as at 100."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening.constants import RemovalReason, ScreeningStatus, Stage
from screening.models import Decision, Record
from tests.factories import Cast, make_record, make_records

FEW, MANY = 100, 100_000
CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def multiply(pattern: Record, total: int) -> None:
    """Copies of one record in one statement: most wait, some are settled or in conflict, some are duplicates."""
    changed = {
        "position": "n",
        "title": "'Record ' || n",
        "title_abstract_status": f"""CASE mod(n, 5) WHEN 1 THEN '{ScreeningStatus.EXCLUDED}'
            WHEN 2 THEN '{ScreeningStatus.CONFLICT}' ELSE '{ScreeningStatus.PENDING}' END""",
        "removal_reason": f"CASE mod(n, 5) WHEN 3 THEN '{RemovalReason.DUPLICATE}' ELSE '' END",
        "duplicate_of_id": f"CASE mod(n, 5) WHEN 3 THEN {pattern.pk} END",
    }
    columns = [field.column for field in Record._meta.concrete_fields if field.column and not field.primary_key]
    values = [changed.get(column, f'pattern."{column}"') for column in columns]
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO screening_record ({named}) SELECT {', '.join(values)} "
            f"FROM screening_record pattern, generate_series(2, {total}) n WHERE pattern.id = %s",
            [pattern.pk],
        )
        cursor.execute("ANALYZE screening_record")


def statements(action: Callable[[], Any], status: int = 200) -> int:
    for cache in caches.all():
        cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert action().status_code == status
    return sum(not query["sql"].startswith(CONTROL) for query in captured)


def measure(cast: Cast) -> dict[str, int]:
    """Statements for each page, and for a vote with its next record, by one who has not begun."""
    bob = Client(headers={"HX-Request": "true"})
    bob.force_login(cast.bob)
    alice = Client()
    alice.force_login(cast.alice)
    review = cast.review.pk
    screen = reverse("screening:screen_open", args=[review, Stage.TITLE_ABSTRACT])
    bob.get(screen)
    found = {"screening page": statements(lambda: bob.get(screen))}
    item = bob.get(screen).context["item"]
    url = reverse("screening:screen_vote", args=[review, Stage.TITLE_ABSTRACT, item.id])
    found["vote"] = statements(lambda: bob.post(url, {"verdict": "include"}))
    assert Decision.objects.filter(reviewer=cast.bob, record_id=item.id).count() == 1
    names = ("screening:record_list", "reviewapp:review_overview", "screening:flow_page", "screening:duplicate_list")
    for name in names:
        page = reverse(name, args=[review])
        found[name] = statements(lambda page=page: alice.get(page))  # type: ignore[misc]  # a lambda's default
    return found


def test_a_thousand_times_the_records_cost_no_further_statement(cast: Cast) -> None:
    few = make_records(cast.review, FEW - 1)
    pattern = make_record(cast.review)
    Record.objects.filter(pk=few[0].pk).update(duplicate_of=pattern, removal_reason=RemovalReason.DUPLICATE)
    at_few = measure(cast)
    assert min(at_few.values()) >= 2, "something was counted"
    multiply(pattern, MANY - FEW + 1)
    assert Record.objects.filter(review=cast.review).count() == MANY
    assert measure(cast) == at_few
