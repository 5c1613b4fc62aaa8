"""Duplicates in the browser: a threshold moved, 50 pairs by keyboard, a merge released, a later search brought in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reviewapp.models import User
from screening.constants import PairVerdict, PairZone
from screening.models import DuplicatePair, Record
from screening.queries.duplicate_settings import settings_view
from tests.e2e.test_three_people import sign_in
from tests.factories import PASSWORD, Cast, make_cast, make_records, make_search
from tests.screening.duplicate_rows import automatic, copy, pair, regroup
from tests.worker import Worker, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SIZES = [(1440, 900), (390, 844)]
PAIRS = 50


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def enter(page: Page, user: User) -> None:
    user.set_password(PASSWORD)
    user.save()
    sign_in(page, user.email)


def keep_picture(page: Page, tmp_path: Path, name: str) -> None:
    """A screenshot beside the test's other files, and nothing wider than the screen."""
    page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_threshold_is_moved_and_its_preview_read(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, tmp_path: Path, width: int, height: int
) -> None:
    one, two = make_search(cast.review, source="Embase"), make_search(cast.review, source="PubMed")
    records = [*make_records(cast.review, 8, search=one), *make_records(cast.review, 8, search=two)]
    for place, probability in enumerate((0.95, 0.9, 0.84, 0.83, 0.6, 0.3, 0.04)):
        a, b = records[place], records[place + 8]
        if probability > 0.85:
            automatic(cast, a, b, probability)
        else:
            zone = PairZone.DOUBTFUL if probability > 0.05 else PairZone.DISTINCT
            verdict = PairVerdict.OPEN if probability > 0.05 else PairVerdict.UNLIKELY
            at = None if verdict == PairVerdict.OPEN else cast.review.created_at
            reasons = ["same title", "authors agree"]
            pair(cast, a, b, probability=probability, zone=zone, verdict=verdict, decided_at=at, reasons=reasons)
    regroup(cast)
    page = new_page(width, height)
    enter(page, cast.alice)
    page.goto(f"/reviews/{cast.review.pk}/duplicates/settings/?certain=85&doubtful=5")
    slider = page.get_by_label("Merge by itself from, in %, as a slider")
    expect(slider).to_be_visible()
    slider.focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    preview = page.locator("#preview-removed")
    expect(preview).to_contain_text("2 records more would be removed as duplicates: 4 instead of 2")
    expect(page.locator("#certain")).to_have_value("83")
    expect(page.locator("#preview-zones [data-zone=certain] td").nth(1)).to_have_text("4")
    expect(page.locator("#duplicate-preview")).to_contain_text("same title; authors agree")
    assert DuplicatePair.objects.filter(verdict=PairVerdict.SAME).count() == 2
    page.locator("#doubtful").fill("90")
    expect(page.locator("#duplicate-preview")).to_contain_text("do not fit together")
    axe(page)
    page.locator("#doubtful").fill("3")
    expect(page.locator("#preview-zones [data-zone=distinct] td").nth(1)).to_have_text("0")

    page.locator(f"#up-{two.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source-order li").first).to_contain_text("PubMed")
    expect(page.locator("#certain")).to_have_value("83")
    axe(page)
    keep_picture(page, tmp_path, f"settings-{width}")
    page.get_by_role("button", name="Save these settings").click()
    expect(page.locator("#messages")).to_contain_text("2 records more are removed as duplicates")
    view = settings_view(cast.review.pk)
    assert (view.thresholds.certain, view.thresholds.doubtful, view.order) == (0.83, 0.03, [two.pk, one.pk])
    assert Record.objects.filter(duplicate_of__isnull=False).count() == 4


