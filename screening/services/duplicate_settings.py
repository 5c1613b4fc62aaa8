"""A lead moves the thresholds of a review or the order of its sources; the pairs that no person decided follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Func, JSONField, Q, QuerySet, Value

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership
from screening.constants import AuditKind, JobKind, PairVerdict, PairZone
from screening.models import DuplicatePair, DuplicateSettings, Record
from screening.queries.duplicate_settings import (
    FLOOR,
    VERDICT_OF,
    SettingsView,
    in_order,
    in_zone,
    match_settings,
    settings_view,
    undecided_pairs,
)
from screening.rules.matching import MatchSettings
from screening.services.borrowing import refresh_borrowed
from screening.services.clusters import APART, ClusterChanges, refresh_clusters
from screening.services.duplicates import lock_review

AT_ONCE = 3_000
"""Pairs of a review up to which new settings are applied while the lead waits; more are a job."""


@dataclass(frozen=True)
class AppliedSettings:
    """What came of it. `job` is set where the pairs follow in the background; the caller enqueues it."""

    changes: ClusterChanges
    job: Job | None = None


def thresholds_from(*, certain: float, doubtful: float) -> MatchSettings:
    """Two thresholds that fit together. Raises DomainError naming the field that does not."""
    if not FLOOR <= doubtful <= 1:
        raise DomainError(f"Give a probability from {FLOOR} to 1.", field="doubtful")
    if not doubtful <= certain <= 1:
        raise DomainError("What is merged must be at least as probable as what a person is asked.", field="certain")
    return MatchSettings(certain=certain, doubtful=doubtful)


@transaction.atomic
def change_settings(
    *, membership: Membership, certain: float, doubtful: float, source_order: Sequence[int], seen: str
) -> AppliedSettings:
    """Store thresholds and order, and bring the pairs that no person decided in line with them; one event.

    `seen` is the version of the settings that the lead changes. Raises StaleError when another has changed them since,
    DomainError for thresholds that do not fit together, ForbiddenError for anyone but a lead.
    """
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can do this.")
    thresholds = thresholds_from(certain=certain, doubtful=doubtful)
    lock_review(membership.review_id)
    view = settings_view(membership.review_id)
    if view.version != seen:
        raise StaleError("Someone has changed these settings meanwhile. Nothing of yours was stored; this holds now.")
    occasion = Occasion(membership.review, membership.user)
    order = [search.pk for search in in_order(view.sources, source_order)]
    values = {"certain": certain, "doubtful": doubtful, "source_order": order}
    if (thresholds, order) != (view.thresholds, view.order):
        _store(membership, occasion, view, values)
    if DuplicatePair.objects.filter(review_id=membership.review_id).count() > AT_ONCE:
        job = create_job(
            review=membership.review,
            actor=membership.user,
            kind=JobKind.APPLY_DUPLICATE_SETTINGS,
            label="Pairs sorted by new thresholds",
        )
        return AppliedSettings(ClusterChanges(), job)
    return AppliedSettings(sort_pairs(occasion=occasion, review_id=membership.review_id))


def _store(membership: Membership, occasion: Occasion, view: SettingsView, values: dict[str, Any]) -> None:
    settings, _ = DuplicateSettings.objects.update_or_create(
        review=membership.review, defaults={**values, "changed_by": membership.user, "changed_at": occasion.at}
    )
    before = {"certain": view.thresholds.certain, "doubtful": view.thresholds.doubtful, "source_order": view.order}
    kind = AuditKind.DUPLICATE_SETTINGS_CHANGED
    log_event(occasion, kind, settings, label="Duplicate settings", before=before, after=values)


@transaction.atomic
def sort_pairs_of_job(*, job: Job) -> ClusterChanges:
    """Bring the pairs in line with the settings as they are now; done twice, the second time changes nothing."""
    lock_review(job.review_id)
    occasion = Occasion(job.review, job.created_by)
    changes = sort_pairs(occasion=occasion, review_id=job.review_id)
    after = {"removed": changes.marked, "released": changes.released}
    log_event(occasion, AuditKind.DUPLICATE_SETTINGS_APPLIED, job, label=job.label, after=after)
    return changes


def sort_pairs(*, occasion: Occasion, review_id: int) -> ClusterChanges:
    """Give every pair that no person decided the zone and verdict of the review's thresholds, and regroup.

    A merge that votes or full texts forbid, or that would chain records which must stay apart, waits for a person
    again, as after every search. What kept records borrow follows the order of sources too. Call with the review row
    locked.
    """
    thresholds = match_settings(review_id)
    undecided = undecided_pairs(review_id)
    certain = undecided.filter(in_zone(thresholds, PairZone.CERTAIN))
    doubtful = undecided.filter(in_zone(thresholds, PairZone.DOUBTFUL))
    distinct = undecided.filter(in_zone(thresholds, PairZone.DISTINCT))
    _move(certain, PairZone.CERTAIN, occasion)
    _move(doubtful, PairZone.DOUBTFUL, occasion)
    _move(distinct, PairZone.DISTINCT, occasion)
    changes = refresh_clusters(review_id=review_id, occasion=occasion)
    copies = Record.objects.filter(review_id=review_id, duplicate_of__isnull=False)
    kept = set(copies.values_list("duplicate_of_id", flat=True))
    refresh_borrowed(review_id=review_id, record_ids={record_id for record_id in kept if record_id is not None})
    return changes


def _move(pairs: QuerySet[DuplicatePair], zone: PairZone, occasion: Occasion) -> None:
    verdict = VERDICT_OF[zone]
    pairs.filter(~Q(verdict=verdict) | ~Q(zone=zone)).update(
        zone=zone,
        verdict=verdict,
        decided_at=None if verdict == PairVerdict.OPEN else occasion.at,
        reasons=_without(APART),
    )


def _without(reason: str) -> Func:
    """The reasons but for one: PostgreSQL's `jsonb - text`. Regrouping says it again where it still holds."""
    return Func(F("reasons"), Value(reason), template="(%(expressions)s)", arg_joiner=" - ", output_field=JSONField())
