"""Pages of tables, cross-tables, themes, texts and estimates: wrong forms, stale pages, flat queries, blinding."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from extraction.constants import SheetKind, SheetState
from extraction.models import EvidenceTable, ExtractedValue, Extraction, TextBlock, Theme
from tests.extraction.synthesis_rows import (
    make_coding,
    make_included,
    make_settled_form,
    make_table,
    make_theme,
    settle_study,
    synthesis_rows,
)
from tests.factories import Cast

TABLE = {"kind": "table", "columns": [{"item": "design"}, {"item": "n"}, {"item": "family"}], "group_by": "family"}
CROSS = {"kind": "crosstab", "rows": "family", "columns": "@year", "counting": "each", "look": "heat"}


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def url(name: str, cast: Cast, *args: object) -> str:
    return reverse(f"extraction:{name}", args=[cast.review.pk, *args])


def test_a_table_is_made_laid_out_and_read(cast: Cast, client: Client) -> None:
    form = make_settled_form(cast)
    settle_study(form, make_included(cast, "Abe 2019", 2019), design="=Cohort", dose="3.10", n={"A": 12, "B": 13})
    make_included(cast, "Left Out 2021")
    made = client.post(url("table_create", cast), {"title": "Table 1", "form": form.pk})
    row = EvidenceTable.objects.get()
    edit = url("table_edit", cast, row.pk)
    assert made["Location"] == edit
    sent = {"edits": 0, "title": "Table 1", "shape": "long", "place-n": 1, "place-dose": 2, "heading-dose": "mg"}
    sent |= {"abbreviations": "no colon here"}
    assert client.post(edit, sent).status_code == 422
    sent |= {"abbreviations": "mg: milligram", "note-0": "Per arm", "note-item-0": "n"}
    assert client.post(edit, sent).status_code == 302
    page = client.get(url("table_detail", cast, row.pk)).content.decode()
    assert "1 included study is not in the table" in page
    assert "Left Out 2021" in page
    assert "Participants<sup>a</sup>" in page
    stale = client.post(edit, sent)
    assert stale.status_code == 409
    assert "Someone else has changed this" in stale.content.decode()
    book = openpyxl.load_workbook(io.BytesIO(client.get(url("table_file", cast, row.pk, "xlsx")).content))
    assert list(book.worksheets[0].iter_rows(values_only=True)) == [
        ("Study", "Participants [a]", "mg"),
        ("Abe 2019", 12, 3.1),
        ("Abe 2019", 13, 3.1),
    ]
    assert client.get(url("table_file", cast, row.pk, "exe")).status_code == 404


def test_a_table_is_no_crosstab_and_is_of_one_review(cast: Cast, client: Client) -> None:
    rows = synthesis_rows(cast)
    assert client.get(url("crosstab_detail", cast, rows["table_id"])).status_code == 404
    assert client.get(url("table_detail", cast, rows["crosstab"])).status_code == 404
    stranger = Client()
    stranger.force_login(cast.mallory)
    for name, key in (("table_detail", "table_id"), ("theme_detail", "theme_id"), ("text_detail", "text_id")):
        foreign = reverse(f"extraction:{name}", args=[cast.other_review.pk, rows[key]])
        assert stranger.get(foreign).status_code == 404


def test_a_crosstab_is_made_changed_and_read(cast: Cast, client: Client) -> None:
    form = make_settled_form(cast)
    settle_study(form, make_included(cast, "Abe 2019", 2019), family=["gan", "vae"])
    sent = {"title": "Families", "rows": "family", "columns": "family", "counting": "each", "look": "bars"}
    assert client.post(url("crosstab_create", cast), sent).status_code == 422
    assert client.post(url("crosstab_create", cast), sent | {"columns": "@year"}).status_code == 302
    row = EvidenceTable.objects.get()
    page = client.get(url("crosstab_detail", cast, row.pk)).content.decode()
    assert "counted in each of them" in page
    assert client.post(url("crosstab_edit", cast, row.pk), sent | {"columns": "", "counting": "once", "edits": 0})
    page = client.get(url("crosstab_detail", cast, row.pk)).content.decode()
    assert "GAN + VAE" in page
    assert "counted once" in page
    text = client.get(url("crosstab_file", cast, row.pk)).content.decode()
    assert "GAN + VAE,1" in text
    row.layout = {"kind": "crosstab", "rows": "gone"}
    row.save()
    assert "not in the form any more" in client.get(url("crosstab_detail", cast, row.pk)).content.decode()
    assert client.get(url("crosstab_file", cast, row.pk)).status_code == 422


def test_themes_name_the_studies_that_are_in_none(cast: Cast, client: Client) -> None:
    study = make_included(cast, "Abe 2019")
    make_included(cast, "Zhu 2021")
    assert client.post(url("theme_create", cast), {"title": ""}).status_code == 422
    assert client.post(url("theme_create", cast), {"title": "Imaging", "section": "Results"}).status_code == 302
    assert client.post(url("theme_create", cast), {"title": "IMAGING", "section": "Results"}).status_code == 422
    theme = Theme.objects.get()
    coded = client.post(url("theme_code", cast, theme.pk), {"study": study.pk, "quote": "<b>scans</b>"}, follow=True)
    assert "&lt;b&gt;scans&lt;/b&gt;" in coded.content.decode()
    assert client.post(url("theme_code", cast, theme.pk), {"study": ""}).status_code == 422
    page = client.get(url("theme_list", cast)).content.decode()
    assert "1 of 2 included studies is in no theme" in page
    assert "Zhu 2021" in page
    overview = client.get(reverse("reviewapp:review_overview", args=[cast.review.pk])).content.decode()
    assert "1 study in no theme" in overview


def test_a_text_is_previewed_without_being_kept_and_a_stale_one_keeps_the_words(cast: Cast, client: Client) -> None:
    make_included(cast, "Abe 2019")
    client.post(url("text_create", cast), {"title": "Models", "body": "{{count}} study"})
    block = TextBlock.objects.get()
    sent = {"title": "Models", "body": "Four studies. {{x}} <script>", "edits": 0}
    preview = client.post(url("text_preview", cast, block.pk), sent, headers={"HX-Request": "true"}).content.decode()
    assert preview.startswith("<section")
    assert "“Four”: the data give no such number." in preview
    assert "&lt;script&gt;" in preview
    block.refresh_from_db()
    assert block.body == "{{count}} study"
    assert client.post(url("text_change", cast, block.pk), sent | {"edits": 0}).status_code == 302
    stale = client.post(url("text_change", cast, block.pk), sent | {"body": "Mine", "edits": 0})
    assert stale.status_code == 409
    assert "Mine</textarea>" in stale.content.decode()
    assert client.post(url("text_change", cast, block.pk), sent | {"body": "Mine", "edits": 1}).status_code == 302
    assert client.post(url("text_change", cast, block.pk), {"title": "", "edits": 2}).status_code == 422


def test_nothing_of_an_open_sheet_or_an_open_consensus_is_shown(cast: Cast, client: Client) -> None:
    """Values count once the consensus sheet is ready; an extractor's own sheet never does while there is a second."""
    form = make_settled_form(cast)
    study, now = make_included(cast, "Abe 2019"), timezone.now()
    for place, user in ((1, cast.bob), (2, cast.cara)):
        sheet = Extraction.objects.create(
            review=cast.review, form=form, version=form.versions.get(), study=study, extractor=user, place=place,
            state=SheetState.READY, ready_at=now, assigned_at=now, changed_at=now,
        )  # fmt: skip
        _value(sheet, "Secret of one extractor")
    consensus = settle_study(form, study, design="Secret while open")
    Extraction.objects.filter(pk=consensus.pk).update(state=SheetState.OPEN, ready_at=None)
    rows = {"table_id": make_table(cast, form, TABLE).pk, "crosstab": make_table(cast, form, CROSS).pk}
    theme = make_theme(cast)
    make_coding(cast, theme, study)
    pages = [
        url("table_detail", cast, rows["table_id"]),
        url("table_file", cast, rows["table_id"], "csv"),
        url("crosstab_detail", cast, rows["crosstab"]),
        url("theme_detail", cast, theme.pk),
        url("text_create", cast),
        url("estimate_page", cast),
    ]
    for name in ("alice", "bob", "dan", "olga"):
        reader = Client()
        reader.force_login(getattr(cast, name))
        for page in pages:
            assert "Secret" not in reader.get(page).content.decode(), page
    Extraction.objects.filter(pk=consensus.pk).update(state=SheetState.READY, ready_at=now)
    assert "Secret while open" in client.get(pages[0]).content.decode()
    assert Extraction.objects.filter(kind=SheetKind.CONSENSUS).count() == 1


