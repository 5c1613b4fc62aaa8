"""A reviewer marks a duplicate while screening, a lead confirms it in the queue; fields and studies by the way."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from screening.constants import PairVerdict, ScreeningStatus
from screening.models import Decision, DuplicatePair, Record, Study, StudyOffer
from tests.e2e.test_three_people import sign_in
from tests.factories import PASSWORD, Cast, make_cast, make_record, make_report, make_search
from tests.screening.duplicate_rows import FACTS, OTHER

PICTURES = os.environ.get("PICTURES")
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    for person in (made.alice, made.bob, made.cara):
        person.set_password(PASSWORD)
        person.save()
    return made


@pytest.fixture
def copies(cast: Cast) -> tuple[Record, Record, Record]:
    """A report found in MEDLINE and, without abstract and pages, in Scopus; and another record."""
    first = make_record(cast.review, search=make_search(cast.review, source="MEDLINE"), **FACTS)
    poor = {**FACTS, "abstract": "", "pages": "", "title": "Effects of evening light on sleep quality in adults"}
    second = make_record(cast.review, search=make_search(cast.review, source="Scopus"), **poor)
    third = make_record(cast.review, search=make_search(cast.review, source="Embase"), **OTHER)
    return first, second, third


def look(page: Page, name: str) -> None:
    """Pictures of the page, wide and narrow, for a person to look at."""
    if not PICTURES:
        return
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        path = f"{PICTURES}/marks-{name}-{width}.png"
        whole = name in ("fields", "offers", "study")
        page.screenshot(path=path, full_page=whole, caret="initial")  # hiding the caret would be an inline style


def screening(cast: Cast) -> str:
    return f"/reviews/{cast.review.pk}/screen/title-abstract/"


def test_marked_by_key_while_screening_and_confirmed_by_a_lead(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, copies: tuple[Record, Record, Record]
) -> None:
    first, second, third = copies
    bob, alice = new_page(), new_page()
    sign_in(bob, cast.bob.email)
    bob.goto(screening(cast))
    expect(bob.locator(".record-title")).to_have_text(first.title)
    bob.keyboard.press("i")
    expect(bob.locator(".record-title")).to_have_text(second.title)
    bob.keyboard.press("?")
    expect(bob.locator("[data-keys]")).to_contain_text("Duplicate of another record")
    bob.keyboard.press("Escape")
    bob.keyboard.press("r")
    panel = bob.locator("#mark-panel")
    expect(panel).to_contain_text("MEDLINE")
    expect(panel).to_contain_text(first.title)
    expect(bob.locator("#mark-title")).to_be_focused()
    look(bob, "panel")
    axe(bob)
    bob.keyboard.press("e")  # a verdict's key does nothing while the panel is open
    bob.keyboard.press("1")
    expect(bob.get_by_text("Marked; a lead confirms.")).to_be_visible()
    expect(bob.locator(".record-title")).to_have_text(third.title)
    look(bob, "marked")
    axe(bob)
    pair = DuplicatePair.objects.get()
    assert (pair.verdict, pair.marked_by_id) == (PairVerdict.OPEN, cast.bob.pk)
    assert list(Decision.objects.values_list("record_id", "verdict")) == [(first.pk, "include")]

    sign_in(alice, cast.alice.email)
    alice.goto(f"/reviews/{cast.review.pk}/duplicates/queue/")
    expect(alice.get_by_text("Bob Reviewer marked these two as duplicates while screening")).to_be_visible()
    look(alice, "queue")
    alice.keyboard.press("s")
    expect(alice.get_by_text("No doubtful pair is waiting")).to_be_visible()
    assert Record.objects.get(pk=second.pk).duplicate_of_id == first.pk
    alice.goto(f"/reviews/{cast.review.pk}/records/{second.pk}/")
    expect(alice.get_by_text("Marked as a duplicate while screening")).to_be_visible()
    axe(alice)


def test_looked_for_in_the_panel_and_taken_back(
    new_page: Callable[..., Page], cast: Cast, copies: tuple[Record, Record, Record]
) -> None:
    first, _, third = copies
    bob = new_page(width=390, height=844)
    sign_in(bob, cast.bob.email)
    bob.goto(screening(cast))
    bob.get_by_role("link", name="Duplicate", exact=True).click()
    bob.fill("#mark-words", "no such thing anywhere")
    bob.get_by_role("button", name="Find").click()
    expect(bob.locator("#mark-panel")).to_contain_text("No record fits")
    bob.fill("#mark-words", f"#{third.pk}")
    bob.get_by_role("button", name="Find").click()
    bob.get_by_role("button", name=f"Same report as #{third.pk}").click()
    expect(bob.get_by_text("Marked; a lead confirms.")).to_be_visible()
    expect(bob.locator(".record-title")).not_to_have_text(first.title)
    bob.get_by_role("button", name="Take the mark back").click()
    expect(bob.get_by_text("Your mark is taken back")).to_be_visible()
    assert DuplicatePair.objects.get().marked_by_id is None


def test_without_scripts_the_panel_is_a_page(
    new_page: Callable[..., Page], cast: Cast, copies: tuple[Record, Record, Record]
) -> None:
    first, second, _ = copies
    bob = new_page(java_script_enabled=False)
    sign_in(bob, cast.bob.email)
    bob.goto(screening(cast))
    bob.get_by_role("link", name="Duplicate", exact=True).click()
    look(bob, "page")
    bob.get_by_role("button", name=f"Same report as #{second.pk}").click()
    expect(bob.get_by_text("Marked; a lead confirms.")).to_be_visible()
    expect(bob.locator(".record-title")).not_to_have_text(first.title)


def test_a_person_chooses_what_is_shown_and_answers_an_offer(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, copies: tuple[Record, Record, Record]
) -> None:
    first, second, _ = copies
    alice = new_page()
    sign_in(alice, cast.alice.email)
    alice.goto(f"/reviews/{cast.review.pk}/records/{second.pk}/")
    alice.fill("#dup-of", str(first.pk))
    alice.get_by_role("button", name="Same report").click()
    expect(alice.get_by_text("The two records now count as one report.")).to_be_visible()
    alice.goto(f"/reviews/{cast.review.pk}/records/{first.pk}/")
    alice.get_by_text("Where the copies differ: Title").click()
    alice.locator(f"input[name=title][value='{second.pk}']").check()
    look(alice, "fields")
    axe(alice)
    alice.get_by_role("button", name="Show these").click()
    expect(alice.locator(".record-title")).to_have_text(second.title)
    expect(alice.locator("article.record")).to_contain_text(f"Title from Scopus (#{second.pk}).")

    one, two = make_report(cast.review), make_report(cast.review)
    for report in (one, two):
        report.study = Study.objects.create(review=cast.review, label=f"Rowe {report.pk}", created_at=timezone.now())
        report.full_text_status = ScreeningStatus.INCLUDED
        report.save()
    reasons = ["same trial registration number NCT01234567"]
    StudyOffer.objects.create(review=cast.review, first=one.record, second=two.record, reasons=reasons)
    alice.goto(f"/reviews/{cast.review.pk}/studies/")
    look(alice, "studies")
    alice.get_by_role("link", name="Look at it").click()
    expect(alice.get_by_role("button", name="Same study")).to_be_visible()
    look(alice, "offers")
    axe(alice)
    alice.get_by_role("button", name="Same study").click()
    expect(alice.get_by_text("Same study, Alice Lead")).to_be_visible()
    assert Study.objects.filter(withdrawn_at=None).count() == 1
    alice.get_by_role("button", name="Undo").click()
    expect(alice.get_by_role("button", name="Same study")).to_be_visible()
    assert Study.objects.filter(withdrawn_at=None).count() == 2
    alice.get_by_role("button", name="Same study").click()
    expect(alice.get_by_text("Same study, Alice Lead")).to_be_visible()
    alice.goto(f"/reviews/{cast.review.pk}/studies/{one.study_id}/")
    look(alice, "study")
