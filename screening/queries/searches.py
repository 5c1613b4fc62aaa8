"""Reads about searches: each with what its source reported, what was stored, and its files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from screening.constants import BatchState, RemovalReason
from screening.models import ImportBatch, Record, Search
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
    searches = Search.objects.filter(review_id=review_id).order_by("id")
    removed = _duplicates(Record.objects.filter(review_id=review_id))
    files: dict[int, list[BatchLine]] = defaultdict(list)
    for line in batch_lines(ImportBatch.objects.filter(search__review_id=review_id)):
        files[line.batch.search_id].append(line)
    return [_line(search, files[search.pk], removed.get(search.pk, 0)) for search in searches]


def search_line(search: Search) -> SearchLine:
    """One search. Asked for every second while its files are imported, so that large reviews must not make it slow."""
    lines = batch_lines(ImportBatch.objects.filter(search=search))
    return _line(search, lines, _duplicates(search.records.all()).get(search.pk, 0))


def _duplicates(records: QuerySet[Record]) -> dict[int, int]:
    """Duplicates among the records, by search. Asks for `duplicate_of` too: each of them has it, and it is indexed."""
    found = records.filter(duplicate_of__isnull=False, removal_reason=RemovalReason.DUPLICATE).order_by()
    return dict(found.values_list("search").annotate(n=Count("pk")))


def _line(search: Search, batches: list[BatchLine], removed: int) -> SearchLine:
    """Every record is of one file, and files that are not imported have none."""
    stored = sum(line.stored for line in batches)
    rejected = sum(line.rejected for line in batches if line.batch.state == BatchState.DONE)
    return SearchLine(search, stored, removed, rejected, batches)
