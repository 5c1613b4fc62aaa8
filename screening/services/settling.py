"""Lock what is judged, work out where it stands, and do what follows from that. Used by every service that judges.

A target is a record at title/abstract and a report at full text. Its row lock orders all writers: whoever holds it sees
every decision committed before, so the last two votes of a record always settle it, exactly once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from screening.constants import SETTLED_STATUSES, AuditKind, RetrievalStatus, ScreeningStatus, Stage, Verdict
from screening.models import Adjudication, Decision, Record, Report, ReportFile, StageSettings, Study
from screening.rules.consensus import Vote, settle


@dataclass(frozen=True)
class Target:
    """One locked record or report at its stage."""

    stage: Stage
    row: Record | Report
    required: int
    """How many independent reviewers the stage asks for."""

    @property
    def record_id(self) -> int | None:
        """The record judged at title/abstract, else None."""
        return self.row.pk if self.stage == Stage.TITLE_ABSTRACT else None

    @property
    def report_id(self) -> int | None:
        """The report judged at full text, else None."""
        return self.row.pk if self.stage == Stage.FULL_TEXT else None

    @property
    def keys(self) -> dict[str, int | None]:
        """Values of the two foreign keys of a judgement of this target."""
        return {"record_id": self.record_id, "report_id": self.report_id}

    @property
    def status(self) -> ScreeningStatus:
        """The cached status."""
        row = self.row
        return ScreeningStatus(row.title_abstract_status if isinstance(row, Record) else row.full_text_status)

    @property
    def is_settled(self) -> bool:
        """Included or excluded."""
        return self.status in SETTLED_STATUSES


def _required(stage: Stage) -> Subquery:
    settings = StageSettings.objects.filter(review_id=OuterRef("review_id"), stage=stage)
    return Subquery(settings.values("required")[:1])


# What the annotated queryset would say; building that took a tenth of a vote's time.
_LOCK_RECORD_SQL = """
SELECT r.id, r.review_id, r.title, r.title_abstract_status, r.removal_reason, (
    SELECT s.required FROM screening_stagesettings s WHERE s.review_id = r.review_id AND s.stage = %(stage)s
) AS required
FROM screening_record r WHERE r.id = %(record)s AND r.review_id = %(review)s
FOR UPDATE OF r
"""


def lock_target(*, review_id: int, stage: Stage, target_id: int) -> Target:
    """The record or report, row-locked until the transaction ends.

    Raises StaleError if it is not (any more) to be judged: removed before screening, withdrawn or not retrieved.
    """
    if stage == Stage.TITLE_ABSTRACT:
        values = {"record": target_id, "review": review_id, "stage": stage}
        record: Any = next(iter(Record.objects.raw(_LOCK_RECORD_SQL, values)), None)  # with `required`
        if record is None:
            raise StaleError("This record is not part of the review.")
        if record.removal_reason:
            raise StaleError("This record has been removed before screening (as a duplicate, or for another reason).")
        return Target(stage, record, record.required)
    report = (
        Report.objects.select_for_update(of=("self",))
        .annotate(required=_required(stage))
        .select_related("record")
        .filter(pk=target_id, review_id=review_id, withdrawn_at=None)
        .first()
    )
    if report is None:
        raise StaleError("This report is not (any more) part of the review.")
    if report.retrieval_status != RetrievalStatus.RETRIEVED:
        raise StaleError("This report has not been retrieved, so its full text cannot be judged.")
    return Target(stage, report, report.required)


def live_decisions(target: Target) -> list[Decision]:
    """The decisions that stand, oldest first. Call with the target locked."""
    keys = {key: value for key, value in target.keys.items() if value is not None}
    return list(Decision.objects.filter(superseded_at=None, **keys).order_by("id"))


def live_adjudication(target: Target) -> Adjudication | None:
    """The confirmed adjudication that stands, if any."""
    keys = {key: value for key, value in target.keys.items() if value is not None}
    return Adjudication.objects.filter(superseded_at=None, confirmed_at__isnull=False, **keys).first()


def as_vote(judgement: Decision | Adjudication) -> Vote:
    """A judgement as the pure rule takes it."""
    reviewer_id = judgement.reviewer_id if isinstance(judgement, Decision) else judgement.adjudicator_id
    return Vote(reviewer_id=reviewer_id, verdict=Verdict(judgement.verdict), reason_id=judgement.reason_id)


@dataclass(frozen=True)
class Standing:
    """All judgements that stand for a target, and how many the stage asks for."""

    required: int
    decisions: Sequence[Decision]
    adjudication: Adjudication | None = None

    def status(self, stage: Stage) -> ScreeningStatus:
        """What the rule makes of them."""
        return settle(
            stage=stage,
            required=self.required,
            votes=[as_vote(decision) for decision in self.decisions],
            adjudication=as_vote(self.adjudication) if self.adjudication else None,
        )


def apply_standing(target: Target, standing: Standing, occasion: Occasion) -> ScreeningStatus:
    """Bring the target's cached status, and what follows from it, in line with the judgements that stand.

    Included at title/abstract: a report is sought. Included at full text: the report forms a study. When an inclusion
    is undone, the report or study is withdrawn; raises DomainError if work already rests on it.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("apply_standing must run in the transaction of the judgement.")
    before, after = target.status, standing.status(target.stage)
    if before == after:
        return after
    if isinstance(target.row, Record):
        target.row.title_abstract_status = after
        target.row.save(update_fields=["title_abstract_status"])
        if after == ScreeningStatus.INCLUDED:
            seek_report(target.row, occasion)
        elif before == ScreeningStatus.INCLUDED:
            withdraw_report(target.row, occasion)
    else:
        _apply_full_text(target.row, after, occasion)
    return after


