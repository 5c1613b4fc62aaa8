"""What tests of risk of bias share: studies with evaluations, and an assessment that is complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from bias.constants import AssessmentState, EvaluationType, Scale
from bias.instruments.assessed import AnswerKey, DomainKey
from bias.instruments.judgement import applicable_parts, applicable_questions, overall, overall_applicability
from bias.models import BiasAssessment, BiasSettings, CustomInstrument, Evaluation
from bias.queries.assessed import instrument_for
from bias.services.assessments import finish_assessment, save_assessment
from bias.services.assigning import assign
from bias.services.evaluations import EvaluationDraft, add_evaluation
from bias.services.instruments import save_instrument
from bias.services.settings import SettingsDraft, save_settings
from bias.services.settling import Settled
from bias.services.writing import Changes
from screening.constants import ScreeningStatus
from screening.models import Study
from tests.factories import Cast, make_report

LMH = {
    "scale": Scale.REVIEW_LMH,
    "level_definitions": {"low": "No concern.", "moderate": "Some concern.", "high": "Serious concern."},
    "overall_rule": "The worst domain.",
}


def make_study(cast: Cast, label: str = "Rowe 2020") -> Study:
    """An included study with one report."""
    study = Study.objects.create(review=cast.review, label=label, created_at=timezone.now())
    report = make_report(cast.review)
    report.study, report.full_text_status = study, ScreeningStatus.INCLUDED
    report.save()
    return study


def make_settings(cast: Cast, **fields: Any) -> BiasSettings:
    """PROBAST as published, unless said otherwise."""
    draft = SettingsDraft(**{"instrument": "probast-2019", "scale": Scale.PROBAST_LHU, **fields})
    return save_settings(membership=cast.membership("alice"), draft=draft)


def make_evaluation(cast: Cast, *, assessors: tuple[str, ...] = ("bob", "cara"), **fields: Any) -> Evaluation:
    """An evaluation of a new study, with its assessors."""
    study = make_study(cast, fields.pop("study_label", f"Study {Study.objects.count() + 1:03d}"))
    draft = EvaluationDraft(**{"evaluation_type": EvaluationType.VALIDATION, **fields})
    evaluation = add_evaluation(membership=cast.membership("alice"), study_id=study.pk, draft=draft)
    if assessors:
        ids = [getattr(cast, name).pk for name in assessors]
        assign(membership=cast.membership("alice"), evaluation_id=evaluation.pk, user_ids=ids)
    return evaluation


def bare_evaluation(cast: Cast, study: Study, *, finished: bool = True) -> Evaluation:
    """An evaluation by bob and cara, written straight into the database; without answers, also where finished."""
    now = timezone.now()
    evaluation = Evaluation.objects.create(
        review=cast.review, study=study, evaluation_type="val", created_by=cast.alice, created_at=now
    )
    state = AssessmentState.READY if finished else AssessmentState.OPEN
    for person in (cast.bob, cast.cara):
        BiasAssessment.objects.create(
            review=cast.review,
            evaluation=evaluation,
            assessor=person,
            state=state,
            ready_at=now if finished else None,
            instrument="probast-2019",
            scale=Scale.PROBAST_LHU,
            created_at=now,
            changed_at=now,
        )
    return evaluation


def make_instrument(cast: Cast) -> CustomInstrument:
    """A team's own instrument with one domain, one question and two levels; a draft."""
    definition = {
        "name": "Ours",
        "domains": [{"name": "People", "questions": [{"text": "Were all asked?"}]}],
        "levels": [{"key": "low", "label": "Fine"}, {"key": "high", "label": "Bad"}],
    }
    return save_instrument(membership=cast.membership("alice"), definition=definition)


def own(cast: Cast, who: str, evaluation: Evaluation) -> BiasAssessment:
    """This person's assessment."""
    return BiasAssessment.objects.get(evaluation=evaluation, assessor=getattr(cast, who), kind="independent")


def complete(assessment: BiasAssessment, *, level: str = "low", **levels: str) -> Changes:
    """Everything answered yes where the level is low, no where it is not; `levels` by domain; overall by the rule."""
    instrument = instrument_for(assessment)
    evaluation_type = assessment.evaluation.evaluation_type
    answers: dict[AnswerKey, Mapping[str, str]] = {}
    judgements: dict[DomainKey, Mapping[str, str]] = {}
    overalls: dict[str, Mapping[str, str]] = {}
    for part in applicable_parts(instrument, evaluation_type):
        for slot in applicable_questions(instrument, part.key, evaluation_type):
            given = levels.get(slot.domain.key, level)
            answers[AnswerKey(part.key, slot.question.number, slot.column)] = {"answer": "Y" if given == "low" else "N"}
        given_levels = []
        for domain in part.domains:
            values = {"level": levels.get(domain.key, level), "rationale": f"Support for {domain.key}."}
            given_levels.append(values["level"])
            if domain.applicability_prompt:
                values["applicability"] = "low"
            judgements[DomainKey(part.key, domain.key)] = values
        worst = overall(assessment.scale, given_levels, instrument)
        concerns = ["low" for domain in part.domains if domain.applicability_prompt]
        overalls[part.key] = {"level": worst or "", "applicability": overall_applicability(concerns) or ""}
    return Changes(answers=answers, judgements=judgements, overall=overalls)


def finish(cast: Cast, who: str, evaluation: Evaluation, **levels: str) -> BiasAssessment:
    """This person's assessment, filled in and finished."""
    assessment = own(cast, who, evaluation)
    membership = cast.membership(who)
    save_assessment(membership=membership, assessment_id=assessment.pk, changes=complete(assessment, **levels))
    return finish_assessment(membership=membership, assessment_id=assessment.pk)


def taken(assessment: BiasAssessment) -> Settled:
    """All of one assessment of PROBAST is to stand."""
    names = ("participants", "predictors", "outcome", "analysis")
    return Settled(domains={DomainKey("", name): assessment.pk for name in names}, overall={"": assessment.pk})
