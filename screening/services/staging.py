"""Entries of a file on their way into the database: COPY into the staging table, then all of them at once into Record.

Staged rows are counted nowhere. They are wiped when the import of their file starts (again), and in the transaction
that turns them into records; a worker killed at any moment therefore leaves nothing half-counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

from screening.constants import ScreeningStatus
from screening.importers import ParsedRecord, RejectedEntry
from screening.models import ElsewhereVote, ImportBatch, Record, RejectedRow, StagedRecord
from screening.models.record import RecordFields

FIELDS: tuple[models.Field[Any, Any], ...] = tuple(
    StagedRecord._meta.get_field(field.name)  # type: ignore[misc]  # never a relation: RecordFields has none
    for field in RecordFields._meta.local_fields
)
COLUMNS: tuple[str, ...] = tuple(str(field.column) for field in FIELDS)
_KINDS = tuple((field.name, isinstance(field, models.JSONField)) for field in FIELDS)
MAX_RAW_REJECTED = 20_000
"""Characters kept of the text of a rejected entry; the file itself is kept whole."""
MAX_YEAR = 9999
MAX_REVIEWER = ElsewhereVote._meta.get_field("reviewer").max_length
MAX_VOTE_REASON = ElsewhereVote._meta.get_field("reason").max_length


def clean(value: str) -> str:
    """Text that PostgreSQL stores: without NUL characters, half surrogate pairs replaced."""
    if "\x00" in value:
        value = value.replace("\x00", "")
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode("utf-8")


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def _as_json(value: object) -> str:
    if not value:
        return "[]"
    text = _encode(value)
    if "\\u0000" in text:
        text = _encode(_cleaned(value))
    return clean(text)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value


def _authors(parsed: ParsedRecord) -> list[dict[str, object]]:
    return [
        {"family": a.family, "given": a.given, "particle": a.particle, "collective": a.collective, "raw": a.raw}
        for a in parsed.authors
    ]


def _fitting(parsed: ParsedRecord) -> tuple[dict[str, object], list[str]]:
    """Values that the columns cannot hold are cut or left out, with a remark; the raw entry keeps them."""
    values: dict[str, object] = {}
    remarks: list[str] = []
    limit = Record._meta.get_field("date").max_length or 0
    if len(parsed.date) > limit:
        values["date"] = parsed.date[:limit]
        remarks.append(f"The date was cut to {limit} characters.")
    if parsed.year is not None and not 0 < parsed.year <= MAX_YEAR:
        values["year"] = None
        remarks.append(f"The year {str(parsed.year)[:20]} cannot be right and was left out.")
    return values, remarks


def _votes(parsed: ParsedRecord) -> list[dict[str, str]]:
    """A verdict without a reviewer is nobody's vote: it is counted in the receipt only."""
    return [
        {"reviewer": vote.reviewer, "verdict": vote.verdict, "stage": vote.stage, "reason": vote.reason}
        for vote in parsed.votes
        if vote.reviewer
    ]


def row_of(parsed: ParsedRecord, position: int) -> list[object]:
    """The values of COLUMNS and of `votes` for one entry; lists as JSON text."""
    fitted, remarks = _fitting(parsed)
    special: dict[str, object] = {
        "position": position,
        "authors": _authors(parsed),
        "warnings": [*parsed.warnings, *remarks],
        **fitted,
    }
    row: list[object] = []
    for name, is_json in _KINDS:
        value = special[name] if name in special else getattr(parsed, name)
        if is_json:
            value = _as_json(value)
        elif isinstance(value, str):
            value = clean(value)
        row.append(value)
    row.append(_as_json(_votes(parsed)) if parsed.votes else "[]")
    return row


def stage_rows(batch: ImportBatch, rows: Iterable[Sequence[object]]) -> None:
    """COPY rows (as `row_of` gives them) into the staging table. Call inside a transaction."""
    columns = ", ".join(f'"{column}"' for column in (*COLUMNS, "votes", "batch_id"))
    table = StagedRecord._meta.db_table
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row((*row, batch.pk))


def stage_rejected(batch: ImportBatch, entries: Iterable[RejectedEntry]) -> None:
    """Store rejected entries with their line, reason and the beginning of their text."""
    RejectedRow.objects.bulk_create(
        (
            RejectedRow(
                batch=batch, line=entry.line, reason=clean(entry.reason)[:300], raw=clean(entry.raw[:MAX_RAW_REJECTED])
            )
            for entry in entries
        ),
        batch_size=1000,
    )


def wipe_staged(batch: ImportBatch) -> None:
    """Forget what an unfinished import of the batch has left."""
    StagedRecord.objects.filter(batch=batch).delete()
    RejectedRow.objects.filter(batch=batch).delete()


# Of two votes by the same reviewer on one record and stage the last one counts.
_STORE_VOTES = f"""
INSERT INTO "{ElsewhereVote._meta.db_table}" (batch_id, record_id, reviewer, stage, verdict, reason)
SELECT DISTINCT ON (record.id, reviewer, stage)
    record.batch_id, record.id, left(vote.value ->> 'reviewer', {MAX_REVIEWER}) AS reviewer,
    lower(vote.value ->> 'stage') AS stage, lower(vote.value ->> 'verdict'),
    left(vote.value ->> 'reason', {MAX_VOTE_REASON})
FROM "{StagedRecord._meta.db_table}" staged
JOIN "{Record._meta.db_table}" record ON record.batch_id = staged.batch_id AND record.position = staged.position
CROSS JOIN LATERAL jsonb_array_elements(staged.votes) WITH ORDINALITY AS vote(value, place)
WHERE staged.batch_id = %s AND staged.votes <> '[]'::jsonb
ORDER BY record.id, reviewer, stage, vote.place DESC
"""


def store_staged(batch: ImportBatch) -> int:
    """Turn all staged rows of the batch into records, in the order of the file, with the votes made on them elsewhere;
    the number of records. In one transaction."""
    columns = ", ".join(f'"{column}"' for column in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{Record._meta.db_table}" '
            f"(review_id, search_id, batch_id, removal_reason, title_abstract_status, {columns}) "
            f'SELECT %s, %s, batch_id, %s, %s, {columns} FROM "{StagedRecord._meta.db_table}" '
            "WHERE batch_id = %s ORDER BY position",
            [batch.search.review_id, batch.search_id, "", ScreeningStatus.PENDING, batch.pk],
        )
        stored = int(cursor.rowcount)
        cursor.execute(_STORE_VOTES, [batch.pk])
    StagedRecord.objects.filter(batch=batch).delete()
    return stored
