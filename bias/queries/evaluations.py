"""What is assessed and how far it is, as each member may see it.

Before all assessors of an evaluation have finished, an assessor sees their own part only; a lead sees who assesses and
how many have finished, unless they assess it themselves; everyone else sees that it is not settled. Afterwards its
assessors, leads and adjudicators may compare. What is settled, all members read.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState
from bias.instruments.judgement import level_label, levels_of
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.queries.assessed import instrument_for
from bias.queries.opened import with_progress
from reviewapp.constants import Settlement
from reviewapp.contributions import Suggestion, registry
from reviewapp.models import Membership, Review
from screening.models import Study


@dataclass(frozen=True)
class LevelWord:
    """An overall level in words, with its place on the scale: 0 is best, 1 worst."""

    part: str
    level: str
    word: str


@dataclass(frozen=True)
class EvaluationRow:
    """One evaluation as one member sees it. ``mine`` is "" for who does not assess it, else "open", "begun" or
    "ready"; ``people`` and ``progress`` are for leads only."""

    evaluation: Evaluation
    mine: str = ""
    opened: bool = False
    compares: bool = False
    proposed: bool = False
    settled: bool = False
    levels: tuple[LevelWord, ...] = ()
    people: tuple[str, ...] = ()
    progress: str = ""
    pilot: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class StudyRow:
    """A study with its evaluations."""

    study: Study
    rows: tuple[EvaluationRow, ...] = field(default=())


@dataclass(frozen=True)
class ListTotals:
    """Numbers above the list. ``to_finish``: the member's own open ones; ``to_compare``: those that wait for them."""

    studies: int
    evaluations: int
    settled: int
    without: int
    to_finish: int
    to_compare: int
    unassigned: int


def live(review_id: int) -> QuerySet[Evaluation]:
    """The evaluations that count."""
    return Evaluation.objects.filter(review_id=review_id, withdrawn_at=None, study__withdrawn_at=None)


def studies_to_assess(review_id: int) -> QuerySet[Study]:
    """The included studies, as the list pages them."""
    return Study.objects.filter(review_id=review_id, withdrawn_at=None).order_by("label", "id")


def pilot_ids(review_id: int, settings: BiasSettings) -> list[int]:
    """The studies for calibration: those whose evaluations were added first."""
    ids: dict[int, None] = {}
    for study_id in live(review_id).order_by("id").values_list("study_id", flat=True):
        if len(ids) >= settings.pilot_studies:
            break
        ids[study_id] = None
    return list(ids)


def study_rows(
    membership: Membership, settings: BiasSettings, studies: Collection[Study], today: dt.date
) -> list[StudyRow]:
    """These studies with their evaluations. Four queries."""
    evaluations = list(
        with_progress(live(membership.review_id).filter(study__in=[study.pk for study in studies])).order_by("id")
    )
    assessments: dict[int, list[BiasAssessment]] = defaultdict(list)
    rows = BiasAssessment.objects.filter(evaluation__in=[row.pk for row in evaluations])
    for assessment in rows.select_related("custom", "assessor").order_by("id"):
        assessments[assessment.evaluation_id].append(assessment)
    pilots = set(pilot_ids(membership.review_id, settings))
    by_id = {study.pk: study for study in studies}
    by_study: dict[int, list[EvaluationRow]] = defaultdict(list)
    for evaluation in evaluations:
        evaluation.study = by_id[evaluation.study_id]
        seen = _row(membership, settings, evaluation, assessments[evaluation.pk])
        late = bool(evaluation.due_on and evaluation.due_on < today and not seen.settled)
        by_study[evaluation.study_id].append(
            EvaluationRow(**{**vars(seen), "pilot": evaluation.study_id in pilots, "overdue": late})
        )
    return [StudyRow(study, tuple(by_study[study.pk])) for study in studies]


def _row(
    membership: Membership, settings: BiasSettings, evaluation: Any, assessments: list[BiasAssessment]
) -> EvaluationRow:
    own = [row for row in assessments if row.kind == AssessmentKind.INDEPENDENT]
    mine = next((row for row in own if row.assessor_id == membership.user_id), None)
    opened = bool(evaluation.opened)
    above = next((row for row in assessments if row.kind in SETTLED_KINDS), None)
    stands = above if above is not None and above.state == AssessmentState.READY else None
    if stands is None and settings.assessors == 1 and opened and len(own) == 1:
        stands = own[0]
    concerned = membership.is_lead or membership.can_adjudicate or mine is not None
    more: dict[str, Any] = {}
    if membership.is_lead:
        more["people"] = tuple(str(row.assessor) for row in own)
        if opened or mine is None:
            finished = sum(1 for row in own if row.state == AssessmentState.READY)
            more["progress"] = f"{finished} of {len(own)} finished" if own else ""
    return EvaluationRow(
        evaluation=evaluation,
        mine=_mine(mine),
        opened=opened and concerned,
        compares=opened and concerned and len(own) > 1,
        proposed=opened and concerned and above is not None and stands is None,
        settled=stands is not None,
        levels=overall_words(stands) if stands is not None else (),
        **more,
    )


