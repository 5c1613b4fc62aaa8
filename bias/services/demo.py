"""Re-enact the worked example's assessment of risk of bias through the services that the pages call.

Two assessors judge all studies, consensus is recorded where they agree, and the third reviewer settles the rest, so
that what stands is the published table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bias.constants import AssessmentKind, EvaluationType, Scale
from bias.demo.assessments import DOMAINS, Judged, StudyJudgements, judgements
from bias.instruments.assessed import DomainKey
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.services.assessments import finish_assessment, save_assessment
from bias.services.assigning import assign_evenly
from bias.services.evaluations import EvaluationDraft, add_evaluation
from bias.services.settings import SettingsDraft, save_settings
from bias.services.settling import Settled, answer_proposal, settle
from bias.services.summary import build_summary, request_summary
from bias.services.writing import Changes
from reviewapp.constants import JobState
from reviewapp.models import Job, Membership, Review
from screening.demo.generator import build_demo
from screening.models import Study
from screening.services.demo import DEMO_SLUG, report_keys

Say = Callable[[str], None]
RULE = "The worst domain decides; a departure is allowed with a reason."
DEFINITIONS = {
    "low": "No flaw that is likely to matter to the result.",
    "moderate": "Flaws that may matter, but are unlikely to change the conclusion.",
    "high": "Flaws that are likely to change the result.",
}
QUESTION = {
    "population": "Patients for whom treatment or diagnosis is chosen individually",
    "setting": "Hospitals, registries and public data sets of patients",
    "predictors": "Images, molecular profiles and records, as the models use them",
    "outcome": "Response, diagnosis or course of disease in one person",
    "moment": "When treatment or diagnosis is chosen",
    "use": "To generate or predict for one patient",
}
SUPPORT = "Level as in the published table, which prints no support."
FIRST = "First reading, before the two assessments were compared."


@dataclass(frozen=True)
class _Team:
    lead: Membership
    first: Membership
    second: Membership
    third: Membership


def load_bias_demo(review: Review, say: Say) -> None:
    """Judge risk of bias in the worked example; a review that is another or has settings already is left as it is."""
    if review.slug != DEMO_SLUG or BiasSettings.objects.filter(review=review).exists():
        return
    with transaction.atomic():
        team = _team(review)
        _set_up(team)
        cases = _evaluations(team)
        assign_evenly(membership=team.lead, user_ids=[team.first.user_id, team.second.user_id])
        for evaluation, case in cases:
            _assess(team, evaluation, case)
        third = BiasAssessment.objects.filter(review=review, kind=AssessmentKind.THIRD_REVIEWER).count()
        say(f"  {len(cases)} studies assessed for risk of bias by two, {third} settled by a third")
        _summarise(team)


def _team(review: Review) -> _Team:
    members = Membership.objects.filter(review=review).select_related("user", "review").order_by("id")
    lead, first, second, third = members[:4]
    return _Team(lead, first, second, third)


def _set_up(team: _Team) -> None:
    draft = SettingsDraft(
        instrument="probast-2019",
        scale=Scale.REVIEW_LMH,
        level_definitions=DEFINITIONS,
        overall_rule=RULE,
        judges_applicability=False,
        question=QUESTION,
    )
    save_settings(membership=team.lead, draft=draft)


def _evaluations(team: _Team) -> list[tuple[Evaluation, StudyJudgements]]:
    """One evaluation per study, told by the record of its report. Raises KeyError for a study without a judgement."""
    keys = report_keys(team.lead.review, build_demo())
    cases = {case.key: case for case in judgements()}
    draft = EvaluationDraft(evaluation_type=EvaluationType.DEVELOPMENT_VALIDATION)
    studies = Study.objects.filter(review=team.lead.review, withdrawn_at=None)
    found = []
    for study_id, record_id in studies.order_by("id").values_list("pk", "reports__record_id"):
        evaluation = add_evaluation(membership=team.lead, study_id=study_id, draft=draft)
        found.append((evaluation, cases[keys[record_id]]))
    return found


def _changes(judged: Judged, support: str) -> Changes:
    return Changes(
        judgements={
            DomainKey("", domain): {"level": level, "rationale": support}
            for domain, level in zip(DOMAINS, judged.levels, strict=True)
        },
        overall={"": {"level": judged.overall, "reason": judged.reason}},
    )


def _assess(team: _Team, evaluation: Evaluation, case: StudyJudgements) -> None:
    own = {row.assessor_id: row.pk for row in BiasAssessment.objects.filter(evaluation=evaluation)}
    for member, judged in ((team.first, case.first), (team.second, case.second)):
        support = SUPPORT if judged == case.settled else FIRST
        assessment_id = own[member.user_id]
        save_assessment(membership=member, assessment_id=assessment_id, changes=_changes(judged, support))
        finish_assessment(membership=member, assessment_id=assessment_id, answers_expected=False)
    draft = Settled(own=_changes(case.settled, SUPPORT))
    settler = team.first if case.agreed else team.third
    settle(membership=settler, evaluation_id=evaluation.pk, draft=draft, answers_expected=False)
    if case.agreed:
        answer_proposal(membership=team.second, evaluation_id=evaluation.pk, agree=True)


def _summarise(team: _Team) -> None:
    """The work is done here, at once, instead of by a worker."""
    job = request_summary(membership=team.lead)
    if job is not None:
        job.message = build_summary(job=job, report=lambda done, total: None)
        now = timezone.now()
        Job.objects.filter(pk=job.pk).update(
            state=JobState.DONE, message=job.message, done=1, total=1, started_at=now, finished_at=now
        )
