"""Reads about duplicates: what the finder compares, the queue of doubtful pairs, what was merged, what sources gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import Count, F, OrderBy, Q, QuerySet

from reviewapp.models import Job
from screening.constants import BatchState, JobKind, PairVerdict, RemovalReason
from screening.models import DuplicatePair, ImportBatch, Record, Search
from screening.rules.matching import MatchInput, differing_fields

MATCHED = ("", RemovalReason.DUPLICATE)
"""Records removed by a tool or for another reason are not compared."""

_COLUMNS = (
    "id", "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "isbn", "issn", "abstract",
    "publication_type", "search_id",
)  # fmt: skip


def author_text(author: dict[str, str]) -> str:
    """An author as the matching rules read it: "van Dam, Ann"."""
    family = " ".join(filter(None, (author.get("particle", ""), author.get("family", ""))))
    given = author.get("given", "")
    return f"{family}, {given}" if given else family


def source_name(search_id: int) -> str:
    """A search as `MatchInput.source` names it: its number, with leading zeros so that names sort as numbers do."""
    return f"{search_id:09d}"


def as_match_input(record: Record) -> MatchInput:
    """One record as the matching rules see it. `source` is the number of its search, with leading zeros."""
    return MatchInput(
        id=record.pk,
        title=record.title,
        authors=tuple(author_text(author) for author in record.authors),
        year=record.year,
        journal=record.journal or record.journal_abbreviation,
        volume=record.volume,
        issue=record.issue,
        pages=record.pages,
        doi=record.doi,
        pmid=record.pmid,
        isbn="; ".join((*record.isbn, *record.issn)),
        abstract=record.abstract,
        publication_type=record.publication_type,
        source=source_name(record.search_id),
    )


def match_inputs(records: QuerySet[Record]) -> list[MatchInput]:
    """All of them, in the order of their ids; one query, rows streamed."""
    rows: Iterator[Record] = records.order_by("id").only(*_COLUMNS, "journal_abbreviation").iterator(chunk_size=2000)
    return [as_match_input(record) for record in rows]


# ---- the queue
_QUEUE_SQL = """
WITH keyed AS (
    SELECT p.id, p.verdict, p.probability,
           LEAST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS low,
           GREATEST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS high
    FROM screening_duplicatepair p
    JOIN screening_record a ON a.id = p.first_id
    JOIN screening_record b ON b.id = p.second_id
    WHERE p.review_id = %s AND p.verdict IN ('open', 'distinct')
      AND a.removal_reason IN ('', 'duplicate') AND b.removal_reason IN ('', 'duplicate')
)
SELECT id FROM (
    SELECT DISTINCT ON (low, high) id, probability FROM keyed k
    WHERE verdict = 'open' AND low <> high AND NOT EXISTS (
        SELECT 1 FROM keyed d WHERE d.verdict = 'distinct' AND d.low = k.low AND d.high = k.high)
    ORDER BY low, high, probability DESC NULLS LAST, id
) best ORDER BY probability DESC NULLS LAST, id
"""


def open_pair_ids(review_id: int) -> list[int]:
    """The doubtful pairs worth a person's look, most probable first: one for each two groups of records, none inside a
    group, none between groups that a person has told apart."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_SQL, [review_id])
        return [row[0] for row in cursor.fetchall()]


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
    waiting: int
    decided: int
    last: DuplicatePair | None
    """The member's own last decision, to undo."""

    @property
    def percent(self) -> int | None:
        """How probable the pair is, 1 to 99; None for one that a person named."""
        if self.pair is None or self.pair.probability is None:
            return None
        return min(99, max(1, round(100 * self.pair.probability)))

    @property
    def total(self) -> int:
        """Pairs for persons: decided and waiting."""
        return self.waiting + self.decided


