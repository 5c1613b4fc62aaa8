"""Three people in three browsers carry a review from two search files to the PRISMA 2020 flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reviewapp.models import Review
from screening.models import Record
from tests.factories import PASSWORD, make_user
from tests.worker import Worker, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

RIS = """TY  - JOUR
AU  - Okafor, Ada
AU  - Lind, Per
TI  - Sleep hygiene for adults with chronic insomnia: a randomised trial
JO  - Journal of Rest
PY  - 2020
VL  - 4
SP  - 11
EP  - 19
DO  - 10.5555/rest.2020.11
AB  - Methods: We assigned 120 adults at random. Results: They slept longer.
ER  -
TY  - JOUR
AU  - Moreau, Jean
TI  - Light in barns and the rest of cattle
JO  - Animal Notes
PY  - 2018
DO  - 10.5555/animal.2018.3
AB  - Cattle were watched.
ER  -
TY  - JOUR
AU  - Sato, Emi
TI  - Weighted blankets and night waking in adults: a cohort study
JO  - Journal of Rest
PY  - 2021
DO  - 10.5555/rest.2021.77
AB  - We followed 300 adults for a year.
ER  -
"""
NBIB = """PMID- 99000001
TI  - Sleep Hygiene for Adults with Chronic Insomnia: A Randomised Trial.
AB  - Methods: We assigned 120 adults at random. Results: They slept longer.
FAU - Okafor, Ada
FAU - Lind, Per
JT  - Journal of rest
DP  - 2020
VI  - 4
PG  - 11-9
AID - 10.5555/rest.2020.11 [doi]

PMID- 99000002
TI  - Caffeine after noon and sleep onset: a crossover trial.
AB  - Sixteen students took part.
FAU - Berg, Ida
JT  - Sleep letters
DP  - 2019
AID - 10.5555/letters.2019.8 [doi]
"""
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/reviews/**")


def invite(lead: Page, review: int, email: str, *, adjudicator: bool = False) -> str:
    """Invite someone and take the link that is shown once."""
    lead.goto(f"/reviews/{review}/members/")
    lead.fill("input[name=email]", email)
    if adjudicator:
        lead.check("input[name=can_adjudicate]")
    lead.press("input[name=email]", "Enter")
    link = lead.locator("#invitation-link").input_value()
    return "/invitations/" + link.split("/invitations/")[1]


def screen(page: Page, review: int, stage: str, votes: dict[str, str]) -> None:
    """Vote with keys until nothing is left; `votes` by a word of the title."""
    page.goto(f"/reviews/{review}/screen/{stage}/")
    for _ in range(len(votes)):
        title = page.locator("#screen .record-title")
        expect(title).to_be_visible()
        shown = title.inner_text()
        key = next(key for word, key in votes.items() if word in shown)
        page.wait_for_timeout(350)  # a double press within 300 ms counts as one vote
        for pressed in key:
            page.keyboard.press(pressed)
        expect(page.locator("#screen .record-title", has_text=shown)).to_have_count(0)
    expect(page.locator("#screen")).to_contain_text("Nothing is waiting for you here")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_from_search_files_to_the_flow(
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    worker: Worker,
    tmp_path: Path,
    width: int,
    height: int,
) -> None:
    people = {
        name: make_user(name, email=f"{name.lower()}@example.org", password=PASSWORD) for name in ("Ann", "Ben", "Dee")
    }
    ann, ben, dee = (new_page(width, height) for _ in people)
    for page, name in ((ann, "ann"), (ben, "ben"), (dee, "dee")):
        sign_in(page, f"{name}@example.org")

    ann.goto("/reviews/new/")
    ann.fill("input[name=title]", "Sleep in adults")
    ann.fill("textarea[name=inclusion_criteria]", "Adults\nSleep is measured")
    ann.locator("main form button.button-primary").click()
    ann.wait_for_url("**/settings/screening/")
    axe(ann)
    review = Review.objects.get(title="Sleep in adults").pk
    for page, name, adjudicates in ((ben, "ben", False), (dee, "dee", True)):
        page.goto(invite(ann, review, f"{name}@example.org", adjudicator=adjudicates))
        page.locator("main form button").first.click()
        page.wait_for_url(f"**/reviews/{review}/")

    for source, filename, text in (("Embase", "embase.ris", RIS), ("PubMed", "pubmed.nbib", NBIB)):
        (tmp_path / filename).write_text(text, encoding="utf-8")
        ann.goto(f"/reviews/{review}/searches/new/")
        ann.fill("input[name=source]", source)
        ann.locator("main form button.button-primary").click()
        ann.set_input_files("input[type=file]", tmp_path / filename)
        ann.get_by_role("button", name="Import").click()
        expect(ann.locator("main")).to_contain_text("Imported", timeout=30_000)
    axe(ann)
    ann.goto(f"/reviews/{review}/duplicates/")
    ann.get_by_role("button", name="Find duplicates").click()
    # the job may end before or after the page is drawn: what counts is what Ann reads when it has
    duplicates = Record.objects.filter(review_id=review, duplicate_of__isnull=False)
    assert wait_for(lambda: duplicates.count() == 1, 30)
    ann.reload()
    expect(ann.locator(".tile", has_text="removed as duplicates").locator("dd")).to_have_text("1")
    expect(ann.locator(".tile", has_text="left to screen").locator("dd")).to_have_text("4")

    screen(ann, review, "title-abstract", {"ygiene": "i", "cattle": "e", "blankets": "m", "Caffeine": "e"})
    screen(ben, review, "title-abstract", {"ygiene": "i", "cattle": "e", "blankets": "e", "Caffeine": "e"})

    dee.goto(f"/reviews/{review}/conflicts/")
    dee.get_by_role("link", name="Weighted blankets").click()
    expect(dee.locator("main")).to_contain_text("Reviewer A")
    assert "Ben" not in dee.locator("main").inner_text()
    axe(dee)
    dee.fill("#rationale", "Adults are included, and sleep is measured.")
    dee.locator("button[value=include]").click()
    expect(dee.locator("main")).to_contain_text("No conflict is waiting for you")

    (tmp_path / "full.pdf").write_bytes(PDF)
    ann.goto(f"/reviews/{review}/reports/?which=sought")
    for link in [element.get_attribute("href") for element in ann.locator("main table a").all()]:
        ann.goto(str(link))
        ann.set_input_files("#report-file", tmp_path / "full.pdf")
        ann.get_by_role("button", name="Upload").click()
        expect(ann.locator("main")).to_contain_text("full.pdf")
    axe(ann)
    for page in (ann, ben):
        screen(page, review, "full-text", {"ygiene": "i", "blankets": "1e"})

    dee.goto(f"/reviews/{review}/flow/")
    axe(dee)
    flow = (dee.locator("svg.flow-diagram").text_content() or "").replace("\xa0", " ")
    for words in ("Records screened (n = 4)", "Records excluded (n = 2)", "Reports assessed for eligibility (n = 2)"):
        assert words in flow
    dee.goto(f"/reviews/{review}/studies/")
    expect(dee.locator("main")).to_contain_text("Okafor 2020")
