"""The export of a list in a real browser: by mouse and keyboard, wide and narrow, with and without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.factories import Cast, make_cast, make_records
from tests.screening.exporting import read

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_records_of_the_list_are_downloaded(
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    live_url: str,
    tmp_path: Path,
    width: int,
    height: int,
    scripts: bool,
) -> None:
    cast: Cast = make_cast()
    made = make_records(cast.review, 3)
    client = Client()
    client.force_login(cast.bob)
    page = new_page(width, height, java_script_enabled=scripts)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.goto(f"{live_url}{reverse('screening:record_list', args=[cast.review.pk])}?text=sleep")
    page.locator("#export-records summary").click()
    panel = page.locator("#export-records form").bounding_box()
    assert panel is not None
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= width
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/export-{width}-{'js' if scripts else 'plain'}.png")
    if scripts:
        axe(page)
    page.get_by_label("Format").select_option("csv")
    page.get_by_label("With votes and reasons").check()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.suggested_filename.startswith(f"{cast.review.slug}-filtered-records-")
    path = tmp_path / "x.csv"
    started.value.save_as(path)
    assert [record.title for record in read(path)[0]] == [record.title for record in made]
