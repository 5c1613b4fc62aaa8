"""Tables, cross-tables, themes, texts and estimates in a real browser, on the worked example."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from docx import Document
from playwright.sync_api import Page

from extraction.models import EvidenceTable, TextBlock, Theme
from reviewapp.models import Review, User
from tests.extraction.evidence import NESTED
from tests.extraction.synthesis_rows import make_included, make_settled_form, settle_study
from tests.factories import Cast, make_cast

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")
SIZES = [(1440, 900), (390, 844)]


def sign_in(page: Page, live_url: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])


def looked(page: Page, axe: Callable[[Page], None], name: str) -> None:
    """No sideways scrolling of the page, nothing grave for axe; a picture where pictures are wanted."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    axe(page)


def test_the_worked_example_is_laid_out_read_and_downloaded(
    new_page: Callable[..., Page], axe: Callable[[Page], None], live_url: str, tmp_path: Path
) -> None:
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    review = Review.objects.get(slug="demo")
    alice = User.objects.get(email="alice@example.org")
    table = EvidenceTable.objects.get(review=review, title__startswith="Table 1")
    theme = Theme.objects.get(review=review, title="Drug response prediction")
    text = TextBlock.objects.get(review=review)
    paths = {
        "tables": reverse("extraction:table_list", args=[review.pk]),
        "table": reverse("extraction:table_detail", args=[review.pk, table.pk]),
        "layout": reverse("extraction:table_edit", args=[review.pk, table.pk]),
        "themes": reverse("extraction:theme_list", args=[review.pk]),
        "theme": reverse("extraction:theme_detail", args=[review.pk, theme.pk]),
        "texts": reverse("extraction:text_list", args=[review.pk]),
        "text": reverse("extraction:text_detail", args=[review.pk, text.pk]),
        "crosstab-new": reverse("extraction:crosstab_create", args=[review.pk]),
    }
    crosses = EvidenceTable.objects.filter(review=review, layout__kind="crosstab")
    paths |= {
        f"crosstab-{row.layout['look']}": reverse("extraction:crosstab_detail", args=[review.pk, row.pk])
        for row in crosses
    }
    for width, height in SIZES:
        page = new_page(width, height)
        sign_in(page, live_url, alice)
        for name, path in paths.items():
            page.goto(f"{live_url}{path}")
            if width > 700 and name in ("crosstab-heat", "crosstab-bars", "crosstab-bubble"):
                page.locator("[data-figure] .main-svg").first.wait_for()
            looked(page, axe, name)
    page = new_page(color_scheme="dark")
    sign_in(page, live_url, alice)
    for name in ("table", "text", "crosstab-bars"):
        page.goto(f"{live_url}{paths[name]}")
        looked(page, axe, f"dark-{name}")
    page = new_page()
    sign_in(page, live_url, alice)
    _lay_out(page, live_url, paths)
    _download(page, live_url, paths["table"], tmp_path)
    _write(page, live_url, paths["text"])
    _code(page, live_url, paths["theme"])


def _lay_out(page: Page, live_url: str, paths: dict[str, str]) -> None:
    """Model family joins the columns, rows are grouped by underlying model, one abbreviation is explained."""
    page.goto(f"{live_url}{paths['table']}")
    page.get_by_text("Not explained:").wait_for()
    assert "ITE" in (page.locator(".alert-warning").text_content() or "")
    page.goto(f"{live_url}{paths['layout']}")
    page.get_by_label("Place of Model family").fill("3")
    page.get_by_label("Heading of Model family").fill("Family")
    page.get_by_label("Group studies by").select_option(label="Underlying model")
    short = page.locator("#id_abbreviations")
    short.fill(f"{short.input_value()}\nITE: individualised treatment effect")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The table is laid out anew.").wait_for()
    headings = page.locator("thead th").all_text_contents()
    assert headings[:4] == ["Study", "Year", "Study design", "Underlying modela"]
    assert "Family" in headings
    assert page.locator(".table-group").first.text_content() == "GAN"
    assert "ITE, individualised treatment effect" in (page.locator("main").text_content() or "")


