"""Who assesses what: two different members for each evaluation, studies for calibration first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.db import transaction

from bias.constants import AssessmentKind, AssessmentState, AuditKind
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer
from bias.services.evaluations import lock_evaluation, require_settings
from bias.services.settings import require_lead
from reviewapp.audit import Occasion, log_event
from reviewapp.constants import Role
from reviewapp.errors import DomainError
from reviewapp.models import Membership, Review, User


def assessors_of(review_id: int) -> list[User]:
    """Members who can assess: leads and reviewers, in the order they joined."""
    memberships = Membership.objects.filter(
        review_id=review_id, removed_at=None, role__in=(Role.LEAD, Role.REVIEWER)
    ).select_related("user")
    return [membership.user for membership in memberships]


def new_assessment(evaluation: Evaluation, user_id: int, settings: BiasSettings, occasion: Occasion) -> BiasAssessment:
    """An assessment to be filled in, with the instrument and scale of the settings; not saved."""
    return BiasAssessment(
        review_id=evaluation.review_id,
        evaluation=evaluation,
        assessor_id=user_id,
        instrument=settings.instrument,
        custom_id=settings.custom_id,
        scale=settings.scale,
        created_at=occasion.at,
        changed_at=occasion.at,
    )


@transaction.atomic
def assign(*, membership: Membership, evaluation_id: int, user_ids: Sequence[int]) -> list[BiasAssessment]:
    """Give an evaluation its assessors: exactly as many different members as the settings ask for.

    Somebody who has begun stays, unless they have left the review: then what they had not finished is dropped (the
    log keeps that it was). Raises ForbiddenError for others than leads, StaleError for a withdrawn evaluation,
    DomainError for a wrong number, the same person twice, an observer, or a change of somebody who has begun.
    """
    require_lead(membership)
    settings = require_settings(membership)
    evaluation = lock_evaluation(membership, evaluation_id)
    able = {user.pk for user in assessors_of(membership.review_id)}
    wanted = set(user_ids)
    if len(wanted) != len(user_ids) or len(wanted) != settings.assessors:
        raise DomainError(f"Choose {settings.assessors} different people.", field="assessors")
    rows = BiasAssessment.objects.select_for_update().filter(evaluation=evaluation, kind=AssessmentKind.INDEPENDENT)
    there = {row.assessor_id: row for row in rows}
    if wanted - set(there) - able:
        raise DomainError("Only leads and reviewers of this review assess.", field="assessors")
    occasion = Occasion(membership.review, membership.user)
    for user_id in set(there) - wanted:
        if membership.user_id in there and user_id in able - {membership.user_id}:  # would tell whether they began
            raise DomainError("You assess this one yourself: another lead changes its assessors.", field="assessors")
        _take_off(there[user_id], able)
    added = BiasAssessment.objects.bulk_create(
        new_assessment(evaluation, user_id, settings, occasion) for user_id in user_ids if user_id not in there
    )
    if set(there) != wanted:
        _log(evaluation, occasion, before=sorted(there), after=sorted(wanted))
    return added


def _take_off(assessment: BiasAssessment, able: Collection[int]) -> None:
    finished = assessment.state == AssessmentState.READY
    if finished or (assessment.version and assessment.assessor_id in able):
        raise DomainError(f"{assessment.assessor} cannot be replaced here any more.", field="assessors")
    SignallingAnswer.objects.filter(assessment=assessment).delete()
    BiasJudgement.objects.filter(assessment=assessment).delete()
    assessment.delete()


def _log(evaluation: Evaluation, occasion: Occasion, *, before: list[int], after: list[int]) -> None:
    log_event(occasion, AuditKind.ASSIGNED, evaluation, before={"people": before}, after={"people": after})


def _loads(evaluations: Sequence[Evaluation]) -> tuple[dict[int, set[int]], Counter[int]]:
    """Who has each evaluation, and how many each person has."""
    have: dict[int, set[int]] = {row.pk: set() for row in evaluations}
    load: Counter[int] = Counter()
    rows = BiasAssessment.objects.filter(evaluation__in=have, kind=AssessmentKind.INDEPENDENT)
    for evaluation_id, assessor_id in rows.values_list("evaluation_id", "assessor_id"):
        have[evaluation_id].add(assessor_id)
        load[assessor_id] += 1
    return have, load


@transaction.atomic
def assign_evenly(*, membership: Membership, user_ids: Sequence[int] | None = None) -> int:
    """Give every evaluation that lacks assessors those with the least to do, in turn; returns how many were given.

    `user_ids`: the people to share among; all leads and reviewers without. Nobody gets an evaluation twice. The order
    follows the studies that were added first, which are those for calibration. Safe to press twice.
    Raises ForbiddenError for others than leads, DomainError with fewer people than the settings ask for.
    """
    require_lead(membership)
    settings = require_settings(membership)
    Review.objects.select_for_update().get(pk=membership.review_id)
    able = [user.pk for user in assessors_of(membership.review_id)]
    people = [pk for pk in able if user_ids is None or pk in user_ids]
    if len(people) < settings.assessors:
        raise DomainError(f"At least {settings.assessors} people are needed.", field="people")
    live = Evaluation.objects.select_for_update(of=("self",)).filter(
        review_id=membership.review_id, withdrawn_at=None, study__withdrawn_at=None
    )
    evaluations = list(live.select_related("study").order_by("id"))
    have, load = _loads(evaluations)
    occasion = Occasion(membership.review, membership.user)
    new: list[BiasAssessment] = []
    for evaluation in evaluations:
        while len(have[evaluation.pk]) < settings.assessors:
            free = [pk for pk in people if pk not in have[evaluation.pk]]
            if not free:
                break
            chosen = min(free, key=lambda pk: (load[pk], people.index(pk)))
            have[evaluation.pk].add(chosen)
            load[chosen] += 1
            new.append(new_assessment(evaluation, chosen, settings, occasion))
    BiasAssessment.objects.bulk_create(new)
    if new:
        after = {"evaluations": sorted({row.evaluation_id for row in new}), "people": people}
        log_event(occasion, AuditKind.ASSIGNED, settings, label="Shared evenly", after=after)
    return len(new)
