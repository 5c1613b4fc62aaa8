"""A team's own instruments, version by version.

A draft can be changed; a version in use is kept, and a change makes the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from bias.constants import AuditKind, InstrumentState
from bias.instruments.custom import instrument_from
from bias.instruments.types import InstrumentError
from bias.models import BiasSettings, CustomInstrument
from bias.services.settings import require_lead
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import Membership, Review


@transaction.atomic
def save_instrument(
    *, membership: Membership, definition: Mapping[str, Any], instrument_id: int | None = None
) -> CustomInstrument:
    """Make an instrument, change a draft, or make the next version of one in use (which keeps its name).

    ``definition`` is shaped as in bias.instruments.custom. Raises ForbiddenError for others than leads, StaleError if
    the instrument is not there or retired, DomainError (its field the place in the definition) where it does not hold
    or the name is taken.
    """
    require_lead(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    old = _old(membership, instrument_id) if instrument_id is not None else None
    name = old.name if old and old.state == InstrumentState.IN_USE else str(definition.get("name", "")).strip()
    kept = {**definition, "name": name}
    try:
        instrument_from(kept)
    except InstrumentError as problem:
        raise DomainError(str(problem), field=problem.field) from problem
    same = CustomInstrument.objects.filter(review_id=membership.review_id, name__iexact=name)
    if same.exists() and (old is None or old.name.casefold() != name.casefold()):
        raise DomainError("There is an instrument of this name: change that one, or choose another name.", field="name")
    occasion = Occasion(membership.review, membership.user)
    if old is not None and old.state == InstrumentState.DRAFT:
        before = {"definition": old.definition}
        old.name, old.definition = name, kept
        old.save(update_fields=["name", "definition"])
        log_event(occasion, AuditKind.INSTRUMENT_CHANGED, old, before=before, after={"definition": kept})
        return old
    row = CustomInstrument.objects.create(
        review=membership.review,
        name=name,
        number=(same.aggregate(last=Max("number"))["last"] or 0) + 1,
        definition=kept,
        created_by=membership.user,
        created_at=occasion.at,
    )
    log_event(occasion, AuditKind.INSTRUMENT_CHANGED, row, after={"definition": kept})
    return row


def _old(membership: Membership, instrument_id: int) -> CustomInstrument:
    row = CustomInstrument.objects.select_for_update().filter(review_id=membership.review_id, pk=instrument_id).first()
    if row is None or row.state == InstrumentState.RETIRED:
        raise StaleError("This version of the instrument is not there any more.")
    return row


@transaction.atomic
def retire_instrument(*, membership: Membership, instrument_id: int) -> None:
    """Take a version off the list of choices. Assessments made with it keep it.

    Raises ForbiddenError for others than leads, StaleError if it is not there, DomainError where the settings use it.
    """
    require_lead(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    row = _old(membership, instrument_id)
    if BiasSettings.objects.filter(review_id=membership.review_id, custom=row).exists():
        raise DomainError("The settings use this version. Choose another instrument first.")
    before, row.state = row.state, InstrumentState.RETIRED
    row.save(update_fields=["state"])
    log_event(
        Occasion(membership.review, membership.user),
        AuditKind.INSTRUMENT_CHANGED,
        row,
        before={"state": before},
        after={"state": row.state},
    )
