"""Five files of five formats, dropped on the page or sent as one ZIP: five bars to watch, five receipts that add up."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from screening.constants import BatchState
from screening.models import ImportBatch, Record, Search, StagedRecord
from tests.factories import Cast, make_cast, make_search
from tests.worker import Worker, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

ABSTRACT = "We followed adults who slept badly for a year and asked them how they were. " * 6

MANY = 120_000
"""Records that keep a worker busy for some seconds."""


def ris(count: int) -> str:
    return "".join(
        f"TY  - JOUR\nTI  - Sleep and rest {n}\nAU  - Okafor, Ada\nPY  - 2020\nJO  - Journal of Rest\n"
        f"DO  - 10.5555/ris.{n}\nAB  - {ABSTRACT}\nZZ  - kept {n}\nER  - \n\n"
        for n in range(count)
    )


def nbib(count: int) -> str:
    return "".join(
        f"PMID- {99000000 + n}\nTI  - Naps at work {n}.\nFAU - Lind, Per\nDP  - 2019\nJT  - Sleep letters\n"
        f"AID - 10.5555/nbib.{n} [doi]\n\n"
        for n in range(count)
    )


def bibtex(count: int) -> str:
    return "".join(
        f"@article{{lind{n},\n  title = {{Shift work {n}}},\n  author = {{Moreau, Jean and Berg, Ida}},\n"
        f"  year = {{2018}},\n  journal = {{Animal Notes}},\n  doi = {{10.5555/bib.{n}}}\n}}\n"
        for n in range(count)
    )


def endnote(count: int) -> str:
    records = "".join(
        f'<record><ref-type name="Journal Article">17</ref-type><contributors><authors><author>Sato, Emi</author>'
        f"</authors></contributors><titles><title>Light and waking {n}</title><secondary-title>Lux</secondary-title>"
        f"</titles><dates><year>2021</year></dates></record>"
        for n in range(count)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><xml><records>{records}</records></xml>'


def table(count: int) -> str:
    """As Publish or Perish writes it; its last row has too many cells."""
    lines = ["Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI"]
    lines += [
        f'1,"A Rowe","Caffeine after noon {n}",2020,"Rest",P,https://x.org/{n},,{n},2024-01-01,,10.5555/pop.{n}'
        for n in range(count)
    ]
    return "\n".join([*lines, ",".join(str(cell) for cell in range(20))])


FILES = {
    "embase.ris": (ris, 50_000, 0, "RIS"),
    "pubmed.nbib": (nbib, 40, 0, "MEDLINE"),
    "acm.bib": (bibtex, 30, 0, "BibTeX"),
    "endnote.xml": (endnote, 20, 0, "EndNote XML"),
    "scholar.csv": (table, 10, 1, "Publish or Perish"),
}
READ = sum(count + refused for _, count, refused, _ in FILES.values())


@pytest.fixture
def cast_of_five() -> Cast:
    return make_cast()


def signed_in(page: Page, cast: Cast, live_url: str) -> Page:
    client = Client()
    client.force_login(cast.alice)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    return page


def picture(page: Page, name: str) -> None:
    """Kept where SCREENSHOTS says, for a person to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")


def drop(page: Page, files: dict[str, str]) -> None:
    """Let the files go over the page's heading, as a hand with a mouse does."""
    held = page.evaluate_handle(
        "files => { const held = new DataTransfer();"
        " for (const [name, text] of Object.entries(files)) held.items.add(new File([text], name)); return held; }",
        files,
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event("h1", event, {"dataTransfer": held})


def open_search(page: Page, search: Search) -> None:
    page.goto(f"/reviews/{search.review_id}/searches/{search.pk}/")


def check_receipts(page: Page, search: Search, axe: Callable[[Page], None], archive: str) -> None:
    """Every receipt says read = stored + rejected, its format, and where the file came from; together they are all."""
    total = 0
    for name, (_, count, refused, label) in FILES.items():
        open_search(page, search)
        page.locator("tr", has_text=name).get_by_role("link", name=f"Receipt of {name}").click()
        expect(page.locator("h1")).to_have_text(name)
        numbers = [int(text.replace(",", "")) for text in page.locator(".tile dd").all_inner_texts()]
        assert numbers == [count + refused, count, refused]
        total += numbers[0]
        head = page.locator(".page-head p").inner_text()
        assert label in head
        assert ("in exports.zip" in head) is bool(archive)
        expect(page.locator("main")).to_contain_text("SHA-256")
        if refused:
            expect(page.locator("main")).to_contain_text("The row has 20 columns, the header 12.")
        axe(page)
    assert total == READ
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt as CSV").click()
    assert "rejected entry,line 12," in download.value.path().read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "height", "archive"), [(1440, 900, ""), (390, 844, "exports.zip")])
