"""Look for records of the same report, decide the doubtful pairs, and take either back. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import UNFINISHED_JOB_STATES
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership, Review
from screening.constants import AuditKind, BatchState, JobKind, PairVerdict, PairZone
from screening.models import DuplicatePair, ImportBatch, Record
from screening.queries.duplicates import MATCHED, match_inputs
from screening.rules.matching import ScoredPair, Zone, find_pairs
from screening.services.clusters import refresh_clusters

Report = Callable[[int, int], None]
"""Told (pairs compared, pairs to compare) while the finder works, outside any transaction."""


def _lock_review(review_id: int) -> Review:
    """Whoever changes pairs or groups of a review holds its row; screening goes on meanwhile."""
    return Review.objects.select_for_update(no_key=True).get(pk=review_id)


def _require_screener(membership: Membership) -> None:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")


@transaction.atomic
def start_duplicate_search(*, membership: Membership) -> Job:
    """A queued job; the one that is not finished yet, if there is one (enqueueing it once more is harmless)."""
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can do this.")
    _lock_review(membership.review_id)
    job = Job.objects.filter(
        review_id=membership.review_id, kind=JobKind.FIND_DUPLICATES, state__in=UNFINISHED_JOB_STATES
    ).first()
    if job is not None:
        return job
    if not ImportBatch.objects.filter(search__review_id=membership.review_id, state=BatchState.DONE).exists():
        raise DomainError("There are no records yet. Import the files of your searches first.")
    return create_job(
        review=membership.review,
        actor=membership.user,
        kind=JobKind.FIND_DUPLICATES,
        label="Search for duplicates",
    )


def seek_duplicates(*, job: Job, report: Report) -> dict[str, int]:
    """Compare the records of files not compared yet with all others, store new pairs and regroup; the counts.

    Comparing runs outside a transaction, storing in one. Past decisions stand: a pair that exists is not touched. Done
    twice, the second time finds nothing new.
    """
    done = ImportBatch.objects.filter(search__review_id=job.review_id, state=BatchState.DONE)
    fresh = list(done.filter(compared_at=None).values_list("id", flat=True))
    records = Record.objects.filter(review_id=job.review_id, removal_reason__in=MATCHED)
    found: list[ScoredPair] = []
    if fresh:
        found = find_pairs(
            match_inputs(records.filter(batch_id__in=fresh)),
            existing=match_inputs(records.exclude(batch_id__in=fresh)),
            progress=report,
        )
    return store_pairs(job=job, found=found, compared=fresh)


@transaction.atomic
def store_pairs(*, job: Job, found: Iterable[ScoredPair], compared: list[int]) -> dict[str, int]:
    """Store what the finder found: certain pairs as SAME by the system, doubtful ones OPEN; then regroup. One event."""
    review = _lock_review(job.review_id)
    occasion = Occasion(review, job.created_by)
    batches = ImportBatch.objects.select_for_update(of=("self",)).filter(pk__in=compared, state=BatchState.DONE)
    batches.update(compared_at=occasion.at)
    scored = _still_there(job.review_id, list(found))
    pairs = DuplicatePair.objects.filter(review_id=job.review_id)
    before = _counts(pairs)
    DuplicatePair.objects.bulk_create(
        (_as_pair(pair, occasion) for pair in scored), ignore_conflicts=True, batch_size=1000
    )
    after = _counts(pairs)
    changes = refresh_clusters(review_id=job.review_id, occasion=occasion)
    counts = {
        "files": len(compared),
        "certain": after["same"] - before["same"],
        "doubtful": after["open"] - before["open"] + changes.reopened,
        "removed": changes.marked,
        "released": changes.released,
    }
    log_event(occasion, AuditKind.DUPLICATES_SOUGHT, job, label=job.label, after=counts)
    return counts


def _counts(pairs: Any) -> dict[str, int]:
    return {verdict.value: pairs.filter(verdict=verdict).count() for verdict in (PairVerdict.SAME, PairVerdict.OPEN)}


def _still_there(review_id: int, found: list[ScoredPair]) -> list[ScoredPair]:
    """Pairs of which both records exist: an import may have been withdrawn while they were compared."""
    if not found:
        return []
    present = set(Record.objects.filter(review_id=review_id).values_list("id", flat=True))
    return [pair for pair in found if pair.a in present and pair.b in present]


def _as_pair(pair: ScoredPair, occasion: Occasion) -> DuplicatePair:
    certain = pair.zone is Zone.CERTAIN
    first, second = sorted((int(pair.a), int(pair.b)))
    return DuplicatePair(
        review=occasion.review,
        first_id=first,
        second_id=second,
        probability=pair.probability,
        zone=PairZone.CERTAIN if certain else PairZone.DOUBTFUL,
        reasons=[*pair.reasons, *pair.vetoes],
        verdict=PairVerdict.SAME if certain else PairVerdict.OPEN,
        decided_at=occasion.at if certain else None,
    )


_EVENTS = {
    PairVerdict.SAME: AuditKind.PAIR_SAME,
    PairVerdict.DISTINCT: AuditKind.PAIR_DISTINCT,
    PairVerdict.OPEN: AuditKind.PAIR_REOPENED,
}


def _set_verdict(membership: Membership, pair: DuplicatePair, verdict: PairVerdict, occasion: Occasion) -> None:
    before = {"verdict": pair.verdict, "by": pair.decided_by_id}
    pair.verdict = verdict
    pair.decided_by = None if verdict == PairVerdict.OPEN else membership.user
    pair.decided_at = None if verdict == PairVerdict.OPEN else occasion.at
    pair.save(update_fields=["verdict", "decided_by", "decided_at"])
    refresh_clusters(review_id=pair.review_id, occasion=occasion, seeds={pair.first_id, pair.second_id})
    label = str(Record.objects.only("id", "title").get(pk=pair.first_id))
    records = [pair.first_id, pair.second_id]
    after = {"verdict": verdict, "records": records}
    log_event(occasion, _EVENTS[verdict], pair, label=label, before=before, after=after)


@transaction.atomic
def decide_pair(*, membership: Membership, pair: DuplicatePair, verdict: PairVerdict) -> DuplicatePair:
    """A person says of an open pair that it is the SAME report, or two DISTINCT ones.

    The same decision again is stored once. Raises StaleError if someone has decided otherwise meanwhile, DomainError if
    it contradicts another person's decision or would join two full texts.
    """
    _require_screener(membership)
    if verdict == PairVerdict.OPEN:
        raise DomainError("Say whether the two records are the same report or different ones.")
    _lock_review(membership.review_id)
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk, review_id=membership.review_id)
    if pair.verdict == verdict and pair.decided_by_id == membership.user_id:
        return pair
    if pair.verdict != PairVerdict.OPEN:
        raise StaleError("Someone has decided this pair meanwhile. Here is the next.")
    _set_verdict(membership, pair, verdict, Occasion(membership.review, membership.user))
    return pair


@transaction.atomic
def reopen_pair(*, membership: Membership, pair: DuplicatePair) -> DuplicatePair:
    """Take a decision back; an open pair stays as it is.

    A person's decision is undone: the pair is open again. A merge by the system is released: the person says that the
    records are DISTINCT, else the system would merge them again.
    """
    _require_screener(membership)
    _lock_review(membership.review_id)
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk, review_id=membership.review_id)
    if pair.verdict == PairVerdict.OPEN:
        return pair
    verdict = PairVerdict.DISTINCT if pair.is_automatic else PairVerdict.OPEN
    _set_verdict(membership, pair, verdict, Occasion(membership.review, membership.user))
    return pair


@transaction.atomic
def mark_duplicate(*, membership: Membership, record: Record, of: Record) -> DuplicatePair:
    """A person names a duplicate that the finder did not see. Which of the two is kept follows from the usual rule.

    Raises DomainError for a record and itself, or one removed for another reason, and as decide_pair does.
    """
    _require_screener(membership)
    _lock_review(membership.review_id)
    if record.pk == of.pk:
        raise DomainError("A record cannot be a duplicate of itself.", field="of")
    both = Record.objects.filter(review_id=membership.review_id, pk__in=[record.pk, of.pk], removal_reason__in=MATCHED)
    if both.count() != len({record.pk, of.pk}):
        raise DomainError("One of these records has been removed from the review for another reason.", field="of")
    first, second = sorted((record.pk, of.pk))
    pair, _ = DuplicatePair.objects.select_for_update(of=("self",)).get_or_create(
        first_id=first,
        second_id=second,
        defaults={"review": membership.review, "zone": PairZone.DOUBTFUL, "verdict": PairVerdict.OPEN},
    )
    if pair.verdict != PairVerdict.SAME:
        _set_verdict(membership, pair, PairVerdict.SAME, Occasion(membership.review, membership.user))
    return pair
