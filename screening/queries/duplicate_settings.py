"""How a review looks for duplicates, and what other thresholds would change: worked out from stored pairs alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from reviewapp.constants import UNFINISHED_JOB_STATES
from reviewapp.models import Job, User
from screening.constants import JobKind, PairVerdict, PairZone
from screening.models import DuplicatePair, DuplicateSettings, Record, Search
from screening.queries.clusters import REFUSED, component, groups_of, standing_of
from screening.rules.matching import DEFAULT, MatchSettings

FLOOR = 0.01
"""The finder keeps pairs from this probability on, so that a lower threshold can be previewed."""
VERDICT_OF = {
    PairZone.CERTAIN: PairVerdict.SAME,
    PairZone.DOUBTFUL: PairVerdict.OPEN,
    PairZone.DISTINCT: PairVerdict.UNLIKELY,
}
"""What the system makes of a pair of each zone."""
SAMPLES = 5
BINS = 20


def match_settings(review_id: int) -> MatchSettings:
    """The review's thresholds; the usual ones until a lead has set others."""
    found = DuplicateSettings.objects.filter(review_id=review_id).values_list("certain", "doubtful").first()
    return MatchSettings(certain=found[0], doubtful=found[1]) if found else DEFAULT


@dataclass(frozen=True)
class SettingsView:
    """The settings that hold. `version` names them: who changes them says which they saw."""

    thresholds: MatchSettings
    sources: list[Search]
    version: str
    changed_by: User | None
    job: Job | None
    """The work that brings the pairs in line with them, while it is not finished."""

    @property
    def order(self) -> list[int]:
        """Ids of the searches, the preferred first."""
        return [source.pk for source in self.sources]


def settings_view(review_id: int) -> SettingsView:
    """The settings of a review. Searches that the order does not name follow by age."""
    found = DuplicateSettings.objects.filter(review_id=review_id).select_related("changed_by").first()
    searches = list(Search.objects.filter(review_id=review_id).order_by("id"))
    job = Job.objects.filter(
        review_id=review_id, kind=JobKind.APPLY_DUPLICATE_SETTINGS, state__in=UNFINISHED_JOB_STATES
    ).first()
    if found is None:
        return SettingsView(DEFAULT, searches, "", None, job)
    thresholds = MatchSettings(certain=found.certain, doubtful=found.doubtful)
    sources = in_order(searches, found.source_order)
    return SettingsView(thresholds, sources, found.changed_at.isoformat(), found.changed_by, job)


def in_order(searches: Sequence[Search], order: Iterable[int]) -> list[Search]:
    """The searches, those that `order` names first and in its order, the others as they come."""
    rank = {search_id: place for place, search_id in enumerate(order)}
    return sorted(searches, key=lambda search: rank.get(search.pk, len(rank)))


def undecided_pairs(review_id: int) -> QuerySet[DuplicatePair]:
    """Pairs whose verdict follows from the thresholds: no person has decided, named or marked them."""
    return DuplicatePair.objects.filter(
        review_id=review_id, probability__isnull=False, decided_by=None, marked_by=None
    ).exclude(verdict=PairVerdict.DISTINCT)


def in_zone(thresholds: MatchSettings, zone: PairZone) -> Q:
    """Pairs that fall into a zone, as `MatchSettings.zone` has it."""
    certain = Q(probability__gte=thresholds.certain, vetoed=False)
    distinct = Q(probability__lt=thresholds.doubtful)
    return {PairZone.CERTAIN: certain, PairZone.DISTINCT: distinct, PairZone.DOUBTFUL: ~certain & ~distinct}[zone]


@dataclass(frozen=True)
class ZoneChange:
    """How many pairs a zone holds now and would hold."""

    zone: PairZone
    words: str
    now: int
    then: int

    @property
    def difference(self) -> int:
        """More pairs than now, or fewer."""
        return self.then - self.now


@dataclass(frozen=True)
class Edge:
    """Pairs just above and just below a threshold, the nearest first."""

    name: str
    words: str
    threshold: float
    above: list[DuplicatePair]
    below: list[DuplicatePair]
    above_words: str
    below_words: str


@dataclass(frozen=True)
class Bin:
    """Pairs of one range of probability, by what would become of them."""

    low: float
    high: float
    certain: int
    doubtful: int
    distinct: int

    @property
    def words(self) -> str:
        """The range for people: "5 to 10 %"."""
        return f"{round(100 * self.low)} to {round(100 * self.high)} %"

    @property
    def total(self) -> int:
        """All pairs of the range."""
        return self.certain + self.doubtful + self.distinct


@dataclass(frozen=True)
class SettingsPreview:
    """What other thresholds would change."""

    thresholds: MatchSettings
    zones: list[ZoneChange]
    by_person: int
    """Pairs that persons decided, named or marked: they stay as they are."""
    removed_now: int
    removed_then: int
    edges: list[Edge]
    bins: list[Bin]

    @property
    def difference(self) -> int:
        """Records removed more than now; negative for fewer."""
        return self.removed_then - self.removed_now

    @property
    def fewer(self) -> int:
        """Records removed fewer than now."""
        return -self.difference

    @cached_property
    def moved(self) -> bool:
        """True where any zone would hold another number of pairs."""
        return any(zone.difference for zone in self.zones) or bool(self.difference)


