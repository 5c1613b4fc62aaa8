"""Retrieval of reports: one event per change, nothing changed or logged by what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, RetrievalStatus, Stage, Verdict
from screening.models import Claim, Report, ReportFile
from screening.services.decisions import Judgement, submit_decision, undo_decision
from screening.services.retrieval import add_report_file, check_pdf, set_retrieval
from tests.factories import Cast, make_report

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def report(cast: Cast) -> Report:
    return make_report(cast.review, retrieved=False)


def pdf(content: bytes = PDF, name: str = "a.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))


def judge(cast: Cast, report: Report) -> None:
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.FULL_TEXT,
        target_id=report.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )


def test_size_and_hash_are_those_of_the_content() -> None:
    assert check_pdf(pdf(b"%PDF-")) == (5, "38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778")


def test_the_file_can_be_read_from_its_start_after_the_check() -> None:
    file = pdf()
    check_pdf(file)
    assert file.read() == PDF


def test_an_upload_retrieves_the_report(cast: Cast, report: Report) -> None:
    kept = add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf())
    assert kinds() == [AuditKind.REPORT_FILE_ADDED, AuditKind.REPORT_RETRIEVED]
    assert AuditEvent.objects.earliest("id").after["sha256"] == kept.sha256
    report.refresh_from_db()
    assert report.retrieval_status == RetrievalStatus.RETRIEVED


def test_a_further_file_is_allowed_once_judged_and_supersedes(cast: Cast, report: Report) -> None:
    first = add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf())
    judge(cast, report)
    second = add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf(PDF + b"2"))
    first.refresh_from_db()
    assert first.superseded_at is not None
    assert list(report.files.filter(superseded_at=None)) == [second]
    assert kinds().count(AuditKind.REPORT_RETRIEVED) == 1


def test_observers_change_nothing(cast: Cast, report: Report) -> None:
    olga = cast.membership("olga")
    with pytest.raises(ForbiddenError):
        add_report_file(membership=olga, report_id=report.pk, file=pdf())
    with pytest.raises(ForbiddenError):
        set_retrieval(membership=olga, report_id=report.pk, status=RetrievalStatus.RETRIEVED)
    assert kinds() == []
    assert not ReportFile.objects.exists()


@pytest.mark.parametrize("where", ["withdrawn", "elsewhere"])
def test_a_report_that_is_not_in_the_review_is_stale(cast: Cast, where: str) -> None:
    if where == "withdrawn":
        report = make_report(cast.review, withdrawn_at=cast.review.created_at)
    else:
        report = make_report(cast.other_review)
    with pytest.raises(StaleError):
        add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf())
    with pytest.raises(StaleError):
        set_retrieval(membership=cast.membership("bob"), report_id=report.pk, status=RetrievalStatus.SOUGHT)


def test_a_change_of_standing_is_logged_with_what_was_before(cast: Cast, report: Report) -> None:
    bob = cast.membership("bob")
    for _ in range(2):  # the second time nothing changes
        set_retrieval(membership=bob, report_id=report.pk, status=RetrievalStatus.NOT_RETRIEVED, note=" Asked. ")
    [event] = AuditEvent.objects.all()
    assert event.kind == AuditKind.REPORT_NOT_RETRIEVED
    assert event.before == {"status": "sought", "note": ""}
    assert event.after == {"status": "not_retrieved", "note": "Asked."}


def test_a_report_marked_not_retrieved_keeps_no_live_file(cast: Cast, report: Report) -> None:
    bob = cast.membership("bob")
    add_report_file(membership=bob, report_id=report.pk, file=pdf())
    set_retrieval(membership=bob, report_id=report.pk, status=RetrievalStatus.NOT_RETRIEVED, note="Wrong paper.")
    assert not report.files.filter(superseded_at=None).exists()
    assert report.files.count() == 1, "superseded, not deleted"


def test_a_judged_report_keeps_its_standing_until_the_vote_is_undone(cast: Cast) -> None:
    report = make_report(cast.review)
    judge(cast, report)
    with pytest.raises(DomainError, match="must be undone"):
        set_retrieval(membership=cast.membership("cara"), report_id=report.pk, status=RetrievalStatus.SOUGHT)
    undo_decision(membership=cast.membership("bob"), stage=Stage.FULL_TEXT)
    set_retrieval(membership=cast.membership("cara"), report_id=report.pk, status=RetrievalStatus.SOUGHT)
    report.refresh_from_db()
    assert report.retrieval_status == RetrievalStatus.SOUGHT
    assert Claim.objects.filter(report=report, voted=True).count() == 0


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_rolled_back_upload_leaves_no_file(
    cast: Cast, report: Report, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf())

    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr("screening.services.retrieval.log_event", fail)
    with pytest.raises(OperationalError):
        add_report_file(membership=cast.membership("bob"), report_id=report.pk, file=pdf(PDF + b"2"))
    assert files_in(media) == [Path(first.file.path).name]
    assert list(ReportFile.objects.all()) == [first]


@pytest.mark.parametrize(("limit", "words"), [(4, "4\xa0bytes"), (1024**2 // 2, "512.0\xa0KB"), (1024**2, "1.0\xa0MB")])
def test_the_limit_is_said_in_its_own_size(settings: Any, limit: int, words: str) -> None:
    settings.MAX_REPORT_FILE_BYTES = limit
    with pytest.raises(DomainError, match=f"is larger than {words}"):
        check_pdf(pdf(b"x" * (limit + 1)))
