"""Themes with their studies, which studies are in none, and the facts that texts can refer to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from extraction.constants import ItemType
from extraction.models import ExtractionForm, TextBlock, Theme, ThemeCoding
from extraction.queries.tables import THEME, Evidence, evidence
from extraction.rules.crosstabs import Counting, CrossLayout, CrossTab, build_crosstab, values_of
from extraction.rules.definition_types import Item
from extraction.rules.livetext import Fact, Facts
from extraction.rules.tables_types import Settled
from screening.models import Study

COUNTED = frozenset({ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER, ItemType.VOCABULARY, ItemType.YES_NO})
"""Types of items whose values are counted on the page of a theme."""
REFERRED = COUNTED | {ItemType.TEXT, ItemType.YEAR, ItemType.INTEGER}
"""Types of items that a text can refer to."""


@dataclass(frozen=True)
class ThemeSection:
    """Themes under one heading, each with `study_count`."""

    title: str
    themes: list[Theme]


@dataclass(frozen=True)
class ThemeOverview:
    """All themes by section, those taken off, and included studies that are in no theme."""

    sections: list[ThemeSection]
    retired: list[Theme]
    studies: int
    uncovered: list[Study]


def _live_codings() -> Q:
    return Q(codings__removed_at=None, codings__study__withdrawn_at=None)


def theme_overview(review_id: int) -> ThemeOverview:
    """Sections in the order of their first theme; three queries."""
    themes = Theme.objects.filter(review_id=review_id).annotate(
        study_count=Count("codings__study", filter=_live_codings(), distinct=True)
    )
    themes = themes.order_by("position", "id")  # a query that counts forgets the model's own order
    sections: dict[str, list[Theme]] = {}
    retired: list[Theme] = []
    for theme in themes:
        (sections.setdefault(theme.section, []) if theme.retired_at is None else retired).append(theme)
    return ThemeOverview(
        sections=[ThemeSection(title, each) for title, each in sections.items()],
        retired=retired,
        studies=Study.objects.filter(review_id=review_id, withdrawn_at=None).count(),
        uncovered=list(uncovered_studies(review_id)),
    )


def uncovered_studies(review_id: int) -> QuerySet[Study]:
    """Included studies that are in no theme."""
    coded = ThemeCoding.objects.filter(theme__review_id=review_id, theme__retired_at=None, removed_at=None)
    return Study.objects.filter(review_id=review_id, withdrawn_at=None).exclude(pk__in=coded.values("study_id"))


def codings_of(theme: Theme) -> QuerySet[ThemeCoding]:
    """The studies of a theme with their passages, by name."""
    codings = ThemeCoding.objects.filter(theme=theme, removed_at=None, study__withdrawn_at=None)
    return codings.select_related("study", "report__record", "coded_by").order_by("study__label", "study_id")


def removed_codings(theme: Theme) -> QuerySet[ThemeCoding]:
    """Studies that were taken out of a theme and are not in it now, newest first."""
    now = ThemeCoding.objects.filter(theme=theme, removed_at=None).values("study_id")
    gone = ThemeCoding.objects.filter(theme=theme, study__withdrawn_at=None).exclude(removed_at=None)
    return gone.exclude(study_id__in=now).select_related("study").order_by("-removed_at")[:20]


def texts_of(review_id: int) -> QuerySet[TextBlock]:
    """Texts of a review that were not taken off."""
    texts = TextBlock.objects.filter(review_id=review_id, removed_at=None)
    return texts.select_related("theme", "changed_by")


def main_form(review_id: int) -> ExtractionForm | None:
    """The form that has the most sheets; the first of several."""
    forms = ExtractionForm.objects.filter(review_id=review_id, retired_at=None)
    return forms.annotate(sheet_count=Count("sheets")).order_by("-sheet_count", "id").first()


def counts_within(found: Evidence, study_ids: frozenset[int]) -> list[CrossTab]:
    """How often each value of the counted items stands among these studies; items that none has are left out."""
    among = [study for study in found.studies if study.id in study_ids]
    tables = []
    for item in found.definition.items():
        if item.type in COUNTED and item.id != THEME and any(values_of(study, item.id) for study in among):
            table = build_crosstab(CrossLayout(item.id, counting=Counting.EACH), found.definition, among)
            if table is not None:
                tables.append(table)
    return tables


def facts_of(found: Evidence, theme: Theme | None = None) -> Facts:
    """What a text can refer to: all included studies, the items of the form, year and theme."""
    items = [item for item in found.definition.items() if item.type in REFERRED]
    own = None
    if theme is not None:
        key = f"@t{theme.pk}"
        own = frozenset(study.id for study in found.studies if key in _themes_of(study))
    names = {study.id: study.label for study in found.studies}
    return Facts(names, [_fact(item, found) for item in items], own)


def _themes_of(study: Settled) -> list[str]:
    kept = study.values.get((THEME, None))
    return list(kept.value) if kept else []


def _fact(item: Item, found: Evidence) -> Fact:
    having: dict[str, set[int]] = {option.label: set() for option in item.options}
    alone: dict[str, set[int]] = {option.label: set() for option in item.options}
    for study in found.studies:
        values = values_of(study, item.id)
        for value in values:
            having.setdefault(value, set()).add(study.id)
        if values:
            alone.setdefault(values[0] if len(values) == 1 else " + ".join(values), set()).add(study.id)
    return Fact(
        id=item.id.removeprefix("@"),
        label=item.label,
        having={value: frozenset(studies) for value, studies in having.items()},
        alone={value: frozenset(studies) for value, studies in alone.items()},
    )


def text_facts(review_id: int, theme: Theme | None = None) -> Facts:
    """The facts of a review by its main form."""
    return facts_of(evidence(review_id, main_form(review_id)), theme)
