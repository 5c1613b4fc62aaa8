"""Receipt of an imported file, as CSV rows and as JSON: the same facts in the same order, rejected entries last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from screening.models import RejectedRow
from screening.queries.elsewhere import unnamed_counts
from screening.queries.imports import ReceiptView

HEADER = ("part", "what", "value")


def receipt_facts(receipt: ReceiptView) -> dict[str, Any]:
    """Everything but the rejected entries. Dates are datetimes, counts numbers, what is not known None or an empty
    text; `read` = `stored` + `rejected`."""
    batch, check = receipt.batch, receipt.check
    encoding, _, newlines = batch.encoding.partition(", ")
    return {
        "file": {
            "name": batch.filename,
            "archive": batch.archive,
            "sha256": batch.sha256,
            "bytes": batch.size,
            "state": batch.get_state_display(),
            "error": batch.error,
            "error_line": batch.error_line,
            "brought_in_at": batch.uploaded_at,
            "brought_in_by": str(batch.uploaded_by),
        },
        "search": {
            "number": batch.search_id,
            "source": batch.search.source,
            "platform": batch.search.platform,
            "date_run": batch.search.date_run,
        },
        "format": {"name": batch.format_label, "encoding": encoding, "newlines": newlines},
        "counts": {"read": receipt.line.read, "stored": receipt.line.stored, "rejected": receipt.line.rejected},
        "reported": {
            "reported_by_the_source": batch.search.reported_count,
            "difference": check.difference,
            "verdict": check.verdict,
            "explanation": " ".join(check.sentences),
        },
        "records_with_field": {field.label: field.count for field in receipt.shown},
        "screened_elsewhere_by_nobody_named": unnamed_counts(batch),
        "fields_kept_but_not_shown": {field.label: field.count for field in receipt.not_shown},
        "remarks": [{"line": remark.get("line"), "message": remark.get("message", "")} for remark in batch.warnings],
    }


def receipt_rows(receipt: ReceiptView, rejected: Iterable[RejectedRow]) -> Iterator[tuple[object, ...]]:
    """Rows under HEADER: one a fact, one a remark, one a rejected entry."""
    facts = receipt_facts(receipt)
    remarks = facts.pop("remarks")
    for part, values in facts.items():
        for what, value in values.items():
            yield _words(part), _words(what) if part in PLAIN_KEYS else what, value
    for remark in remarks:
        yield "remark", _line(remark["line"]), remark["message"]
    for row in rejected:
        yield "rejected entry", _line(row.line), row.reason


PLAIN_KEYS = ("file", "search", "format", "counts", "reported")
"""Parts whose keys are ours, and not names of fields."""


def _words(key: str) -> str:
    return key.replace("_", " ")


def _line(line: int | None) -> str:
    return f"line {line}" if line else ""


def receipt_json(receipt: ReceiptView, rejected: Iterable[RejectedRow]) -> Iterator[str]:
    """One JSON object, in pieces: `receipt_facts` and `rejected_entries`, [{"line", "reason"}]."""
    head = json.dumps(receipt_facts(receipt), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    yield head[: head.rindex("\n}")] + ',\n  "rejected_entries": ['
    for number, row in enumerate(rejected):
        entry = json.dumps({"line": row.line, "reason": row.reason}, ensure_ascii=False)
        yield f"{',' if number else ''}\n    {entry}"
    yield "\n  ]\n}\n"
