"""Nobody sees another's vote, its existence included, before the record is settled or they adjudicate it.

Asserted on what leaves the server: for every role and every page that can be read, the answer before and after
somebody else's vote is the same.
"""

from __future__ import annotations

import re

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from screening.constants import ScreeningStatus, Stage, Verdict
from screening.models import ExclusionReason, Record, Report
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record, make_report
from tests.test_permissions import TABLE, get_resolver_possibilities

NOTE = "SECRET-NOTE"
PER_PERSON = re.compile(r'<section class="card" id="standing-.*?</section>', re.DOTALL)
"""Totals per person on the overview may change; nothing about single records stands there."""
CHANGING = re.compile(r'csrfmiddlewaretoken" value="[^"]+"|"x-csrftoken": "[^"]+"')


def readable(cast: Cast, record: Record, report: Report | None = None) -> dict[str, str]:
    """Every GET address of the review that needs no further rows, and the record's and report's own."""
    urls = {}
    for name, rule in TABLE.items():
        [(_, parameters)] = get_resolver_possibilities(*name.split(":"))
        if rule.method == "get" and set(parameters) <= {"review_id"}:
            urls[name] = reverse(name, args=[cast.review.pk])
    urls["record"] = reverse("screening:record_detail", args=[cast.review.pk, record.pk])
    urls["mark"] = reverse("screening:mark_open", args=[cast.review.pk, record.pk])
    if report:
        urls["report"] = reverse("screening:report_detail", args=[cast.review.pk, report.pk])
    for stage in Stage:
        urls[f"conflicts {stage}"] = reverse("screening:conflict_list", args=[cast.review.pk, stage])
    for key in ("db_screened", "records_awaiting", "db_assessed", "dbr_reports_awaiting", "db_excluded"):
        urls[f"flow {key}"] = reverse("screening:flow_rows", args=[cast.review.pk, key])
    for kind in ("svg", "csv", "json"):
        urls[f"flow {kind}"] = reverse("screening:flow_export", args=[cast.review.pk, kind])
    return urls


def seen(cast: Cast, who: str, urls: dict[str, str]) -> dict[str, str]:
    """What this person gets at each address, without what differs from request to request."""
    caches["process"].clear()
    client = Client()
    client.force_login(getattr(cast, who))
    pages = {}
    for name, url in urls.items():
        response = client.get(url)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        pages[name] = f"{response.status_code} {CHANGING.sub('', PER_PERSON.sub('', body.decode()))}"
    return pages


def vote(cast: Cast, who: str, target: Record | Report, verdict: Verdict, reason: int | None = None) -> None:
    stage = Stage.TITLE_ABSTRACT if isinstance(target, Record) else Stage.FULL_TEXT
    submit_decision(
        membership=cast.membership(who),
        stage=stage,
        target_id=target.pk,
        judgement=Judgement(verdict, reason, NOTE),
    )


def assert_nothing_changes(before: dict[str, str], after: dict[str, str], who: str) -> None:
    for name, page in after.items():
        assert NOTE not in page, f"{who} reads the note at {name}"
        assert page == before[name], f"{who} can tell at {name}"


@pytest.mark.parametrize("who", ["alice", "cara", "dan", "olga"])
def test_one_vote_on_a_record_cannot_be_told(cast: Cast, who: str) -> None:
    record = make_record(cast.review)
    urls = readable(cast, record)
    seen(cast, who, urls)  # opens the screening page, which takes a place
    before = seen(cast, who, urls)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    assert_nothing_changes(before, seen(cast, who, urls), who)


@pytest.mark.parametrize("who", ["cara", "alice", "olga"])
def test_a_conflict_is_nothing_to_those_who_do_not_settle_it(cast: Cast, who: str) -> None:
    record = make_record(cast.review)
    urls = {key: url for key, url in readable(cast, record).items() if "screen_" not in key}
    before = seen(cast, who, urls)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    vote(cast, "dan", record, Verdict.INCLUDE)
    assert Record.objects.get(pk=record.pk).title_abstract_status == ScreeningStatus.CONFLICT
    after = seen(cast, who, urls)
    after.pop("reviewapp:review_overview")  # what waits for oneself: one record fewer to screen
    assert_nothing_changes(before, after, who)


def test_the_adjudicator_sees_votes_without_names(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    vote(cast, "cara", record, Verdict.INCLUDE)
    client = Client()
    client.force_login(cast.dan)
    url = reverse("screening:conflict_detail", args=[cast.review.pk, Stage.TITLE_ABSTRACT, record.pk])
    page = client.get(url).content.decode()
    assert "Reviewer A" in page
    assert "Reviewer B" in page
    assert page.count(NOTE) == 2
    assert "Bob" not in page
    assert "Cara" not in page
    for who in ("bob", "cara", "alice", "olga"):
        client.force_login(getattr(cast, who))
        assert client.get(url).status_code == 403
    detail = seen(cast, "dan", {"record": reverse("screening:record_detail", args=[cast.review.pk, record.pk])})
    assert NOTE not in detail["record"]


@pytest.mark.parametrize("who", ["alice", "cara", "dan", "olga"])
def test_one_vote_on_a_full_text_cannot_be_told(cast: Cast, who: str) -> None:
    report = make_report(cast.review)
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    assert reason is not None
    urls = readable(cast, report.record, report)
    urls["full text"] = reverse("screening:screen_open", args=[cast.review.pk, Stage.FULL_TEXT])
    seen(cast, who, urls)
    before = seen(cast, who, urls)
    vote(cast, "bob", report, Verdict.EXCLUDE, reason.pk)
    assert_nothing_changes(before, seen(cast, who, urls), who)


def test_once_settled_everyone_may_read_the_votes_and_the_log_tells_them(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    vote(cast, "cara", record, Verdict.INCLUDE)
    log = {"log": reverse("reviewapp:log_list", args=[cast.review.pk])}
    told = "Decision submitted</span> by Bob Reviewer"
    assert told not in seen(cast, "alice", log)["log"]
    adjudicate(
        membership=cast.membership("dan"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.INCLUDE, note="Adults."),
    )
    page = {"record": reverse("screening:record_detail", args=[cast.review.pk, record.pk])}
    for who in ("alice", "bob", "olga"):
        assert seen(cast, who, page)["record"].count(NOTE) == 2
    assert told in seen(cast, "alice", log)["log"]


def test_json_of_the_flow_counts_open_records_as_one_number(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, Verdict.EXCLUDE)
    vote(cast, "cara", record, Verdict.INCLUDE)
    url = {"json": reverse("screening:flow_export", args=[cast.review.pk, "json"])}
    answer = seen(cast, "olga", url)["json"]
    assert '"records_awaiting": 1' in answer
    assert '"records_in_conflict": 0' in answer
