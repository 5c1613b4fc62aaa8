"""Studies: what linking, unlinking and renaming leave behind, and in the log."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, ScreeningStatus
from screening.models import Report, Study
from screening.queries.flow import flow_counts
from screening.services.studies import link_studies, rename_study, unlink_report
from tests.factories import Cast, make_report


def make_study(cast: Cast, label: str, *, reports: int = 1) -> Study:
    study = Study.objects.create(review=cast.review, label=label, created_at=timezone.now())
    for _ in range(reports):
        make_report(cast.review, full_text_status=ScreeningStatus.INCLUDED, study=study)
    return study


def test_linking_is_undone_by_unlinking(cast: Cast) -> None:
    bob = cast.membership("bob")
    source, target = make_study(cast, "Rowe 2020"), make_study(cast, "Rowe 2021")
    report = source.reports.get()
    link_studies(membership=bob, study_id=source.pk, into_id=target.pk)
    counts = flow_counts(cast.review)
    assert (counts.new_studies, counts.new_reports) == (1, 2)
    alone = unlink_report(membership=bob, study_id=target.pk, report_id=report.pk)
    assert (alone.label, alone.reports.get()) == ("Rowe 2020", report)
    counts = flow_counts(cast.review)
    assert (counts.new_studies, counts.new_reports) == (2, 2)
    events = list(AuditEvent.objects.order_by("id").values_list("kind", "before", "after"))
    assert events == [
        (AuditKind.STUDY_LINKED, {"study": "Rowe 2020", "study_id": source.pk}, {"reports": [report.pk]}),
        (AuditKind.STUDY_UNLINKED, {"study": "Rowe 2021"}, {"report": report.pk}),
    ]


@pytest.mark.parametrize("which", ["study_id", "into_id"])
def test_both_studies_must_be_live(cast: Cast, which: str) -> None:
    live, gone = make_study(cast, "Rowe 2020"), make_study(cast, "Rowe 2021")
    Study.objects.filter(pk=gone.pk).update(withdrawn_at=timezone.now())
    ids = {"study_id": live.pk, "into_id": live.pk, which: gone.pk}
    with pytest.raises(StaleError):
        link_studies(membership=cast.membership("bob"), **ids)
    assert not AuditEvent.objects.exists()


def test_observers_change_nothing(cast: Cast) -> None:
    olga, study, other = cast.membership("olga"), make_study(cast, "A 2020", reports=2), make_study(cast, "B 2020")
    with pytest.raises(ForbiddenError):
        link_studies(membership=olga, study_id=study.pk, into_id=other.pk)
    with pytest.raises(ForbiddenError):
        unlink_report(membership=olga, study_id=study.pk, report_id=study.reports.all()[0].pk)
    with pytest.raises(ForbiddenError):
        rename_study(membership=olga, study_id=study.pk, label="C")
    assert not AuditEvent.objects.exists()


def test_many_reports_of_one_author_and_year_get_letters(cast: Cast) -> None:
    study = make_study(cast, "Rowe 2020", reports=4)
    for report in list(study.reports.order_by("id"))[1:]:
        unlink_report(membership=cast.membership("bob"), study_id=study.pk, report_id=report.pk)
    labels = set(Study.objects.values_list("label", flat=True))
    assert labels == {"Rowe 2020", "Rowe 2020b", "Rowe 2020c", "Rowe 2020d"}
    assert Report.objects.filter(study=None).count() == 0


def test_a_refused_label_changes_and_logs_nothing(cast: Cast) -> None:
    study, _ = make_study(cast, "Rowe 2020"), make_study(cast, "Lund 2019")
    with pytest.raises(DomainError, match="Lund 2019b") as caught:
        rename_study(membership=cast.membership("bob"), study_id=study.pk, label="Lund 2019")
    assert caught.value.field == "label"
    assert not AuditEvent.objects.exists()


def test_a_study_may_change_the_case_of_its_own_label(cast: Cast) -> None:
    study = make_study(cast, "rowe 2020")
    rename_study(membership=cast.membership("bob"), study_id=study.pk, label="Rowe 2020")
    event = AuditEvent.objects.get()
    assert (event.kind, event.before, event.after) == (
        AuditKind.STUDY_RENAMED,
        {"label": "rowe 2020"},
        {"label": "Rowe 2020"},
    )
