"""Fetch what pages of risk of bias show, always within the member's own review. Raises Http404 for everything else."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from bias.constants import AssessmentKind, InstrumentState
from bias.models import BiasAssessment, BiasSettings, CustomInstrument, Evaluation
from bias.queries.opened import with_progress
from reviewapp.errors import ForbiddenError
from reviewapp.models import Membership


def bias_settings(membership: Membership) -> BiasSettings | None:
    """The settings of the member's review, None before there are any."""
    return BiasSettings.objects.select_related("custom").filter(review_id=membership.review_id).first()


def access_settings(membership: Membership) -> BiasSettings:
    """The settings of the member's review."""
    settings = bias_settings(membership)
    if settings is None:
        raise Http404("Risk of bias is not set up in this review.")
    return settings


def access_instrument(membership: Membership, instrument_id: int) -> CustomInstrument:
    """A version of the team's own instruments that is not retired."""
    row = (
        CustomInstrument.objects.filter(review_id=membership.review_id, pk=instrument_id)
        .exclude(state=InstrumentState.RETIRED)
        .first()
    )
    if row is None:
        raise Http404("No such instrument.")
    return row


def _evaluations(membership: Membership) -> QuerySet[Evaluation]:
    return Evaluation.objects.select_related("study").filter(review_id=membership.review_id, withdrawn_at=None)


def access_evaluation(membership: Membership, evaluation_id: int) -> Any:
    """A live evaluation of the member's review, with its study and progress."""
    evaluation = with_progress(_evaluations(membership)).filter(pk=evaluation_id).first()
    if evaluation is None:
        raise Http404("No such evaluation.")
    return evaluation


def access_own_assessment(membership: Membership, evaluation_id: int) -> BiasAssessment:
    """The member's own assessment of a live evaluation. Raises ForbiddenError for who does not assess it: the answer is
    the same whether anybody else does."""
    evaluation = access_evaluation(membership, evaluation_id)
    assessment = (
        BiasAssessment.objects.select_related("custom")
        .filter(evaluation=evaluation, assessor_id=membership.user_id, kind=AssessmentKind.INDEPENDENT)
        .first()
    )
    if assessment is None:
        raise ForbiddenError("You are not an assessor of this one. A lead gives out the assessments.")
    assessment.evaluation = evaluation
    return assessment


def access_comparison(membership: Membership, evaluation_id: int) -> Any:
    """An evaluation whose comparison is open to the member: to its assessors, to leads and to adjudicators, once all
    assessments are finished. Raises ForbiddenError, with the same words, for others and before."""
    evaluation = access_evaluation(membership, evaluation_id)
    opened = evaluation.opened and evaluation.begun > 1
    assesses = BiasAssessment.objects.filter(
        evaluation=evaluation, assessor_id=membership.user_id, kind=AssessmentKind.INDEPENDENT
    ).exists()
    if not opened or not (membership.is_lead or membership.can_adjudicate or assesses):
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")
    return evaluation
