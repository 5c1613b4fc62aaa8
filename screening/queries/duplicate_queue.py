"""The queue of doubtful pairs: one at a time, side by side, narrowed by reason and probability."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast

from reviewapp.models import Membership
from screening.models import DuplicatePair, Record
from screening.queries.duplicates import as_match_input, open_pair_ids
from screening.rules.matching import differing_fields

MARKED = "marked"
KINDS: dict[str, str] = {
    "doi": "Same DOI",
    "title": "Titles alike",
    "abstract": "Same abstract",
    "vetoed": "A rule speaks against it",
    "chain": "Would join records that must stay apart",
    "within": "Both from the same source",
    MARKED: "Marked by a reviewer",
}
"""What a queue can be narrowed to, in words."""
_CONDITIONS: dict[str, Q] = {
    "doi": Q(said__contains='"same DOI"'),
    "title": Q(said__contains='"same title"') | Q(said__regex=r'"title 9\d %"'),
    "abstract": Q(said__contains='"same abstract"'),
    "vetoed": Q(vetoed=True),
    "chain": Q(said__contains='"would join records that must stay apart"'),
    "within": Q(first__search=F("second__search")),
    MARKED: Q(marked_by__isnull=False),
}


@dataclass(frozen=True)
class QueueFilter:
    """What the queue is narrowed to. `low` and `high` are whole percent; None and "" narrow nothing."""

    kind: str = ""
    low: int | None = None
    high: int | None = None

    @property
    def query(self) -> str:
        """The filter as a part of an address, without "?"."""
        values = {"kind": self.kind, "low": self.low, "high": self.high}
        return urlencode({name: value for name, value in values.items() if value not in ("", None)})

    @property
    def words(self) -> str:
        """The filter for people; empty where nothing is left out."""
        parts = [KINDS[self.kind].lower().replace("doi", "DOI")] if self.kind in KINDS else []
        if self.low is not None:
            parts.append(f"{self.low} % probable or more")
        if self.high is not None:
            parts.append(f"{self.high} % probable or less")
        return ", ".join(parts)

    def narrow(self, pairs: QuerySet[DuplicatePair]) -> QuerySet[DuplicatePair]:
        """Those of the pairs that fit. A pair that a person named has no probability and fits no range."""
        if self.kind in _CONDITIONS:
            pairs = pairs.alias(said=Cast("reasons", TextField())).filter(_CONDITIONS[self.kind])
        if self.low is not None:
            pairs = pairs.filter(probability__gte=self.low / 100)
        if self.high is not None:
            pairs = pairs.filter(probability__lte=self.high / 100)
        return pairs


EVERYTHING = QueueFilter()


@dataclass(frozen=True)
class ComparedField:
    """One line of two records side by side. `differs` only where both say something, and not the same."""

    label: str
    left: str
    right: str
    differs: bool


@dataclass(frozen=True)
class QueueView:
    """The pair to decide now and how far the queue is. `pair` is None when nothing is left."""

    pair: DuplicatePair | None
    fields: list[ComparedField]
    wanted: QueueFilter
    waiting: int
    decided: int
    filtered_waiting: int
    filtered_decided: int
    for_leads: int
    """Pairs that reviewers have marked and that wait for a lead; 0 for a lead, whose they are."""
    may_decide: bool
    last: DuplicatePair | None
    """The member's own last decision, to undo."""

    @property
    def total(self) -> int:
        """Pairs for persons: decided and waiting."""
        return self.waiting + self.decided

    @property
    def filtered_total(self) -> int:
        """As total, of the pairs that fit the filter."""
        return self.filtered_waiting + self.filtered_decided


def queue_view(
    membership: Membership, wanted: QueueFilter = EVERYTHING, *, after: int | None = None, at: int | None = None
) -> QueueView:
    """The pair `at`, if it still waits; else the one that follows `after`; else the first. Skipping goes round.

    Pairs that reviewers have marked come up for leads only; others see them when they ask for marked pairs.
    """
    pairs = DuplicatePair.objects.filter(review_id=membership.review_id)
    everyone = open_pair_ids(membership.review_id)
    mine = everyone if membership.is_lead else open_pair_ids(membership.review_id, marked=False)
    waiting = _fitting(pairs, everyone if wanted.kind == MARKED else mine, wanted)
    decided = pairs.filter(decided_by__isnull=False)
    chosen = at if at in waiting else _following(waiting, pairs, after)
    pair = None
    if chosen is not None:
        pair = pairs.select_related("first__search", "second__search", "marked_by").get(pk=chosen)
    undoable = decided.filter(decided_by_id=membership.user_id)
    if not membership.is_lead:
        undoable = undoable.filter(marked_by=None)
    return QueueView(
        pair=pair,
        fields=compared_fields(pair.first, pair.second) if pair else [],
        wanted=wanted,
        waiting=len(mine),
        decided=decided.count(),
        filtered_waiting=len(waiting),
        filtered_decided=wanted.narrow(decided).count(),
        for_leads=len(everyone) - len(mine),
        may_decide=membership.is_lead or pair is None or pair.marked_by_id is None,
        last=undoable.select_related("first").order_by("-decided_at", "-id").first(),
    )


def _fitting(pairs: QuerySet[DuplicatePair], ids: list[int], wanted: QueueFilter) -> list[int]:
    """Those of the ids that fit the filter, in their order."""
    if wanted == EVERYTHING:
        return ids
    fit = set(wanted.narrow(pairs.filter(pk__in=ids)).values_list("id", flat=True))
    return [pair_id for pair_id in ids if pair_id in fit]


def _following(waiting: list[int], pairs: QuerySet[DuplicatePair], after: int | None) -> int | None:
    if not waiting:
        return None
    if after is None:
        return waiting[0]
    if after in waiting:
        return waiting[(waiting.index(after) + 1) % len(waiting)]
    known = dict(pairs.filter(pk__in=[*waiting, after]).values_list("id", "probability"))
    if after not in known:
        return waiting[0]
    place = _place(after, known[after])
    return next((i for i in waiting if _place(i, known[i]) > place), waiting[0])


def _place(pair_id: int, probability: float | None) -> tuple[float, int]:
    return (-probability if probability is not None else 1.0, pair_id)


def _shown(record: Record) -> dict[str, str]:
    return {
        "Title": record.title,
        "Authors": "; ".join(record.author_names),
        "Year": str(record.year or ""),
        "Journal": record.journal or record.journal_abbreviation,
        "Volume": record.volume,
        "Issue": record.issue,
        "Pages": record.pages,
        "DOI": record.doi,
        "PMID": record.pmid,
        "Type": record.publication_type,
        "Abstract": record.abstract,
    }


_MATCH_NAMES = {"Type": "publication_type"}


def compared_fields(left: Record, right: Record) -> list[ComparedField]:
    """Both records line by line; a line that neither has is left out."""
    differing = differing_fields(as_match_input(left), as_match_input(right))
    a, b = _shown(left), _shown(right)
    return [
        ComparedField(label, a[label], b[label], _MATCH_NAMES.get(label, label.lower()) in differing)
        for label in a
        if a[label] or b[label]
    ]
