"""Look for records of the same report, decide the doubtful pairs, and take either back. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import UNFINISHED_JOB_STATES
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership, Review, User
from screening.constants import AuditKind, BatchState, JobKind, PairVerdict, PairZone
from screening.models import DuplicatePair, ImportBatch, Record
from screening.queries.duplicate_settings import FLOOR, VERDICT_OF, match_settings
from screening.queries.duplicates import MATCHED, match_inputs
from screening.rules.matching import Index, MatchSettings, ScoredPair, StudyOfferPair, Zone, find_pairs, study_offers
from screening.services.clusters import APART, refresh_clusters
from screening.services.offers import store_offers

MOST_UNLIKELY = 20_000
"""Unlikely pairs kept of one search, the most probable: they only serve previews (measured: 4 in 1,000 records)."""
Report = Callable[[int, int], None]
"""Told (pairs compared, pairs to compare) while the finder works, outside any transaction."""


def lock_review(review_id: int) -> Review:
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
    lock_review(membership.review_id)
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
    offers: list[StudyOfferPair] = []
    if fresh:
        new = match_inputs(records.filter(batch_id__in=fresh))
        existing = Index(match_inputs(records.exclude(batch_id__in=fresh)))
        settings = MatchSettings(certain=match_settings(job.review_id).certain, doubtful=FLOOR)
        found = find_pairs(new, existing=existing, settings=settings, progress=report)
        offers = list(study_offers(new, existing=existing))
    return store_pairs(job=job, found=found, compared=fresh, offers=offers)


@transaction.atomic
def store_pairs(
    *, job: Job, found: Iterable[ScoredPair], compared: list[int], offers: Iterable[StudyOfferPair] = ()
) -> dict[str, int]:
    """Store what the finder found: certain pairs as SAME by the system, doubtful ones OPEN, the rest UNLIKELY, as the
    review's thresholds are now; then regroup. With the offers to link records of one study. One event.
    """
    review = lock_review(job.review_id)
    occasion = Occasion(review, job.created_by)
    batches = ImportBatch.objects.select_for_update(of=("self",)).filter(pk__in=compared, state=BatchState.DONE)
    batches.update(compared_at=occasion.at)
    settings = match_settings(job.review_id)
    scored = _bounded(_still_there(job.review_id, list(found)), settings)
    pairs = DuplicatePair.objects.filter(review_id=job.review_id)
    before = _counts(pairs)
    DuplicatePair.objects.bulk_create(
        (_as_pair(pair, settings, occasion) for pair in scored), ignore_conflicts=True, batch_size=1000
    )
    changes = refresh_clusters(review_id=job.review_id, occasion=occasion)
    after = _counts(pairs)
    store_offers(review_id=job.review_id, found=offers)
    counts = {
        "files": len(compared),
        "certain": after["same"] - before["same"],
        "doubtful": after["open"] - before["open"],
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


def _bounded(found: list[ScoredPair], settings: MatchSettings) -> list[ScoredPair]:
    unlikely = [pair for pair in found if pair.probability < settings.doubtful]
    if len(unlikely) <= MOST_UNLIKELY:
        return found
    kept = sorted(unlikely, key=lambda pair: -pair.probability)[:MOST_UNLIKELY]
    return [*(pair for pair in found if pair.probability >= settings.doubtful), *kept]


def _as_pair(pair: ScoredPair, settings: MatchSettings, occasion: Occasion) -> DuplicatePair:
    """A row whose zone follows from its probability and vetoes alone; what chains forbid is seen when regrouping."""
    vetoes = [veto for veto in pair.vetoes if veto != APART]
    zone = PairZone(settings.zone(pair.probability, vetoed=bool(vetoes)))
    verdict = VERDICT_OF[zone]
    first, second = sorted((int(pair.a), int(pair.b)))
    return DuplicatePair(
        review=occasion.review,
        first_id=first,
        second_id=second,
        probability=pair.probability,
        zone=zone,
        reasons=list(dict.fromkeys((*pair.reasons, *vetoes))),
        vetoed=bool(vetoes),
        verdict=verdict,
        decided_at=None if verdict == PairVerdict.OPEN else occasion.at,
    )


_EVENTS = {PairVerdict.SAME: AuditKind.PAIR_SAME, PairVerdict.DISTINCT: AuditKind.PAIR_DISTINCT}


def _set_verdict(pair: DuplicatePair, verdict: PairVerdict, by: User | None, occasion: Occasion) -> None:
    """Store it, regroup and log: a decision where a person stands behind it (`by`), else a decision undone."""
    before = {"verdict": pair.verdict, "by": pair.decided_by_id}
    pair.verdict = verdict
    pair.decided_by = by
    pair.decided_at = None if verdict == PairVerdict.OPEN else occasion.at
    pair.save(update_fields=["verdict", "decided_by", "decided_at"])
    refresh_clusters(review_id=pair.review_id, occasion=occasion, seeds={pair.first_id, pair.second_id})
    pair.refresh_from_db()
    label = str(Record.objects.only("id", "title").get(pk=pair.first_id))
    after = {"verdict": pair.verdict, "records": [pair.first_id, pair.second_id]}
    kind = _EVENTS[verdict] if by is not None else AuditKind.PAIR_REOPENED
    log_event(occasion, kind, pair, label=label, before=before, after=after)


def _require_lead_for_marks(membership: Membership, pair: DuplicatePair) -> None:
    if pair.marked_by_id is not None and not membership.is_lead:
        raise ForbiddenError("A reviewer has marked this pair while screening; a lead decides it.")


@transaction.atomic
def decide_pair(*, membership: Membership, pair: DuplicatePair, verdict: PairVerdict) -> DuplicatePair:
    """A person says of an open pair that it is the SAME report, or two DISTINCT ones.

    The same decision again is stored once. Raises StaleError if someone has decided otherwise meanwhile, DomainError if
    it contradicts another person's decision or would join two full texts, ForbiddenError for anyone but a lead where a
    reviewer has marked the pair.
    """
    _require_screener(membership)
    if verdict not in _EVENTS:
        raise DomainError("Say whether the two records are the same report or different ones.")
    lock_review(membership.review_id)
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk, review_id=membership.review_id)
    _require_lead_for_marks(membership, pair)
    if pair.verdict == verdict and pair.decided_by_id == membership.user_id:
        return pair
    if pair.verdict != PairVerdict.OPEN:
        who = "Someone has decided this pair meanwhile" if pair.decided_by_id else "This pair is no longer asked about"
        raise StaleError(f"{who}. Here is the next.")
    _set_verdict(pair, verdict, membership.user, Occasion(membership.review, membership.user))
    return pair


@transaction.atomic
def reopen_pair(*, membership: Membership, pair: DuplicatePair) -> DuplicatePair:
    """Take a decision back; an open pair stays as it is.

    A person's decision is undone: the pair is what it was before, open, merged by the system, or left apart. A merge by
    the system is released: the person says that the records are DISTINCT, else the system would merge them again.
    Raises ForbiddenError as decide_pair does.
    """
    _require_screener(membership)
    lock_review(membership.review_id)
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk, review_id=membership.review_id)
    _require_lead_for_marks(membership, pair)
    if pair.verdict in (PairVerdict.OPEN, PairVerdict.UNLIKELY):
        return pair
    occasion = Occasion(membership.review, membership.user)
    if pair.is_automatic:
        _set_verdict(pair, PairVerdict.DISTINCT, membership.user, occasion)
    else:
        _set_verdict(pair, _without_persons(pair), None, occasion)
    return pair


def _without_persons(pair: DuplicatePair) -> PairVerdict:
    """What holds once nobody's word counts: what the system had merged is merged again, what was doubtful or marked is
    open, and what only a person named is left apart as before."""
    if pair.marked_by_id is not None:
        return PairVerdict.OPEN
    if pair.probability is None or pair.zone == PairZone.DISTINCT:
        return PairVerdict.UNLIKELY
    if pair.zone != PairZone.CERTAIN:
        return PairVerdict.OPEN
    zone = match_settings(pair.review_id).zone(pair.probability, vetoed=pair.vetoed)
    return PairVerdict.SAME if zone is Zone.CERTAIN else PairVerdict.OPEN


@transaction.atomic
def mark_duplicate(*, membership: Membership, record: Record, of: Record) -> DuplicatePair:
    """A person names a duplicate that the finder did not see. Which of the two is kept follows from the usual rule.

    Raises DomainError for a record and itself, or one removed for another reason, and as decide_pair does.
    """
    _require_screener(membership)
    lock_review(membership.review_id)
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
        _set_verdict(pair, PairVerdict.SAME, membership.user, Occasion(membership.review, membership.user))
    return pair