def _mine(mine: BiasAssessment | None) -> str:
    if mine is None:
        return ""
    if mine.state == AssessmentState.READY:
        return "ready"
    return "begun" if mine.version else "open"


def overall_words(assessment: BiasAssessment) -> tuple[LevelWord, ...]:
    """The overall levels in words, by part in the instrument's order."""
    instrument = instrument_for(assessment)
    order = levels_of(assessment.scale, instrument)
    found = []
    for part in instrument.parts:
        level = assessment.overall.get(part.key, {}).get("level", "")
        if level in order:
            found.append(LevelWord(part.label if part.key else "", level, level_label(level, instrument)))
    return tuple(found)


def own_open(membership: Membership) -> QuerySet[BiasAssessment]:
    """The member's assessments that are not finished, those for calibration and with an early date first."""
    return BiasAssessment.objects.filter(
        review_id=membership.review_id,
        assessor_id=membership.user_id,
        kind=AssessmentKind.INDEPENDENT,
        state=AssessmentState.OPEN,
        evaluation__withdrawn_at=None,
        evaluation__study__withdrawn_at=None,
    ).order_by("evaluation_id")


def next_own(membership: Membership, settings: BiasSettings) -> int | None:
    """The evaluation this member should assess next: calibration first, then by due date, then in order."""
    pilots = set(pilot_ids(membership.review_id, settings))
    waiting = own_open(membership).values_list("evaluation_id", "evaluation__study_id", "evaluation__due_on")
    far = dt.date.max
    ordered = sorted(waiting, key=lambda row: (row[1] not in pilots, row[2] or far, row[0]))
    return ordered[0][0] if ordered else None


def to_compare(membership: Membership) -> QuerySet[Any]:
    """Evaluations whose comparison waits for this member: opened, not settled, theirs to settle, and not proposed by
    themselves already."""
    opened = with_progress(live(membership.review_id)).filter(opened=True, begun__gt=1, settled=False)
    mine = BiasAssessment.objects.filter(
        evaluation=OuterRef("pk"), kind=AssessmentKind.INDEPENDENT, assessor_id=membership.user_id
    )
    proposed = BiasAssessment.objects.filter(
        evaluation=OuterRef("pk"), kind__in=SETTLED_KINDS, assessor_id=membership.user_id, state=AssessmentState.OPEN
    )
    ours = opened.filter(Exists(mine)).exclude(Exists(proposed))
    if membership.review.settlement != Settlement.CONSENSUS:
        ours = opened.filter(pk__in=_agreeing(ours.values_list("pk", flat=True)))
    if not membership.can_adjudicate:
        return ours
    return opened.filter(~Exists(mine) | Q(pk__in=ours.values("pk")))


def _agreeing(evaluation_ids: Iterable[int]) -> list[int]:
    """Those on which all assessors gave the same levels, which they settle among themselves. Two queries."""
    own = BiasAssessment.objects.filter(evaluation__in=list(evaluation_ids), kind=AssessmentKind.INDEPENDENT)
    levels: dict[int, set[object]] = defaultdict(set)
    for row in own.prefetch_related("judgements"):
        domains = [(one.part, one.domain, one.level, one.applicability) for one in row.judgements.all()]
        overall = [(key, one.get("level"), one.get("applicability", "")) for key, one in row.overall.items()]
        levels[row.evaluation_id].add((frozenset(domains), frozenset(overall)))
    return [evaluation_id for evaluation_id, given in levels.items() if len(given) == 1]


def list_totals(membership: Membership, settings: BiasSettings) -> ListTotals:
    """The numbers above the list; four queries."""
    every = list(with_progress(live(membership.review_id)).values_list("study_id", "begun", "settled", "opened"))
    studies = studies_to_assess(membership.review_id).count()
    one = settings.assessors == 1
    return ListTotals(
        studies=studies,
        evaluations=len(every),
        settled=sum(1 for _, _, settled, opened in every if settled or (one and opened)),
        without=studies - len({study_id for study_id, *_ in every}),
        to_finish=own_open(membership).count(),
        to_compare=to_compare(membership).count(),
        unassigned=sum(1 for _, begun, _, _ in every if begun < settings.assessors) if membership.is_lead else 0,
    )


@dataclass(frozen=True)
class SuggestionRow:
    """A suggestion with its study's label, and whether it is an evaluation already."""

    suggestion: Suggestion
    study_label: str
    there: bool

    @property
    def key(self) -> str:
        """Names it in a form."""
        return f"{self.suggestion.study_id}:{self.suggestion.label}"


def suggestions(review: Review) -> list[SuggestionRow]:
    """What other parts of the review suggest, by study. Nothing without such a part."""
    given = [one for source in registry.evaluation_suggestions.values() for one in source(review)]
    if not given:
        return []
    labels = dict(studies_to_assess(review.pk).values_list("pk", "label"))
    there = {(study_id, label.casefold()) for study_id, label in live(review.pk).values_list("study_id", "label")}
    unique = {(one.study_id, one.label.casefold()): one for one in given if one.study_id in labels}
    rows = [SuggestionRow(one, labels[one.study_id], key in there) for key, one in unique.items()]
    return sorted(rows, key=lambda row: (row.study_label, row.suggestion.study_id, row.suggestion.label))