def _value(sheet: Extraction, text: str) -> None:
    ExtractedValue.objects.create(
        extraction=sheet, item="design", value=text, version=sheet.version, entered_by=sheet.extractor,
        entered_at=sheet.assigned_at,
    )  # fmt: skip


def queries(client: Client, address: str) -> int:
    caches["process"].clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_pages_are_flat_in_the_number_of_studies(cast: Cast, client: Client) -> None:
    form, theme = make_settled_form(cast), make_theme(cast)
    table, cross = make_table(cast, form, TABLE), make_table(cast, form, CROSS)
    block = TextBlock.objects.create(
        review=cast.review, title="T", body="{{studies}}", position=1, changed_by=cast.bob, changed_at=timezone.now()
    )

    def grow() -> None:
        for number in range(5):
            study = make_included(cast, f"Study {number}")
            settle_study(form, study, design="Cohort", family=["gan"], n={"A": 3, "B": 4}, auc={"estimate": "0.8"})
            make_coding(cast, theme, study)
            make_theme(cast, f"Theme {study.pk}")
            make_table(cast, form, TABLE)

    pages = [
        url("table_list", cast),
        url("table_detail", cast, table.pk),
        url("table_edit", cast, table.pk),
        url("table_file", cast, table.pk, "docx"),
        url("crosstab_detail", cast, cross.pk),
        url("estimate_page", cast),
        url("theme_list", cast),
        url("theme_detail", cast, theme.pk),
        url("text_list", cast),
        url("text_detail", cast, block.pk),
    ]
    grow()
    first = [queries(client, page) for page in pages]
    grow()
    assert [queries(client, page) for page in pages] == first
    assert max(first) <= 24


def test_the_log_says_what_was_done_in_words(cast: Cast, client: Client) -> None:
    form, study = make_settled_form(cast), make_included(cast, "Abe 2019")
    client.post(url("table_create", cast), {"title": "Table 1", "form": form.pk})
    sent = {"title": "Families", "rows": "family", "columns": "@year", "counting": "once", "look": "bars"}
    client.post(url("crosstab_create", cast), sent)
    theme = make_theme(cast)
    client.post(url("theme_code", cast, theme.pk), {"study": study.pk, "quote": "scans"})
    client.post(url("text_create", cast), {"title": "Models", "body": "{{count}}", "theme": theme.pk})
    log = client.get(reverse("reviewapp:log_list", args=[cast.review.pk])).content.decode()
    for words in ("Year, Theme, Design, Model family", "Once, in a class of its own", "Evidence table changed"):
        assert words in log
    for words in ("Study coded to a theme", "scans", "Imaging", "Text block changed"):
        assert words in log
    assert "@year" not in log
    assert "theme_id" not in log.lower()
