"""What evidence tables, cross-tabulations and live text are made of: settled values, with facts and themes of studies.

Two items stand in no form but can be used like any other: the year of publication and the themes of a study.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import Min, Q

from extraction.constants import ItemType
from extraction.models import EvidenceTable, ExtractionForm, FormVersion, Theme, ThemeCoding
from extraction.queries.cells import definition_of
from extraction.queries.sheets import StudyValues, consensus_values
from extraction.rules import crosstabs, tables
from extraction.rules.crosstabs import CrossTab, build_crosstab, parse_cross
from extraction.rules.definition_types import Definition, Item, Option, Section
from extraction.rules.tables import build_table, parse_layout, relabelled
from extraction.rules.tables_types import Entry, Kept, Settled, Table
from screening.models import Study

YEAR = "@year"
THEME = "@theme"


@dataclass(frozen=True)
class Evidence:
    """All that is known of the included studies of a review by one form (None: by year and theme alone)."""

    form: ExtractionForm | None
    definition: Definition
    studies: tuple[Settled, ...]
    """All included studies, sorted by name."""
    settled: frozenset[int]
    """Studies with settled values."""

    @property
    def ready(self) -> list[Settled]:
        """Studies with settled values, in order."""
        return [study for study in self.studies if study.id in self.settled]

    @property
    def missing(self) -> list[str]:
        """Names of studies without settled values."""
        return [study.label for study in self.studies if study.id not in self.settled]


@dataclass(frozen=True)
class ThemeFacts:
    """The themes of a review as the options of an item, and the themes of each study."""

    options: tuple[Option, ...]
    of_study: Mapping[int, list[str]]


def theme_facts(review_id: int) -> ThemeFacts:
    """Live themes in order, and who is coded to them, in two queries."""
    themes = Theme.objects.filter(review_id=review_id, retired_at=None)
    options = tuple(Option(f"@t{pk}", title) for pk, title in themes.values_list("pk", "title"))
    of_study: dict[int, list[str]] = {}
    codings = ThemeCoding.objects.filter(
        theme__review_id=review_id, theme__retired_at=None, removed_at=None, study__withdrawn_at=None
    ).order_by("theme__position", "theme_id", "id")
    for theme_id, study_id in codings.values_list("theme_id", "study_id"):
        of_study.setdefault(study_id, []).append(f"@t{theme_id}")
    return ThemeFacts(options, of_study)


def study_years(review_id: int) -> dict[int, int]:
    """The first year of publication of each included study that has one; one query."""
    studies = Study.objects.filter(review_id=review_id, withdrawn_at=None)
    years = studies.annotate(first=Min("reports__record__year", filter=Q(reports__withdrawn_at=None)))
    return {pk: year for pk, year in years.values_list("pk", "first") if year is not None}


def evidence(review_id: int, form: ExtractionForm | None) -> Evidence:
    """The settled values of all included studies with their year and themes, in 9 queries."""
    themes, years = theme_facts(review_id), study_years(review_id)
    facts = _facts(themes)
    if form is None:
        rows = Study.objects.filter(review_id=review_id, withdrawn_at=None).order_by("label", "id")
        plain = (Settled(pk, label) for pk, label in rows.values_list("pk", "label"))
        studies = [_with_facts(study, facts, themes, years) for study in plain]
        return Evidence(None, _joined(Definition(), facts), tuple(studies), frozenset())
    values = consensus_values(form.pk)
    definitions = {pk: _joined(relabelled(each, values.definition), facts) for pk, each in values.definitions.items()}
    empty = _joined(Definition(), facts)
    studies = [
        _with_facts(_settled(study, definitions.get(study.version_id or 0, empty)), facts, themes, years)
        for study in values.studies
    ]
    return Evidence(
        form=form,
        definition=_joined(values.definition, facts),
        studies=tuple(studies),
        settled=frozenset(study.study_id for study in values.studies if study.source),
    )


def _facts(themes: ThemeFacts) -> Section:
    return Section(
        "@study",
        "Study",
        items=(
            Item(YEAR, ItemType.YEAR, "Year"),
            Item(THEME, ItemType.MULTIPLE, "Theme", options=themes.options),
        ),
    )


def _joined(definition: Definition, facts: Section) -> Definition:
    return Definition((facts, *definition.sections), definition.groups)


def _settled(study: StudyValues, definition: Definition) -> Settled:
    return Settled(
        id=study.study_id,
        label=study.label,
        definition=definition,
        values={key: Kept(cell.mark, cell.value) for key, cell in study.cells.items()},
        entries=tuple(Entry(e.id, e.group, e.parent, e.label) for e in study.entries.values()),
    )


def _with_facts(study: Settled, facts: Section, themes: ThemeFacts, years: Mapping[int, int]) -> Settled:
    own: dict[tuple[str, int | None], Kept] = {}
    if study.id in years:
        own[(YEAR, None)] = Kept(value=years[study.id])
    if study.id in themes.of_study:
        own[(THEME, None)] = Kept(value=themes.of_study[study.id])
    definition = study.definition if study.definition.sections else _joined(Definition(), facts)
    return replace(study, definition=definition, values={**study.values, **own})


def items_of(form: ExtractionForm) -> Definition:
    """What can stand in a table of a form: the items of its newest version in use, year and themes; three queries."""
    version = FormVersion.objects.filter(form=form, published_at__isnull=False).order_by("-number").first()
    return _joined(definition_of(version) if version else Definition(), _facts(theme_facts(form.review_id)))


@dataclass(frozen=True)
class Overview:
    """What the list shows."""

    tables: list[EvidenceTable]
    crosstabs: list[EvidenceTable]
    removed: list[EvidenceTable]
    forms: list[ExtractionForm]


def table_overview(review_id: int) -> Overview:
    """All tables and cross-tabulations, those taken off too, and the forms one can be made from; two queries."""
    rows = list(EvidenceTable.objects.filter(review_id=review_id).select_related("form", "changed_by"))
    live = [row for row in rows if row.removed_at is None]
    return Overview(
        tables=[row for row in live if kind_of(row) == tables.KIND],
        crosstabs=[row for row in live if kind_of(row) == crosstabs.KIND],
        removed=[row for row in rows if row.removed_at is not None],
        forms=list(ExtractionForm.objects.filter(review_id=review_id, retired_at=None)),
    )


def kind_of(row: EvidenceTable) -> str:
    """tables.KIND or crosstabs.KIND."""
    return crosstabs.KIND if row.layout.get("kind") == crosstabs.KIND else tables.KIND


def finished_table(row: EvidenceTable) -> tuple[Table, Evidence]:
    """A table of the settled values as they stand now, and what it was made of."""
    found = evidence(row.review_id, row.form)
    return build_table(row.title, parse_layout(row.layout), found.definition, found.ready), found


def finished_crosstab(row: EvidenceTable) -> tuple[CrossTab | None, Evidence]:
    """A cross-tabulation of the included studies as they stand now; None where its item is no longer in the form."""
    found = evidence(row.review_id, row.form)
    return build_crosstab(parse_cross(row.layout), found.definition, found.studies), found