def apply_record_statuses(changes: Iterable[tuple[Record, ScreeningStatus]], occasion: Occasion) -> None:
    """What `apply_standing` does, for many locked records at once: (record, the status that follows from its votes).

    Raises DomainError if work already rests on the report of one that is no longer included.
    """
    changed = [(record, after) for record, after in changes if record.title_abstract_status != after]
    for status in ScreeningStatus:
        ids = [record.pk for record, after in changed if after == status]
        if ids:
            Record.objects.filter(pk__in=ids).update(title_abstract_status=status)
    seek_reports([record for record, after in changed if after == ScreeningStatus.INCLUDED], occasion)
    withdraw_reports(
        [record.pk for record, _ in changed if record.title_abstract_status == ScreeningStatus.INCLUDED], occasion
    )


def seek_report(record: Record, occasion: Occasion) -> None:
    """The record is included: its report is sought. A report withdrawn earlier comes back."""
    seek_reports([record], occasion)


def seek_reports(records: Sequence[Record], occasion: Occasion) -> None:
    """As `seek_report`, for many."""
    Report.objects.bulk_create(
        [Report(record_id=record.pk, review_id=record.review_id, created_at=occasion.at) for record in records],
        update_conflicts=True,
        unique_fields=["record"],
        update_fields=["withdrawn_at"],
    )


def withdraw_report(record: Record, occasion: Occasion) -> None:
    """The record is no longer included. Raises DomainError if the report has a full text, a note or decisions."""
    withdraw_reports([record.pk], occasion)


def withdraw_reports(record_ids: Collection[int], occasion: Occasion) -> None:
    """As `withdraw_report`, for many."""
    reports = Report.objects.select_for_update().filter(record_id__in=record_ids, withdrawn_at=None).order_by("id")
    if not record_ids or not (ids := [report.pk for report in reports.only("id")]):
        return
    begun = ~Q(retrieval_status=RetrievalStatus.SOUGHT) | Q(
        Exists(ReportFile.objects.filter(report=OuterRef("pk"), superseded_at=None))
    )
    if Report.objects.filter(begun, pk__in=ids).exists():
        raise DomainError(
            "Work on the full text of this record has begun, so it cannot be changed here. "
            "Mark its report as sought again first, or exclude it at full text."
        )
    Report.objects.filter(pk__in=ids).update(withdrawn_at=occasion.at)


def study_label(record: Record) -> str:
    """First author and year, as in the tables: "Ge 2020"; a letter is added where another live study has that label."""
    record = record.as_shown()
    author = record.first_author or (record.title.split(" ")[0] if record.title else "Unnamed")
    label = " ".join(filter(None, (author[:100], str(record.year or ""))))
    studies = Study.objects.filter(review_id=record.review_id, withdrawn_at=None, label__istartswith=label)
    taken = {other.lower() for other in studies.values_list("label", flat=True)}
    letters = (f"{label}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")
    candidates = [label, *letters]
    return next((one for one in candidates if one.lower() not in taken), f"{label} ({record.pk})")


def _apply_full_text(report: Report, after: ScreeningStatus, occasion: Occasion) -> None:
    former = report.study
    report.full_text_status = after
    report.study = None
    if after == ScreeningStatus.INCLUDED:
        report.study = Study.objects.create(
            review_id=report.review_id, label=study_label(report.record), created_at=occasion.at
        )
        log_event(occasion, AuditKind.STUDY_CREATED, report.study, after={"report": report.pk})
    report.save(update_fields=["full_text_status", "study"])
    if former is not None and not Report.objects.filter(study=former).exists():
        former.withdrawn_at = occasion.at
        former.save(update_fields=["withdrawn_at"])
