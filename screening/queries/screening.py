"""What a reviewer sees while screening: the record (or report) at hand, their own progress, and nothing of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.cache import caches
from django.db.models import Q

from screening.constants import RetrievalStatus, ScreeningStatus, Stage
from screening.models import Decision, ExclusionReason, Record, Report

TOTAL_CACHE_SECONDS = 20
"""How old the total of the progress bar may be; counting 100,000 rows on every vote would dwarf the vote."""
totals = caches["process"]

SHOWN_FIELDS = (
    "id",
    "review_id",
    "title",
    "original_title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "abstract",
    "doi",
    "pmid",
    "keywords",
    "language",
    "publication_type",
    "borrowed",
)

REPORT_FIELDS = ("id", "review_id", "record_id", "retrieval_status", "full_text_status")


@dataclass(frozen=True)
class Queue:
    """One reviewer's queue at one stage of one review."""

    review_id: int
    stage: Stage
    reviewer_id: int

    @property
    def column(self) -> str:
        """Name of the target's column in a claim: `record_id` or `report_id`."""
        return "record_id" if self.stage == Stage.TITLE_ABSTRACT else "report_id"


@dataclass(frozen=True)
class ScreenItem:
    """One record at title/abstract, or one report with its record at full text."""

    record: Record
    report: Report | None = None

    @property
    def id(self) -> int:
        """The target's id: the record's, or at full text the report's."""
        return self.report.pk if self.report else self.record.pk


@dataclass(frozen=True)
class Held:
    """The targets held for a reviewer and still to be judged, the one to show first first: in the order in which they
    were claimed, so one whose vote was undone comes first, one skipped and claimed again last."""

    items: Sequence[ScreenItem]
    judged: int | None
    """How many targets the reviewer has judged; None where nothing is held and it was not counted."""


@dataclass(frozen=True)
class ScreenProgress:
    """The reviewer's own progress at a stage."""

    done: int
    total: int


@dataclass(frozen=True)
class ScreenPage:
    """Everything the screening page shows."""

    stage: Stage
    item: ScreenItem | None
    following_id: int | None
    progress: ScreenProgress
    reasons: Sequence[ExclusionReason] = field(default=())

    @property
    def is_full_text(self) -> bool:
        """Reports are judged, with reasons; else records, with maybe."""
        return self.stage == Stage.FULL_TEXT


def with_records(targets: Sequence[Record] | Sequence[Report]) -> list[ScreenItem]:
    """Records as they are; reports with their records, fetched in one query."""
    reports = [target for target in targets if isinstance(target, Report)]
    records = {}
    if reports:
        records = Record.objects.only(*SHOWN_FIELDS).in_bulk([report.record_id for report in reports])
    return [
        ScreenItem(target.as_shown())
        if isinstance(target, Record)
        else ScreenItem(records[target.record_id].as_shown(), target)
        for target in targets
    ]


def _to_screen(review_id: int, stage: Stage) -> int:
    if stage == Stage.TITLE_ABSTRACT:
        return Record.objects.filter(review_id=review_id, removal_reason="").count()
    return Report.objects.filter(
        review_id=review_id, withdrawn_at=None, retrieval_status=RetrievalStatus.RETRIEVED
    ).count()


def _judged(queue: Queue) -> int:
    return Decision.objects.filter(
        review_id=queue.review_id, stage=queue.stage, reviewer_id=queue.reviewer_id, superseded_at=None
    ).count()


def screen_progress(queue: Queue, judged: int | None = None) -> ScreenProgress:
    """How many the reviewer has judged (counted unless told), of how many there are; the latter at most
    TOTAL_CACHE_SECONDS old."""
    done = _judged(queue) if judged is None else judged
    key = f"screen-total:{queue.review_id}:{queue.stage}"
    total = totals.get(key)
    if total is None or total < done:
        total = _to_screen(queue.review_id, queue.stage)
        totals.set(key, total, TOTAL_CACHE_SECONDS)
    return ScreenProgress(done, max(total, done))


def screen_page(queue: Queue, held: Held, *, show_id: int | None = None) -> ScreenPage:
    """The page for one of the held targets: `show_id` if it is still held, else the first."""
    items = held.items
    shown = next((item for item in items if item.id == show_id), items[0] if items else None)
    following = next((item.id for item in items if shown and item.id != shown.id), None)
    reasons: Sequence[ExclusionReason] = ()
    if queue.stage == Stage.FULL_TEXT:
        reasons = list(ExclusionReason.objects.filter(review_id=queue.review_id, retired_at=None))
    return ScreenPage(queue.stage, shown, following, screen_progress(queue, held.judged), reasons)


def waiting_for(queue: Queue) -> int:
    """How many targets of the stage this reviewer could still judge: open ones with a free place, or held for them."""
    mine = Q(claims__reviewer_id=queue.reviewer_id, claims__voted=True)
    if queue.stage == Stage.TITLE_ABSTRACT:
        targets = Record.objects.filter(
            review_id=queue.review_id, removal_reason="", title_abstract_status=ScreeningStatus.PENDING
        )
        return targets.exclude(pk__in=Record.objects.filter(mine, review_id=queue.review_id)).count()
    reports = Report.objects.filter(
        review_id=queue.review_id,
        withdrawn_at=None,
        retrieval_status=RetrievalStatus.RETRIEVED,
        full_text_status=ScreeningStatus.PENDING,
    )
    return reports.exclude(pk__in=Report.objects.filter(mine, review_id=queue.review_id)).count()
