"""The overview as a member sees it: the panel, what waits for them, and the tabs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviewapp.constants import Settlement
from screening.constants import Stage, Verdict
from screening.models import Record
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_cast, make_records, make_report

pytestmark = pytest.mark.django_db


def client_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def overview(cast: Cast, name: str) -> str:
    response = client_of(cast, name).get(reverse("reviewapp:review_overview", args=[cast.review.pk]))
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("&nbsp;", " ").split())


def todos(cast: Cast, name: str) -> list[str]:
    waiting = overview(cast, name).split('id="waiting-title"')[1].split("</section>")[0]
    return re.findall(r"<li[^>]*><span>([^<]+)</span>", waiting)


def vote(cast: Cast, record: Record, **verdicts: Verdict) -> None:
    for name, verdict in verdicts.items():
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=Judgement(verdict),
        )


def test_an_empty_review_says_where_records_come_from(cast: Cast) -> None:
    assert "No records yet." in overview(cast, "olga")


def test_everyone_sees_where_the_review_stands(cast: Cast) -> None:
    records = make_records(cast.review, 3)
    vote(cast, records[0], bob=Verdict.INCLUDE, cara=Verdict.INCLUDE)
    vote(cast, records[1], bob=Verdict.EXCLUDE, cara=Verdict.EXCLUDE)
    for name in ("alice", "bob", "olga"):
        page = overview(cast, name)
        assert "2 of 3 records settled" in page
        assert "1 included, 1 excluded, 1 open" in page
        assert "Bob Reviewer and Cara Reviewer" in page
        assert "1.00 (1.00 to 1.00)" in page


def test_an_undefined_kappa_is_a_dash(cast: Cast) -> None:
    vote(cast, make_records(cast.review, 1)[0], bob=Verdict.INCLUDE, cara=Verdict.INCLUDE)
    page = overview(cast, "olga")
    assert re.search(r'data-label="Agreement">100 %</td><td[^>]+>–</td><td[^>]+>1.00</td>', page)


def test_what_waits_depends_on_the_person(cast: Cast) -> None:
    records = make_records(cast.review, 3)
    make_report(cast.review)
    make_report(cast.review, retrieved=False)
    vote(cast, records[0], bob=Verdict.INCLUDE)
    common = ["1 report to assess by its full text", "1 report to retrieve"]
    assert todos(cast, "bob") == ["2 records to screen", *common]
    assert todos(cast, "cara") == ["3 records to screen", *common]
    assert todos(cast, "olga") == []


def test_conflicts_wait_for_adjudicators_who_did_not_vote(cast: Cast) -> None:
    first, second = make_records(cast.review, 2)
    vote(cast, first, bob=Verdict.INCLUDE, cara=Verdict.EXCLUDE)
    vote(cast, second, dan=Verdict.INCLUDE, cara=Verdict.EXCLUDE)
    assert "1 conflict to settle at title and abstract" in todos(cast, "dan")
    for name in ("alice", "bob", "cara", "olga"):
        assert not [text for text in todos(cast, name) if "conflict" in text]


def test_under_consensus_conflicts_wait_for_those_who_voted() -> None:
    cast = make_cast(settlement=Settlement.CONSENSUS)
    vote(cast, make_records(cast.review, 1)[0], bob=Verdict.INCLUDE, cara=Verdict.EXCLUDE)
    for name in ("bob", "cara"):
        assert todos(cast, name) == ["1 conflict to settle at title and abstract"]
    assert todos(cast, "alice") == []


def test_tabs_show_what_a_member_can_use(cast: Cast) -> None:
    def tabs(name: str) -> list[str]:
        nav = overview(cast, name).split('aria-label="Sections of this review"')[1].split("</nav>")[0]
        return [label for label in re.findall(r"<a [^>]+>([^<]+)<", nav) if label not in ("Members", "Log", "Settings")]

    everyone = ["Overview", "Searches", "Duplicates", "Full text", "Studies", "Extraction", "Flow"]
    assert tabs("olga") == everyone
    assert tabs("bob") == [*everyone[:3], "Screening", *everyone[3:]]
    assert tabs("dan") == [*everyone[:3], "Screening", "Conflicts", *everyone[3:]]


def test_every_tab_opens(cast: Cast) -> None:
    client = client_of(cast, "dan")
    page = client.get(reverse("reviewapp:review_overview", args=[cast.review.pk]))
    for tab in page.context["tabs"]:
        assert client.get(tab.url, follow=True).status_code == 200


def test_the_number_of_queries_is_fixed(cast: Cast) -> None:
    client, url = client_of(cast, "alice"), reverse("reviewapp:review_overview", args=[cast.review.pk])
    used = []
    for count in (10, 30):
        for record in make_records(cast.review, count):
            vote(cast, record, bob=Verdict.INCLUDE, cara=Verdict.INCLUDE)
        make_report(cast.review, retrieved=False)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        used.append(len(captured))
    assert used[0] == used[1] <= 30  # three apps say here what waits
