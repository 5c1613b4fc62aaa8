"""Query counts are flat in the number of rows, and within their budgets on the screening page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bias.models import BiasSettings
from screening.constants import PairVerdict, PairZone, ScreeningStatus, Stage, Verdict
from screening.models import Claim, DuplicatePair, Record, Study, StudyOffer
from screening.services.decisions import Judgement, submit_decision
from tests.bias.assessing import bare_evaluation, make_settings
from tests.extraction.building import make_used_form
from tests.factories import Cast, make_batch, make_cast, make_duplicate, make_records, make_report, make_search

LISTS = (
    "extraction:form_list",
    "extraction:table_list",
    "extraction:theme_list",
    "extraction:text_list",
    "reviewapp:review_overview",
    "reviewapp:member_list",
    "reviewapp:log_list",
    "screening:search_list",
    "screening:record_list",
    "screening:duplicate_list",
    "screening:duplicate_queue",
    "screening:duplicate_sources",
    "screening:duplicate_settings",
    "screening:report_list",
    "screening:study_list",
    "screening:offer_list",
    "screening:flow_page",
    "bias:evaluation_list",
    "bias:agreement_page",
    "bias:summary_page",
    "bias:evaluation_suggested",
)


def grow(cast: Cast, count: int) -> None:
    """More of everything that a list shows."""
    if not BiasSettings.objects.filter(review=cast.review).exists():
        make_settings(cast)
    for place in range(count):
        make_batch(make_search(cast.review))
        report = make_report(cast.review)
        study = Study.objects.create(review=cast.review, label=f"Study {report.pk}", created_at=timezone.now())
        bare_evaluation(cast, study, finished=bool(place % 2))
        first, second = make_records(cast.review, 2)
        make_duplicate(first)
        DuplicatePair.objects.create(
            review=cast.review,
            first=first,
            second=second,
            zone=PairZone.CERTAIN,
            verdict=PairVerdict.SAME,
            decided_at=timezone.now(),
        )
        StudyOffer.objects.create(review=cast.review, first=second, second=make_records(cast.review, 1)[0])
        make_used_form(cast.membership("alice"), name=f"Form {first.pk}")
        submit_decision(
            membership=cast.membership("bob"),
            stage=Stage.TITLE_ABSTRACT,
            target_id=first.pk,
            judgement=Judgement(Verdict.INCLUDE),
        )


def queries(client: Client, url: str) -> int:
    caches["process"].clear()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_flat(cast: Cast, name: str) -> None:
    client = Client()
    client.force_login(cast.alice)
    url = reverse(name, args=[cast.review.pk])
    grow(cast, 10)
    at_ten = queries(client, url)
    grow(cast, 10)
    assert queries(client, url) == at_ten


def budget(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    statements = [query["sql"] for query in captured if not query["sql"].startswith(control)]
    print(*(sql[:110] for sql in statements), sep="\n")  # shown when the budget is broken
    return len(statements)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [10, 400])
def test_the_screening_page_keeps_its_budget(count: int) -> None:
    cast = make_cast()
    records = make_records(cast.review, count)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(cast.bob)
    page = reverse("screening:screen_open", args=[cast.review.pk, Stage.TITLE_ABSTRACT])
    client.get(page)
    assert budget(lambda: client.get(page)) <= 8
    vote = reverse("screening:screen_vote", args=[cast.review.pk, Stage.TITLE_ABSTRACT, records[0].pk])
    client_of = {"bob": client, "cara": Client(headers={"HX-Request": "true"})}
    client_of["cara"].force_login(cast.cara)
    client_of["cara"].get(page)
    assert budget(lambda: client.post(vote, {"verdict": "include"})) <= 12
    # the vote that settles the record and makes its report
    assert budget(lambda: client_of["cara"].post(vote, {"verdict": "include"})) <= 12
    assert Record.objects.get(pk=records[0].pk).title_abstract_status == ScreeningStatus.INCLUDED
    assert Claim.objects.filter(reviewer=cast.bob, voted=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_next_record_is_small() -> None:
    cast = make_cast()
    make_records(cast.review, 3, abstract="A sentence of an abstract. " * 90)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(cast.bob)
    response = client.get(reverse("screening:screen_open", args=[cast.review.pk, Stage.TITLE_ABSTRACT]))
    assert len(response.content) <= 15_000
