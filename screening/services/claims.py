"""Who works on what: give each reviewer the next records (or reports) without two people colliding.

A target has as many slots as its stage requires reviewers; UNIQUE (target, slot) makes over-assignment impossible.
Rows are taken with FOR UPDATE SKIP LOCKED, beyond the last one the reviewer has had, so the cost does not grow with
the number of records.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection

from screening.constants import CLAIM_MINUTES, Stage
from screening.models import Claim
from screening.queries.screening import Queue

WINDOW = 2
"""Targets held for a reviewer at a time: the one on the page and the one prefetched."""

_QUEUES = {
    Stage.TITLE_ABSTRACT: ("record", "t.removal_reason = '' AND t.title_abstract_status = 'pending'"),
    Stage.FULL_TEXT: (
        "report",
        "t.withdrawn_at IS NULL AND t.retrieval_status = 'retrieved' AND t.full_text_status = 'pending'",
    ),
}

# A count = 0 where NOT EXISTS would say the same: that becomes a merge join which reads all claims from the first on.
_CLAIM_SQL = """
INSERT INTO screening_claim (review_id, stage, {column}, reviewer_id, slot, claimed_at, voted)
SELECT %(review)s, %(stage)s, free.id, %(reviewer)s, free.slot, %(now)s, false
FROM (
    SELECT t.id, (
        SELECT min(s) FROM generate_series(1, (
            SELECT required FROM screening_stagesettings WHERE review_id = %(review)s AND stage = %(stage)s)) AS s
        WHERE NOT EXISTS (SELECT 1 FROM screening_claim c WHERE c.{column} = t.id AND c.slot = s)
    ) AS slot
    FROM {table} t
    WHERE t.review_id = %(review)s AND {open}
      AND t.id > {after}
      AND (SELECT count(*) FROM screening_claim c WHERE c.{column} = t.id AND c.reviewer_id = %(reviewer)s) = 0
      AND (SELECT count(*) FROM screening_claim c WHERE c.{column} = t.id) < (
            SELECT required FROM screening_stagesettings WHERE review_id = %(review)s AND stage = %(stage)s)
    ORDER BY t.id
    LIMIT %(count)s
    FOR UPDATE OF t SKIP LOCKED
) AS free
WHERE free.slot IS NOT NULL
ON CONFLICT DO NOTHING
"""

_AFTER_LAST = """coalesce((
    SELECT max(c.{column}) FROM screening_claim c
    WHERE c.review_id = %(review)s AND c.stage = %(stage)s AND c.reviewer_id = %(reviewer)s), 0)"""


def _claim(queue: Queue, now: dt.datetime, count: int, *, from_start: bool) -> int:
    noun, is_open = _QUEUES[queue.stage]
    after = "0" if from_start else _AFTER_LAST.format(column=queue.column)
    sql = _CLAIM_SQL.format(column=queue.column, table=f"screening_{noun}", open=is_open, after=after)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "review": queue.review_id,
                "stage": queue.stage,
                "reviewer": queue.reviewer_id,
                "now": now,
                "count": count,
            },
        )
        return int(cursor.rowcount)


def claim_more(queue: Queue, now: dt.datetime, count: int) -> int:
    """Claim up to `count` further targets; answers how many. Returns to skipped or abandoned ones at the end."""
    claimed = _claim(queue, now, count, from_start=False)
    if claimed < count:
        release_expired(queue, now)
        claimed += _claim(queue, now, count - claimed, from_start=True)
    return claimed


def release_expired(queue: Queue, now: dt.datetime) -> None:
    """Free the places of people who opened a target of this stage and left without a vote."""
    Claim.objects.filter(
        review_id=queue.review_id,
        stage=queue.stage,
        voted=False,
        claimed_at__lt=now - dt.timedelta(minutes=CLAIM_MINUTES),
    ).exclude(reviewer_id=queue.reviewer_id).delete()


def keep_place(queue: Queue, target_id: int, required: int, now: dt.datetime) -> None:
    """Mark the reviewer's place at the target as voted; takes a free or abandoned one if they had none.

    Call with the target locked and fewer than `required` votes by others.
    """
    mine = Claim.objects.filter(reviewer_id=queue.reviewer_id, **{queue.column: target_id})
    if mine.update(voted=True):
        return
    places = Claim.objects.filter(**{queue.column: target_id})
    if places.count() >= required:
        places.filter(voted=False).delete()
    slot = min(set(range(1, required + 1)) - set(places.values_list("slot", flat=True)))
    Claim.objects.create(
        review_id=queue.review_id,
        stage=queue.stage,
        reviewer_id=queue.reviewer_id,
        slot=slot,
        claimed_at=now,
        voted=True,
        **{queue.column: target_id},
    )


def reopen_place(queue: Queue, target_id: int, now: dt.datetime) -> None:
    """After an undo: the place is still the reviewer's, and waits for a vote again, before anything else."""
    Claim.objects.filter(reviewer_id=queue.reviewer_id, **{queue.column: target_id}).update(voted=False, claimed_at=now)


def skip_place(queue: Queue, target_id: int) -> None:
    """Leave a target for later: the place becomes free for others, and comes round again at the end of the queue."""
    Claim.objects.filter(reviewer_id=queue.reviewer_id, voted=False, **{queue.column: target_id}).delete()
