"""Studies and their reports: link two reports to one investigation, or give a report its own study again."""

from __future__ import annotations

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AuditKind
from screening.models import Report, Study
from screening.services.settling import study_label


def _lock_study(membership: Membership, study_id: int) -> Study:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    study = (
        Study.objects.select_for_update().filter(pk=study_id, review_id=membership.review_id, withdrawn_at=None).first()
    )
    if study is None:
        raise StaleError("This study is not (any more) part of the review.")
    return study


@transaction.atomic
def link_studies(*, membership: Membership, study_id: int, into_id: int) -> Study:
    """All reports of one study turn out to be reports of another: they move there, and the emptied study is withdrawn.

    Raises DomainError for a study with itself, StaleError if either is gone.
    """
    if study_id == into_id:
        raise DomainError("Choose another study to link this one to.", field="into")
    first, second = sorted((study_id, into_id))
    studies = {pk: _lock_study(membership, pk) for pk in (first, second)}
    source, target = studies[study_id], studies[into_id]
    occasion = Occasion(membership.review, membership.user)
    moved = list(Report.objects.select_for_update().filter(study=source).values_list("pk", flat=True))
    Report.objects.filter(pk__in=moved).update(study=target)
    source.withdrawn_at = occasion.at
    source.save(update_fields=["withdrawn_at"])
    log_event(
        occasion,
        AuditKind.STUDY_LINKED,
        target,
        before={"study": source.label, "study_id": source.pk},
        after={"reports": moved},
    )
    return target


@transaction.atomic
def unlink_report(*, membership: Membership, study_id: int, report_id: int) -> Study:
    """Give one report of a study with several its own study again.

    Raises DomainError if it is the study's only report, StaleError if it is not a report of this study.
    """
    study = _lock_study(membership, study_id)
    reports = list(Report.objects.select_for_update(of=("self",)).select_related("record").filter(study=study))
    report = next((report for report in reports if report.pk == report_id), None)
    if report is None:
        raise StaleError("This report does not belong to this study any more.")
    if len(reports) == 1:
        raise DomainError("This is the study's only report.")
    occasion = Occasion(membership.review, membership.user)
    report.study = Study.objects.create(
        review_id=membership.review_id, label=study_label(report.record), created_at=occasion.at
    )
    report.save(update_fields=["study"])
    log_event(
        occasion, AuditKind.STUDY_UNLINKED, report.study, before={"study": study.label}, after={"report": report_id}
    )
    return report.study


@transaction.atomic
def rename_study(*, membership: Membership, study_id: int, label: str) -> Study:
    """Change a study's label. Raises DomainError for an empty one or one that another live study has."""
    label = " ".join(label.split())
    if not label:
        raise DomainError("A study needs a label.", field="label")
    study = _lock_study(membership, study_id)
    others = Study.objects.filter(review_id=membership.review_id, withdrawn_at=None).exclude(pk=study.pk)
    if others.filter(label__iexact=label).exists():
        raise DomainError(f"Another study is called “{label}”. Add a letter, e.g. “{label}b”.", field="label")
    before, study.label = study.label, label
    study.save(update_fields=["label"])
    occasion = Occasion(membership.review, membership.user)
    log_event(occasion, AuditKind.STUDY_RENAMED, study, before={"label": before}, after={"label": label})
    return study
