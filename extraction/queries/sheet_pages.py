"""What pages of sheets show: the list of studies with one's own state, and one sheet as it is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q

from extraction.constants import FormState, ItemType, SheetKind, SheetState
from extraction.models import Extraction, ExtractionForm, FormVersion, GroupEntry
from extraction.queries.cells import FilledSheet, filled
from extraction.queries.forms import offered_terms
from extraction.queries.opened import OWN_KINDS, opened_firsts, own_open, to_compare
from extraction.rules.cells import Key, Missing, path_words, progress
from extraction.rules.definition import Group, Item, Section
from extraction.rules.derive import in_words
from reviewapp.models import Membership, User
from screening.models import Report, ReportFile, Study

PAGE_SIZE = 50


@dataclass(frozen=True)
class ListRow:
    """One study as this member may know it: `own` sheet or None, whether it can be compared, whether it is settled.

    `people`: its extractors, for leads only.
    """

    study: Study
    own: Extraction | None
    compares: bool
    settled: bool
    people: Sequence[User] = ()


@dataclass(frozen=True)
class PersonCount:
    """How many sheets a member has, and how many of them are ready; for leads."""

    name: str
    given: int
    ready: int


@dataclass(frozen=True)
class SheetList:
    """A page of studies of one form, and what waits for this member."""

    page: Page[Study]
    rows: Sequence[ListRow]
    studies: int
    settled: int
    to_fill: int
    to_compare: int
    unassigned: int
    people: Sequence[PersonCount] = ()


def sheet_list(
    membership: Membership, form: ExtractionForm, version: FormVersion | None, page: str | None
) -> SheetList:
    """The list for one member, in a fixed number of queries. Others' progress only as counts, and only for leads."""
    studies = Study.objects.filter(review_id=membership.review_id, withdrawn_at=None).order_by("id")
    if version is not None and version.state == FormState.PILOT:
        studies = studies.filter(pk__in=studies.values("pk")[: form.pilot_studies])
    shown = Paginator(studies, PAGE_SIZE).get_page(page)
    compares = set(to_compare(membership, form.pk).values_list("study_id", flat=True))
    opened = opened_firsts(membership.review_id).filter(form=form).values("study_id")
    consensus = Extraction.objects.filter(form=form, kind=SheetKind.CONSENSUS, state=SheetState.READY)
    settled = set(consensus.filter(study__in=opened).values_list("study_id", flat=True))
    rows = _rows(membership, form, list(shown), compares, settled)
    own = Q(extractions__form=form, extractions__kind__in=OWN_KINDS)
    unassigned = studies.annotate(given=Count("extractions", filter=own)).filter(given__lt=2)
    return SheetList(
        page=shown,
        rows=rows,
        studies=shown.paginator.count,
        settled=len(settled),
        to_fill=own_open(membership).filter(form=form).count(),
        to_compare=len(compares),
        unassigned=unassigned.count() if membership.is_lead else 0,
        people=_people(form) if membership.is_lead else (),
    )


def _rows(
    membership: Membership, form: ExtractionForm, studies: Sequence[Study], compares: set[int], settled: set[int]
) -> list[ListRow]:
    sheets = Extraction.objects.filter(form=form, kind__in=OWN_KINDS, study__in=studies).order_by("place")
    if not membership.is_lead:
        sheets = sheets.filter(extractor_id=membership.user_id)
    by_study: dict[int, list[Extraction]] = {}
    for sheet in sheets.select_related("extractor"):
        by_study.setdefault(sheet.study_id, []).append(sheet)
    rows = []
    for study in studies:
        there = by_study.get(study.pk, [])
        own = next((sheet for sheet in there if sheet.extractor_id == membership.user_id), None)
        people = [sheet.extractor for sheet in there] if membership.is_lead else []
        rows.append(ListRow(study, own, study.pk in compares, study.pk in settled, people))
    return rows


def _people(form: ExtractionForm) -> list[PersonCount]:
    rows = Extraction.objects.filter(form=form, kind__in=OWN_KINDS, study__withdrawn_at=None).order_by()
    counted = rows.values("extractor__name").annotate(
        given=Count("pk"), ready=Count("pk", filter=Q(state=SheetState.READY))
    )
    return sorted(
        (PersonCount(row["extractor__name"], row["given"], row["ready"]) for row in counted), key=lambda row: row.name
    )


# --- one sheet ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellView:
    """One item as it is asked: `name` of its inputs, its cell (None: empty), its number (0: never written)."""

    item: Item
    name: str
    cell: Any
    number: int
    terms: Sequence[str] = ()


@dataclass(frozen=True)
class SectionView:
    """One section of the study or of an entry. `anchor` is unique on the page."""

    section: Section
    anchor: str
    cells: Sequence[CellView]


@dataclass(frozen=True)
class GroupView:
    """A repeating group within the study or an entry."""

    group: Group
    parent: int | None
    entries: Sequence[LevelView]
    removed: Sequence[GroupEntry]
    can_add: bool


