"""A lead brings in the votes of a project screened elsewhere, and takes them back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from screening.models import Decision
from tests.factories import make_cast
from tests.screening.test_services_elsewhere import bring_file

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
VERDICTS = ("include", "exclude", "exclude", "maybe")
SHOTS = os.environ.get("SCREENSHOTS", "")


def a_project(records: int = 40) -> str:
    """Anna and Ben voted on every record, Cy on some; a few were read in full."""
    rows = ["id,title,year,reviewer,stage,verdict,reason"]
    for number in range(records):
        for place, name in enumerate(("Anna Kowalski", "Ben", "Cy")[: 3 if number % 4 == 0 else 2]):
            verdict = VERDICTS[(number + place * (number % 7 == 0)) % 4]
            rows.append(f"r{number},Sleep in group {number},2020,{name},title and abstract,{verdict},")
            if verdict == "include":
                rows.append(f"r{number},Sleep in group {number},2020,{name},full text,exclude,Wrong study population")
    return "\n".join(rows) + "\n"


def shot(page: Page, name: str) -> None:
    """A picture for whoever asks for one."""
    if SHOTS:
        page.locator("#votes-title").scroll_into_view_if_needed()
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_bring_in_and_take_back(
    new_page: Callable[..., Page], live_url: str, axe: Callable[[Page], None], width: int
) -> None:
    cast = make_cast()
    batch = bring_file(cast, a_project())
    page = new_page(width, 900)
    client = Client()
    client.force_login(cast.alice)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    page.goto(f"/reviews/{cast.review.pk}/imports/{batch.pk}/")
    page.get_by_label("Anna Kowalski in this review").select_option("Bob Reviewer")
    page.get_by_label("Ben in this review").select_option("Cara Reviewer")
    page.get_by_label("Wrong study population in this review").select_option("Wrong population")
    shot(page, f"votes-{width}")
    axe(page)
    page.get_by_role("button", name="Bring in these votes").click()
    expect(page.get_by_text("80 votes were brought in as decisions of their members.")).to_be_visible()
    assert Decision.objects.filter(superseded_at=None).count() == 80
    shot(page, f"votes-brought-{width}")
    axe(page)
    page.get_by_role("button", name="Take back the 80 votes").click()
    page.get_by_role("button", name="Take them back").click()
    expect(page.get_by_text("80 votes have been taken back.")).to_be_visible()
    assert not Decision.objects.filter(superseded_at=None).exists()
