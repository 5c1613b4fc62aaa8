"""The demo's extraction ends at the published table, themes and counts; claims that err are doubted."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from docx import Document

from extraction.constants import SheetKind, SheetState, ValueOrigin
from extraction.demo.sheets import ITEMS, entered, published, themes
from extraction.exporters.document import table_docx
from extraction.exporters.grid import table_xlsx
from extraction.models import EvidenceTable, ExtractedValue, Extraction, TextBlock, Theme, ThemeCoding
from extraction.queries.tables import finished_crosstab, finished_table
from extraction.queries.themes import text_facts, uncovered_studies
from extraction.rules.livetext import plain, render
from extraction.rules.prose import doubts
from extraction.rules.tables_types import Table
from extraction.services.demo import load_extraction_demo
from reviewapp.models import AuditEvent, Review, User
from screening.demo.generator import build_demo
from screening.models import Study


@pytest.fixture
def demo(db: None) -> Review:
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    return Review.objects.get(slug="demo")


def keys_of_studies(review: Review) -> dict[int, str]:
    """By DOI where the record has one, else by title: not the way the demo itself goes."""
    reports = build_demo().reports
    by_doi = {report.doi.lower(): report.key for report in reports if report.doi}
    by_title = {report.title.lower(): report.key for report in reports}
    rows = Study.objects.filter(review=review).values_list("pk", "reports__record__doi", "reports__record__title")
    return {pk: by_doi[doi.lower()] if doi else by_title[title.lower()] for pk, doi, title in rows}


def table_one(review: Review) -> tuple[Table, dict[str, tuple[str, ...]]]:
    """Table 1, and its cells without marks by the key of the study."""
    row = EvidenceTable.objects.get(review=review, title__startswith="Table 1")
    table, _ = finished_table(row)
    keys = keys_of_studies(review)
    return table, {
        keys[line.study]: tuple(cell.text for cell in line.cells[1:]) for group in table.groups for line in group.rows
    }


COLUMNS = ("year", "study_design", "underlying_model", "applied_model", "focused_application")


def test_the_demo_ends_at_the_published_table_themes_and_counts(demo: Review) -> None:
    table, cells = table_one(demo)
    facts = published()
    assert cells == {key: tuple(row[column] for column in COLUMNS) for key, row in facts.items()}
    assert [heading.text for heading in table.headings] == [
        "Study",
        "Year",
        "Study design",
        "Underlying model",
        "Applied model",
        "Focused application",
    ]
    assert "ITE" in table.undefined
    _check_sheets(demo)
    _check_themes(demo)
    _check_counts(demo)
    _check_text(demo)
    _check_files(table)
    _check_pages(demo)
    before = AuditEvent.objects.count()
    started = time.perf_counter()
    load_extraction_demo(demo, lambda text: None)
    assert time.perf_counter() - started < 1
    assert AuditEvent.objects.count() == before


def _check_sheets(demo: Review) -> None:
    """Two blind sheets per study, all ready; consensus with both originals kept and each origin said."""
    kinds = Counter(Extraction.objects.filter(review=demo, state=SheetState.READY).values_list("kind", flat=True))
    assert kinds == {SheetKind.INDEPENDENT: 54, SheetKind.CONSENSUS: 27}
    settled = ExtractedValue.objects.filter(
        extraction__review=demo, extraction__kind=SheetKind.CONSENSUS, superseded_at=None
    )
    origins = Counter(settled.values_list("origin", flat=True))
    differing = sum(len(slip) for case in entered() for slip in case.slips.values())
    assert origins[ValueOrigin.TAKEN_FIRST] + origins[ValueOrigin.TAKEN_SECOND] == differing == 12
    assert origins[ValueOrigin.AGREED] == 27 * len(ITEMS) - differing


def _check_themes(demo: Review) -> None:
    keys = keys_of_studies(demo)
    codings = ThemeCoding.objects.filter(theme__review=demo, removed_at=None).select_related("theme")
    assert {(one.theme.section, one.theme.title, keys[one.study_id]) for one in codings} == set(themes())
    assert {keys[study.pk] for study in uncovered_studies(demo.pk)} == {"R26", "R29", "R31"}


def _check_counts(demo: Review) -> None:
    table, _ = finished_crosstab(EvidenceTable.objects.get(review=demo, title="Model families"))
    assert table is not None
    assert {row.label: len(row.studies) for row in table.rows} == {"GAN": 18, "VAE": 6, "U-Net": 1, "LDA": 1, "LLM": 2}
    assert "1 study has several values of one item and is counted in each of them" in table.caption


def _check_text(demo: Review) -> None:
    facts = text_facts(demo.pk)
    parts = render(TextBlock.objects.get(review=demo).body, facts)
    assert "a GAN was used in 18 of 27 studies (67%) and a VAE in 6" in plain(parts)
    assert "without it in 17 and 5. The hybrid is Sui 2021." in plain(parts)
    assert [(one.written, one.about) for one in doubts(parts, facts)] == [("16", "GAN"), ("seven", "VAE")]


def _check_files(table: Table) -> None:
    rows = list(openpyxl.load_workbook(io.BytesIO(table_xlsx(table))).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == 28
    assert rows[1][1] == 2019
    [written] = Document(io.BytesIO(table_docx(table))).tables
    assert [cell.text for cell in written.rows[1].cells][2:4] == ["Retrospective computational modeling study", "VAE"]


def _check_pages(demo: Review) -> None:
    client = Client()
    client.force_login(User.objects.get(email="olga@example.org"))
    for row in EvidenceTable.objects.filter(review=demo):
        noun = "crosstab" if row.layout["kind"] == "crosstab" else "table"
        assert client.get(reverse(f"extraction:{noun}_detail", args=[demo.pk, row.pk])).status_code == 200
    theme = Theme.objects.filter(review=demo).first()
    assert theme is not None
    assert b"VAE" in client.get(reverse("extraction:theme_detail", args=[demo.pk, theme.pk])).content
    listed = client.get(reverse("extraction:theme_list", args=[demo.pk])).content.decode()
    assert "3 of 27 included studies are in no theme" in listed


@pytest.mark.shared
def test_the_facts_are_those_of_the_paper(shared_dir: Path) -> None:
    with (shared_dir / "domain/seed/studies.csv").open(encoding="utf-8", newline="") as file:
        rows = {f"R{row['ref']}": row for row in csv.DictReader(file)}
    assert set(rows) == set(published())
    for key, fact in published().items():
        row = rows[key]
        assert fact["year"] == row["year_table"] == row["ref_year"]
        for column in COLUMNS[1:]:
            assert fact[column] == row[column], key
        assert fact["model_family"].split("; ") == row["model_family_derived"].removesuffix(" hybrid").split("+"), key
    with (shared_dir / "domain/seed/themes.csv").open(encoding="utf-8", newline="") as file:
        coded = [(row["section"], row["theme"], f"R{row['ref']}") for row in csv.DictReader(file)]
    assert [tuple(placed) for placed in themes()] == coded


def test_slips_are_the_same_each_time_and_both_have_some() -> None:
    assert entered() == entered()
    who = Counter(extractor for case in entered() for extractor in case.slips)
    assert set(who) == {1, 2}
    assert all(case.by(case.right_side(item))[item] == case.truth[item] for case in entered() for item in ITEMS)
