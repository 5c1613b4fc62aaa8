"""The criteria beside the record: on a phone the abstract comes first, on a wide screen both are read at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests.factories import Cast, make_cast, make_records

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
CRITERION = "Only randomised trials"


def open_screening(page: Page, cast: Cast, live_url: str) -> None:
    client = Client()
    client.force_login(cast.bob)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.goto(f"/reviews/{cast.review.pk}/screen/title-abstract/")


@pytest.fixture
def cast() -> Cast:
    made = make_cast(inclusion_criteria=CRITERION)
    make_records(made.review, 2)
    return made


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [390, 1000])
def test_folded_above_the_record_on_a_narrow_screen(
    new_page: Callable[..., Page], live_url: str, cast: Cast, width: int, scripts: bool
) -> None:
    """Without scripts as well: the page is drawn before they run, and must not jump under the reader's eyes."""
    page = new_page(width, 844, java_script_enabled=scripts)
    open_screening(page, cast, live_url)
    expect(page.get_by_text("Criteria", exact=False).first).to_be_visible()
    page.wait_for_timeout(300)
    expect(page.get_by_text(CRITERION)).to_be_hidden()
    box = page.locator("#screen .record-title").bounding_box()
    assert box is not None
    assert box["y"] < 300, "the record begins in the upper third of the screen"
    if scripts:
        page.locator(".criteria summary").click()
        expect(page.get_by_text(CRITERION)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_open_beside_the_record_on_a_wide_screen(
    new_page: Callable[..., Page], live_url: str, cast: Cast, scripts: bool
) -> None:
    page = new_page(1440, 900, java_script_enabled=scripts)
    open_screening(page, cast, live_url)
    expect(page.get_by_text(CRITERION)).to_be_visible()
    criteria, record = page.locator(".criteria").bounding_box(), page.locator("#screen").bounding_box()
    assert criteria is not None
    assert record is not None
    assert criteria["x"] > record["x"] + record["width"]
    if scripts:
        page.keyboard.press("c")
        expect(page.get_by_text(CRITERION)).to_be_hidden()
