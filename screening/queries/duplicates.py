"""Reads about duplicates: what the finder compares, the queue of doubtful pairs, what was merged, what sources gave."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, OrderBy, QuerySet

from reviewapp.models import Job, Membership
from screening.constants import BatchState, JobKind, PairVerdict, RemovalReason
from screening.models import DuplicatePair, ImportBatch, Record
from screening.rules.matching import MatchInput

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
    SELECT p.id, p.verdict, p.probability, p.marked_by_id IS NOT NULL AS marked,
           LEAST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS low,
           GREATEST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS high
    FROM screening_duplicatepair p
    JOIN screening_record a ON a.id = p.first_id
    JOIN screening_record b ON b.id = p.second_id
    WHERE p.review_id = %s AND p.verdict IN ('open', 'distinct')
      AND a.removal_reason IN ('', 'duplicate') AND b.removal_reason IN ('', 'duplicate')
)
SELECT id, marked FROM (
    SELECT DISTINCT ON (low, high) id, probability, marked FROM keyed k
    WHERE verdict = 'open' AND low <> high AND (marked OR NOT EXISTS (
        SELECT 1 FROM keyed d WHERE d.verdict = 'distinct' AND d.low = k.low AND d.high = k.high))
    ORDER BY low, high, marked DESC, probability DESC NULLS LAST, id
) best ORDER BY probability DESC NULLS LAST, id
"""


def open_pair_ids(review_id: int, *, marked: bool = True) -> list[int]:
    """The doubtful pairs worth a person's look, most probable first: one for each two groups of records, none inside a
    group, none between groups that a person has told apart, unless a reviewer has marked it since. `marked=False`
    leaves out what only a lead decides.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_SQL, [review_id])
        return [pair_id for pair_id, is_marked in cursor.fetchall() if marked or not is_marked]


def pairs_to_decide(membership: Membership) -> int:
    """How many doubtful pairs this member may decide: those that reviewers have marked are for leads."""
    return len(open_pair_ids(membership.review_id, marked=membership.is_lead)) if membership.can_screen else 0


# ---- what was merged
SORTS: dict[str, tuple[str | OrderBy, ...]] = {
    "unsure": (F("probability").asc(nulls_first=True), "id"),
    "sure": (F("probability").desc(nulls_last=True), "id"),
    "recent": ("-decided_at", "-id"),
}


def _listed(review_id: int) -> QuerySet[DuplicatePair]:
    return (
        DuplicatePair.objects.filter(review_id=review_id)
        .select_related("first__search", "second__search", "decided_by", "marked_by")
        .defer("first__raw", "second__raw", "first__abstract", "second__abstract")
    )


def merged_pairs(review_id: int, *, by: str = "", sort: str = "unsure") -> QuerySet[DuplicatePair]:
    """Pairs that hold as the same report; `by` is "system", "person" or empty for both. Least certain first."""
    pairs = _listed(review_id).filter(verdict=PairVerdict.SAME)
    if by in ("system", "person"):
        pairs = pairs.filter(decided_by__isnull=by == "system")
    return pairs.order_by(*SORTS.get(sort, SORTS["unsure"]))


def distinct_pairs(review_id: int, *, sort: str = "recent") -> QuerySet[DuplicatePair]:
    """Pairs that a person told apart."""
    return _listed(review_id).filter(verdict=PairVerdict.DISTINCT).order_by(*SORTS.get(sort, SORTS["recent"]))


def pair_row(review_id: int, pair_id: int) -> DuplicatePair:
    """One pair as the lists show it."""
    return _listed(review_id).get(pk=pair_id)


# ---- the work itself
def latest_job(review_id: int) -> Job | None:
    """The last search for duplicates, finished or not."""
    return Job.objects.filter(review_id=review_id, kind=JobKind.FIND_DUPLICATES).order_by("-id").first()


def uncompared_batches(review_id: int) -> QuerySet[ImportBatch]:
    """Files whose records have not been compared with the others yet."""
    return ImportBatch.objects.filter(search__review_id=review_id, state=BatchState.DONE, compared_at=None)
