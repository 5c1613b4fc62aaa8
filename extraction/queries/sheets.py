"""Sheets: one's own list, progress as counts, and the values that stand for each study."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from extraction.constants import Mark, SheetKind, SheetState
from extraction.models import ExtractedValue, Extraction, ExtractionForm, FormVersion
from extraction.queries.cells import definition_of, entries_of
from extraction.rules.cells import Entry, Key
from extraction.rules.definition import Definition
from extraction.rules.values import show_cell
from screening.models import Study

OWN_KINDS = (SheetKind.INDEPENDENT, SheetKind.CHECK)


class StoredValue(NamedTuple):
    """One cell with where it stands. `origin` is a constants.ValueOrigin."""

    mark: str
    value: Any
    origin: str
    comment: str
    report_id: int | None
    page: str
    quote: str


@dataclass(frozen=True)
class StudyValues:
    """What stands for one study. `source`: "consensus", "single" (its only sheet), or "" while nothing is settled."""

    study_id: int
    label: str
    source: str = ""
    version_id: int | None = None
    entries: Mapping[int, Entry] = field(default_factory=dict)
    """Live entries by id, parents followed by what is within them."""
    cells: Mapping[Key, StoredValue] = field(default_factory=dict)
    """By (item id, entry id or None); empty cells are left out."""


@dataclass(frozen=True)
class FormValues:
    """All studies of a form's review. `definition` is that of the version in use, `definitions` by version."""

    form: ExtractionForm
    definition: Definition
    definitions: Mapping[int, Definition]
    studies: tuple[StudyValues, ...]

    def show(self, study: StudyValues, key: Key, *, units: bool = True) -> str:
        """A cell in words, by the version it was settled with; "" for none."""
        cell = study.cells.get(key)
        definition = self.definitions.get(study.version_id or 0)
        item = definition.item(key[0]) if definition else None
        return show_cell(item, cell.mark, cell.value, units=units) if cell and item else ""


def consensus_values(form_id: int, items: Collection[str] | None = None) -> FormValues:
    """For every live study the settled values by item and group entry, or those of its only sheet; in 6 queries.

    `items` limits the cells. Only consensus sheets that are ready count; a single sheet counts once it is ready and
    the study has no second. Raises ExtractionForm.DoesNotExist.
    """
    form = ExtractionForm.objects.get(pk=form_id)
    studies = Study.objects.filter(review_id=form.review_id, withdrawn_at=None).order_by("label", "id")
    rows = Extraction.objects.filter(form=form).values_list("id", "study_id", "kind", "state", "version_id")
    standing = _standing(rows)
    versions = FormVersion.objects.filter(form=form, published_at__isnull=False).order_by("number")
    definitions = {version.pk: definition_of(version) for version in versions}
    sheet_ids = [sheet_id for sheet_id, _, _ in standing.values()]
    entries, cells = entries_of(sheet_ids), _stored(sheet_ids, items)
    found = []
    for study_id, label in studies.values_list("id", "label"):
        if study_id not in standing:
            found.append(StudyValues(study_id, label))
            continue
        sheet_id, source, version_id = standing[study_id]
        own = entries.get(sheet_id, {})
        kept = {key: cell for key, cell in cells.get(sheet_id, {}).items() if key[1] is None or key[1] in own}
        found.append(StudyValues(study_id, label, source, version_id, own, kept))
    newest = next(reversed(definitions.values()), Definition())
    return FormValues(form, newest, definitions, tuple(found))


def _standing(rows: Any) -> dict[int, tuple[int, str, int]]:
    """Study → (sheet, source, version) whose values stand."""
    by_study: dict[int, list[tuple[int, str, str, int]]] = {}
    for sheet_id, study_id, kind, state, version_id in rows:
        by_study.setdefault(study_id, []).append((sheet_id, kind, state, version_id))
    found: dict[int, tuple[int, str, int]] = {}
    for study_id, sheets in by_study.items():
        for sheet_id, kind, state, version_id in sheets:
            if state != SheetState.READY:
                continue
            if kind == SheetKind.CONSENSUS:
                found[study_id] = (sheet_id, "consensus", version_id)
            elif len(sheets) == 1:
                found[study_id] = (sheet_id, "single", version_id)
    return found


def _stored(sheet_ids: Collection[int], items: Collection[str] | None) -> dict[int, dict[Key, StoredValue]]:
    rows = ExtractedValue.objects.filter(extraction_id__in=list(sheet_ids), superseded_at=None)
    rows = rows.exclude(mark=Mark.VALUE, value=None).order_by()
    if items is not None:
        rows = rows.filter(item__in=list(items))
    found: dict[int, dict[Key, StoredValue]] = {}
    fields = ("mark", "value", "origin", "comment", "report_id", "page", "quote")
    for sheet_id, item, entry_id, *rest in rows.values_list("extraction_id", "item", "entry_id", *fields):
        found.setdefault(sheet_id, {})[(item, entry_id)] = StoredValue(*rest)
    return found
