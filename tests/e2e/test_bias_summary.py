"""The summary of risk of bias in a real browser: figures drawn under our policy, the text copied, files downloaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from bias.models import BiasAssessment
from bias.services.summary import build_summary, request_summary
from reviewapp.models import Job
from tests.bias.summarised import make_settled
from tests.factories import Cast, make_cast

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")


def summarised(count: int = 12) -> Cast:
    cast = make_cast()
    evaluations = make_settled(cast, count, names=["Wołoszyn-Montgomery, van der Berg and others 2021"])
    departing = BiasAssessment.objects.get(evaluation=evaluations[1], kind="consensus")
    other = "low" if departing.overall[""]["level"] != "low" else "high"
    departing.overall[""] |= {"level": other, "reason": "The data set is very large.", "by": cast.dan.pk}
    departing.save()
    job = request_summary(membership=cast.membership("alice"))
    assert job is not None
    build_summary(job=job, report=lambda done, total: None)
    Job.objects.filter(pk=job.pk).update(state="done")
    return cast


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_summary_is_read_copied_and_downloaded(
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    live_url: str,
    tmp_path: Path,
    width: int,
    height: int,
) -> None:
    cast = summarised()
    client = Client()
    client.force_login(cast.olga)
    page = new_page(width, height)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live_url}{reverse('bias:summary_page', args=[cast.review.pk])}")
    wide = width > 700
    if wide:
        page.locator("[data-figure=traffic-figure] .main-svg .point").first.wait_for()
        assert page.locator("[data-figure=traffic-figure] .point").count() == 12 * 5
        assert page.locator("[data-figure=bars-figure] .bars .point").count() == 5 * 3
        assert page.locator("[data-figure=bars-figure] .legendtext").all_text_contents() == [
            "+ Low", "~ Moderate", "− High",
        ]  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    text = page.locator("#summary-text").text_content()
    assert text
    assert "Of 12 studies" in text
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/summary-{width}.png", full_page=True)
    axe(page)
    for name, begins in (("Word", b"PK"), ("Excel", b"PK"), ("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF")):
        with page.expect_download() as started:
            page.get_by_role("link", name=name, exact=True).first.click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert path.read_bytes().startswith(begins)
        if PICTURES:
            started.value.save_as(f"{PICTURES}/{started.value.suggested_filename}")
