"""Rows for tests of tables, themes and texts: a settled form, and one of everything that a URL can name."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from extraction.constants import FormState, SheetKind, SheetState
from extraction.models import (
    EvidenceTable,
    ExtractedValue,
    Extraction,
    ExtractionForm,
    FormVersion,
    GroupEntry,
    TextBlock,
    Theme,
    ThemeCoding,
)
from extraction.rules.definition import dump
from screening.constants import ScreeningStatus
from screening.models import Study
from tests.extraction.evidence import DEFINITION
from tests.factories import Cast, make_report


def make_settled_form(cast: Cast, name: str = "Characteristics") -> ExtractionForm:
    """A form in use with the items of tests.extraction.evidence."""
    now = timezone.now()
    form = ExtractionForm.objects.create(review=cast.review, name=name, created_by=cast.alice, created_at=now)
    FormVersion.objects.create(
        form=form,
        number=1,
        state=FormState.IN_USE,
        definition=dump(DEFINITION),
        created_by=cast.alice,
        created_at=now,
        published_at=now,
    )
    return form


def make_included(cast: Cast, label: str, year: int = 2020) -> Study:
    """An included study with one report."""
    study = Study.objects.create(review=cast.review, label=label, created_at=timezone.now())
    report = make_report(cast.review)
    report.record.year = year
    report.record.save(update_fields=["year"])
    report.study, report.full_text_status = study, ScreeningStatus.INCLUDED
    report.save(update_fields=["study", "full_text_status"])
    return study


def settle_study(form: ExtractionForm, study: Study, **values: Any) -> Extraction:
    """A ready consensus sheet. Items of the group "arm" are given as {label of the entry: value}; an estimate stands in
    an evaluation of a model that are made for it."""
    now, version = timezone.now(), form.versions.get()
    sheet = Extraction.objects.create(
        review_id=form.review_id,
        form=form,
        version=version,
        study=study,
        kind=SheetKind.CONSENSUS,
        extractor=form.created_by,
        state=SheetState.READY,
        assigned_at=now,
        changed_at=now,
        ready_at=now,
    )
    rows: list[tuple[str, GroupEntry | None, Any]] = []
    for item, value in values.items():
        group = DEFINITION.group_of(item)
        if group == "evaluation":
            model = GroupEntry.objects.create(extraction=sheet, group="model", label="Main", position=1)
            entry = GroupEntry.objects.create(extraction=sheet, group=group, parent=model, position=1)
            rows.append((item, entry, value))
            continue
        if group != "arm":
            rows.append((item, None, value))
            continue
        for position, (label, one) in enumerate(value.items(), start=1):
            entry = GroupEntry.objects.create(extraction=sheet, group="arm", label=label, position=position)
            rows.append((item, entry, one))
    ExtractedValue.objects.bulk_create(
        ExtractedValue(
            extraction=sheet,
            item=item,
            entry=entry,
            value=value,
            version=version,
            entered_by=form.created_by,
            entered_at=now,
        )
        for item, entry, value in rows
    )
    return sheet


def make_theme(cast: Cast, title: str = "Imaging", **fields: Any) -> Theme:
    """A theme."""
    return Theme.objects.create(
        review=cast.review,
        created_by=cast.alice,
        created_at=timezone.now(),
        **{"title": title, "position": 1, **fields},
    )


def make_coding(cast: Cast, theme: Theme, study: Study) -> ThemeCoding:
    """A study in a theme."""
    return ThemeCoding.objects.create(theme=theme, study=study, coded_by=cast.bob, coded_at=timezone.now())


def make_table(cast: Cast, form: ExtractionForm, layout: dict[str, Any], title: str = "Table 1") -> EvidenceTable:
    """A table or cross-tabulation."""
    return EvidenceTable.objects.create(
        review=cast.review, form=form, title=title, layout=layout, changed_by=cast.alice, changed_at=timezone.now()
    )


def synthesis_rows(cast: Cast) -> dict[str, object]:
    """One row of everything that URLs of tables, themes and texts can name."""
    form = make_settled_form(cast)
    study = make_included(cast, "Abe 2019")
    theme = make_theme(cast)
    text = TextBlock.objects.create(
        review=cast.review, title="Models", position=1, changed_by=cast.bob, changed_at=timezone.now()
    )
    return {
        "table_id": make_table(cast, form, {"kind": "table", "columns": [{"item": "design"}]}).pk,
        "crosstab": make_table(cast, form, {"kind": "crosstab", "rows": "family"}).pk,
        "table_kind": "csv",
        "estimate_kind": "metafor.csv",
        "theme_id": theme.pk,
        "coding_id": make_coding(cast, theme, study).pk,
        "text_id": text.pk,
    }
