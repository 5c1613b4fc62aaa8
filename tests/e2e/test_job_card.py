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
from tests.factories import make_cast

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
