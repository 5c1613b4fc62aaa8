"""Texts with live references: written by everyone who extracts; every change is one event, nothing is deleted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from extraction.constants import AuditKind
from extraction.models import TextBlock, Theme
from extraction.rules.livetext import MAX_BODY
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership

STALE = "Someone else has changed this text since you opened it. Your own words are still below; theirs are kept too."


@dataclass(frozen=True)
class TextDraft:
    """A text: its title, its body with references, and the theme it belongs to (None: all studies)."""

    title: str
    body: str = ""
    theme_id: int | None = None


def _require_writer(membership: Membership) -> None:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")


def _checked(membership: Membership, draft: TextDraft) -> dict[str, object]:
    title = " ".join(draft.title.split())
    if not title or len(title) > 200:
        raise DomainError("Give the text a title of at most 200 characters.", field="title")
    if len(draft.body) > MAX_BODY:
        raise DomainError(f"Write at most {MAX_BODY:,} characters.", field="body")
    themes = Theme.objects.filter(review_id=membership.review_id)
    if draft.theme_id is not None and not themes.filter(pk=draft.theme_id).exists():
        raise DomainError("Choose a theme of this review.", field="theme")
    body = draft.body.replace("\r\n", "\n").replace("\x00", "").strip()
    return {"title": title, "body": body, "theme_id": draft.theme_id}


@transaction.atomic
def create_text(*, membership: Membership, draft: TextDraft) -> TextBlock:
    """A text at the end of the list. Raises DomainError for an empty title or one that is too long."""
    _require_writer(membership)
    fields = _checked(membership, draft)
    occasion = Occasion(membership.review, membership.user)
    last = TextBlock.objects.filter(review=membership.review).aggregate(last=Max("position"))["last"] or 0
    block = TextBlock.objects.create(
        review=membership.review,
        position=last + 1,
        changed_by=membership.user,
        changed_at=occasion.at,
        **fields,
    )
    log_event(occasion, AuditKind.TEXT_CHANGED, block, after=fields)
    return block


def _locked(membership: Membership, text_id: int) -> TextBlock:
    block = TextBlock.objects.select_for_update().filter(review_id=membership.review_id, pk=text_id).first()
    if block is None:
        raise StaleError("This text is not here any more.")
    return block


@transaction.atomic
def change_text(*, membership: Membership, text_id: int, edits: int, draft: TextDraft) -> TextBlock:
    """Other words. `edits` is the count of writes that the page was drawn from: StaleError (409) for a stale one."""
    _require_writer(membership)
    block = _locked(membership, text_id)
    if block.edits != edits or block.removed_at is not None:
        raise StaleError(STALE)
    fields = _checked(membership, draft)
    before = {name: getattr(block, name) for name in fields}
    changed = [name for name in fields if before[name] != fields[name]]
    if not changed:
        return block
    occasion = Occasion(membership.review, membership.user)
    TextBlock.objects.filter(pk=block.pk).update(
        edits=block.edits + 1, changed_by=membership.user, changed_at=occasion.at, **fields
    )
    block.refresh_from_db()
    log_event(
        occasion,
        AuditKind.TEXT_CHANGED,
        block,
        before={name: before[name] for name in changed},
        after={name: fields[name] for name in changed},
    )
    return block


@transaction.atomic
def remove_text(*, membership: Membership, text_id: int, back: bool = False) -> TextBlock:
    """Take a text off the list, or (`back`) put it on again. Safe to press twice."""
    _require_writer(membership)
    block = _locked(membership, text_id)
    if (block.removed_at is None) == back:
        return block
    occasion = Occasion(membership.review, membership.user)
    block.removed_at = None if back else occasion.at
    block.edits += 1
    block.save(update_fields=["removed_at", "edits"])
    after = {"change": "Put back" if back else "Taken off the list"}
    log_event(occasion, AuditKind.TEXT_CHANGED, block, after=after)
    return block
