"""The card of background work in a real browser: it asks for itself until the work has ended, and keeps the focus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from reviewapp.constants import JobState
from reviewapp.jobs import create_job
from reviewapp.models import Job
from screening.constants import JobKind, RemovalReason
from screening.models import ImportBatch, Record
from tests.factories import make_cast, make_records

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_card_polls_until_the_job_has_ended(new_page: Callable[..., Page], live_url: str) -> None:
    cast = make_cast()
    job = create_job(review=cast.review, actor=cast.alice, kind="test", label="Import of scopus.csv")
    client = Client()
    client.force_login(cast.alice)
    page = new_page()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    polls: list[str] = []

    def count(request: Request) -> None:
        if request.url.endswith(f"/jobs/{job.pk}/"):
            polls.append(request.url)

    page.on("request", count)
    page.goto(f"/reviews/{cast.review.pk}/")
    card = page.locator(f"#job-{job.pk}")
    page.locator(f"#job-stop-{job.pk}").focus()
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, done=5, total=20)
    expect(card).to_contain_text("5 of 20")
    expect(page.locator(f"#job-stop-{job.pk}")).to_be_focused()
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, done=20, finished_at=timezone.now())
    expect(card).to_contain_text("Done")
    expect(card.get_by_role("button")).to_have_count(0)
    seen = len(polls)
    page.wait_for_timeout(2500)
    assert len(polls) == seen


def test_stopping_a_job(new_page: Callable[..., Page], live_url: str) -> None:
    cast = make_cast()
    job = create_job(review=cast.review, actor=cast.alice, kind="test", label="Import of scopus.csv")
    client = Client()
    client.force_login(cast.alice)
    page = new_page(width=390, height=844)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.goto(f"/reviews/{cast.review.pk}/")
    page.get_by_role("button", name="Stop Import of scopus.csv").click()
    expect(page.get_by_text("Cancelled: Import of scopus.csv")).to_be_visible()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_the_figures_beside_a_finished_search_are_the_new_ones(new_page: Callable[..., Page], live_url: str) -> None:
    cast = make_cast()
    first, second = make_records(cast.review, 2)
    job = create_job(review=cast.review, actor=cast.alice, kind=JobKind.FIND_DUPLICATES, label="Search for duplicates")
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    client = Client()
    client.force_login(cast.alice)
    page = new_page()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.goto(f"/reviews/{cast.review.pk}/duplicates/?by=system&sort=sure")
    removed = page.locator(".tile", has_text="removed as duplicates").locator("dd")
    expect(removed).to_have_text("0")
    Record.objects.filter(pk=second.pk).update(duplicate_of=first, removal_reason=RemovalReason.DUPLICATE)
    ImportBatch.objects.update(compared_at=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now(), message="1 record removed.")
    expect(removed).to_have_text("1")
    expect(page.locator(".tile", has_text="left to screen").locator("dd")).to_have_text("1")
    expect(page.locator("main")).not_to_contain_text("not been compared")
    expect(page.locator("#announcer")).to_contain_text("1 record removed.")
    expect(page.locator("#f-sort")).to_have_value("sure")
    assert page.locator("main").count() == 1
    page.wait_for_timeout(1500)
    assert page.locator("main").count() == 1


def test_a_search_that_failed_says_so_and_is_not_asked_again(new_page: Callable[..., Page], live_url: str) -> None:
    cast = make_cast()
    make_records(cast.review, 2)
    job = create_job(review=cast.review, actor=cast.alice, kind=JobKind.FIND_DUPLICATES, label="Search for duplicates")
    client = Client()
    client.force_login(cast.alice)
    page = new_page()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/reviews/{cast.review.pk}/duplicates/")
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, finished_at=timezone.now(), error="It broke.")
    expect(page.locator("main")).to_contain_text("It broke.")
    expect(page.get_by_role("button", name="Find duplicates")).to_be_visible()
    page.wait_for_timeout(500)
    seen = len(asked)
    page.wait_for_timeout(2000)
    assert len(asked) == seen
