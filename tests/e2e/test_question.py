"""The question of a file in a real browser: a wide table scrolls in its own box, both forms can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from playwright.sync_api import Page, expect

from screening.constants import BatchState
from screening.models import ImportBatch, Record
from screening.services.imports import import_file
from screening.services.uploads import receive_upload
from tests.factories import Cast, make_cast, make_search
from tests.worker import Worker

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SIZES = [(1440, 900), (390, 844)]
HEAD = "Paper heading,Who wrote it,Year of publication,Abstract text,Where,Weblink,Rating,Remarks"
ROW = (
    "Sleep after surgery in older adults: a cohort {0},Rowe A; Novák J,20{0},"
    '"We followed {0}00 adults, who slept badly, for a year. Sleep improved in half of them, and got worse in few.",'
    "Journal of Rest,https://example.org/{0}/a/rather/long/address/that/does/not/break/anywhere,3,"
)
NAMES = "\n".join(
    f"TY  - JOUR\nTI  - {title}\nAU  - {who}\nER  - "
    for title, who in [
        ("Schlafstörungen", "Grüner, Björn"),
        ("Le sommeil après", "Lefèvre, Zoë"),
        ("Sueño", "Núñez, I"),
    ]
)


def asking(cast: Cast, content: bytes, name: str) -> str:
    """The address of the question of a file."""
    batch = receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review, source="Our own list"),
        file=ContentFile(content, name=name),
        filename=name,
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    return reverse("screening:batch_question", args=[cast.review.pk, batch.pk])


def signed_in(cast: Cast, page: Page, live_url: str) -> Page:
    """The page of alice."""
    client = Client()
    client.force_login(cast.alice)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    return page


def fits(page: Page) -> bool:
    """Whether the page itself does not scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_columns(
    new_page: Callable[..., Page], live_url: str, axe: Callable[[Page], None], tmp_path: Path, width: int, height: int
) -> None:
    cast = make_cast()
    content = "\n".join([HEAD, *(ROW.format(number) for number in range(10, 19))]).encode()
    url = asking(cast, content, "our list of papers.csv")
    page = signed_in(cast, new_page(width=width, height=height), live_url)
    page.goto(url)
    axe(page)
    page.screenshot(path=tmp_path / f"mapping-{width}.png", full_page=True)
    assert fits(page)
    box = page.locator(".question-table")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth") == (width < 1000)
    expect(page.get_by_label("Abstract text")).to_have_value("abstract")
    page.get_by_label("Remarks").select_option("Title")
    page.get_by_label("Paper heading").select_option("Title")
    page.get_by_role("button", name="Import", exact=True).click()
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("“Paper heading” and “Remarks” are both set to it")
    axe(page)
    page.screenshot(path=tmp_path / f"mapping-error-{width}.png", full_page=True)
    page.get_by_label("Remarks").select_option("Notes")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page).not_to_have_url(f"{live_url}{url}")
    batch = ImportBatch.objects.get()
    assert batch.answers["mapping"]["Remarks"] == "notes"
    assert batch.state != BatchState.ASKING
    page.goto(url)
    page.screenshot(path=tmp_path / f"remembered-{width}.png", full_page=True)
    axe(page)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_encodings(
    new_page: Callable[..., Page], live_url: str, axe: Callable[[Page], None], tmp_path: Path, width: int, height: int
) -> None:
    cast = make_cast()
    url = asking(cast, NAMES.encode("mac_roman"), "schlaf.ris")
    page = signed_in(cast, new_page(width=width, height=height), live_url)
    page.goto(url)
    axe(page)
    page.screenshot(path=tmp_path / f"encoding-{width}.png", full_page=True)
    assert fits(page)
    expect(page.locator("label.choice", has_text="MacRoman").get_by_role("radio")).to_be_checked()
    page.locator("label.choice", has_text="Windows-1250").click()
    page.get_by_role("button", name="Do not import this file").click()
    page.get_by_role("dialog").get_by_role("button", name="Do not import").click()
    expect(page.get_by_text("is not imported.")).to_be_visible()
    assert ImportBatch.objects.get().error == "Alice Lead chose not to import this file."


@pytest.mark.worker
def test_from_the_upload_to_the_receipt(
    new_page: Callable[..., Page], live_url: str, worker: Worker, tmp_path: Path
) -> None:
    cast = make_cast()
    search = make_search(cast.review, source="Our own list")
    book = Workbook()
    assert book.active is not None
    book.active.append(["Paper heading", "Who wrote it"])
    book.active.append(["Sleep after surgery", "Rowe A; Novák J"])
    book.save(tmp_path / "list.xlsx")
    page = signed_in(cast, new_page(), live_url)
    page.goto(reverse("screening:search_detail", args=[cast.review.pk, search.pk]))
    page.locator("input[type=file]").set_input_files(tmp_path / "list.xlsx")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Needs your answer").click()
    assert not Record.objects.exists()
    page.get_by_label("Paper heading").select_option("Title")
    page.get_by_label("Who wrote it").select_option("Authors")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Title from “Paper heading”, Authors from “Who wrote it”")).to_be_visible()
    page.screenshot(path=tmp_path / "receipt.png", full_page=True)
    assert Record.objects.get().title == "Sleep after surgery"
