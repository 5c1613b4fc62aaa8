"""Reads about questions: which files wait for an answer, what is remembered of the columns of tables."""

from __future__ import annotations

from dataclasses import dataclass

from screening.constants import BatchState
from screening.importers.mapping import mapping_in_words
from screening.models import ColumnMapping, ImportBatch


@dataclass(frozen=True)
class RememberedMapping:
    """What the columns of tables with certain headings hold, in words."""

    mapping: ColumnMapping
    words: str


def remembered_mappings(review_id: int) -> list[RememberedMapping]:
    """All that a review remembers, the latest first, in one query."""
    rows = ColumnMapping.objects.select_related("saved_by").filter(review_id=review_id).order_by("-saved_at", "-id")
    return [RememberedMapping(row, mapping_in_words(row.mapping)) for row in rows]


def asking_batches(review_id: int) -> list[int]:
    """The files of a review that wait for an answer, the oldest first."""
    asking = ImportBatch.objects.filter(search__review_id=review_id, state=BatchState.ASKING)
    return list(asking.order_by("id").values_list("pk", flat=True))