_ZONE_WORDS = {
    PairZone.CERTAIN: "Certain: merged by the system",
    PairZone.DOUBTFUL: "Doubtful: a person is asked",
    PairZone.DISTINCT: "Distinct: left apart, not shown",
}


def settings_preview(review_id: int, thresholds: MatchSettings) -> SettingsPreview:
    """What these thresholds would change, in a fixed number of queries but for the length of chains of records."""
    undecided = undecided_pairs(review_id)
    now = match_settings(review_id)
    counts = undecided.aggregate(
        **{f"now_{zone}": Count("id", filter=in_zone(now, zone)) for zone in PairZone},
        **{f"then_{zone}": Count("id", filter=in_zone(thresholds, zone)) for zone in PairZone},
    )
    zones = [ZoneChange(z, _ZONE_WORDS[z], counts[f"now_{z}"], counts[f"then_{z}"]) for z in PairZone]
    removed = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False).count()
    everyone = DuplicatePair.objects.filter(review_id=review_id).count()
    return SettingsPreview(
        thresholds=thresholds,
        zones=zones,
        by_person=everyone - sum(zone.now for zone in zones),
        removed_now=removed,
        removed_then=removed + _removed_more(review_id, thresholds),
        edges=_edges(undecided, thresholds),
        bins=_bins(undecided, thresholds),
    )


def verdicts_changed(review_id: int, thresholds: MatchSettings) -> dict[int, PairVerdict]:
    """By id of pair the verdict it would get, for those that would get another verdict or zone."""
    changed: dict[int, PairVerdict] = {}
    for zone, verdict in VERDICT_OF.items():
        ids = undecided_pairs(review_id).filter(in_zone(thresholds, zone)).exclude(verdict=verdict, zone=zone)
        changed |= dict.fromkeys(ids.values_list("id", flat=True), verdict)
    return changed


def _removed_more(review_id: int, thresholds: MatchSettings) -> int:
    """How many records more (or fewer) would be duplicates: only groups that a changed pair touches are formed anew."""
    changed = verdicts_changed(review_id, thresholds)
    joining = DuplicatePair.objects.filter(pk__in=list(changed)).filter(
        Q(verdict=PairVerdict.SAME) | REFUSED | in_zone(thresholds, PairZone.CERTAIN)
    )
    seeds = {record_id for pair in joining.values_list("first_id", "second_id") for record_id in pair}
    if not seeds:
        return 0
    ids = component(review_id, seeds)
    groups = groups_of(standing_of(review_id, ids, changed))
    present = Record.objects.filter(review_id=review_id, pk__in=ids, duplicate_of__isnull=False).count()
    return sum(len(group) - 1 for group in groups) - present


def _edges(undecided: QuerySet[DuplicatePair], thresholds: MatchSettings) -> list[Edge]:
    shown = undecided.select_related("first__search", "second__search").defer(
        "first__raw", "second__raw", "first__abstract", "second__abstract"
    )
    merging = shown.filter(vetoed=False)
    return [
        Edge("certain", "merging by itself", thresholds.certain, *_around(merging, thresholds.certain),
             "would be merged", "a person would be asked"),
        Edge("doubtful", "asking a person", thresholds.doubtful, *_around(shown, thresholds.doubtful),
             "a person would be asked", "would be left apart"),
    ]  # fmt: skip


def _around(pairs: QuerySet[DuplicatePair], threshold: float) -> tuple[list[DuplicatePair], list[DuplicatePair]]:
    above = pairs.filter(probability__gte=threshold).order_by("probability", "id")[:SAMPLES]
    below = pairs.filter(probability__lt=threshold).order_by("-probability", "id")[:SAMPLES]
    return list(above), list(below)


def _bins(undecided: QuerySet[DuplicatePair], thresholds: MatchSettings) -> list[Bin]:
    bins = []
    numbers: list[list[int]] = [[0, 0, 0] for _ in range(BINS)]
    for place, zone in enumerate((PairZone.CERTAIN, PairZone.DOUBTFUL, PairZone.DISTINCT)):
        for value, n in _per_hundredth(undecided.filter(in_zone(thresholds, zone))):
            numbers[min(BINS - 1, int(value * BINS + 1e-9))][place] += n
    for place, (certain, doubtful, distinct) in enumerate(numbers):
        bins.append(Bin(place / BINS, (place + 1) / BINS, certain, doubtful, distinct))
    return bins


def _per_hundredth(pairs: QuerySet[DuplicatePair]) -> Iterable[tuple[float, int]]:
    rows = pairs.order_by().values_list("probability").annotate(n=Count("id"))
    return ((probability, n) for probability, n in rows if probability is not None)