def _download(page: Page, live_url: str, path: str, tmp_path: Path) -> None:
    page.goto(f"{live_url}{path}")
    for label, kind in (("Word", "docx"), ("Excel", "xlsx"), ("CSV", "csv"), ("Web page", "html")):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=label, exact=True).click()
        waiting.value.save_as(tmp_path / f"table.{kind}")
        if PICTURES:
            waiting.value.save_as(Path(PICTURES) / f"table.{kind}")
    [written] = Document(str(tmp_path / "table.docx")).tables
    assert len(written.rows) == 1 + 27 + 8
    sheet = openpyxl.load_workbook(tmp_path / "table.xlsx").worksheets[0]
    assert sheet.max_row == 28
    rows = list(csv.reader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8-sig"))))
    assert rows[0][:3] == ["Underlying model", "Study", "Year"]
    assert (tmp_path / "table.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def _write(page: Page, live_url: str, path: str) -> None:
    """A number that the data do not give is doubted in the preview; the text as it reads is copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{live_url}{path}")
    assert page.get_by_text("“16” for GAN: the data give 18, 17 or 15.").is_visible()
    typed = "GANs: {{count model_family = GAN}} studies. LLMs: five studies. {{cuont}}"
    page.get_by_label("Text").fill(typed)
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("“five” for LLM: the data give 2.").wait_for()
    assert page.get_by_text("Begin with count, studies or percent.").is_visible()
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "GANs: 18 studies. LLMs: five studies. {{cuont}}"
    page.get_by_role("button", name="Save").click()
    page.get_by_text("The text is saved.").wait_for()


def _code(page: Page, live_url: str, path: str) -> None:
    """A study joins the theme with its passage, leaves it, and comes back."""
    page.goto(f"{live_url}{path}")
    page.get_by_label("Study", exact=True).select_option(label="Zhu 2023")
    page.get_by_label("Quotation").fill("we predict the response")
    page.get_by_role("button", name="Put in").click()
    page.get_by_text("Zhu 2023 is in the theme.").wait_for()
    assert page.get_by_text("we predict the response").is_visible()
    page.get_by_role("button", name="Take out Zhu 2023").click()
    page.get_by_text("Zhu 2023 is out of the theme.").wait_for()
    page.get_by_text("Taken out (1)").click()
    page.get_by_role("button", name="Undo for Zhu 2023").click()
    page.get_by_text("Zhu 2023 is in the theme again.").wait_for()


def with_estimates() -> Cast:
    cast = make_cast()
    form = make_settled_form(cast)
    for label, one in (
        ("Abe 2019", {"estimate": "0.81", "low": "0.75", "high": "0.87"}),
        ("Rowe 2020 with a rather long name, and of several hospitals", {"estimate": "0.7", "se": "0.05"}),
        ("Zhu 2021", {"estimate": "0.92", "p": "<0.001"}),
    ):
        settle_study(form, make_included(cast, label), auc=one, family=["gan"])
    return cast


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_estimates_are_shown_without_pooling(
    new_page: Callable[..., Page], axe: Callable[[Page], None], live_url: str, width: int, height: int
) -> None:
    cast = with_estimates()
    assert NESTED.definition.group_of("auc") == "evaluation"
    page = new_page(width, height)
    sign_in(page, live_url, cast.olga)
    page.goto(f"{live_url}{reverse('extraction:estimate_page', args=[cast.review.pk])}")
    looked(page, axe, "estimates")
    assert page.locator(".forest svg rect[width='8']").count() == 3
    assert "not pooled" in (page.locator(".forest svg").text_content() or "")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV for R", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert [row["yi"] for row in rows] == ["0.81", "0.7", "0.92"]
