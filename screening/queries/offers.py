"""Reads about offers to link reports of one study. No votes; excluded records are no longer asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from screening.constants import OfferState
from screening.models import Record, Report, Study, StudyOffer
from screening.queries.duplicate_queue import ComparedField, compared_fields
from screening.queries.records import RecordRow, record_rows

# Of the offers between the same two kept records only the one with the most reasons; none between copies of one record,
# none with a record or report that is excluded or removed, none whose reports are in one study already.
_OPEN_SQL = """
WITH keyed AS (
    SELECT o.id, o.state, o.reasons,
           LEAST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS low,
           GREATEST(COALESCE(a.duplicate_of_id, a.id), COALESCE(b.duplicate_of_id, b.id)) AS high
    FROM screening_studyoffer o
    JOIN screening_record a ON a.id = o.first_id
    JOIN screening_record b ON b.id = o.second_id
    WHERE o.review_id = %s
), answered AS (
    SELECT DISTINCT low, high FROM keyed WHERE state <> 'open'
)
SELECT id FROM (
    SELECT DISTINCT ON (k.low, k.high)
        k.id, jsonb_array_length(k.reasons) AS reasons, k.reasons::text LIKE '%%registration%%' AS registered
    FROM keyed k
    JOIN screening_record a ON a.id = k.low
    JOIN screening_record b ON b.id = k.high
    LEFT JOIN screening_report ra ON ra.record_id = a.id AND ra.withdrawn_at IS NULL
    LEFT JOIN screening_report rb ON rb.record_id = b.id AND rb.withdrawn_at IS NULL
    WHERE k.state = 'open' AND k.low <> k.high
      AND a.removal_reason = '' AND b.removal_reason = ''
      AND a.title_abstract_status <> 'excluded' AND b.title_abstract_status <> 'excluded'
      AND COALESCE(ra.full_text_status, '') <> 'excluded' AND COALESCE(rb.full_text_status, '') <> 'excluded'
      AND (ra.study_id IS NULL OR rb.study_id IS NULL OR ra.study_id <> rb.study_id)
      AND NOT EXISTS (SELECT 1 FROM answered d WHERE d.low = k.low AND d.high = k.high)
    ORDER BY k.low, k.high, jsonb_array_length(k.reasons) DESC, k.id
) best ORDER BY registered DESC, reasons DESC, id
"""


@dataclass(frozen=True)
class OfferRow:
    """An offer with its two kept records, where they stand as everyone may know it, and the fields side by side."""

    offer: StudyOffer
    first: RecordRow
    second: RecordRow
    fields: list[ComparedField]


@dataclass(frozen=True)
class Companion:
    """A record that a person said is of the same study as one of a study's reports, and its own study if included."""

    offer: StudyOffer
    record: Record
    study: Study | None


def open_offer_ids(review_id: int) -> list[int]:
    """Offers worth a person's look, those with a shared registration number first, then those with more reasons."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_SQL, [review_id])
        return [row[0] for row in cursor.fetchall()]


def answered_offers(review_id: int) -> QuerySet[StudyOffer]:
    """Offers that a person has answered, the latest first."""
    return StudyOffer.objects.filter(review_id=review_id).exclude(state=OfferState.OPEN).order_by("-decided_at", "-id")


def offer_rows(ids: Sequence[int]) -> list[OfferRow]:
    """Rows for a page of offers, in the order of the ids. Three queries."""
    offers = StudyOffer.objects.select_related("decided_by").in_bulk(ids)
    named = {i for offer in offers.values() for i in (offer.first_id, offer.second_id)}
    records = Record.objects.select_related("search").defer("raw", "other", "warnings")
    found = {record.pk: record for record in records.filter(Q(pk__in=named) | Q(duplicates__in=named)).distinct()}

    def kept(record_id: int) -> Record:
        record = found[record_id]
        return found.get(record.duplicate_of_id or record.pk, record)

    rows = []
    for offer_id in ids:
        if offer := offers.get(offer_id):
            first, second = record_rows([kept(offer.first_id), kept(offer.second_id)])
            rows.append(OfferRow(offer, first, second, compared_fields(first.record, second.record)))
    return rows


def companions(study: Study) -> list[Companion]:
    """Records said to be of the same study as this one's reports, but not linked to it; excluded ones left out."""
    mine = set(study.reports.values_list("record_id", flat=True))
    names = Record.objects.filter(Q(pk__in=mine) | Q(duplicate_of_id__in=mine)).values("pk")
    linked = (
        StudyOffer.objects.filter(review_id=study.review_id, state=OfferState.LINKED)
        .filter(Q(first_id__in=names) | Q(second_id__in=names))
        .select_related("first__duplicate_of", "second__duplicate_of", "decided_by")
    )
    others: dict[int, tuple[StudyOffer, Record]] = {}
    for offer in linked:
        for record in (offer.first, offer.second):
            kept = record.duplicate_of or record
            if kept.pk not in mine and kept.title_abstract_status != "excluded":
                others.setdefault(kept.pk, (offer, kept))
    reports = Report.objects.filter(record_id__in=others, withdrawn_at=None, study__isnull=False)
    studies = {report.record_id: report.study for report in reports.select_related("study")}
    return [Companion(offer, record, studies.get(pk)) for pk, (offer, record) in others.items()]


def links_to_make(review_id: int) -> int:
    """How many pairs of included studies were said to be one, but are not linked yet."""
    with connection.cursor() as cursor:
        cursor.execute(_UNLINKED_SQL, [review_id])
        return int(cursor.fetchone()[0])


_UNLINKED_SQL = """
SELECT count(DISTINCT (LEAST(ra.study_id, rb.study_id), GREATEST(ra.study_id, rb.study_id)))
FROM screening_studyoffer o
JOIN screening_record a ON a.id = o.first_id
JOIN screening_record b ON b.id = o.second_id
JOIN screening_report ra ON ra.record_id = COALESCE(a.duplicate_of_id, a.id) AND ra.withdrawn_at IS NULL
JOIN screening_report rb ON rb.record_id = COALESCE(b.duplicate_of_id, b.id) AND rb.withdrawn_at IS NULL
WHERE o.review_id = %s AND o.state = 'linked' AND ra.study_id <> rb.study_id
"""