def queue_view(*, review_id: int, user_id: int, after: int | None = None, at: int | None = None) -> QueueView:
    """The pair `at`, if it still waits; else the one that follows `after`; else the first. Skipping goes round."""
    waiting = open_pair_ids(review_id)
    pairs = DuplicatePair.objects.filter(review_id=review_id)
    decided = pairs.filter(decided_by__isnull=False)
    chosen = at if at in waiting else _following(waiting, pairs, after)
    pair = None
    if chosen is not None:
        pair = pairs.select_related("first__search", "second__search").get(pk=chosen)
    last = decided.filter(decided_by_id=user_id).select_related("first").order_by("-decided_at", "-id").first()
    fields = compared_fields(pair.first, pair.second) if pair else []
    return QueueView(pair, fields, len(waiting), decided.count(), last)


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


# ---- what was merged
SORTS: dict[str, tuple[str | OrderBy, ...]] = {
    "unsure": (F("probability").asc(nulls_first=True), "id"),
    "sure": (F("probability").desc(nulls_last=True), "id"),
    "recent": ("-decided_at", "-id"),
}


def merged_pairs(review_id: int, *, by: str = "", sort: str = "unsure") -> QuerySet[DuplicatePair]:
    """Pairs that hold as the same report; `by` is "system", "person" or empty for both. Least certain first."""
    pairs = (
        DuplicatePair.objects.filter(review_id=review_id, verdict=PairVerdict.SAME)
        .select_related("first__search", "second__search", "decided_by")
        .defer("first__raw", "second__raw", "first__abstract", "second__abstract")
    )
    if by in ("system", "person"):
        pairs = pairs.filter(decided_by__isnull=by == "system")
    return pairs.order_by(*SORTS.get(sort, SORTS["unsure"]))


def distinct_pairs(review_id: int) -> QuerySet[DuplicatePair]:
    """Pairs that a person told apart, newest first."""
    return (
        DuplicatePair.objects.filter(review_id=review_id, verdict=PairVerdict.DISTINCT)
        .select_related("first__search", "second__search", "decided_by")
        .defer("first__raw", "second__raw", "first__abstract", "second__abstract")
        .order_by("-decided_at", "-id")
    )


# ---- the summary
@dataclass(frozen=True)
class SourceSummary:
    """What one search gave: records found, removed as duplicates, left, and reports that no other search found."""

    search: Search
    found: int
    removed: int
    unique: int

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


def _unique_by_search(review_id: int) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNIQUE_SQL, [review_id])
        return dict(cursor.fetchall())


def latest_job(review_id: int) -> Job | None:
    """The last search for duplicates, finished or not."""
    return Job.objects.filter(review_id=review_id, kind=JobKind.FIND_DUPLICATES).order_by("-id").first()


def duplicate_summary(review_id: int) -> DuplicateSummary:
    """Counts for the duplicates page, in a fixed number of queries."""
    duplicate = Q(records__removal_reason=RemovalReason.DUPLICATE)
    searches = Search.objects.filter(review_id=review_id).annotate(
        found=Count("records"), removed=Count("records", filter=duplicate)
    )
    unique = _unique_by_search(review_id)
    same = Q(verdict=PairVerdict.SAME)
    pairs = DuplicatePair.objects.filter(review_id=review_id).aggregate(
        automatic=Count("id", filter=same & Q(decided_by=None)),
        by_person=Count("id", filter=same & Q(decided_by__isnull=False)),
        apart=Count("id", filter=Q(verdict=PairVerdict.DISTINCT)),
    )
    return DuplicateSummary(
        sources=[SourceSummary(s, s.found, s.removed, unique.get(s.pk, 0)) for s in searches.order_by("id")],
        waiting=len(open_pair_ids(review_id)),
        uncompared=Record.objects.filter(batch__in=_uncompared(review_id)).count(),
        job=latest_job(review_id),
        **pairs,
    )


def _uncompared(review_id: int) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(search__review_id=review_id, state=BatchState.DONE, compared_at=None)
