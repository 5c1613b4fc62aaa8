"""The demo arrives at the worked example's numbers by the app's own rules, and `prisma` prints them."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from reviewapp.models import AuditEvent, Review
from screening.constants import ScreeningStatus
from screening.models import Adjudication, Decision, DuplicatePair, Record
from screening.queries.flow import flow_counts
from screening.rules.flow_checks import adds_up, check_flow

pytestmark = pytest.mark.django_db


def prisma(review: str) -> dict[str, object]:
    out = io.StringIO()
    call_command("prisma", review, format="json", stdout=out)
    return json.loads(out.getvalue())


def test_the_worked_example_is_re_enacted() -> None:
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    flow = prisma("demo")
    numbers = [flow[key] for key in ("identified", "removed", "screened", "excluded", "sought", "not_retrieved")]
    assert numbers == [549, 292, 257, 182, 75, 21]
    assert flow["assessed"] == 54
    assert [row["n"] for row in flow["ft_excluded"]] == [16, 7, 4]
    assert (flow["included_reports"], flow["included_studies"]) == (27, 27)
    review = Review.objects.get(slug="demo")
    assert adds_up(check_flow(flow_counts(review), included_rows=27))
    assert Adjudication.objects.filter(review=review).exists()
    assert DuplicatePair.objects.filter(review=review, decided_by__isnull=False).exists()
    assert AuditEvent.objects.filter(review=review).count() > Decision.objects.filter(review=review).count()
    small = Review.objects.get(slug="back-pain")
    open_records = Record.objects.filter(review=small, removal_reason="", title_abstract_status=ScreeningStatus.PENDING)
    assert open_records.count() >= 10

    before = (AuditEvent.objects.count(), Record.objects.count())
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    assert (AuditEvent.objects.count(), Record.objects.count()) == before


def test_prisma_names_an_unknown_review() -> None:
    with pytest.raises(CommandError, match="no-such-review"):
        prisma("no-such-review")
