"""Two extractors in two browsers: the connection is lost, two windows differ, the two are compared and settled."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page, Route, expect

from extraction.constants import SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, ExtractionForm, GroupEntry
from extraction.queries.sheets import consensus_values
from screening.constants import ScreeningStatus
from screening.models import Study
from screening.services.retrieval import add_report_file
from tests.e2e.test_three_people import sign_in
from tests.extraction.sheet_rows import both_ready, make_form, make_pair, make_studies
from tests.factories import PASSWORD, Cast, make_cast, make_report

PICTURES = os.environ.get("PICTURES")
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    for person in (made.alice, made.bob, made.cara, made.dan):
        person.set_password(PASSWORD)
        person.save()
    return made


@pytest.fixture
def form(cast: Cast) -> ExtractionForm:
    return make_form(cast)


@pytest.fixture
def study(cast: Cast, settings: Any, tmp_path: Path) -> Study:
    """A study with one report and its PDF."""
    settings.MEDIA_ROOT = str(tmp_path)
    [made] = make_studies(cast, 1)
    report = make_report(cast.review, study=made, full_text_status=ScreeningStatus.INCLUDED)
    pdf = SimpleUploadedFile("full.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n")
    add_report_file(membership=cast.membership("alice"), report_id=report.pk, file=pdf)
    return made


def look(page: Page, name: str) -> None:
    """Pictures of the page, wide and narrow, for a person to look at."""
    if not PICTURES:
        return
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{PICTURES}/extraction-{name}-{width}.png", full_page=width == 390, caret="initial")


def saved(page: Page, name: str) -> None:
    expect(page.locator(f'[data-cell="{name}"] [data-saved]')).to_have_text("Saved")


def live(sheet: Extraction, item: str) -> Any:
    return ExtractedValue.objects.get(extraction=sheet, item=item, superseded_at=None).value


def test_a_sheet_is_filled_offline_and_in_two_windows(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, form: ExtractionForm, study: Study
) -> None:
    alice, bob = new_page(), new_page()
    sign_in(alice, cast.alice.email)
    alice.goto(f"/reviews/{cast.review.pk}/extraction/forms/{form.pk}/studies/")
    axe(alice)
    look(alice, "list-lead")
    for name in ("Alice Lead", "Dan Adjudicator"):
        alice.get_by_role("checkbox", name=name).uncheck()
    alice.get_by_role("button", name="Share evenly").click()
    expect(alice.get_by_text("2 sheets were given out.")).to_be_visible()
    sheet = Extraction.objects.get(extractor=cast.bob)

    sign_in(bob, cast.bob.email)
    bob.goto(f"/reviews/{cast.review.pk}/extraction/")
    bob.get_by_role("link", name="Go on extracting").click()
    expect(bob.locator("#sheet-progress")).to_have_text("0 of 2 required")
    expect(bob.locator("#v-arms-0-ask")).to_be_hidden()
    bob.get_by_label("Trial").check()
    expect(bob.locator("#v-arms-0-ask")).to_be_visible()
    bob.get_by_label("Cohort").check()
    expect(bob.locator("#v-arms-0-ask")).to_be_hidden()
    saved(bob, "v-design-0")
    bob.locator("#v-n-0").fill("100")
    bob.locator("#v-se-0").fill("2")
    bob.locator("#v-country-0").fill("Spain")
    bob.keyboard.press("Tab")
    saved(bob, "v-country-0")
    expect(bob.locator("#v-sd-0")).to_have_text("20.00")
    bob.locator("#v-n-0").fill("many")
    bob.keyboard.press("Tab")
    expect(bob.locator("#v-n-0-error")).to_contain_text("number")
    bob.locator("#v-n-0").fill("120")
    bob.keyboard.press("Tab")
    saved(bob, "v-n-0")
    bob.locator("#v-scan-0").set_input_files({"name": "t.png", "mimeType": "image/png", "buffer": b"picture"})
    saved(bob, "v-scan-0")
    assert live(sheet, "scan")["name"] == "t.png"
    bob.locator("#v-country-0").focus()
    bob.locator("#pdf-page").fill("7")
    bob.get_by_role("button", name="Take page").click()
    expect(bob.locator("#v-country-0-page")).to_have_value("7")
    saved(bob, "v-country-0")

    away: Callable[[Route], None] = lambda route: route.abort()  # noqa: E731 - a route is taken back by its handler
    bob.route("**/value/", away)
    bob.locator("#v-country-0").fill("Portugal")
    bob.keyboard.press("Tab")
    expect(bob.locator("#save-state")).to_contain_text("kept in this browser")
    expect(bob.locator('[data-cell="v-country-0"] [data-saved]')).to_have_text("Not saved; will try again")
    look(bob, "offline")
    bob.unroute("**/value/", away)
    bob.on("dialog", lambda dialog: dialog.accept())
    bob.reload()  # what was kept comes back and is sent
    expect(bob.locator("#v-country-0")).to_have_value("Portugal")
    saved(bob, "v-country-0")
    assert live(sheet, "country") == "Portugal"

    second = bob.context.new_page()
    second.goto(bob.url)
    second.locator("#v-country-0").fill("Italy")
    second.keyboard.press("Tab")
    saved(second, "v-country-0")
    bob.locator("#v-country-0").fill("Malta")
    bob.keyboard.press("Tab")
    expect(bob.locator(".conflict")).to_contain_text("Italy")
    look(bob, "conflict")
    axe(bob)
    assert live(sheet, "country") == "Italy"
    bob.get_by_role("button", name="Keep mine").click()
    saved(bob, "v-country-0")
    assert live(sheet, "country") == "Malta"
    second.locator("#v-country-0").fill("Crete")
    second.keyboard.press("Tab")
    second.get_by_role("button", name="Take that").click()
    expect(second.locator("#v-country-0")).to_have_value("Malta")
    second.close()

    bob.get_by_role("button", name="Ready").click()
    expect(bob.locator("#problem")).to_contain_text("Model: at least 1")
    bob.get_by_role("button", name="Add: Model").click()
    entry = GroupEntry.objects.get(extraction=sheet)
    bob.locator(f"#label-{entry.pk}").fill("LSTM")
    bob.keyboard.press("Enter")
    expect(bob.locator(f"#label-{entry.pk}")).to_have_value("LSTM")
    bob.get_by_role("button", name=re.compile("Remove.*LSTM")).click()
    bob.get_by_role("button", name="Bring it back").click()
    bob.locator(f"#v-family-{entry.pk}").fill("Recurrent network")
    bob.get_by_role("button", name="Add: Evaluation").click()  # waits until the answer before is saved
    expect(bob.locator("[data-entry] [data-entry]")).to_have_count(1)
    expect(bob.locator(f"#v-family-{entry.pk}")).to_have_value("Recurrent network")
    expect(bob.locator("#sheet-progress")).to_have_text("3 of 3 required")
    look(bob, "sheet")
    axe(bob)
    bob.get_by_role("button", name="Ready").click()
    expect(bob.get_by_text(f"Your sheet for {study.label} is ready.")).to_be_visible()
    sheet.refresh_from_db()
    assert sheet.state == SheetState.READY
    bob.goto(f"/reviews/{cast.review.pk}/extraction/sheets/{sheet.pk}/")
    expect(bob.locator("#v-n-0")).to_be_disabled()
    look(bob, "ready")


def test_a_third_person_settles(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, form: ExtractionForm, study: Study
) -> None:
    both_ready(cast, form, study, country="Portugal", n="120", se="3")
    dan = new_page()
    sign_in(dan, cast.dan.email)
    dan.goto(f"/reviews/{cast.review.pk}/extraction/compare/")
    dan.get_by_role("button", name="Begin to settle").click()
    expect(dan.get_by_text("0 of 3 settled")).to_be_visible()
    look(dan, "compare")
    axe(dan)
    dan.get_by_role("button", name=re.compile("Take this.*Country, Cara")).click()
    expect(dan.locator("#row-v-country-0")).to_contain_text("Taken from the second extractor")
    row = dan.locator("#row-v-n-0")
    row.get_by_text("Write another").click()
    row.get_by_label("Sample size", exact=False).first.fill("144")
    row.get_by_role("button", name="Settle with this").click()
    expect(dan.locator("#row-v-n-0 .settle-stands")).to_contain_text("144")
    dan.get_by_role("button", name="Consensus is ready").click()
    expect(dan.locator("#problem")).to_contain_text("SE")
    dan.locator("#row-v-se-0").get_by_text("Ask", exact=True).click()
    dan.get_by_label("Note to the extractors").and_(dan.locator("#ask-v-se-0")).fill("Which table?")
    dan.locator("#row-v-se-0").get_by_role("button", name="Put it there").click()
    expect(dan.locator("#row-v-se-0")).to_contain_text("Which table?")
    look(dan, "asked")
    dan.get_by_role("button", name=re.compile("Take this.*SE, Cara")).click()
    dan.get_by_role("button", name="Consensus is ready").click()
    expect(dan.get_by_text("These values stand for the study.")).to_be_visible()
    look(dan, "settled")
    axe(dan)
    [values] = consensus_values(form.pk).studies
    assert {
        key[0]: (cell.value, cell.origin) for key, cell in values.cells.items() if key[0] in ("country", "n", "sd")
    } == {
        "country": ("Portugal", ValueOrigin.TAKEN_SECOND),
        "n": (144, ValueOrigin.SETTLED),
        "sd": ("36.00", ValueOrigin.DERIVED),
    }
    dan.goto(f"/reviews/{cast.review.pk}/extraction/forms/{form.pk}/agreement/")
    expect(dan.get_by_role("row", name=re.compile("Country"))).to_contain_text("50 (1 of 2)")
    look(dan, "agreement")
    axe(dan)


def test_a_section_is_saved_without_javascript(
    new_page: Callable[..., Page], cast: Cast, form: ExtractionForm, study: Study
) -> None:
    sheet, _ = make_pair(cast, form, study)
    bob = new_page(width=390, height=844, java_script_enabled=False)
    sign_in(bob, cast.bob.email)
    bob.goto(f"/reviews/{cast.review.pk}/extraction/sheets/{sheet.pk}/")
    expect(bob.get_by_role("link", name=re.compile("^PDF"))).to_be_visible()
    bob.locator("#v-country-0").fill("Spain")
    bob.locator("#v-n-0").fill("12")
    bob.get_by_role("button", name="Save study").click()
    expect(bob.get_by_text("Saved.")).to_be_visible()
    expect(bob.locator("#v-country-0")).to_have_value("Spain")
    assert live(sheet, "n") == 12