@pytest.mark.parametrize(("width", "height"), SIZES[:1])
def test_fifty_doubtful_pairs_are_decided_by_keyboard(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, tmp_path: Path, width: int, height: int
) -> None:
    records = make_records(cast.review, 2 * PAIRS)
    pairs = [
        pair(cast, records[2 * n], records[2 * n + 1], probability=0.8 - n / 100, reasons=[f"title {99 - n} %"])
        for n in range(PAIRS)
    ]
    page = new_page(width, height)
    enter(page, cast.bob)
    page.goto(f"/reviews/{cast.review.pk}/duplicates/queue/")
    keep_picture(page, tmp_path, "queue")
    page.reload()  # the picture leaves empty style attributes behind, which a swap would carry over against our policy
    shown = page.locator("#duplicate-queue")
    expected = {}
    for n, one in enumerate(pairs):
        expect(shown.locator(f"form[action$='/{one.pk}/decide/']")).to_have_count(1)
        if n == 3:  # decided wrongly, taken back, and looked at later
            page.keyboard.press("s")
            expect(shown.locator(f"form[action$='/{pairs[4].pk}/decide/']")).to_have_count(1)
            page.keyboard.press("u")
            expect(shown.locator(f"form[action$='/{one.pk}/decide/']")).to_have_count(1)
            page.keyboard.press("n")
            continue
        key, verdict = ("s", PairVerdict.SAME) if n % 3 == 0 else ("d", PairVerdict.DISTINCT)
        expected[one.pk] = verdict
        page.keyboard.press(key)
    expect(shown.locator(f"form[action$='/{pairs[3].pk}/decide/']")).to_have_count(1)
    expect(shown).to_contain_text(f"{PAIRS - 1} of {PAIRS}")
    page.keyboard.press("d")
    expected[pairs[3].pk] = PairVerdict.DISTINCT
    expect(shown).to_contain_text("No doubtful pair is waiting")
    axe(page)
    assert dict(DuplicatePair.objects.values_list("id", "verdict")) == expected


def test_the_filter_stays_while_deciding_on_a_narrow_screen(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, tmp_path: Path
) -> None:
    records = make_records(cast.review, 6)
    first, other, third = (
        pair(cast, records[2 * n], records[2 * n + 1], probability=0.8 - n / 10, reasons=[reason])
        for n, reason in enumerate(("same DOI", "title 91 %", "same DOI"))
    )
    page = new_page(*SIZES[1])
    enter(page, cast.bob)
    page.goto(f"/reviews/{cast.review.pk}/duplicates/queue/")
    page.locator(".queue-filter summary").click()
    page.select_option("#queue-kind", "doi")
    page.get_by_role("button", name="Show", exact=True).click()
    summary = page.locator(".queue-filter summary")
    expect(summary).to_have_text("Only same DOI: 0 of 2 decided")
    keep_picture(page, tmp_path, "queue-390")
    page.reload()
    page.get_by_role("button", name="Different reports").click()
    expect(page.locator(f"form[action$='/{third.pk}/decide/']")).to_have_count(1)
    expect(summary).to_have_text("Only same DOI: 1 of 2 decided")
    page.get_by_role("button", name="Same report").click()
    expect(page.locator("#duplicate-queue")).to_contain_text("No pair with this filter is waiting")
    assert DuplicatePair.objects.get(pk=other.pk).verdict == PairVerdict.OPEN
    assert DuplicatePair.objects.get(pk=first.pk).decided_by == cast.bob
    page.goto(f"/reviews/{cast.review.pk}/duplicates/queue/?kind=title")
    axe(page)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_an_automatic_merge_is_released_in_place_and_merged_again(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, tmp_path: Path, width: int, height: int
) -> None:
    a, b, c, d = (copy(cast) for _ in range(4))
    weak, strong = automatic(cast, a, b, 0.9), automatic(cast, c, d, 0.98)
    regroup(cast)
    page = new_page(width, height)
    enter(page, cast.alice)
    page.goto(f"/reviews/{cast.review.pk}/duplicates/?by=system")
    rows = page.locator("tr[id^=pair-]")
    expect(rows.first).to_have_id(f"pair-{weak.pk}")
    if width > 500:
        page.get_by_role("link", name="Probable").click()
        expect(rows.first).to_have_id(f"pair-{strong.pk}")
    axe(page)
    row = page.locator(f"#pair-{weak.pk}")
    row.get_by_role("button", name=re.compile("Release")).click()
    expect(row).to_contain_text("Released; both records are screened")
    expect(row.get_by_role("button", name=re.compile("Undo"))).to_be_focused()
    axe(page)
    keep_picture(page, tmp_path, f"released-{width}")
    assert Record.objects.filter(duplicate_of__isnull=False).count() == 1
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Merged again")
    assert Record.objects.filter(duplicate_of__isnull=False).count() == 2


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sources_and_their_overlap(
    new_page: Callable[..., Page], axe: Callable[[Page], None], cast: Cast, tmp_path: Path, width: int, height: int
) -> None:
    """With no error of the content security policy: new_page fails on any."""
    one, two = make_search(cast.review, source="Embase"), make_search(cast.review, source="PubMed")
    automatic(cast, copy(cast, search=one), copy(cast, search=two))
    make_records(cast.review, 3, search=one)
    regroup(cast)
    page = new_page(width, height)
    enter(page, cast.olga)
    page.goto(f"/reviews/{cast.review.pk}/duplicates/sources/")
    expect(page.locator("#overlap-table tbody tr").first).to_contain_text("1 (25 %)")
    if width > 500:
        expect(page.locator(".heatmap .heatmaplayer image")).to_have_count(1)
        expect(page.locator(".heatmap .heatmaplayer text").first).to_be_visible()
        place = page.locator(".heatmap").bounding_box()
        drawn = page.locator(".heatmap .main-svg").first.bounding_box()
        assert place is not None
        assert drawn is not None
        assert drawn["width"] == pytest.approx(place["width"], abs=2)
        assert drawn["height"] == pytest.approx(place["height"], abs=2)
    axe(page)
    keep_picture(page, tmp_path, f"sources-{width}")


