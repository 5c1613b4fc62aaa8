"""One person's own assessment: saved field by field or all at once, finished, and reopened while nobody else has seen
it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from bias.constants import AssessmentKind, AssessmentState, AuditKind
from bias.instruments.finishing import Missing, blocking, scale_missing
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.queries.opened import is_opened
from bias.services.evaluations import lock_evaluation
from bias.services.writing import Changes, Sheet, apply_changes, check_changes, clean
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.models import Report


class ConflictError(StaleError):
    """The same fields were changed elsewhere, e.g. in another tab. ``theirs``: what stands now, by field name."""

    def __init__(self, theirs: Mapping[str, str]) -> None:
        super().__init__("This was changed in another tab or window meanwhile. Choose which of the two holds.")
        self.theirs = theirs


def lock_sheet(membership: Membership, assessment_id: int) -> Sheet:
    """The member's own open assessment of a live evaluation, locked, with its rows. Three queries.

    Raises ForbiddenError for another's, StaleError if it is finished or the evaluation is withdrawn.
    """
    assessment = (
        BiasAssessment.objects.select_for_update(of=("self",))
        .select_related("evaluation__study", "custom", "review__bias_settings")
        .filter(review_id=membership.review_id, pk=assessment_id, kind=AssessmentKind.INDEPENDENT)
        .first()
    )
    if assessment is None or assessment.assessor_id != membership.user_id:
        raise ForbiddenError("Only the assessor can change an assessment.")
    if assessment.evaluation.withdrawn_at is not None:
        raise StaleError("This evaluation is not assessed any more.")
    if assessment.state == AssessmentState.READY:
        raise StaleError("This assessment is finished. Reopen it to change it.")
    return Sheet.of(assessment, assessment.evaluation, assessment.review.bias_settings)


def reports_of(evaluation: Evaluation, changes: Changes) -> frozenset[str]:
    """Ids of the study's reports, as text; a query only where an answer names one."""
    if not any(values.get("report") for values in changes.answers.values()):
        return frozenset()
    ids = Report.objects.filter(study_id=evaluation.study_id, withdrawn_at=None).values_list("pk", flat=True)
    return frozenset(map(str, ids))


@transaction.atomic
def save_assessment(
    *,
    membership: Membership,
    assessment_id: int,
    changes: Changes,
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
) -> Sheet:
    """Write answers, judgements and overall judgements of the member's own assessment; one field or all at once.

    ``version`` is the one the page was drawn from, None asks nothing. Where the assessment has changed since, only
    fields that still hold what the page showed (``seen``, by field name) are written: nothing is lost in two tabs.
    Returns the assessment with all its rows. At most 8 statements.

    Raises ForbiddenError, StaleError (finished, withdrawn), ConflictError (fields changed elsewhere; nothing is
    written), DomainError for values that do not fit, and for a judgement on an adapted scale that is not defined yet.
    """
    sheet = lock_sheet(membership, assessment_id)
    check_changes(sheet, changes, reports_of(sheet.evaluation, changes))
    judges = any(values.get("level") for values in (*changes.judgements.values(), *changes.overall.values()))
    if judges:
        _check_scale(sheet)
    _check_seen(sheet, changes, version, seen)
    occasion = Occasion(membership.review, membership.user)
    before, after = apply_changes(sheet, changes, occasion)
    if not after:
        return sheet
    assessment = sheet.assessment
    assessment.version += 1
    assessment.changed_at = occasion.at
    assessment.save(update_fields=["overall", "version", "changed_at"])
    if judges and sheet.settings.fixed_at is None:
        BiasSettings.objects.filter(pk=sheet.settings.pk, fixed_at=None).update(fixed_at=occasion.at)
    log_event(occasion, _kind(after), assessment, label=str(sheet.evaluation), before=before, after=after)
    return sheet


def _check_scale(sheet: Sheet) -> None:
    settings = sheet.settings
    missing = scale_missing(sheet.instrument, sheet.assessment.scale, settings.level_definitions, settings.overall_rule)
    if missing:
        raise DomainError(f"A lead first completes the settings of risk of bias. {missing[0].text}")