def test_five_files_five_bars_five_receipts(
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    worker: Worker,
    live_url: str,
    cast_of_five: Cast,
    tmp_path: Path,
    width: int,
    height: int,
    archive: str,
) -> None:
    search = make_search(cast_of_five.review, source="All databases", reported_count=READ)
    page = signed_in(new_page(width, height), cast_of_five, live_url)
    texts = {name: make(count) for name, (make, count, _, _) in FILES.items()}
    open_search(page, search)
    axe(page)
    picture(page, f"before-{width}")
    if archive:
        with zipfile.ZipFile(tmp_path / archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in texts.items():
                packed.writestr(f"exports/{name}", text)
        page.set_input_files("input[type=file]", tmp_path / archive)
        expect(page.locator("#announcer")).to_have_text(f"Chosen: {archive}.")
    else:
        drop(page, texts)
        expect(page.locator("#announcer")).to_have_text("Added: 5 files. 5 chosen.")
        expect(page.locator(".drop-files li")).to_have_count(5)
        axe(page)
    picture(page, f"chosen-{width}")
    page.get_by_role("button", name="Import", exact=True).click()
    bars = page.locator("main progress[aria-label^='Import of']")
    expect(bars).to_have_count(5)
    expect(page.locator("#files-title")).to_be_focused()
    expect(page.locator("main")).to_contain_text(re.compile(r"of about [\d,]+ · [\d,]+ a second · \d+ s left"))
    expect(page.locator("tr", has_text="pubmed.nbib")).to_contain_text("Waiting for the file before it")
    picture(page, f"bars-{width}")
    axe(page)
    expect(page.get_by_text("Imported", exact=True)).to_have_count(5, timeout=180_000)
    expect(bars).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("Files of this search: 5 imported.")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url))
    page.wait_for_timeout(2500)
    assert polls == []
    assert page.locator(".tile", has_text="read from files").locator("dd").inner_text() == f"{READ:,}"
    picture(page, f"after-{width}")
    axe(page)
    check_receipts(page, search, axe, archive)
    picture(page, f"receipt-{width}")


def test_an_import_is_cancelled_and_started_again(
    new_page: Callable[..., Page], axe: Callable[[Page], None], worker: Worker, live_url: str, cast_of_five: Cast
) -> None:
    search = make_search(cast_of_five.review)
    page = signed_in(new_page(), cast_of_five, live_url)
    open_search(page, search)
    drop(page, {"first.ris": ris(MANY).replace(ABSTRACT, "Short."), "second.nbib": nbib(5)})
    page.get_by_role("button", name="Leave out second.nbib").click()
    drop(page, {"second.bib": bibtex(5)})
    expect(page.locator(".drop-files li")).to_have_count(2)
    page.get_by_role("button", name="Import", exact=True).click()
    first, second = (page.locator("tr", has_text=name) for name in ("first.ris", "second.bib"))
    expect(first).to_contain_text("a second")
    second.get_by_role("button", name="Cancel").click()
    expect(second).to_contain_text("Not imported")
    cancel = first.get_by_role("button", name="Cancel")
    cancel.focus()
    with page.expect_response(lambda answer: answer.url.endswith(f"/searches/{search.pk}/")):
        pass
    expect(cancel).to_be_focused()
    cancel.press("Enter")
    expect(first).to_contain_text("The import was cancelled before it was finished.")
    picture(page, "cancelled-1440")
    axe(page)
    assert not Record.objects.exists()
    assert wait_for(lambda: not StagedRecord.objects.exists())
    first.get_by_role("button", name="Try again").click()
    expect(first).to_contain_text("a second")
    first.get_by_role("link", name="first.ris", exact=True).click()
    expect(page.locator("h1")).to_have_text("first.ris")
    expect(page.locator("main progress")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
    picture(page, "running-1440")
    axe(page)
    expect(page.locator(".tile", has_text="stored").locator("dd")).to_have_text(f"{MANY:,}", timeout=180_000)
    assert Record.objects.count() == MANY
    assert set(ImportBatch.objects.values_list("filename", "state")) == {
        ("first.ris", BatchState.DONE),
        ("second.bib", BatchState.FAILED),
    }


def test_without_scripts_files_are_chosen_sent_and_read(
    new_page: Callable[..., Page], worker: Worker, live_url: str, cast_of_five: Cast, tmp_path: Path
) -> None:
    search = make_search(cast_of_five.review)
    page = signed_in(new_page(390, 844, java_script_enabled=False), cast_of_five, live_url)
    for name, text in (("a.ris", ris(2)), ("b.nbib", nbib(3)), ("broken.zip", "PK\x03\x04 nothing")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    open_search(page, search)
    page.set_input_files("input[type=file]", [tmp_path / "a.ris", tmp_path / "broken.zip", tmp_path / "b.nbib"])
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".error-summary")).to_contain_text("broken.zip: The ZIP archive is damaged")
    expect(page.locator("#messages")).to_contain_text("2 files have arrived")
    picture(page, "refused-390")
    assert wait_for(lambda: ImportBatch.objects.filter(state=BatchState.DONE).count() == 2)
    open_search(page, search)
    expect(page.get_by_text("Imported", exact=True)).to_have_count(2)
    assert Record.objects.count() == 5
