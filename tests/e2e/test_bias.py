"""Two people assess a study with keys only, a third settles what they judge differently; wide screen and phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from bias.constants import AssessmentState
from bias.models import BiasAssessment, Evaluation
from bias.queries.standing import standing
from tests.bias.assessing import LMH, make_evaluation, make_settings, own
from tests.factories import Cast, make_cast

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NewPage = Callable[..., Page]


def sign_in(page: Page, cast: Cast, who: str, live_url: str) -> Page:
    client = Client()
    client.force_login(getattr(cast, who))
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    return page


@pytest.fixture
def evaluation() -> tuple[Cast, Evaluation]:
    cast = make_cast()
    make_settings(cast, **LMH, question={"population": "Adults", "use": "To plan follow-up."})
    return cast, make_evaluation(cast, study_label="Sleep and Rest 2023", label="RestNet")


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_text("Saved")


def judge_with_keys(page: Page, analysis: str) -> None:
    """Every question yes, in the analysis no where it is not low; every text typed; nothing touched but keys."""
    keyboard = page.keyboard
    keyboard.press("j")
    for name, questions in (("participants", 2), ("predictors", 3), ("outcome", 6), ("analysis", 6)):
        level = analysis if name == "analysis" else "l"
        for _ in range(questions):
            keyboard.press("y" if level == "l" else "n")
            keyboard.press("j")
        keyboard.press(level)
        keyboard.press("j")
        keyboard.type(f"Read in the report on {name}.")
        keyboard.press("Escape")
        keyboard.press("j")
        if name != "analysis":
            keyboard.press("l")
            keyboard.press("j")
    keyboard.press(analysis)
    keyboard.press("j")
    keyboard.press("l")
    saved(page)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_two_with_keys_only_and_a_third_settles(
    new_page: NewPage,
    live_url: str,
    axe: Callable[[Page], None],
    evaluation: tuple[Cast, Evaluation],
    width: int,
    height: int,
) -> None:
    cast, assessed = evaluation
    for who, analysis in (("bob", "l"), ("cara", "h")):
        page = sign_in(new_page(width, height), cast, who, live_url)
        page.goto(f"/reviews/{cast.review.pk}/bias/next/")
        judge_with_keys(page, analysis)
        axe(page)
        expect(page.get_by_text("Nothing is missing")).to_have_count(1)
        page.keyboard.press("f")
        expect(page.get_by_text("is finished")).to_be_visible()
        axe(page)
    assert set(BiasAssessment.objects.values_list("state", flat=True)) == {AssessmentState.READY}
    page = sign_in(new_page(width, height), cast, "dan", live_url)
    page.goto(f"/reviews/{cast.review.pk}/bias/compare/")
    axe(page)
    analysis_card = page.locator(".compare-domain").first
    expect(analysis_card).to_contain_text("Analysis")
    analysis_card.get_by_text("Take B").click()
    page.locator(".card-attention").get_by_text("Take B").click()
    page.keyboard.press("s")
    expect(page.get_by_text("It is settled.")).to_be_visible()
    axe(page)
    [stands] = standing(cast.review.pk)
    assert (stands.overall[""].judged, stands.settled) == ("high", True)
    assert own(cast, "bob", assessed).state == AssessmentState.READY


def test_what_cannot_be_sent_is_sent_again(
    new_page: NewPage, live_url: str, evaluation: tuple[Cast, Evaluation]
) -> None:
    cast, assessed = evaluation
    page = sign_in(new_page(), cast, "bob", live_url)
    page.goto(f"/reviews/{cast.review.pk}/bias/evaluations/{assessed.pk}/assess/")
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.locator("#save-state")).to_contain_text("Not saved, will try again")
    page.context.set_offline(False)
    saved(page)
    assert own(cast, "bob", assessed).version == 1


def test_two_tabs_are_asked_which_holds(new_page: NewPage, live_url: str, evaluation: tuple[Cast, Evaluation]) -> None:
    cast, assessed = evaluation
    first = sign_in(new_page(), cast, "bob", live_url)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(f"/reviews/{cast.review.pk}/bias/evaluations/{assessed.pk}/assess/")
    for page, key in ((first, "y"), (second, "n")):
        page.bring_to_front()
        page.keyboard.press("j")
        page.keyboard.press(key)
        if page is first:
            saved(first)
    expect(second.get_by_text("In another tab this is now “Yes”.")).to_be_visible()
    second.get_by_role("button", name="Keep mine").click()
    saved(second)
    assert own(cast, "bob", assessed).answers.get().answer == "N"


def test_without_scripts_a_domain_is_saved_with_its_button(
    new_page: NewPage, live_url: str, evaluation: tuple[Cast, Evaluation]
) -> None:
    cast, assessed = evaluation
    page = sign_in(new_page(java_script_enabled=False), cast, "bob", live_url)
    page.goto(f"/reviews/{cast.review.pk}/bias/evaluations/{assessed.pk}/assess/")
    group = page.locator(".domain").first
    group.locator(".option", has_text="Yes").first.click()
    group.locator("textarea[name$=':rationale']").fill("A cohort.")
    group.get_by_role("button", name="Save participants").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert own(cast, "bob", assessed).judgements.get().rationale == "A cohort."


def test_the_keys_are_listed(new_page: NewPage, live_url: str, evaluation: tuple[Cast, Evaluation]) -> None:
    cast, assessed = evaluation
    page = sign_in(new_page(), cast, "bob", live_url)
    page.goto(f"/reviews/{cast.review.pk}/bias/evaluations/{assessed.pk}/assess/")
    page.keyboard.press("j")
    page.locator("[data-dialog=display-dialog]").click()
    for words in ("Probably yes", "Next question", "Finish"):
        expect(page.locator("[data-keys]").get_by_text(words, exact=True)).to_be_visible()
