"""Two sheets of a study side by side, and what is settled; only for comparisons that are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extraction.constants import ItemType, Mark, SheetKind, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, GroupEntry
from extraction.queries.cells import FilledSheet, filled
from extraction.queries.sheet_pages import derived_help, input_name, reports_of
from extraction.rules.cells import Key, Sheet, path_words
from extraction.rules.compare import Compared, Pair, Side, compare_cells, is_settled, key_of, pairs
from extraction.rules.definition import Item, Section
from extraction.rules.shown import Answer
from extraction.rules.values import show_cell

ORIGINS: Mapping[str, str] = {str(value): str(label) for value, label in ValueOrigin.choices}


@dataclass(frozen=True)
class SideView:
    """What one of the two found: in words, with its comment and where it stands. `answered`: it says something."""

    words: str
    answered: bool
    comment: str = ""
    page: str = ""
    quote: str = ""
    report: str = ""
    file: int = 0
    """Number of the value, where it is a file."""


@dataclass(frozen=True)
class Note:
    """One note of a cell: a question to the extractors, or an answer."""

    author: str
    text: str


@dataclass(frozen=True)
class RowView:
    """One item of the comparison. `state`: equal, settled, open, or rests (not asked, given what was settled)."""

    item: Item
    name: str
    entry: int
    first: SideView
    second: SideView
    state: str
    settled: str
    origin: str
    number: int
    cell: ExtractedValue | None
    notes: Sequence[Note] = ()

    @property
    def differs(self) -> bool:
        """The two do not say the same."""
        return self.state != "equal"


@dataclass(frozen=True)
class BlockView:
    """The rows of one section of the study or of a pair of entries: differing ones first, then those that are equal."""

    section: Section
    anchor: str
    rows: Sequence[RowView]
    equal: Sequence[RowView]


@dataclass(frozen=True)
class PairView:
    """The study, or a pair of entries that stand for the same thing.

    `entry`: that of the consensus sheet, 0 for none. `others`: what the first's entry could be matched with instead.
    """

    pair: Pair
    title: str
    depth: int
    entry: int
    blocks: Sequence[BlockView]
    left_out: bool = False
    others: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True)
class ComparisonPage:
    """A comparison. Without `consensus` nobody has begun to settle."""

    first: Extraction
    second: Extraction
    consensus: Extraction | None
    parts: Sequence[PairView]
    derived: Sequence[tuple[str, str, str]]
    """(item, place, value) of what follows by formula on the consensus sheet."""
    equal: int
    settled: int
    open: int
    reports: Sequence[tuple[int, str]]
    missing: Sequence[tuple[str, str]] = ()

    @property
    def total(self) -> int:
        """Cells on which the two differ and that are asked."""
        return self.settled + self.open

    @property
    def ready(self) -> bool:
        """The consensus sheet is complete."""
        return self.consensus is not None and self.consensus.state == SheetState.READY


def comparison_page(first: Extraction, second: Extraction) -> ComparisonPage:
    """All that the page needs, in some eight queries, however many cells there are."""
    rows = Extraction.objects.filter(form_id=first.form_id, study_id=first.study_id, kind=SheetKind.CONSENSUS)
    consensus = rows.select_related("version", "extractor").first()
    wholes = filled([first, second, *([consensus] if consensus else [])])
    reports = [(one.pk, one.words) for one in reports_of(first.study_id)]
    builder = _Builder(wholes[0], wholes[1], wholes[2] if consensus else None, dict(reports))
    parts = builder.parts()
    cells = [row for part in parts for block in part.blocks for row in (*block.rows, *block.equal)]
    states = [row.state for row in cells]
    return ComparisonPage(
        first=first,
        second=second,
        consensus=consensus,
        parts=parts,
        derived=builder.derived(),
        equal=states.count("equal"),
        settled=states.count("settled"),
        open=states.count("open"),
        reports=reports,
    )


class _Builder:
    """Puts the page together from sheets that are read already."""

    def __init__(
        self, first: FilledSheet, second: FilledSheet, consensus: FilledSheet | None, reports: Mapping[int, str]
    ) -> None:
        self.first, self.second, self.consensus, self.reports = first, second, consensus, reports
        self.matched = pairs(first.sheet, second.sheet)
        self.places = {e.match: e.id for e in consensus.sheet.entries.values()} if consensus else {}
        self.notes = _notes(consensus.row) if consensus else {}
        self.removed = _removed(consensus.row) if consensus else {}

    def parts(self) -> list[PairView]:
        """The study and every pair, in order."""
        by_pair: dict[int, dict[str, Compared]] = {}
        for one in compare_cells(self.first.sheet, self.second.sheet, self.matched):
            by_pair.setdefault(id(one.pair), {})[one.item.id] = one
        return [self._part(pair, by_pair.get(id(pair), {})) for pair in self.matched]

    def _part(self, pair: Pair, compared: Mapping[str, Compared]) -> PairView:
        entry = self.places.get(pair.match)
        gone = self.removed.get(pair.match) if pair.group and self.consensus else None
        left_out = bool(pair.group and self.consensus and entry is None)
        blocks = []
        for section in [] if left_out else self.first.sheet.definition.sections_of_group(pair.group):
            rows = [self._row(compared[item.id], entry) for item in section.items if item.id in compared]
            differing = [row for row in rows if row.differs]
            differing.sort(key=lambda row: ("open", "settled", "rests").index(row.state))
            anchor = f"{section.id}-{pair.match or 0}"
            blocks.append(BlockView(section, anchor, differing, [row for row in rows if not row.differs]))
        shown = entry or (gone or 0)
        return PairView(pair, self._title(pair), pair.depth, shown, blocks, left_out, self._others(pair))

    def _title(self, pair: Pair) -> str:
        if not pair.group:
            return ""
        if pair.first:
            return path_words(self.first.sheet, pair.first.id)
        return path_words(self.second.sheet, pair.second.id if pair.second else None)

    def _others(self, pair: Pair) -> list[tuple[int, str]]:
        """Entries of the second sheet with which the first's could be matched: within the same pair of parents."""
        if pair.first is None:
            return []
        above = next((p for p in self.matched if p.first and p.first.id == pair.first.parent), None)
        parent = above.second.id if above and above.second else None
        if pair.first.parent is not None and parent is None:
            return []
        return [
            (e.id, path_words(self.second.sheet, e.id))
            for e in self.second.sheet.entries.values()
            if e.group == pair.group and e.parent == parent
        ]

    def _row(self, one: Compared, entry: int | None) -> RowView:
        key: Key = (one.item.id, entry if one.pair.group else None)
        cell = self.consensus.cells.get(key) if self.consensus else None
        return RowView(
            item=one.item,
            name=f"{input_name(*key)}",
            entry=key[1] or 0,
            first=self._side(self.first, one, Side.FIRST),
            second=self._side(self.second, one, Side.SECOND),
            state=self._state(one, key, cell),
            settled=show_cell(one.item, cell.mark, cell.value) if cell else "",
            origin=ORIGINS[cell.origin] if cell else "",
            number=cell.number if cell else 0,
            cell=cell,
            notes=self.notes.get(key, ()),
        )

    def _state(self, one: Compared, key: Key, cell: ExtractedValue | None) -> str:
        if one.equal:
            return "equal"
        if self.consensus and not self.consensus.sheet.is_shown(one.item, key[1]):
            return "rests"
        settled = cell is not None and is_settled(Answer(cell.mark, cell.value), cell.comment)
        return "settled" if settled else "open"

    def _side(self, whole: FilledSheet, one: Compared, side: Side) -> SideView:
        answer = one.first if side == Side.FIRST else one.second
        key = key_of(one, side)
        row = whole.cells.get(key) if key else None
        if row is None or answer is None:
            return SideView("", False)
        report = self.reports.get(row.report_id or 0, "")
        file = row.pk if one.item.type == ItemType.FILE and row.value else 0
        return SideView(show_cell(one.item, row.mark, row.value), True, row.comment, row.page, row.quote, report, file)

    def derived(self) -> list[tuple[str, str, str]]:
        """What follows by formula on the consensus sheet, else nothing."""
        if self.consensus is None:
            return []
        sheet: Sheet = self.consensus.sheet
        items = {
            item.id: derived_help(item, sheet.definition.items()) for item in sheet.definition.items() if item.formula
        }
        return [
            (
                f"{items[item].label} ({items[item].help})",
                path_words(sheet, entry),
                show_cell(items[item], row.mark, row.value),
            )
            for (item, entry), row in self.consensus.cells.items()
            if item in items and row.value is not None and (entry is None or entry in sheet.entries)
        ]


def _notes(consensus: Extraction) -> dict[Key, list[Note]]:
    """Questions and answers of each cell, in order: they are values without a value. One query."""
    rows = ExtractedValue.objects.filter(extraction=consensus, mark=Mark.VALUE, value=None).exclude(comment="")
    found: dict[Key, list[Note]] = {}
    for row in rows.select_related("entered_by").order_by("pk"):
        found.setdefault((row.item, row.entry_id), []).append(Note(row.entered_by.name, row.comment))
    return found


def _removed(consensus: Extraction) -> dict[str, int]:
    """Entries that were left out of the consensus sheet, by their match. One query."""
    rows = GroupEntry.objects.filter(extraction=consensus, removed_at__isnull=False)
    return {row.match: row.pk for row in rows}
