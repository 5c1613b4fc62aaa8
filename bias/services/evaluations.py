"""What is assessed: evaluations of the included studies, added by leads one by one, one for each study, or from
suggestions of other parts of the review."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from bias.constants import AssessmentKind, AssessmentState, AuditKind, EvaluationType
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.services.settings import require_lead
from reviewapp.audit import Occasion, log_event
from reviewapp.contributions import Suggestion
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, Review
from screening.models import Study

_FIELDS = ("label", "evaluation_type", "out_of_scope", "scope_reason", "weight", "due_on")


@dataclass(frozen=True, kw_only=True)
class EvaluationDraft:
    """An evaluation as a lead wants it; ``weight`` above 0 or None, ``evaluation_type`` may be chosen later."""

    label: str = ""
    evaluation_type: str = ""
    out_of_scope: bool = False
    scope_reason: str = ""
    weight: float | None = None
    due_on: dt.date | None = None


def _check(draft: EvaluationDraft) -> None:
    if draft.evaluation_type and draft.evaluation_type not in EvaluationType.values:
        raise DomainError("Choose what the study does with the model.", field="evaluation_type")
    if draft.weight is not None and not 0 < draft.weight < float("inf"):
        raise DomainError("A weight is a number above 0.", field="weight")
    if draft.out_of_scope and not draft.scope_reason.strip():
        raise DomainError("Say why this instrument is used all the same.", field="scope_reason")


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """What the log keeps of an evaluation."""
    kept = {name: getattr(evaluation, name) for name in _FIELDS}
    return {**kept, "due_on": evaluation.due_on.isoformat() if evaluation.due_on else None}


def _apply(evaluation: Evaluation, draft: EvaluationDraft) -> None:
    evaluation.label = " ".join(draft.label.split())
    evaluation.evaluation_type = draft.evaluation_type
    evaluation.out_of_scope = draft.out_of_scope
    evaluation.scope_reason = draft.scope_reason.strip() if draft.out_of_scope else ""
    evaluation.weight, evaluation.due_on = draft.weight, draft.due_on


def _save(evaluation: Evaluation) -> None:
    try:
        with transaction.atomic():
            evaluation.save()
    except IntegrityError as problem:
        if "evaluation_once_per_study" not in str(problem):
            raise
        text = "This study has such an evaluation already: give it a label of its own."
        raise DomainError(text, field="label") from problem


def require_settings(membership: Membership) -> BiasSettings:
    """The settings of the review. Raises DomainError before there are any."""
    settings = BiasSettings.objects.filter(review_id=membership.review_id).first()
    if settings is None:
        raise DomainError("Choose the instrument first, in the settings of risk of bias.")
    return settings


@transaction.atomic
def add_evaluation(*, membership: Membership, study_id: int, draft: EvaluationDraft | None = None) -> Evaluation:
    """One more thing to assess in a study of the review.

    Raises ForbiddenError for others than leads, StaleError if the study is not included any more, DomainError before
    there are settings, or where the study has such an evaluation already.
    """
    require_lead(membership)
    require_settings(membership)
    draft = draft or EvaluationDraft()
    _check(draft)
    study = Study.objects.filter(review_id=membership.review_id, pk=study_id, withdrawn_at=None).first()
    if study is None:
        raise StaleError("This study is not included any more.")
    occasion = Occasion(membership.review, membership.user)
    evaluation = Evaluation(review=membership.review, study=study, created_by=membership.user, created_at=occasion.at)
    _apply(evaluation, draft)
    _save(evaluation)
    after = {**as_json(evaluation), "study": study.pk}
    log_event(occasion, AuditKind.EVALUATION_ADDED, evaluation, after=after)
    return evaluation


@transaction.atomic
def add_one_for_each(*, membership: Membership) -> int:
    """One evaluation for every included study that has none; returns how many were added. Safe to press twice.

    Raises ForbiddenError for others than leads, DomainError before there are settings.
    """
    require_lead(membership)
    settings = require_settings(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    occasion = Occasion(membership.review, membership.user)
    without = Study.objects.filter(review_id=membership.review_id, withdrawn_at=None).exclude(
        evaluations__withdrawn_at=None, evaluations__isnull=False
    )
    added = Evaluation.objects.bulk_create(
        Evaluation(review=membership.review, study=study, created_by=membership.user, created_at=occasion.at)
        for study in without
    )
    if added:
        after = {"studies": [evaluation.study_id for evaluation in added]}
        log_event(occasion, AuditKind.EVALUATION_ADDED, settings, label="One for each study", after=after)
    return len(added)


@transaction.atomic
def add_suggested(*, membership: Membership, suggestions: Iterable[Suggestion]) -> int:
    """Evaluations that another part of the review suggests; those that exist are left as they are. Returns how many.

    Raises ForbiddenError for others than leads, DomainError before there are settings.
    """
    require_lead(membership)
    settings = require_settings(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    live = Evaluation.objects.filter(review_id=membership.review_id, withdrawn_at=None)
    there = {(study_id, label.casefold()) for study_id, label in live.values_list("study_id", "label")}
    studies = set(Study.objects.filter(review_id=membership.review_id, withdrawn_at=None).values_list("pk", flat=True))
    occasion = Occasion(membership.review, membership.user)
    wanted: dict[tuple[int, str], Evaluation] = {}
    for suggestion in suggestions:
        label = " ".join(suggestion.label.split())[:200]
        key = (suggestion.study_id, label.casefold())
        if suggestion.study_id in studies and key not in there:
            wanted[key] = Evaluation(
                review=membership.review,
                study_id=suggestion.study_id,
                label=label,
                created_by=membership.user,
                created_at=occasion.at,
            )
    added = Evaluation.objects.bulk_create(wanted.values())
    if added:
        after = {"studies": [evaluation.study_id for evaluation in added], "labels": [row.label for row in added]}
        log_event(occasion, AuditKind.EVALUATION_ADDED, settings, label="As suggested", after=after)
    return len(added)


def lock_evaluation(membership: Membership, evaluation_id: int) -> Evaluation:
    """A live evaluation of the review, locked, with its study. Raises StaleError."""
    evaluation = (
        Evaluation.objects.select_for_update(of=("self",))
        .select_related("study")
        .filter(review_id=membership.review_id, pk=evaluation_id, withdrawn_at=None)
        .first()
    )
    if evaluation is None:
        raise StaleError("This evaluation is not assessed any more.")
    return evaluation


@transaction.atomic
def change_evaluation(*, membership: Membership, evaluation_id: int, draft: EvaluationDraft) -> Evaluation:
    """Change what is said about an evaluation.

    Raises ForbiddenError for others than leads, StaleError for one that is withdrawn, DomainError for values that do
    not hold, and for another type once an assessment rests on it.
    """
    require_lead(membership)
    _check(draft)
    evaluation = lock_evaluation(membership, evaluation_id)
    before = as_json(evaluation)
    if draft.evaluation_type != evaluation.evaluation_type and evaluation.evaluation_type and _rests(evaluation):
        raise DomainError(
            "Assessments rest on the type of this evaluation. Withdraw it and add another one instead.",
            field="evaluation_type",
        )
    _apply(evaluation, draft)
    after = as_json(evaluation)
    if after == before:
        return evaluation
    _save(evaluation)
    occasion = Occasion(membership.review, membership.user)
    if before["evaluation_type"] and before["evaluation_type"] != after["evaluation_type"]:
        _reopen_finished(evaluation, occasion)
    log_event(
        occasion,
        AuditKind.EVALUATION_CHANGED,
        evaluation,
        before={name: value for name, value in before.items() if after[name] != value},
        after={name: value for name, value in after.items() if before[name] != value},
    )
    return evaluation


def _reopen_finished(evaluation: Evaluation, occasion: Occasion) -> None:
    """Other questions apply now. The system reopens what one assessor had finished, so that the lead learns nothing."""
    finished = BiasAssessment.objects.select_for_update().filter(
        evaluation=evaluation, state=AssessmentState.READY, kind=AssessmentKind.INDEPENDENT
    )
    by_system = Occasion(occasion.review, None, occasion.at)
    for assessment in finished:
        assessment.state, assessment.ready_at, assessment.changed_at = AssessmentState.OPEN, None, occasion.at
        assessment.version += 1
        assessment.save(update_fields=["state", "ready_at", "changed_at", "version"])
        log_event(by_system, AuditKind.REOPENED, assessment, label=str(evaluation), after={"why": "evaluation_type"})


def _rests(evaluation: Evaluation) -> bool:
    """Whether its comparison is open or it is settled: both are known to the team, unlike a single assessment."""
    states = list(BiasAssessment.objects.filter(evaluation=evaluation).values_list("state", flat=True))
    return bool(states) and all(state == AssessmentState.READY for state in states)


@transaction.atomic
def choose_type(*, membership: Membership, evaluation_id: int, evaluation_type: str) -> Evaluation:
    """An assessor of the evaluation, or a lead, says what the study does with the model, where nobody has yet.

    Raises ForbiddenError for others, StaleError where another type is chosen already, DomainError for no type.
    """
    if evaluation_type not in EvaluationType.values:
        raise DomainError("Choose what the study does with the model.", field="evaluation_type")
    evaluation = lock_evaluation(membership, evaluation_id)
    mine = BiasAssessment.objects.filter(evaluation=evaluation, assessor_id=membership.user_id).exists()
    if not (mine or membership.is_lead):
        raise ForbiddenError("Only its assessors and leads choose the type of an evaluation.")
    if evaluation.evaluation_type == evaluation_type:
        return evaluation
    if evaluation.evaluation_type:
        raise StaleError("The type has been chosen meanwhile. A lead can change it.")
    evaluation.evaluation_type = evaluation_type
    _save(evaluation)
    log_event(
        Occasion(membership.review, membership.user),
        AuditKind.EVALUATION_CHANGED,
        evaluation,
        before={"evaluation_type": ""},
        after={"evaluation_type": evaluation_type},
    )
    return evaluation


@transaction.atomic
def withdraw_evaluation(*, membership: Membership, evaluation_id: int, reason: str) -> None:
    """Take an evaluation out of the assessment; what was judged stays in the database and in the log.

    Raises ForbiddenError for others than leads, StaleError for one that is withdrawn, DomainError without a reason.
    """
    require_lead(membership)
    if not reason.strip():
        raise DomainError("Say why it is withdrawn.", field="reason")
    evaluation = lock_evaluation(membership, evaluation_id)
    occasion = Occasion(membership.review, membership.user)
    evaluation.withdrawn_at = occasion.at
    evaluation.save(update_fields=["withdrawn_at"])
    log_event(occasion, AuditKind.EVALUATION_WITHDRAWN, evaluation, after={"reason": reason.strip()})
