"""Offers to link: records of different reports that seem to be of one study. Never merged; people answer."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AuditKind, OfferState
from screening.models import Record, Report, StudyOffer
from screening.rules.matching import StudyOfferPair
from screening.services.studies import link_studies, unlink_report

MOST_STORED = 5_000
"""Offers kept of one search, those with the most reasons: more than a team would ever answer."""
_EVENTS = {OfferState.LINKED: AuditKind.OFFER_LINKED, OfferState.DISMISSED: AuditKind.OFFER_DISMISSED}


def store_offers(*, review_id: int, found: Iterable[StudyOfferPair]) -> int:
    """Keep new offers; one that is there already, answered or not, stands as it is. How many are new.

    Records that have gone meanwhile are passed over. Call in a transaction with the review row locked.
    """
    best = sorted(found, key=lambda offer: -len(offer.reasons))[:MOST_STORED]
    if not best:
        return 0
    ids = {int(record_id) for offer in best for record_id in (offer.a, offer.b)}
    present = set(Record.objects.filter(review_id=review_id, pk__in=ids).values_list("id", flat=True))
    rows = []
    for offer in best:
        first, second = sorted((int(offer.a), int(offer.b)))
        if first in present and second in present:
            rows.append(StudyOffer(review_id=review_id, first_id=first, second_id=second, reasons=list(offer.reasons)))
    offers = StudyOffer.objects.filter(review_id=review_id)
    before = offers.count()
    StudyOffer.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return offers.count() - before


def _lock_offer(membership: Membership, offer_id: int) -> StudyOffer:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    return (
        StudyOffer.objects.select_for_update(of=("self",))
        .select_related("first", "second")
        .get(pk=offer_id, review_id=membership.review_id)
    )


def _live_reports(offer: StudyOffer) -> list[Report | None]:
    """The reports of its two records, or of the records they are duplicates of; None where none is live."""
    roots = [record.duplicate_of_id or record.pk for record in (offer.first, offer.second)]
    found = {
        report.record_id: report
        for report in Report.objects.filter(record_id__in=roots, withdrawn_at=None).order_by("id")
    }
    return [found.get(root) for root in roots]


@transaction.atomic
def answer_offer(*, membership: Membership, offer: StudyOffer, state: OfferState) -> StudyOffer:
    """A person says that two records are of one study (LINKED), or are not (DISMISSED).

    Where both reports are included already, the second one's study is linked to the first's. Else the answer is
    remembered, and the study's page proposes the link once both are. The same answer again is stored once.
    Raises StaleError where someone has answered otherwise meanwhile.
    """
    offer = _lock_offer(membership, offer.pk)
    if state not in _EVENTS:
        raise DomainError("Say whether the two records are of the same study or not.")
    if offer.state == state:
        return offer
    if offer.state != OfferState.OPEN:
        raise StaleError("Someone has answered this meanwhile.")
    occasion = Occasion(membership.review, membership.user)
    if state == OfferState.LINKED:
        _link(membership, offer)
    offer.state, offer.decided_by, offer.decided_at = state, membership.user, occasion.at
    offer.save(update_fields=["state", "decided_by", "decided_at"])
    after = {"state": state, "records": [offer.first_id, offer.second_id]}
    log_event(occasion, _EVENTS[state], offer, label=str(offer.first), before={"state": OfferState.OPEN}, after=after)
    return offer


def _link(membership: Membership, offer: StudyOffer) -> None:
    first, second = _live_reports(offer)
    if first is None or second is None or first.study_id is None or second.study_id is None:
        return
    if first.study_id != second.study_id:
        link_studies(membership=membership, study_id=second.study_id, into_id=first.study_id)


@transaction.atomic
def reopen_offer(*, membership: Membership, offer: StudyOffer) -> StudyOffer:
    """Undo an answer. Where the two reports are linked to one study, the second gets a study of its own again."""
    offer = _lock_offer(membership, offer.pk)
    if offer.state == OfferState.OPEN:
        return offer
    occasion = Occasion(membership.review, membership.user)
    if offer.state == OfferState.LINKED:
        first, second = _live_reports(offer)
        if first and second and first.pk != second.pk and first.study_id and first.study_id == second.study_id:
            unlink_report(membership=membership, study_id=first.study_id, report_id=second.pk)
    before = {"state": offer.state}
    offer.state, offer.decided_by, offer.decided_at = OfferState.OPEN, None, None
    offer.save(update_fields=["state", "decided_by", "decided_at"])
    after = {"state": OfferState.OPEN, "records": [offer.first_id, offer.second_id]}
    log_event(occasion, AuditKind.OFFER_REOPENED, offer, label=str(offer.first), before=before, after=after)
    return offer
