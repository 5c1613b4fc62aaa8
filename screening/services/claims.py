"""Who works on what: give each reviewer the next records (or reports) without two people colliding.

A target has as many slots as its stage requires reviewers; UNIQUE (target, slot) makes over-assignment impossible.
Rows are taken with FOR UPDATE SKIP LOCKED, beyond the last one the reviewer has had, so the cost does not grow with
the number of records.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from screening.constants import CLAIM_MINUTES, Stage
from screening.models import Claim, Decision, Record, Report
from screening.queries.screening import REPORT_FIELDS, SHOWN_FIELDS, Held, Queue, with_records

WINDOW = 2
"""Targets held for a reviewer at a time: the one on the page and the one prefetched."""

_QUEUES: dict[Stage, tuple[type[Record] | type[Report], str, tuple[str, ...]]] = {
    Stage.TITLE_ABSTRACT: (Record, "t.removal_reason = '' AND t.title_abstract_status = 'pending'", SHOWN_FIELDS),
    Stage.FULL_TEXT: (
        Report,
        "t.withdrawn_at IS NULL AND t.retrieval_status = 'retrieved' AND t.full_text_status = 'pending'",
        REPORT_FIELDS,
    ),
}
"""The table judged at each stage, which of its rows are open, and what is read of them."""

# A count = 0 where NOT EXISTS would say the same: that becomes a merge join which reads all claims from the first on.
# What has just been claimed is not yet in the table the statement reads, so the two halves of `held` never overlap.
_HOLD_SQL = """
WITH claimed AS (
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
    RETURNING id, {column} AS target
), held AS (
    SELECT id, target FROM claimed
    UNION ALL
    SELECT c.id, c.{column} FROM screening_claim c
    WHERE c.review_id = %(review)s AND c.stage = %(stage)s AND c.reviewer_id = %(reviewer)s AND NOT c.voted
)
SELECT {shown}, (
    SELECT count(*) FROM screening_decision d
    WHERE d.review_id = %(review)s AND d.stage = %(stage)s AND d.reviewer_id = %(reviewer)s AND d.superseded_at IS NULL
) AS judged
FROM held JOIN {table} t ON t.id = held.target
WHERE t.review_id = %(review)s AND {open}
ORDER BY held.id
"""

_AFTER_LAST = """coalesce((
    SELECT max(c.{column}) FROM screening_claim c
    WHERE c.review_id = %(review)s AND c.stage = %(stage)s AND c.reviewer_id = %(reviewer)s), 0)"""


_FROM_START = "0"

# What the reviewer has marked as a duplicate comes to them last: when nothing else is left.
_NOT_MARKED = """ AND t.id NOT IN (
    SELECT unnest(ARRAY[p.first_id, p.second_id]) FROM screening_duplicatepair p
    WHERE p.review_id = %(review)s AND p.verdict = 'open' AND p.marked_by_id = %(reviewer)s)"""


def _hold(queue: Queue, now: dt.datetime, count: int, *, after: str = _AFTER_LAST, marked: bool = True) -> Held:
    """Claim up to `count` further targets and read all that are held, in one statement."""
    model, is_open, fields = _QUEUES[queue.stage]
    sql = _HOLD_SQL.format(
        column=queue.column,
        table=model._meta.db_table,
        open=is_open,
        after=after.format(column=queue.column)
        + ("" if marked or queue.stage != Stage.TITLE_ABSTRACT else _NOT_MARKED),
        shown=", ".join(f"t.{name}" for name in fields),
    )
    values = {
        "review": queue.review_id,
        "stage": queue.stage,
        "reviewer": queue.reviewer_id,
        "now": now,
        "count": count,
    }
    rows: list[Any] = list(model._default_manager.raw(sql, values))  # with `judged`, which no model declares
    return Held(with_records(rows), rows[0].judged if rows else None)


def hold_places(queue: Queue, now: dt.datetime, *, voted: bool = False) -> Held:
    """The targets held for the reviewer; more are claimed until there are WINDOW, if so many are open.

    `voted`: one place has just become free, so the first statement may claim at once. Whoever loses a place to someone
    who claims at the same moment asks once more, and sees it taken. At the end of the queue those skipped or abandoned
    come round again.
    """
    held = _hold(queue, now, 1 if voted else 0)
    if len(held.items) < WINDOW:
        held = _hold(queue, now, WINDOW - len(held.items))
    if len(held.items) < WINDOW:
        release_expired(queue, now)
        held = _hold(queue, now, WINDOW - len(held.items), after=_FROM_START, marked=False)
    if not held.items and queue.stage == Stage.TITLE_ABSTRACT:
        held = _hold(queue, now, WINDOW, after=_FROM_START)
    return held


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


def target_column(stage: Stage) -> str:
    """Name of the target's column in claims and decisions of the stage."""
    return "record_id" if stage == Stage.TITLE_ABSTRACT else "report_id"


def keep_places(stage: Stage, decisions: Iterable[Decision], required: int, now: dt.datetime) -> None:
    """As `keep_place`, for the decisions just made on many locked targets of a stage."""
    column = target_column(stage)
    wanted: dict[int, list[Decision]] = defaultdict(list)
    for decision in decisions:
        wanted[getattr(decision, column)].append(decision)
    held: dict[int, dict[int, Claim]] = defaultdict(dict)
    for claim in Claim.objects.select_for_update().filter(**{f"{column}__in": list(wanted)}).order_by("id"):
        held[getattr(claim, column)][claim.reviewer_id] = claim
    voted, left, new = [], [], []
    for target_id, votes in wanted.items():
        places = held[target_id]
        for vote in votes:
            if vote.reviewer_id in places:
                places[vote.reviewer_id].voted = True
                voted.append(places[vote.reviewer_id].pk)
                continue
            if len(places) >= required:
                idle = {user_id: place for user_id, place in places.items() if not place.voted}
                left += [place.pk for place in idle.values()]
                places = held[target_id] = {user: place for user, place in places.items() if user not in idle}
            slot = min(set(range(1, required + 1)) - {place.slot for place in places.values()})
            places[vote.reviewer_id] = Claim(
                review_id=vote.review_id,
                stage=stage,
                reviewer_id=vote.reviewer_id,
                slot=slot,
                claimed_at=now,
                voted=True,
                **{column: target_id},
            )
            new.append(places[vote.reviewer_id])
    Claim.objects.filter(pk__in=voted).update(voted=True)
    Claim.objects.filter(pk__in=left, voted=False).delete()
    Claim.objects.bulk_create(new, batch_size=1000)


def leave_places(stage: Stage, decisions: Sequence[Decision]) -> None:
    """The places of decisions that are taken back are free for anyone."""
    column = target_column(stage)
    with connection.cursor() as cursor:
        cursor.execute(
            f'DELETE FROM "{Claim._meta.db_table}" AS place '
            "USING unnest(%s::bigint[], %s::bigint[]) AS gone(target, who) "
            f"WHERE place.{column} = gone.target AND place.reviewer_id = gone.who",
            [[getattr(one, column) for one in decisions], [one.reviewer_id for one in decisions]],
        )
