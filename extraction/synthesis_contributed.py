"""[shell] What tables, themes and texts plug into pages that span apps; part of extraction.contributed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.urls import reverse

from extraction.models import ExtractionForm, Theme
from extraction.queries.themes import uncovered_studies
from extraction.services.demo import load_extraction_demo
from reviewapp.contributions import AuditWords, Tab, Todo, registry
from reviewapp.models import Membership
from screening.models import Report

OBJECT_TYPES = (
    ("evidencetable", "Evidence table"),
    ("theme", "Theme"),
    ("themecoding", "Study in a theme"),
    ("textblock", "Text"),
)


def _reports(ids: Collection[int]) -> dict[int, str]:
    return {row.pk: str(row) for row in Report.objects.filter(pk__in=ids).select_related("record")}


def _themes(ids: Collection[int]) -> dict[int, str]:
    return dict(Theme.objects.filter(pk__in=ids).values_list("pk", "title"))


WORDS = AuditWords(
    object_types=[name for name, _ in OBJECT_TYPES],
    names={
        "change": "Change",
        "report_id": "Report",
        "theme_id": "Theme",
        "text": "What it is about",
        "body": "Text",
        "columns": "Columns",
        "rows": "Rows",
        "group_by": "Grouped by",
        "sort_by": "Sorted by",
        "descending": "Largest or last first",
        "shape": "Repeating groups",
        "counting": "A study with several values is counted",
        "look": "Drawn as",
    },
    rows={"report_id": _reports, "theme_id": _themes},
)


def is_visible(membership: Membership) -> bool:
    """Once there is a form to make tables from, or a theme."""
    forms = ExtractionForm.objects.filter(review_id=membership.review_id, retired_at=None)
    return forms.exists() or Theme.objects.filter(review_id=membership.review_id, retired_at=None).exists()


TAB = Tab(
    "synthesis",
    "Tables and synthesis",
    "extraction:table_list",
    63,
    visible=is_visible,
    prefix="extraction/tables/",
    more_prefixes=tuple(f"extraction/{part}/" for part in ("crosstabs", "estimates", "themes", "codings", "texts")),
)


def todos(membership: Membership) -> Iterator[Todo]:
    """Studies that are in no theme, once there are themes."""
    if not membership.can_screen:
        return
    if not Theme.objects.filter(review_id=membership.review_id, retired_at=None).exists():
        return
    count = uncovered_studies(membership.review_id).count()
    if count:
        words = "study in no theme" if count == 1 else "studies in no theme"
        yield Todo(f"{count:,} {words}", count, reverse("extraction:theme_list", args=[membership.review_id]), "Look")


def register() -> None:
    """Register everything; safe to call twice."""
    registry.tabs[TAB.name] = TAB
    registry.todos["synthesis"] = todos
    registry.audit_words["extraction.synthesis"] = WORDS
    registry.demo_steps["extraction"] = load_extraction_demo
