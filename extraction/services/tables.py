"""Evidence tables and cross-tabulations: a lead lays them out; every change is one event."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from extraction.constants import AuditKind
from extraction.models import EvidenceTable, ExtractionForm
from extraction.queries.tables import items_of
from extraction.rules.layout_words import layout_words
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership

MAX_TITLE = 200
STALE = "Someone else has changed this since you opened it. This is how it stands now; your change was not made."


def _require_lead(membership: Membership) -> None:
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review lays out tables.")


def _title(typed: str) -> str:
    title = " ".join(typed.split())
    if not title:
        raise DomainError("Give it a title.", field="title")
    if len(title) > MAX_TITLE:
        raise DomainError(f"Write at most {MAX_TITLE} characters.", field="title")
    return title


@transaction.atomic
def create_table(*, membership: Membership, form_id: int, title: str, layout: dict[str, Any]) -> EvidenceTable:
    """A table or cross-tabulation of a form's values. Raises DomainError for an empty title or a form that is gone."""
    _require_lead(membership)
    form = ExtractionForm.objects.filter(review_id=membership.review_id, pk=form_id, retired_at=None).first()
    if form is None:
        raise DomainError("Choose a form of this review.", field="form")
    occasion = Occasion(membership.review, membership.user)
    row = EvidenceTable.objects.create(
        review=membership.review,
        form=form,
        title=_title(title),
        layout=layout,
        changed_by=membership.user,
        changed_at=occasion.at,
    )
    after = {"title": row.title, **layout_words(layout, items_of(form))}
    log_event(occasion, AuditKind.TABLE_CHANGED, row, after=after)
    return row


@transaction.atomic
def change_table(
    *, membership: Membership, table_id: int, edits: int, title: str, layout: dict[str, Any]
) -> EvidenceTable:
    """Another title or layout. `edits` is the count of writes that the page was drawn from.

    Raises StaleError (409) where somebody wrote meanwhile or took the table off, DomainError for an empty title.
    """
    _require_lead(membership)
    row = _locked(membership, table_id)
    if row.removed_at is not None or row.edits != edits:
        raise StaleError(STALE)
    title = _title(title)
    if (row.title, row.layout) == (title, layout):
        return row
    items = items_of(row.form)
    before: dict[str, Any] = {"title": row.title, **layout_words(row.layout, items)}
    after: dict[str, Any] = {"title": title, **layout_words(layout, items)}
    row.title, row.layout = title, layout
    occasion = _save(row, membership)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    log_event(
        occasion,
        AuditKind.TABLE_CHANGED,
        row,
        before={name: before.get(name) for name in changed},
        after={name: after.get(name) for name in changed},
    )
    return row


def _locked(membership: Membership, table_id: int) -> EvidenceTable:
    rows = EvidenceTable.objects.select_for_update(of=("self",)).select_related("form")
    row = rows.filter(review_id=membership.review_id, pk=table_id).first()
    if row is None:
        raise StaleError("This table is not here any more.")
    return row


def _save(row: EvidenceTable, membership: Membership) -> Occasion:
    occasion = Occasion(membership.review, membership.user)
    row.edits += 1
    row.changed_by, row.changed_at = membership.user, occasion.at
    row.save(update_fields=["title", "layout", "edits", "changed_by", "changed_at", "removed_at"])
    return occasion


@transaction.atomic
def remove_table(*, membership: Membership, table_id: int, back: bool = False) -> EvidenceTable:
    """Take a table off the list, or (`back`) put it on again. Safe to press twice."""
    _require_lead(membership)
    row = _locked(membership, table_id)
    if (row.removed_at is None) == back:
        return row
    occasion = Occasion(membership.review, membership.user)
    row.removed_at = None if back else occasion.at
    _save(row, membership)
    log_event(occasion, AuditKind.TABLE_CHANGED, row, after={"change": "Put back" if back else "Taken off the list"})
    return row
