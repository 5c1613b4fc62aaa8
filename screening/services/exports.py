"""That records were exported is written down: by whom, which, in what form, and whether with votes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.models import AuditEvent, Review
from screening.constants import AuditKind


@dataclass(frozen=True)
class ExportFacts:
    """What was exported: which records in words, how many, the format's name, and whether with votes."""

    selection: str
    count: int
    format: str
    votes: bool


@transaction.atomic
def log_export(*, occasion: Occasion, review: Review, facts: ExportFacts) -> AuditEvent:
    """Write the event. Raises DomainError for an export of no records: there would be nothing in the file."""
    if not facts.count:
        raise DomainError("There are no records to export here.")
    after = {"records": facts.count, "format": facts.format, "votes": facts.votes, "selection": facts.selection}
    return log_event(occasion, AuditKind.RECORDS_EXPORTED, review, label=facts.selection, after=after)
