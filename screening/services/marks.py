"""A duplicate met while screening: marked there and then by a reviewer, confirmed by a lead. A mark is no vote."""

from __future__ import annotations

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AuditKind, PairVerdict, PairZone, Stage
from screening.models import DuplicatePair, Record
from screening.queries.duplicates import MATCHED, as_match_input
from screening.queries.screening import Queue
from screening.rules.matching import explain
from screening.services.claims import skip_place
from screening.services.duplicates import lock_review, mark_duplicate


@transaction.atomic
def mark_while_screening(*, membership: Membership, record: Record, of: Record) -> DuplicatePair:
    """A person says that `record`, which they are reading, is the same report as `of`.

    A lead's word is a decision at once. A reviewer's is a mark: the pair waits for a lead, nothing is merged, votes
    stay, and the reviewer's place at the record becomes free, so that it stays open to others and comes back to the
    marker last. The first marker stays; marking the same pair again changes nothing.
    Raises ForbiddenError for observers; DomainError for a record and itself, for records removed for another reason,
    and for pairs that are decided already.
    """
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    if membership.is_lead:
        return mark_duplicate(membership=membership, record=record, of=of)
    lock_review(membership.review_id)
    pair = _open_pair(membership, record, of)
    skip_place(Queue(membership.review_id, Stage.TITLE_ABSTRACT, membership.user_id), record.pk)
    if pair.marked_by_id is not None:
        return pair
    occasion = Occasion(membership.review, membership.user)
    before = {"verdict": pair.verdict}
    pair.verdict, pair.decided_at = PairVerdict.OPEN, None
    pair.marked_by, pair.marked_at = membership.user, occasion.at
    pair.save(update_fields=["verdict", "decided_at", "marked_by", "marked_at"])
    after = {"verdict": pair.verdict, "records": [pair.first_id, pair.second_id]}
    log_event(occasion, AuditKind.PAIR_MARKED, pair, label=str(record), before=before, after=after)
    return pair


def _open_pair(membership: Membership, record: Record, of: Record) -> DuplicatePair:
    """The pair of the two records, locked, which nobody has decided yet; made if there is none."""
    if record.pk == of.pk:
        raise DomainError("A record cannot be a duplicate of itself.", field="of")
    ids = sorted((record.pk, of.pk))
    there = Record.objects.filter(review_id=membership.review_id, pk__in=ids, removal_reason__in=MATCHED)
    if there.count() != len(ids):
        raise DomainError("One of these records has been removed from the review for another reason.", field="of")
    found = explain(as_match_input(record), as_match_input(of))  # for the lead: what speaks for it and against it
    pair, _ = DuplicatePair.objects.select_for_update(of=("self",)).get_or_create(
        first_id=ids[0],
        second_id=ids[1],
        defaults={
            "review": membership.review,
            "zone": PairZone.DOUBTFUL,
            "verdict": PairVerdict.OPEN,
            "reasons": list(dict.fromkeys((*found.reasons, *found.vetoes))),
            "vetoed": bool(found.vetoes),
        },
    )
    if pair.verdict == PairVerdict.SAME:
        raise StaleError("These two count as one report already.")
    if pair.verdict == PairVerdict.DISTINCT:
        raise DomainError(
            "Someone has compared these two and decided that they are different reports. A lead can change that.",
            field="of",
        )
    return pair


@transaction.atomic
def withdraw_mark(*, membership: Membership, pair: DuplicatePair) -> DuplicatePair:
    """Take a mark back before it is decided: its marker may, and a lead. Without a mark nothing changes.

    The pair is what it was: doubtful where the finder found it so, else not asked about.
    Raises ForbiddenError for others, StaleError once it is decided.
    """
    lock_review(membership.review_id)
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk, review_id=membership.review_id)
    if pair.marked_by_id is None:
        return pair
    if not membership.can_screen or (pair.marked_by_id != membership.user_id and not membership.is_lead):
        raise ForbiddenError("Only who marked this pair, or a lead, can take the mark back.")
    if pair.verdict != PairVerdict.OPEN:
        raise StaleError("A lead has decided this pair meanwhile.")
    occasion = Occasion(membership.review, membership.user)
    pair.marked_by = pair.marked_at = None
    if pair.probability is None or pair.zone == PairZone.DISTINCT:
        pair.verdict, pair.decided_at = PairVerdict.UNLIKELY, occasion.at
    pair.save(update_fields=["verdict", "decided_at", "marked_by", "marked_at"])
    label = str(Record.objects.only("id", "title").get(pk=pair.first_id))
    after = {"verdict": pair.verdict, "records": [pair.first_id, pair.second_id]}
    log_event(occasion, AuditKind.PAIR_UNMARKED, pair, label=label, after=after)
    return pair
