"""One audit row per write, in the same transaction as the write."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from reviewapp.models import AuditEvent, Review, User

LABEL_LENGTH = 200


@dataclass(frozen=True)
class Occasion:
    """In which review, by whom (None: the system) and when something is done."""

    review: Review | None
    actor: User | None
    at: dt.datetime = field(default_factory=timezone.now)


def log_event(
    occasion: Occasion,
    kind: str,
    target: models.Model,
    *,
    label: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write down what was done to `target`; `label` names it in the log, by default its str().

    Raises TransactionManagementError outside a transaction: an event must live or die with its change.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(
            "log_event must run in the transaction of the change it describes."
        )
    return AuditEvent.objects.create(
        review=occasion.review,
        actor=occasion.actor,
        at=occasion.at,
        kind=kind,
        object_type=target._meta.model_name or "",
        object_id=target.pk,
        object_label=(label or str(target))[:LABEL_LENGTH],
        before=before or {},
        after=after or {},
    )
