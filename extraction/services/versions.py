"""A draft is put to use: the version before is replaced, and the sheets there are move to the new one.

What cannot be carried over is asked again; nothing that was entered is changed or lost: a value that gives way is
superseded, and stands in the history with the version it was entered with.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from extraction.constants import AuditKind, FormState, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, FormVersion
from extraction.queries.forms import LIVE_STATES, fates, sheets_asked
from extraction.rules.changes import Outcome
from extraction.rules.definition import parse
from extraction.services.forms import DraftPage, locked_draft
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.models import Membership


@dataclass(frozen=True)
class Published:
    """What publishing did: the version, sheets moved, sheets opened again, values carried over and asked again."""

    version: FormVersion
    moved: int
    reopened: int
    carried: int
    asked: int


@transaction.atomic
def publish(*, page: DraftPage, pilot: bool, note: str = "", reopen: bool = True) -> Published:
    """Put a draft to use, for a pilot on some studies or for all.

    Sheets move to the new version. One that is ready but is asked for something is opened again; without `reopen`, the
    sheets of a study all of whose sheets are ready stay in the version they were made with.
    Raises DomainError for a form without items, StaleError for a stale page.
    """
    draft = locked_draft(page)
    if not any(True for _ in parse(draft.definition).items()):
        raise DomainError("The form has no items yet. Add at least one.")
    occasion = Occasion(page.membership.review, page.membership.user)
    FormVersion.objects.filter(form_id=draft.form_id, state__in=LIVE_STATES).update(state=FormState.RETIRED)
    draft.state = FormState.PILOT if pilot else FormState.IN_USE
    draft.note, draft.published_at = note.strip(), occasion.at
    draft.save(update_fields=["state", "note", "published_at"])
    published = _move_sheets(draft, occasion, reopen=reopen)
    log_event(
        occasion,
        AuditKind.FORM_PUBLISHED,
        draft,
        after={
            "state": draft.state,
            "note": draft.note,
            "moved": published.moved,
            "reopened": published.reopened,
            "carried": published.carried,
            "asked": published.asked,
        },
    )
    return published


@transaction.atomic
def put_to_use(*, membership: Membership, version_id: int) -> FormVersion:
    """After its pilot, a version is used for all studies. Raises DomainError for a version that is not a pilot."""
    version = (
        FormVersion.objects.select_for_update(of=("self",))
        .select_related("form")
        .filter(form__review_id=membership.review_id, pk=version_id, state=FormState.PILOT)
        .first()
    )
    if version is None:
        raise DomainError("This version is not in its pilot any more.")
    version.state = FormState.IN_USE
    version.save(update_fields=["state"])
    occasion = Occasion(membership.review, membership.user)
    log_event(
        occasion, AuditKind.FORM_PUBLISHED, version, before={"state": FormState.PILOT}, after={"state": version.state}
    )
    return version


def _move_sheets(draft: FormVersion, occasion: Occasion, *, reopen: bool) -> Published:
    sheets = list(Extraction.objects.select_for_update().filter(form_id=draft.form_id).order_by("id"))
    asked = sheets_asked(draft, sheets)
    moving = sheets if reopen else _without_finished_studies(sheets, asked)
    carried, again = _carry_values(draft, moving, occasion)
    reopened = [sheet for sheet in moving if sheet.pk in asked and sheet.state == SheetState.READY]
    ids = [sheet.pk for sheet in moving]
    Extraction.objects.filter(pk__in=ids).update(version=draft)
    Extraction.objects.filter(pk__in=[sheet.pk for sheet in reopened]).update(
        state=SheetState.OPEN, ready_at=None, changed_at=occasion.at
    )
    return Published(draft, len(moving), len(reopened), carried, again)


def _without_finished_studies(sheets: list[Extraction], asked: set[int]) -> list[Extraction]:
    """Sheets, but for those of studies where every sheet is ready and one would be asked for something."""
    unfinished = {sheet.study_id for sheet in sheets if sheet.state != SheetState.READY}
    touched = {sheet.study_id for sheet in sheets if sheet.pk in asked}
    return [sheet for sheet in sheets if sheet.study_id in unfinished or sheet.study_id not in touched]


def _carry_values(draft: FormVersion, sheets: list[Extraction], occasion: Occasion) -> tuple[int, int]:
    """Write carried values anew and supersede those that give way: (carried, asked again)."""
    gone: list[int] = []
    fresh: list[ExtractedValue] = []
    for value, found in fates(draft, sheets):
        if found.outcome in (Outcome.KEEP, Outcome.DROP):
            continue
        gone.append(value.pk)
        if found.outcome == Outcome.CARRY:
            fresh.append(carried_value(value, found.value, draft.pk, occasion))
    ExtractedValue.objects.filter(pk__in=gone).update(superseded_at=occasion.at)
    ExtractedValue.objects.bulk_create(fresh, batch_size=1_000)
    return len(fresh), len(gone) - len(fresh)


def carried_value(value: ExtractedValue, carried: object, version_id: int, occasion: Occasion) -> ExtractedValue:
    """The next value of a cell, carried over: by the person who entered it, in its new shape."""
    return ExtractedValue(
        extraction_id=value.extraction_id,
        item=value.item,
        entry_id=value.entry_id,
        mark=value.mark,
        value=carried,
        comment=value.comment,
        report_id=value.report_id,
        page=value.page,
        quote=value.quote,
        origin=ValueOrigin.MIGRATED,
        number=value.number + 1,
        version_id=version_id,
        entered_by_id=value.entered_by_id,
        entered_at=occasion.at,
    )
