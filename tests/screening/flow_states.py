"""Reviews in a random but possible state, made by the app's own services from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from django.utils import timezone

from reviewapp.constants import Settlement
from screening.constants import (
    BatchQuestion,
    BatchState,
    PairVerdict,
    PairZone,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    SourceKind,
    Stage,
    Verdict,
)
from screening.models import DuplicatePair, ExclusionReason, Record, Report, Study
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from screening.services.retrieval import set_retrieval
from screening.services.studies import link_studies
from tests.factories import Cast, make_batch, make_cast, make_records, make_search


@dataclass
class StateBuilder:
    """One review of the cast, filled at random; `records` per source at most."""

    cast: Cast
    random: random.Random
    records: int = 5

    def judgement(self, stage: Stage) -> Judgement:
        """Any judgement the stage knows."""
        if stage == Stage.TITLE_ABSTRACT:
            return Judgement(self.random.choice([Verdict.INCLUDE, Verdict.INCLUDE, Verdict.MAYBE, Verdict.EXCLUDE]))
        if self.random.random() < 0.6:
            return Judgement(Verdict.INCLUDE)
        reasons = ExclusionReason.objects.filter(review=self.cast.review)
        return Judgement(Verdict.EXCLUDE, self.random.choice([reason.pk for reason in reasons]))

    def judge(self, stage: Stage, target_id: int) -> None:
        """Two, one or no decisions; half of the conflicts are settled by dan."""
        votes = self.random.choice([0, 1, 2, 2, 2, 2])
        status: object = None
        for name in ("bob", "cara")[:votes]:
            membership = self.cast.membership(name)
            judgement = self.judgement(stage)
            status = submit_decision(
                membership=membership, stage=stage, target_id=target_id, judgement=judgement
            ).status
        if status == ScreeningStatus.CONFLICT and self.random.random() < 0.5:
            said = self.judgement(stage)
            verdict = Verdict.INCLUDE if said.verdict == Verdict.MAYBE else said.verdict
            adjudicate(
                membership=self.cast.membership("dan"),
                stage=stage,
                target_id=target_id,
                judgement=Judgement(verdict, said.reason_id, "Read twice."),
            )

    def fill(self) -> None:
        """Sources, removals, screening, retrieval, full text, studies."""
        kinds = self.random.choices(list(SourceKind), k=self.random.randint(1, 4))
        for kind in kinds:
            make_records(
                self.cast.review,
                self.random.randint(0, self.records),
                search=make_search(self.cast.review, kind=kind),
            )
        for _ in range(self.random.randint(0, 2)):
            state = self.random.choice(BatchState.values)
            question = BatchQuestion.MAPPING if state == BatchState.ASKING else ""
            make_batch(make_search(self.cast.review), state=state, question=question)
        self.remove()
        for record in Record.objects.filter(review=self.cast.review, removal_reason=""):
            self.judge(Stage.TITLE_ABSTRACT, record.pk)
        for report in Report.objects.filter(review=self.cast.review, withdrawn_at=None):
            self.retrieve(report)
        studies = list(Study.objects.filter(review=self.cast.review, withdrawn_at=None))
        if len(studies) > 1 and self.random.random() < 0.7:
            link_studies(membership=self.cast.membership("bob"), study_id=studies[0].pk, into_id=studies[1].pk)

    def remove(self) -> None:
        """Some records leave before screening; a pair may wait for a person."""
        records = list(Record.objects.filter(review=self.cast.review))
        self.random.shuffle(records)
        while len(records) > 2 and self.random.random() < 0.6:
            gone, kept = records.pop(), records[0]
            reason = self.random.choice(RemovalReason.values)
            gone.removal_reason = reason
            gone.duplicate_of = kept if reason == RemovalReason.DUPLICATE else None
            gone.save()
        if len(records) > 1 and self.random.random() < 0.5:
            first, second = sorted(records[:2], key=lambda record: record.pk)
            DuplicatePair.objects.create(
                review=self.cast.review,
                first=first,
                second=second,
                zone=PairZone.DOUBTFUL,
                verdict=PairVerdict.OPEN,
                probability=0.5,
            )

    def retrieve(self, report: Report) -> None:
        """Sought still, not retrieved, or retrieved and then judged."""
        status = self.random.choice([*RetrievalStatus, RetrievalStatus.RETRIEVED, RetrievalStatus.RETRIEVED])
        note = "Asked the authors." if status == RetrievalStatus.NOT_RETRIEVED else ""
        set_retrieval(membership=self.cast.membership("bob"), report_id=report.pk, status=status, note=note)
        if status == RetrievalStatus.RETRIEVED:
            self.judge(Stage.FULL_TEXT, report.pk)


def make_state(seed: int, *, records: int = 5) -> Cast:
    """The cast with its review in the state that belongs to the seed."""
    cast = make_cast(settlement=Settlement.THIRD_REVIEWER)
    StateBuilder(cast, random.Random(seed), records).fill()
    return cast


def mark_compared(cast: Cast) -> None:
    """As if the search for duplicates had run over every imported file."""
    for search in cast.review.searches.all():
        search.batches.filter(state=BatchState.DONE).update(compared_at=timezone.now())
