"""Entries of a file on their way into the database: COPY into the staging table, then all of them at once into Record.

Staged rows are counted nowhere. They are wiped when the import of their file starts (again), and in the transaction
that turns them into records; a worker killed at any moment therefore leaves nothing half-counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any

from django.db import connection, models

from screening.constants import ScreeningStatus
from screening.importers import ParsedRecord, RejectedEntry
from screening.models import ElsewhereVote, ImportBatch, Record, RejectedRow, StagedRecord
from screening.models.record import RecordFields


def _is_number(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.IntegerField)


FIELDS: tuple[models.Field[Any, Any], ...] = tuple(
    StagedRecord._meta.get_field(field.name)  # type: ignore[misc]  # never a relation: RecordFields has none
    for field in sorted(RecordFields._meta.local_fields, key=lambda field: not _is_number(field))
)
"""Numbers first: they need no escaping on their way through COPY, and only they can be empty (NULL)."""
COLUMNS: tuple[str, ...] = tuple(str(field.column) for field in FIELDS)
NUMBERS = sum(map(_is_number, FIELDS))
_OWN = frozenset({"position", "authors", "warnings"})
"""Not taken from the entry as they are."""
_values = attrgetter(*(field.name if field.name != "position" else "line" for field in FIELDS))
_AT = {field.name: at for at, field in enumerate(FIELDS)}
_JSON_AT = tuple(
    at for at, field in enumerate(FIELDS) if isinstance(field, models.JSONField) and field.name not in _OWN
)
_DATE_LENGTH = Record._meta.get_field("date").max_length or 0
QUOTE = "\x01"
_BETWEEN = f"{QUOTE}\t{QUOTE}"
COPY_FORMAT = r"WITH (FORMAT csv, DELIMITER E'\t', QUOTE E'\x01', ENCODING 'UTF8')"
BLOCK = 64
"""Rows handed to the database at once."""
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


def _as_json(value: Sequence[Any]) -> str:
    """A list as JSON; lists of plain text, which most are, without the encoder's detours."""
    if not value:
        return "[]"
    kind = type(value[0])
    if kind is str:
        text = f"[{', '.join(map(encode_basestring, value))}]"
    elif kind is tuple:  # pairs of texts
        quoted = encode_basestring
        text = f"[{', '.join([f'[{quoted(name)}, {quoted(said)}]' for name, said in value])}]"
    else:
        text = _encode(value)
    return _encode(_cleaned(value)) if "\\u0000" in text else text


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return value


def _authors(parsed: ParsedRecord) -> str:
    """[{family, given, particle, collective, raw}] as JSON."""
    quoted = encode_basestring
    text = ", ".join(
        [
            f'{{"family": {quoted(a.family)}, "given": {quoted(a.given)}, "particle": {quoted(a.particle)}, '
            f'"collective": {"true" if a.collective else "false"}, "raw": {quoted(a.raw)}}}'
            for a in parsed.authors
        ]
    )
    return f"[{text}]" if "\\u0000" not in text else _encode(_cleaned(json.loads(f"[{text}]")))


def _fitting(parsed: ParsedRecord) -> tuple[dict[str, object], list[str]]:
    """Values that the columns cannot hold are cut or left out, with a remark; the raw entry keeps them."""
    values: dict[str, object] = {}
    remarks: list[str] = []
    if len(parsed.date) > _DATE_LENGTH:
        values["date"] = parsed.date[:_DATE_LENGTH]
        remarks.append(f"The date was cut to {_DATE_LENGTH} characters.")
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
    row = list(_values(parsed))
    row[_AT["position"]] = position
    row[_AT["authors"]] = _authors(parsed)
    row[_AT["warnings"]] = _as_json([*parsed.warnings, *remarks])
    for at in _JSON_AT:
        row[at] = _as_json(row[at])
    for name, value in fitted.items():
        row[_AT[name]] = value
    row.append(_as_json(_votes(parsed)) if parsed.votes else "[]")
    return row


def _line(row: Sequence[Any], batch_id: str) -> str:
    """A row as COPY reads CSV, with a quote that hardly any text holds: nothing else is escaped, not even line ends."""
    texts = _BETWEEN.join(row[NUMBERS:])
    if texts.count(QUOTE) != 2 * (len(row) - NUMBERS - 1) or "\0" in texts:
        texts = _BETWEEN.join([clean(text).replace(QUOTE, QUOTE * 2) for text in row[NUMBERS:]])
    numbers = "\t".join(["" if number is None else str(number) for number in row[:NUMBERS]])
    return f"{batch_id}\t{numbers}\t{QUOTE}{texts}{QUOTE}\n"


def stage_rows(batch: ImportBatch, rows: Iterable[Sequence[object]]) -> None:
    """COPY rows (as `row_of` gives them) into the staging table while they come. Call inside a transaction."""
    columns = ", ".join(f'"{column}"' for column in ("batch_id", *COLUMNS, "votes"))
    batch_id, source = str(batch.pk), iter(rows)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{StagedRecord._meta.db_table}" ({columns}) FROM STDIN {COPY_FORMAT}') as copy,
    ):
        while lines := [_line(row, batch_id) for row in islice(source, BLOCK)]:
            copy.write("".join(lines).encode("utf-8", "replace"))


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
SELECT batch_id, record_id, reviewer, stage, verdict, reason FROM (
SELECT DISTINCT ON (record.id, reviewer, stage)
    record.batch_id, record.id AS record_id, left(vote.value ->> 'reviewer', {MAX_REVIEWER}) AS reviewer,
    lower(vote.value ->> 'stage') AS stage, lower(vote.value ->> 'verdict') AS verdict,
    left(vote.value ->> 'reason', {MAX_VOTE_REASON}) AS reason, vote.place
FROM "{StagedRecord._meta.db_table}" staged
JOIN "{Record._meta.db_table}" record ON record.batch_id = staged.batch_id AND record.position = staged.position
CROSS JOIN LATERAL jsonb_array_elements(staged.votes) WITH ORDINALITY AS vote(value, place)
WHERE staged.batch_id = %s AND staged.votes <> '[]'::jsonb
ORDER BY record.id, reviewer, stage, vote.place DESC
) AS last_ones ORDER BY record_id, place
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