FIRST = """TY  - JOUR
AU  - Okafor, Ada
AU  - Lind, Per
TI  - Sleep hygiene for adults with chronic insomnia: a randomised trial
JO  - Journal of Rest
PY  - 2020
VL  - 4
SP  - 11
EP  - 19
AB  - Methods: We assigned 120 adults at random. Results: They slept longer than the others did.
ER  -
TY  - JOUR
AU  - Okafor, Ada
AU  - Lind, Per
TI  - Sleep hygiene for adults with chronic insomnia: a randomised trial
JO  - Journal of Rest
PY  - 2020
VL  - 4
SP  - 311
EP  - 320
AB  - Methods: We assigned 120 adults at random. Results: They slept longer than the others did.
ER  -
"""
LATER = """TY  - JOUR
AU  - Sato, Emi
AU  - Moreau, Jean
TI  - Weighted blankets and night waking in adults: a cohort study
JO  - Sleep Letters
PY  - 2021
VL  - 9
SP  - 21
EP  - 29
AB  - We followed 300 adults for a year and counted how often each of them woke up at night.
ER  -
TY  - JOUR
AU  - Sato, Emi
AU  - Moreau, Jean
TI  - Weighted blankets and night waking in adults: a cohort study
JO  - Sleep Letters
PY  - 2021
VL  - 9
SP  - 201
EP  - 210
AB  - We followed 300 adults for a year and counted how often each of them woke up at night.
ER  -
"""


@pytest.mark.worker
def test_a_later_search_brings_only_new_doubtful_pairs(
    new_page: Callable[..., Page], cast: Cast, worker: Worker, tmp_path: Path
) -> None:
    page = new_page()
    enter(page, cast.alice)
    base = f"/reviews/{cast.review.pk}"

    def bring_in(source: str, text: str) -> None:
        (tmp_path / f"{source}.ris").write_text(text, encoding="utf-8")
        page.goto(f"{base}/searches/new/")
        page.fill("input[name=source]", source)
        page.locator("main form button.button-primary").click()
        page.set_input_files("input[type=file]", tmp_path / f"{source}.ris")
        page.get_by_role("button", name="Import").click()
        expect(page.locator("main")).to_contain_text("Imported", timeout=30_000)
        page.goto(f"{base}/duplicates/")
        page.get_by_role("button", name="Find duplicates").click()

    bring_in("Embase", FIRST)
    assert wait_for(lambda: DuplicatePair.objects.filter(verdict=PairVerdict.OPEN).count() == 1, 30)
    page.goto(f"{base}/duplicates/queue/")
    expect(page.locator(".compare")).to_contain_text("Sleep hygiene")
    page.keyboard.press("d")
    expect(page.locator("#duplicate-queue")).to_contain_text("No doubtful pair is waiting")

    bring_in("PubMed", LATER)
    assert wait_for(lambda: DuplicatePair.objects.filter(verdict=PairVerdict.OPEN).count() == 1, 30)
    page.goto(f"{base}/duplicates/queue/")
    expect(page.locator(".compare")).to_contain_text("Weighted blankets")
    expect(page.locator(".compare")).not_to_contain_text("Sleep hygiene")
    page.keyboard.press("d")
    expect(page.locator("#duplicate-queue")).to_contain_text("No doubtful pair is waiting")
    decided = DuplicatePair.objects.filter(verdict=PairVerdict.DISTINCT, decided_by=cast.alice)
    assert decided.count() == 2
