"""When a comparison opens: once both sheets of a study are ready. Blinding rests here."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from extraction.constants import SheetKind, SheetState
from extraction.models import Extraction
from reviewapp.models import Membership

OWN_KINDS = (SheetKind.INDEPENDENT, SheetKind.CHECK)


def _other(place: int, **fields: object) -> QuerySet[Extraction]:
    """The sheet in this place for the study of the outer query's sheet."""
    return Extraction.objects.filter(
        form=OuterRef("form"), study=OuterRef("study"), kind__in=OWN_KINDS, place=place, **fields
    )


def opened_firsts(review_id: int) -> QuerySet[Extraction]:
    """First sheets of studies whose comparison is open; one row per form and study."""
    ready = {"kind__in": OWN_KINDS, "place": 1, "state": SheetState.READY}
    return Extraction.objects.filter(
        review_id=review_id, study__withdrawn_at=None, form__retired_at=None, **ready
    ).filter(Exists(_other(2, state=SheetState.READY)))


def opened_pairs(form: Any, study: Any) -> QuerySet[Extraction]:
    """First sheets of one form and study (or of an outer query's), if their comparison is open."""
    ready = {"kind__in": OWN_KINDS, "place": 1, "state": SheetState.READY}
    return Extraction.objects.filter(form=form, study=study, **ready).filter(Exists(_other(2, state=SheetState.READY)))


def settled_of(sheets: QuerySet[Extraction]) -> QuerySet[Extraction]:
    """Of these, those whose study has a consensus sheet that is ready."""
    return sheets.filter(Exists(_consensus()))


def _consensus() -> QuerySet[Extraction]:
    return Extraction.objects.filter(
        form=OuterRef("form"), study=OuterRef("study"), kind=SheetKind.CONSENSUS, state=SheetState.READY
    )


def to_compare(membership: Membership, form_id: int | None = None) -> QuerySet[Extraction]:
    """First sheets of comparisons that this member may settle and that nobody has settled, in the order of studies."""
    if not membership.can_screen:
        return Extraction.objects.none()
    rows = opened_firsts(membership.review_id).filter(~Exists(_consensus()))
    if not (membership.is_lead or membership.can_adjudicate):
        rows = rows.filter(Q(extractor_id=membership.user_id) | Exists(_other(2, extractor=membership.user_id)))
    return (rows if form_id is None else rows.filter(form_id=form_id)).order_by("study_id", "pk")


def own_open(membership: Membership) -> QuerySet[Extraction]:
    """One's own sheets that are still to be filled; a check counts once there is something to check."""
    rows = Extraction.objects.filter(
        review_id=membership.review_id,
        extractor_id=membership.user_id,
        kind__in=OWN_KINDS,
        state=SheetState.OPEN,
        study__withdrawn_at=None,
        form__retired_at=None,
    )
    return rows.filter(~Q(kind=SheetKind.CHECK) | Exists(_other(1, state=SheetState.READY))).order_by("study_id", "pk")
