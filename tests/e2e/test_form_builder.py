"""A lead makes a form: from blank, every type, by keyboard and by dragging, previewed, used; and without scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from extraction.constants import ItemType
from extraction.models import ExtractionForm
from extraction.queries.forms import draft_version, live_version
from extraction.rules.definition import Definition, parse
from extraction.rules.outline import TYPE_HELP
from extraction.rules.templates import TEMPLATES
from tests.extraction.building import make_form
from tests.factories import make_cast

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS")


def shot(page: Page, name: str) -> None:
    """A picture for a person to look at, where one is asked for."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def sign_in(page: Page, user: object, live_url: str) -> None:
    """Somebody's session in a browser."""
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]  # a user
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])


def definition_now() -> Definition:
    """The draft as it is stored."""
    draft = draft_version(ExtractionForm.objects.get())
    assert draft is not None
    return parse(draft.definition)


def labels(definition: Definition, section: int = 0) -> list[str]:
    """Labels of a section's items, in order."""
    return [item.label for item in definition.sections[section].items]


def add(section: Locator, label: str, kind: str, answers: str = "") -> None:
    """One item by the short form."""
    section.get_by_label("Label").fill(label)
    section.get_by_role("radio", name=kind).check()
    if answers:
        section.get_by_label("Answers, one a line").fill(answers)
    section.get_by_role("button", name="Add", exact=True).click()
    expect(section.get_by_role("button", name=label, exact=True).first).to_be_visible()


def test_a_form_of_every_type_with_a_nested_group(page: Page, live_url: str, axe: Callable[[Page], None]) -> None:
    cast = make_cast()
    sign_in(page, cast.alice, live_url)
    page.goto(f"/reviews/{cast.review.pk}/extraction/forms/")
    shot(page, "list-empty")
    page.get_by_role("link", name="Make the first form").click()
    page.get_by_label("Name").fill("Main form")
    axe(page)
    shot(page, "create")
    page.get_by_role("button", name="Make the form").click()
    section = page.locator(".build-section").first
    expect(section.get_by_label("Label")).to_be_visible()
    shot(page, "builder-blank")
    for kind in TYPE_HELP:
        answers = "One\nTwo" if kind in (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER) else ""
        add(section, f"Item {kind}", f"{kind.label} {TYPE_HELP[kind]}", answers)
        expect(section.get_by_label("Label")).to_be_focused()
    assert [item.type for item in definition_now().items()] == list(TYPE_HELP)
    page.get_by_text("Add a repeating group").first.click()
    page.get_by_label("What is repeated, such as Arm").first.fill("Model")
    page.get_by_role("button", name="Add group").first.click()
    expect(page.get_by_role("heading", name="Model", level=2)).to_be_visible()
    page.get_by_text("Add a repeating group within “Model”").click()
    page.get_by_label("What is repeated, such as Arm").locator("visible=true").fill("Evaluation")
    page.get_by_role("button", name="Add group").locator("visible=true").click()
    expect(page.get_by_role("heading", name="Evaluation", level=2)).to_be_visible()
    assert [group.parent for group in definition_now().groups] == ["", definition_now().groups[0].id]
    axe(page)
    shot(page, "builder-full")
    page.get_by_role("link", name="Preview").click()
    axe(page)
    shot(page, "preview")


