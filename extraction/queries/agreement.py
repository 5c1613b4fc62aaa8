"""How far two extractors agreed, item by item, before anything was settled; and how often each was wrong afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from extraction.constants import ItemType, SheetKind, SheetState
from extraction.models import Extraction, ExtractionForm
from extraction.queries.cells import FilledSheet, filled
from extraction.queries.opened import OWN_KINDS, opened_firsts, settled_of
from extraction.rules.compare import Compared, code, compare_cells, pairs
from extraction.rules.definition import Item
from reviewapp.models import Membership
from screening.rules.agreement import agreement, cross_table

CATEGORICAL = frozenset({ItemType.YES_NO, ItemType.SINGLE, ItemType.MULTIPLE, ItemType.SINGLE_OTHER})
"""Types for which kappa says something: few answers that are offered."""
BATCH = 50


@dataclass
class ItemAgreement:
    """One item over all pairs: `pairs` compared, `same`, kappa (None: not defined, or not a choice), errors."""

    item: Item
    pairs: int = 0
    same: int = 0
    kappa: float | None = None
    settled: int = 0
    """Cells of the extractors that have a settled value to be held against."""
    errors: int = 0
    """Of those, how many said something else."""
    codes: list[tuple[str, str]] = field(default_factory=list, repr=False)

    @property
    def percent(self) -> float | None:
        """Per cent of pairs that say the same."""
        return 100 * self.same / self.pairs if self.pairs else None

    @property
    def error_percent(self) -> float | None:
        """Per cent of extractors' cells that differ from what was settled."""
        return 100 * self.errors / self.settled if self.settled else None


@dataclass(frozen=True)
class AgreementPage:
    """All items that were compared, in the order of the form, and over all of them."""

    studies: int
    items: Sequence[ItemAgreement]
    pairs: int
    same: int

    @property
    def percent(self) -> float | None:
        """Per cent of all cells that say the same."""
        return 100 * self.same / self.pairs if self.pairs else None


def agreement_page(membership: Membership, form: ExtractionForm) -> AgreementPage:
    """Agreement over settled studies; for leads and adjudicators also over those whose comparison is open.

    Studies are read in batches of fifty, in three queries each. Cells empty on both sides are not counted.
    """
    firsts = opened_firsts(membership.review_id).filter(form=form, kind=SheetKind.INDEPENDENT)
    if not (membership.is_lead or membership.can_adjudicate):
        firsts = settled_of(firsts)
    studies = list(firsts.order_by("study_id").values_list("study_id", flat=True))
    found: dict[str, ItemAgreement] = {}
    for start in range(0, len(studies), BATCH):
        for trio in _trios(form, studies[start : start + BATCH]):
            _count(trio, found)
    for one in found.values():
        one.kappa = _kappa(one.codes) if one.item.type in CATEGORICAL else None
    items = list(found.values())
    return AgreementPage(len(studies), items, sum(one.pairs for one in items), sum(one.same for one in items))


Trio = tuple[FilledSheet, FilledSheet, FilledSheet | None]


def _trios(form: ExtractionForm, studies: Sequence[int]) -> Iterator[Trio]:
    """Both sheets and, if it is ready, the consensus sheet of each study; checks are not independent: left out."""
    rows = Extraction.objects.filter(form=form, study__in=studies).select_related("version").order_by("place", "pk")
    by_study: dict[int, list[FilledSheet]] = {}
    for whole in filled(rows):
        by_study.setdefault(whole.row.study_id, []).append(whole)
    for wholes in by_study.values():
        own = [whole for whole in wholes if whole.row.kind in OWN_KINDS]
        ready = (w for w in wholes if w.row.kind == SheetKind.CONSENSUS and w.row.state == SheetState.READY)
        if len(own) == 2 and all(whole.row.kind == SheetKind.INDEPENDENT for whole in own):
            yield own[0], own[1], next(ready, None)


def _count(trio: Trio, found: dict[str, ItemAgreement]) -> None:
    first, second, consensus = trio
    places = {e.match: e.id for e in consensus.sheet.entries.values()} if consensus else {}
    for one in compare_cells(first.sheet, second.sheet, pairs(first.sheet, second.sheet)):
        codes = (code(one.item, one.first), code(one.item, one.second))
        if codes == ("", ""):
            continue
        row = found.setdefault(one.item.id, ItemAgreement(one.item))
        row.pairs += 1
        row.same += codes[0] == codes[1]
        row.codes.append(codes)
        if consensus and (not one.pair.group or one.pair.match in places):
            truth = _settled(consensus, one, places)
            if truth is not None:
                row.settled += 2
                row.errors += sum(said != truth for said in codes)


def _settled(consensus: FilledSheet, one: Compared, places: Mapping[str, int]) -> str | None:
    """What was settled, as a code; None where the item is not asked any more."""
    entry = places[one.pair.match] if one.pair.group else None
    if not consensus.sheet.is_shown(one.item, entry):
        return None
    return code(one.item, consensus.sheet.answer(one.item.id, entry))


def _kappa(codes: Iterable[tuple[str, str]]) -> float | None:
    every = list(codes)
    categories = sorted(Counter(code for pair in every for code in pair))
    if len(categories) < 2:
        return None
    return agreement(cross_table(every, categories)).kappa
