"""What each source gave: found, removed within and across sources, found nowhere else, and how sources overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import Count, Q

from reviewapp.models import Job
from screening.constants import PairVerdict, RemovalReason
from screening.models import DuplicatePair, Record, Search
from screening.queries.duplicates import latest_job, open_pair_ids, uncompared_batches


@dataclass(frozen=True)
class SourceSummary:
    """What one search gave: records found, removed as duplicates, left, and reports that no other search found.

    `within`: removed although the same source holds another record of the report that stays, or stands for the source's
    others. `across`: removed because another source has it. They add up to `removed`.
    """

    search: Search
    found: int
    removed: int
    within: int
    unique: int

    @property
    def across(self) -> int:
        """Removed because another source has the report."""
        return self.removed - self.within

    @property
    def left(self) -> int:
        """Records that are screened."""
        return self.found - self.removed


@dataclass(frozen=True)
class DuplicateSummary:
    """Where the work on duplicates stands."""

    sources: list[SourceSummary]
    waiting: int
    automatic: int
    by_person: int
    apart: int
    uncompared: int
    """Records of files that have not been compared with the others yet."""
    job: Job | None

    @cached_property
    def found(self) -> int:
        """All records."""
        return sum(source.found for source in self.sources)

    @cached_property
    def removed(self) -> int:
        """Duplicates removed."""
        return sum(source.removed for source in self.sources)

    @cached_property
    def within(self) -> int:
        """Duplicates removed within one source."""
        return sum(source.within for source in self.sources)

    @property
    def across(self) -> int:
        """Duplicates removed across sources."""
        return self.removed - self.within

    @property
    def unique(self) -> int:
        """Reports that only one source has."""
        return sum(source.unique for source in self.sources)

    @property
    def left(self) -> int:
        """Records left after duplicates are removed."""
        return self.found - self.removed

    @property
    def busy(self) -> bool:
        """True while the finder works or waits for a worker."""
        return self.job is not None and not self.job.is_finished


_UNIQUE_SQL = """
SELECT low, COUNT(*) FROM (
    SELECT MIN(search_id) AS low, MAX(search_id) AS high FROM screening_record
    WHERE review_id = %s GROUP BY COALESCE(duplicate_of_id, id)
) groups WHERE low = high GROUP BY low
"""


_WITHIN_SQL = """
SELECT search_id, COUNT(*) FROM (
    SELECT r.search_id, r.duplicate_of_id, ROW_NUMBER() OVER (
        PARTITION BY COALESCE(r.duplicate_of_id, r.id), lower(btrim(s.source))
        ORDER BY r.duplicate_of_id IS NOT NULL, r.id) AS place
    FROM screening_record r JOIN screening_search s ON s.id = r.search_id WHERE r.review_id = %s
) placed WHERE duplicate_of_id IS NOT NULL AND place > 1 GROUP BY search_id
"""
"""Of each report one record stands for each source: the kept one, else the first. The others are within the source,
which may have been searched more than once."""
_OVERLAP_SQL = """
WITH found AS (
    SELECT DISTINCT COALESCE(duplicate_of_id, id) AS report, search_id FROM screening_record WHERE review_id = %s)
SELECT a.search_id, b.search_id, COUNT(*) FROM found a JOIN found b USING (report) GROUP BY 1, 2
"""


def _numbers(sql: str, review_id: int) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [review_id])
        return dict(cursor.fetchall())


def within_by_search(review_id: int) -> dict[int, int]:
    """By search the number of its records that were removed as duplicates within one source."""
    return _numbers(_WITHIN_SQL, review_id)


def duplicate_summary(review_id: int) -> DuplicateSummary:
    """Counts for the duplicates page, in a fixed number of queries."""
    duplicate = Q(records__removal_reason=RemovalReason.DUPLICATE)
    searches = Search.objects.filter(review_id=review_id).annotate(
        found=Count("records"), removed=Count("records", filter=duplicate)
    )
    unique, within = _numbers(_UNIQUE_SQL, review_id), within_by_search(review_id)
    same = Q(verdict=PairVerdict.SAME)
    pairs = DuplicatePair.objects.filter(review_id=review_id).aggregate(
        automatic=Count("id", filter=same & Q(decided_by=None)),
        by_person=Count("id", filter=same & Q(decided_by__isnull=False)),
        apart=Count("id", filter=Q(verdict=PairVerdict.DISTINCT)),
    )
    return DuplicateSummary(
        sources=[
            SourceSummary(s, s.found, s.removed, within.get(s.pk, 0), unique.get(s.pk, 0))
            for s in searches.order_by("id")
        ],
        waiting=len(open_pair_ids(review_id)),
        uncompared=Record.objects.filter(batch__in=uncompared_batches(review_id)).count(),
        job=latest_job(review_id),
        **pairs,
    )


@dataclass(frozen=True)
class OverlapCell:
    """Reports that both sources have, and which part of the row's source that is, in percent."""

    n: int
    share: float


@dataclass(frozen=True)
class OverlapRow:
    """One source against each."""

    search: Search
    total: int
    """Reports it has: its records, duplicates within it counted once."""
    cells: list[OverlapCell]


@dataclass(frozen=True)
class Overlap:
    """How many reports each two sources share; on the diagonal, all that a source has."""

    searches: list[Search]
    rows: list[OverlapRow]


def source_overlap(review_id: int) -> Overlap:
    """The matrix over all searches with records, in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAP_SQL, [review_id])
        shared = {(a, b): n for a, b, n in cursor.fetchall()}
    searches = [s for s in Search.objects.filter(review_id=review_id).order_by("id") if (s.pk, s.pk) in shared]
    rows = []
    for left in searches:
        total = shared[left.pk, left.pk]
        numbers = [shared.get((left.pk, right.pk), 0) for right in searches]
        rows.append(OverlapRow(left, total, [OverlapCell(n, round(100 * n / total, 1)) for n in numbers]))
    return Overlap(searches, rows)