def test_settings_order_and_undo(page: Page, live_url: str, axe: Callable[[Page], None]) -> None:
    cast = make_cast()
    make_form(cast.membership("alice"), TEMPLATES["intervention"].definition)
    sign_in(page, cast.alice, live_url)
    page.goto(f"/reviews/{cast.review.pk}/extraction/forms/{ExtractionForm.objects.get().pk}/build/")
    first, second, *_ = labels(definition_now())
    row = page.locator(".build-item", has=page.get_by_role("button", name=first)).first
    row.get_by_role("button", name=f"Move down: {first}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".build-label").first).to_contain_text(second)
    expect(page.get_by_role("button", name=f"Move down: {first}")).to_be_focused()
    assert labels(definition_now())[:2] == [second, first]
    page.get_by_role("button", name="Effect as reported", exact=True).click()
    settings = page.locator(".build-settings")
    expect(settings.get_by_label("Label")).to_be_focused()
    settings.get_by_label("Unit").fill("points")
    settings.get_by_text("When it is asked").click()
    settings.get_by_label("Only if").select_option(label="Adjusted")
    settings.get_by_role("checkbox", name="Yes", exact=True).check()
    axe(page)
    shot(page, "settings")
    settings.get_by_role("button", name="Save item").click()
    expect(settings).to_have_count(0)
    item = definition_now().item("effect")
    assert item is not None
    assert item.shown_if is not None
    assert (item.unit, item.shown_if.item, item.shown_if.values) == ("points", "adjusted", ("yes",))
    before = definition_now()
    page.get_by_role("button", name=f"Remove : {second}").click()
    expect(page.get_by_role("button", name=f"Remove : {second}")).to_have_count(0)
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.get_by_role("button", name=f"Remove : {second}")).to_be_visible()
    assert definition_now() == before


def test_an_item_is_dragged_to_another_section(page: Page, live_url: str) -> None:
    cast = make_cast()
    make_form(cast.membership("alice"), TEMPLATES["generative"].definition)
    sign_in(page, cast.alice, live_url)
    page.goto(f"/reviews/{cast.review.pk}/extraction/forms/{ExtractionForm.objects.get().pk}/build/")
    handle = page.locator("[data-item=data_used] [data-handle]")
    handle.drag_to(page.locator("[data-item=model_family]"), target_position={"x": 100, "y": 4})
    expect(page.locator("[data-section=model_details] [data-item=data_used]")).to_be_visible()
    ids = [item.id for item in definition_now().sections[1].items]
    assert ids == ["underlying_model", "data_used", "model_family", "applied_model"]


def test_two_tabs(new_page: Callable[..., Page], live_url: str) -> None:
    cast = make_cast()
    version = make_form(cast.membership("alice"))
    one, two = new_page(), new_page(390, 844)
    for page in (one, two):
        sign_in(page, cast.alice, live_url)
        page.goto(f"/reviews/{cast.review.pk}/extraction/forms/{version.form_id}/build/")
    one.get_by_role("button", name="Remove : Size").click()
    expect(one.get_by_role("button", name="Remove : Size")).to_have_count(0)
    two.get_by_role("button", name="Remove : Design").click()
    expect(two.get_by_role("alert").filter(has_text="changed since you opened")).to_be_focused()
    expect(two.get_by_role("button", name="Remove : Size")).to_have_count(0)
    assert labels(definition_now()) == ["Design", "Model"]
    shot(two, "stale-phone")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_and_without_scripts(
    new_page: Callable[..., Page], live_url: str, axe: Callable[[Page], None], scripts: bool
) -> None:
    cast = make_cast()
    version = make_form(cast.membership("alice"), TEMPLATES["charms"].definition)
    page = new_page(390, 844, java_script_enabled=scripts)
    sign_in(page, cast.alice, live_url)
    page.goto(f"/reviews/{cast.review.pk}/extraction/forms/{version.form_id}/build/")
    overflow = page.evaluate("document.documentElement.scrollWidth") if scripts else 390
    assert overflow <= 390
    if scripts:
        axe(page)
        shot(page, "builder-phone")
    page.get_by_role("button", name="Modelling method · required").click()
    page.get_by_label("Label", exact=True).and_(page.locator("#set-label")).fill("How it was modelled")
    if scripts:
        shot(page, "settings-phone")
    page.get_by_role("button", name="Save item").click()
    expect(page.get_by_role("button", name="How it was modelled", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_role("heading", name="Version 1 as extractors see it")).to_be_visible()
    if scripts:
        shot(page, "preview-phone")
    page.goto(f"/reviews/{cast.review.pk}/extraction/forms/{version.form_id}/publish/")
    if scripts:
        axe(page)
        shot(page, "publish-phone")
    page.get_by_role("button", name="Use version 1").click()
    expect(page.get_by_text("is in its pilot").first).to_be_visible()
    assert live_version(version.form) is not None
    if scripts:
        axe(page)
        shot(page, "detail-phone")
