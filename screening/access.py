"""Fetch what screening pages show, always within the member's own review. Raises Http404 for everything else."""

from __future__ import annotations

from django.http import Http404

from reviewapp.models import Membership
from screening.models import ColumnMapping, DuplicatePair, ImportBatch, Record, Report, Search, Study, StudyOffer


def access_search(membership: Membership, search_id: int) -> Search:
    """A search of the member's review."""
    search = Search.objects.filter(review_id=membership.review_id, pk=search_id).first()
    if search is None:
        raise Http404("No such search.")
    return search


def access_batch(membership: Membership, batch_id: int) -> ImportBatch:
    """An imported file of the member's review, with its search, job and uploader."""
    batch = (
        ImportBatch.objects.select_related("search", "job", "uploaded_by")
        .filter(search__review_id=membership.review_id, pk=batch_id)
        .first()
    )
    if batch is None:
        raise Http404("No such import.")
    return batch


def access_mapping(membership: Membership, mapping_id: int) -> ColumnMapping:
    """A mapping of columns that the member's review remembers."""
    mapping = ColumnMapping.objects.filter(review_id=membership.review_id, pk=mapping_id).first()
    if mapping is None:
        raise Http404("No such mapping.")
    return mapping


def access_record(membership: Membership, record_id: int) -> Record:
    """A record of the member's review, with its search and file."""
    record = (
        Record.objects.select_related("search", "batch").filter(review_id=membership.review_id, pk=record_id).first()
    )
    if record is None:
        raise Http404("No such record.")
    return record


def access_pair(membership: Membership, pair_id: int) -> DuplicatePair:
    """A pair of possible duplicates of the member's review."""
    pair = DuplicatePair.objects.filter(review_id=membership.review_id, pk=pair_id).first()
    if pair is None:
        raise Http404("No such pair of records.")
    return pair


def access_offer(membership: Membership, offer_id: int) -> StudyOffer:
    """An offer to link two records of the member's review."""
    offer = StudyOffer.objects.filter(review_id=membership.review_id, pk=offer_id).first()
    if offer is None:
        raise Http404("No such offer.")
    return offer


def access_report(membership: Membership, report_id: int) -> Report:
    """A live report of the member's review, with its record."""
    report = (
        Report.objects.select_related("record")
        .filter(review_id=membership.review_id, pk=report_id, withdrawn_at=None)
        .first()
    )
    if report is None:
        raise Http404("No such report.")
    return report


def access_study(membership: Membership, study_id: int) -> Study:
    """A live study of the member's review."""
    study = Study.objects.filter(review_id=membership.review_id, pk=study_id, withdrawn_at=None).first()
    if study is None:
        raise Http404("No such study.")
    return study
