"""Reads about searches: each with what its source reported, what was stored, and its files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from screening.constants import BatchState, RemovalReason
from screening.models import ImportBatch, Search
from screening.queries.imports import BatchLine, batch_lines


@dataclass(frozen=True)
class SearchLine:
    """One search: `stored` records of its imported files, `read` entries in them, and the files themselves."""

    search: Search
    stored: int
    duplicates: int
    rejected: int
    batches: list[BatchLine]

    @property
    def read(self) -> int:
        """Entries read from the imported files."""
        return self.stored + self.rejected

    @property
    def files(self) -> int:
        """Files whose records are in the review."""
        return sum(line.batch.state == BatchState.DONE for line in self.batches)

    @property
    def difference(self) -> int | None:
        """Entries read beyond what the source reported (negative: fewer). None while there is nothing to compare."""
        if self.search.reported_count is None or not self.files:
            return None
        return self.read - self.search.reported_count

    @property
    def is_busy(self) -> bool:
        """True while a file waits to be imported."""
        return any(line.batch.state == BatchState.WAITING for line in self.batches)

    @property
    def is_moving(self) -> bool:
        """True while something will change by itself, so that the page asks again."""
        return any(line.is_moving for line in self.batches)

    @property
    def is_asking(self) -> bool:
        """True while a file waits for a person's answer."""
        return any(line.batch.state == BatchState.ASKING for line in self.batches)

    @property
    def ending(self) -> str:
        """What became of the files, in words, once nothing moves any more."""
        states = Counter(line.batch.state for line in self.batches)
        parts = [
            f"{states[state]:,} {word}"
            for state, word in (
                (BatchState.DONE, "imported"),
                (BatchState.ASKING, "waiting for your answer"),
                (BatchState.FAILED, "not imported"),
                (BatchState.WAITING, "stopped"),
            )
            if states[state]
        ]
        return f"Files of this search: {', '.join(parts)}." if parts else ""


def search_lines(review_id: int) -> list[SearchLine]:
    """All searches of the review in the order in which they were added."""
    duplicate = Q(records__removal_reason=RemovalReason.DUPLICATE)
    searches = Search.objects.filter(review_id=review_id).annotate(
        stored=Count("records"), removed=Count("records", filter=duplicate)
    )
    files: dict[int, list[BatchLine]] = defaultdict(list)
    for line in batch_lines(ImportBatch.objects.filter(search__review_id=review_id)):
        files[line.batch.search_id].append(line)
    return [_line(search, files[search.pk], search.stored, search.removed) for search in searches.order_by("id")]


def search_line(search: Search) -> SearchLine:
    """One search."""
    records = search.records.aggregate(
        stored=Count("id"), removed=Count("id", filter=Q(removal_reason=RemovalReason.DUPLICATE))
    )
    return _line(search, batch_lines(ImportBatch.objects.filter(search=search)), records["stored"], records["removed"])


def _line(search: Search, batches: list[BatchLine], stored: int, removed: int) -> SearchLine:
    rejected = sum(line.rejected for line in batches if line.batch.state == BatchState.DONE)
    return SearchLine(search, stored, removed, rejected, batches)