@dataclass(frozen=True)
class LevelView:
    """The study (entry 0) or one entry, with its sections and the groups within it."""

    entry: int
    label: str
    words: str
    sections: Sequence[SectionView]
    groups: Sequence[GroupView]
    is_first: bool = True
    is_last: bool = True


@dataclass(frozen=True)
class ReportChoice:
    """A report of the study: where its PDF is shown beside the form, if one is kept."""

    pk: int
    words: str
    has_file: bool


@dataclass(frozen=True)
class SheetPage:
    """One's own sheet as it is filled in."""

    sheet: Extraction
    level: LevelView
    reports: Sequence[ReportChoice]
    done: int
    asked: int
    begun: bool = True
    """Something stands on it."""
    missing: Sequence[tuple[str, str]] = ()
    """(anchor, words) of what is required and missing; only after "ready" was refused."""

    @property
    def report_choices(self) -> list[tuple[int, str]]:
        """(id, words), as item_input.html takes them."""
        return [(report.pk, report.words) for report in self.reports]


def input_name(item_id: str, entry_id: int | None) -> str:
    """The name of an item's inputs on the page."""
    return f"v-{item_id}-{entry_id or 0}"


def reports_of(study_id: int) -> list[ReportChoice]:
    """The reports of a study, in two queries."""
    files = Prefetch("files", ReportFile.objects.filter(superseded_at=None).only("pk", "report_id"), to_attr="kept")
    rows = Report.objects.filter(study_id=study_id, withdrawn_at=None).select_related("record").prefetch_related(files)
    return [ReportChoice(row.pk, str(row), bool(getattr(row, "kept", []))) for row in rows]


@dataclass(frozen=True)
class Typed:
    """What was typed into cells and refused: shown again with what is wrong. The other cell's words on a conflict."""

    cells: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)


def sheet_page(sheet: Extraction, *, typed: Typed | None = None, missing: Iterable[Missing] = ()) -> SheetPage:
    """All that the page of a sheet needs, in about seven queries. `typed`: what a save refused."""
    [whole] = filled([sheet])
    done, asked = progress(whole.sheet)
    terms = offered_terms(sheet.form_id, sheet.extractor_id)
    removed = GroupEntry.objects.filter(extraction=sheet, removed_at__isnull=False).order_by("-removed_at")[:20]
    builder = _Levels(whole, terms, list(removed), typed or Typed())
    return SheetPage(
        sheet=sheet,
        level=builder.level(None, "", "", ""),
        reports=reports_of(sheet.study_id),
        done=done,
        asked=asked,
        begun=bool(whole.cells or whole.sheet.entries),
        missing=[(_anchor(one), one.words) for one in missing],
    )


def _anchor(one: Missing) -> str:
    return f"{input_name(one.item, one.entry)}-ask" if one.item else f"group-{one.group}-{one.entry or 0}"


@dataclass(frozen=True)
class _Levels:
    """Builds the tree of a page."""

    whole: FilledSheet
    terms: Mapping[str, Sequence[str]]
    removed: Sequence[GroupEntry]
    typed: Typed

    def level(self, entry_id: int | None, group: str, label: str, words: str, *ends: bool) -> LevelView:
        """The study or an entry with all within it."""
        definition = self.whole.sheet.definition
        sections = [
            SectionView(section, f"{section.id}-{entry_id or 0}", [self.cell(item, entry_id) for item in section.items])
            for section in definition.sections_of_group(group)
        ]
        groups = [self.group(inner, entry_id) for inner in definition.groups_within(group)]
        return LevelView(entry_id or 0, label, words, sections, groups, *ends)

    def group(self, group: Group, parent: int | None) -> GroupView:
        """A repeating group with its entries in order."""
        sheet = self.whole.sheet
        entries = [e for e in sheet.entries.values() if (e.group, e.parent) == (group.id, parent)]
        last = len(entries) - 1
        levels = [
            self.level(e.id, group.id, e.label, path_words(sheet, e.id), n == 0, n == last)
            for n, e in enumerate(entries)
        ]
        removed = [row for row in self.removed if (row.group, row.parent_id) == (group.id, parent)]
        return GroupView(group, parent, levels, removed, group.maximum is None or len(entries) < group.maximum)

    def cell(self, item: Item, entry_id: int | None) -> CellView:
        """One item; a derived one says how it follows."""
        key: Key = (item.id, entry_id)
        row = self.whole.cells.get(key)
        shown: Any = self.typed.cells.get(key, row)
        return CellView(
            derived_help(item, self.whole.sheet.definition.items()) if item.type == ItemType.DERIVED else item,
            input_name(*key),
            shown,
            row.number if row else 0,
            self.terms.get(item.id, ()),
        )


def derived_help(item: Item, items: Iterable[Item]) -> Item:
    """A derived item whose help says its formula with the labels of its sources."""
    words = f"Derived: {in_words(item.formula, {one.id: one.label for one in items})}" if item.formula else "Derived"
    return replace(item, help=f"{item.help}\n{words}" if item.help else words)
