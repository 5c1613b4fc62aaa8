"""Records and pairs for the tests of duplicates: two reports, copies of them, and what is decided about pairs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from reviewapp.constants import JobState
from reviewapp.models import Job
from screening.constants import PairVerdict, PairZone, ScreeningStatus, Stage
from screening.constants import Verdict as V
from screening.models import Decision, DuplicatePair, Record, Report
from screening.services.duplicates import (
    seek_duplicates,
    start_duplicate_search,
    store_pairs,
)
from tests.factories import Cast, make_record

ABSTRACT = (
    "BACKGROUND: Poor sleep is common in adults. METHODS: We followed 1,203 adults for a year. RESULTS: Sleep improved."
)
FACTS: dict[str, Any] = {
    "title": "Effects of evening light on sleep quality in adults with insomnia: a cohort study",
    "abstract": ABSTRACT,
    "authors": [
        {"family": family, "given": given, "particle": "", "collective": False, "raw": f"{family}, {given}"}
        for family, given in (("Rowe", "Ann"), ("Okafor", "Chidi"), ("Lindqvist", "Maja"))
    ],
    "year": 2019,
    "journal": "Journal of Sleep Research",
    "volume": "28",
    "issue": "3",
    "pages": "101-112",
}
OTHER: dict[str, Any] = {
    **FACTS,
    "title": "Dietary fibre and the gut microbiome of children: a randomised trial",
    "abstract": "Fibre matters to children. We randomised 80 of them.",
    "authors": [{"family": "Baker", "given": "Tom", "particle": "", "collective": False, "raw": "Baker, Tom"}],
    "journal": "Nutrition Letters",
    "pages": "7-9",
}


def copy(cast: Cast, **fields: Any) -> Record:
    return make_record(cast.review, **{**FACTS, **fields})


def seek(cast: Cast) -> dict[str, int]:
    job = start_duplicate_search(membership=cast.membership("alice"))
    counts = seek_duplicates(job=job, report=lambda done, total: None)
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    return counts


def pair(cast: Cast, a: Record, b: Record, **fields: Any) -> DuplicatePair:
    first, second = sorted((a.pk, b.pk))
    values = {"zone": PairZone.DOUBTFUL, "verdict": PairVerdict.OPEN, "probability": 0.6, **fields}
    return DuplicatePair.objects.create(review=cast.review, first_id=first, second_id=second, **values)


def automatic(cast: Cast, a: Record, b: Record, probability: float = 0.99) -> DuplicatePair:
    return pair(
        cast, a, b, zone=PairZone.CERTAIN, verdict=PairVerdict.SAME, decided_at=timezone.now(), probability=probability
    )


def regroup(cast: Cast) -> None:
    job = start_duplicate_search(membership=cast.membership("alice"))
    store_pairs(job=job, found=[], compared=[])
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)


def kept(*records: Record) -> list[int]:
    """For each record the one that stands for it."""
    found = dict(Record.objects.values_list("id", "duplicate_of_id"))
    return [found[record.pk] or record.pk for record in records]


def vote(cast: Cast, record: Record, verdict: str = V.EXCLUDE) -> Decision:
    return Decision.objects.create(
        review=cast.review, stage=Stage.TITLE_ABSTRACT, record=record, reviewer=cast.bob, verdict=verdict,
        decided_at=timezone.now(),
    )  # fmt: skip


def include(cast: Cast, record: Record, **report: Any) -> Report:
    vote(cast, record, V.INCLUDE)
    Record.objects.filter(pk=record.pk).update(title_abstract_status=ScreeningStatus.INCLUDED)
    return Report.objects.create(review=cast.review, record=record, created_at=timezone.now(), **report)
