"""Settled evaluations in bulk, as services would leave them: two independent assessments and the one that stands."""

from __future__ import annotations

import random
from collections.abc import Sequence

from django.utils import timezone

from bias.constants import Answer, AssessmentKind, AssessmentState, EvaluationType, Scale
from bias.instruments.judgement import applicable_questions, overall
from bias.instruments.registry import INSTRUMENTS
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer
from screening.models import Study
from tests.bias.assessing import LMH, make_settings
from tests.factories import Cast

PROBAST = INSTRUMENTS["probast-2019"]
KINDS = (AssessmentKind.INDEPENDENT, AssessmentKind.INDEPENDENT, AssessmentKind.CONSENSUS)


def make_settled(
    cast: Cast, count: int, *, names: Sequence[str] = (), answers: bool = False, applicability: bool = False
) -> list[Evaluation]:
    """`count` settled evaluations, each of a study of its own, on the scale low, moderate, high; settings as needed."""
    settings = BiasSettings.objects.filter(review=cast.review).first()
    if settings is None:
        settings = make_settings(cast, **LMH, judges_applicability=applicability)
    now, there = timezone.now(), Study.objects.filter(review=cast.review).count()
    labels = [names[n] if n < len(names) else f"Study {there + n + 1:03d}" for n in range(count)]
    studies = Study.objects.bulk_create(Study(review=cast.review, label=label, created_at=now) for label in labels)
    evaluations = Evaluation.objects.bulk_create(
        Evaluation(
            review=cast.review,
            study=study,
            evaluation_type=EvaluationType.DEVELOPMENT_VALIDATION,
            created_by=cast.alice,
            created_at=now,
        )
        for study in studies
    )
    assessments = BiasAssessment.objects.bulk_create(
        BiasAssessment(
            review=cast.review,
            evaluation=evaluation,
            kind=kind,
            assessor=person,
            state=AssessmentState.READY,
            instrument=settings.instrument,
            scale=settings.scale,
            version=1,
            created_at=now,
            changed_at=now,
            ready_at=now,
        )
        for evaluation in evaluations
        for kind, person in zip(KINDS, (cast.bob, cast.cara, cast.bob), strict=True)
    )
    _judge(assessments, answers=answers, applicability=applicability)
    return evaluations


def _judge(assessments: list[BiasAssessment], *, answers: bool, applicability: bool) -> None:
    rng, now = random.Random(7), timezone.now()
    judgements, given = [], []
    slots = applicable_questions(PROBAST, "", EvaluationType.DEVELOPMENT_VALIDATION)
    for row in assessments:
        levels = [rng.choice(["low", "moderate", "high"]) for _ in PROBAST.parts[0].domains]
        judged = overall(Scale.REVIEW_LMH, levels)
        row.overall = {
            "": {"level": str(judged), "applicability": "low" if applicability else "", "at": now.isoformat()}
        }
        for domain, level in zip(PROBAST.parts[0].domains, levels, strict=True):
            concern = "low" if applicability and domain.applicability_prompt else ""
            judgements.append(
                BiasJudgement(
                    assessment=row,
                    domain=domain.key,
                    level=level,
                    rationale="Support.",
                    departure_reason="Said why.",
                    applicability=concern,
                    changed_at=now,
                )
            )
        if answers:
            given += [
                SignallingAnswer(
                    assessment=row,
                    question=slot.question.number,
                    column=slot.column,
                    answer=Answer.YES,
                    changed_at=now,
                )
                for slot in slots
            ]
    BiasAssessment.objects.bulk_update(assessments, ["overall"], batch_size=500)
    BiasJudgement.objects.bulk_create(judgements, batch_size=2000)
    SignallingAnswer.objects.bulk_create(given, batch_size=2000)