def _check_seen(sheet: Sheet, changes: Changes, version: int | None, seen: Mapping[str, str] | None) -> None:
    if version is None or version == sheet.assessment.version:
        return
    theirs = {
        name: stored
        for name, value in changes.values()
        if (stored := sheet.stored(name)) != clean(value) and (seen is None or stored != clean(seen.get(name, "")))
    }
    if theirs:
        raise ConflictError(theirs)


def _kind(after: Mapping[str, str]) -> AuditKind:
    kinds = {name.partition(":")[0] for name in after}
    if "o" in kinds:
        return AuditKind.OVERALL_JUDGED
    return AuditKind.JUDGED if "d" in kinds else AuditKind.ANSWERED


def missing_from(sheet: Sheet, *, answers_expected: bool = True) -> tuple[Missing, ...]:
    """What still holds an assessment up."""
    return blocking(replace(sheet.assessed(), answers_expected=answers_expected))


@transaction.atomic
def finish_assessment(
    *, membership: Membership, assessment_id: int, version: int | None = None, answers_expected: bool = True
) -> BiasAssessment:
    """Lock the member's own assessment. Once all assessors have, the comparison opens.

    ``answers_expected``: False only for judgements taken over from a published table that prints no answers.
    Raises ForbiddenError, StaleError for a finished one or an older version, DomainError while anything is missing.
    """
    row = BiasAssessment.objects.filter(review_id=membership.review_id, pk=assessment_id).first()
    if row is None:
        raise ForbiddenError("Only the assessor can change an assessment.")
    lock_evaluation(membership, row.evaluation_id)  # first the evaluation, then its assessments: two finish in turn
    sheet = lock_sheet(membership, assessment_id)
    if version is not None and version != sheet.assessment.version:
        raise StaleError("This assessment was changed in another tab or window meanwhile. Look at it again.")
    missing = missing_from(sheet, answers_expected=answers_expected)
    if missing:
        more = f" And {len(missing) - 1} more, listed on the page." if missing[1:] else ""
        raise DomainError(f"Something is still missing. {missing[0].text}{more}")
    occasion = Occasion(membership.review, membership.user)
    assessment = sheet.assessment
    assessment.state, assessment.ready_at, assessment.changed_at = AssessmentState.READY, occasion.at, occasion.at
    assessment.version += 1
    assessment.save(update_fields=["state", "ready_at", "changed_at", "version"])
    log_event(occasion, AuditKind.FINISHED, assessment, label=str(sheet.evaluation))
    return assessment


@transaction.atomic
def reopen_assessment(*, membership: Membership, assessment_id: int) -> BiasAssessment:
    """Take up the member's own finished assessment again, while another assessor is still at work.

    Once all have finished, the comparison has shown each to the others: what was judged independently then stays as it
    was, and corrections belong into the settlement. With one assessor it can always be reopened.
    Raises ForbiddenError for another's, StaleError if it is open or the comparison is.
    """
    row = BiasAssessment.objects.filter(review_id=membership.review_id, pk=assessment_id).first()
    if row is None or row.assessor_id != membership.user_id or row.kind != AssessmentKind.INDEPENDENT:
        raise ForbiddenError("Only the assessor can change an assessment.")
    evaluation = lock_evaluation(membership, row.evaluation_id)
    rows = list(BiasAssessment.objects.select_for_update().filter(evaluation=evaluation))
    assessment = next(one for one in rows if one.pk == assessment_id)
    if assessment.state == AssessmentState.OPEN:
        raise StaleError("This assessment is open already.")
    settings = BiasSettings.objects.get(review_id=membership.review_id)
    if len(rows) > 1 and is_opened(rows, settings):
        raise StaleError("All have finished, so the comparison is open. Settle there what should be different.")
    occasion = Occasion(membership.review, membership.user)
    assessment.state, assessment.ready_at, assessment.changed_at = AssessmentState.OPEN, None, occasion.at
    assessment.version += 1
    assessment.save(update_fields=["state", "ready_at", "changed_at", "version"])
    log_event(occasion, AuditKind.REOPENED, assessment, label=str(evaluation))
    return assessment
