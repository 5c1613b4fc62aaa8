"""Reports: the upload of a full text, what is refused and why, the file as it is served, the retrieval's standing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from screening.constants import RetrievalStatus, Stage, Verdict
from screening.models import Report, ReportFile
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_report

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def report(cast: Cast) -> Report:
    return make_report(cast.review, retrieved=False)


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, who))
    return client


def address(action: str, report: Report) -> str:
    return reverse(f"screening:report_{action}", args=[report.review_id, report.pk])


def upload(cast: Cast, report: Report, content: bytes, name: str = "rowe.pdf") -> Any:
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    response: Any = signed_in(cast, "bob").post(address("upload", report), {"file": file})
    return response


def mark(cast: Cast, report: Report, **data: str) -> Any:
    response: Any = signed_in(cast, "bob").post(address("retrieval", report), data)
    return response


def standing(report: Report) -> tuple[str, str]:
    report.refresh_from_db()
    return report.retrieval_status, report.retrieval_note


def test_an_upload_is_kept_and_the_report_retrieved(cast: Cast, report: Report, media: Path) -> None:
    response = upload(cast, report, PDF)
    assert (response.status_code, response["Location"]) == (302, address("detail", report))
    assert standing(report) == (RetrievalStatus.RETRIEVED, "")
    kept = ReportFile.objects.get()
    assert (kept.filename, kept.size, kept.uploaded_by) == ("rowe.pdf", len(PDF), cast.bob)
    assert media in Path(kept.file.path).parents
    assert Path(kept.file.path).read_bytes() == PDF
    assert "rowe.pdf" in signed_in(cast, "olga").get(address("detail", report)).content.decode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><script>alert(1)</script></html>", "is not a PDF"),
        (b"x" * 1024 + PDF, "is not a PDF"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_pdf_is_refused_by_name(cast: Cast, report: Report, media: Path, content: bytes, words: str) -> None:
    response = upload(cast, report, content, name="thesis chapter.pdf")
    text = response.content.decode()
    assert response.status_code == 422
    assert f"“thesis chapter.pdf” {words}" in text
    assert standing(report) == (RetrievalStatus.SOUGHT, "")
    assert not ReportFile.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_name_in_a_message_is_escaped(cast: Cast, report: Report) -> None:
    text = upload(cast, report, b"no", name="<b>x.pdf").content.decode()
    assert "&lt;b&gt;x.pdf” is not a PDF" in text
    assert "<b>x.pdf" not in text


def test_other_matter_may_precede_the_mark(cast: Cast, report: Report) -> None:
    assert upload(cast, report, b"\r\n" * 20 + PDF).status_code == 302


def test_a_file_over_the_limit_is_refused_by_name(cast: Cast, report: Report, settings: Any) -> None:
    settings.MAX_REPORT_FILE_BYTES = 1024 * 1024
    response = upload(cast, report, PDF + b" " * (1024 * 1024), name="scan.pdf")
    assert response.status_code == 422
    assert "“scan.pdf” is larger than 1.0\xa0MB" in response.content.decode()
    assert not ReportFile.objects.exists()
    assert upload(cast, report, PDF + b" " * (1024 * 1024 - len(PDF))).status_code == 302


def test_no_file_is_refused(cast: Cast, report: Report) -> None:
    response = signed_in(cast, "bob").post(address("upload", report))
    assert response.status_code == 422
    assert "Choose the PDF" in response.content.decode()


@pytest.mark.parametrize("who", ["alice", "bob", "dan", "olga"])
def test_members_get_the_pdf_as_a_pdf(cast: Cast, report: Report, who: str) -> None:
    upload(cast, report, PDF, name="Größe „1“.pdf")
    response: Any = signed_in(cast, who).get(address("file", report))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content) == PDF


def test_nobody_else_gets_the_pdf(cast: Cast, report: Report) -> None:
    upload(cast, report, PDF)
    assert signed_in(cast, "mallory").get(address("file", report)).status_code == 404
    assert Client().get(address("file", report)).status_code == 302


def test_a_report_without_a_file_has_none_to_serve(cast: Cast, report: Report) -> None:
    assert signed_in(cast, "bob").get(address("file", report)).status_code == 404


def test_a_second_upload_supersedes_the_first(cast: Cast, report: Report) -> None:
    upload(cast, report, PDF)
    upload(cast, report, PDF + b"second")
    assert ReportFile.objects.count() == 2
    response: Any = signed_in(cast, "bob").get(address("file", report))
    assert b"".join(response.streaming_content) == PDF + b"second"


@pytest.mark.parametrize("note", ["", "  "])
def test_not_retrieved_needs_a_note(cast: Cast, report: Report, note: str) -> None:
    response = mark(cast, report, status="not_retrieved", note=note)
    assert response.status_code == 422
    assert "Say what was tried" in response.content.decode()
    assert standing(report) == (RetrievalStatus.SOUGHT, "")


def test_not_retrieved_keeps_its_note_and_can_be_sought_again(cast: Cast, report: Report) -> None:
    assert mark(cast, report, status="not_retrieved", note=" Authors written to on 3 May ").status_code == 302
    assert standing(report) == (RetrievalStatus.NOT_RETRIEVED, "Authors written to on 3 May")
    assert "Authors written to on 3 May" in signed_in(cast, "olga").get(address("detail", report)).content.decode()
    mark(cast, report, status="sought")
    assert standing(report) == (RetrievalStatus.SOUGHT, "")


def test_a_standing_that_does_not_exist_is_refused(cast: Cast, report: Report) -> None:
    assert mark(cast, report, status="lost", note="x").status_code == 422
    assert standing(report) == (RetrievalStatus.SOUGHT, "")


def test_a_report_that_was_judged_stays_retrieved(cast: Cast) -> None:
    report = make_report(cast.review)
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.FULL_TEXT,
        target_id=report.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    response = mark(cast, report, status="not_retrieved", note="Lost.")
    assert response.status_code == 422
    assert standing(report) == (RetrievalStatus.RETRIEVED, "")


@pytest.mark.parametrize(
    ("which", "found"), [("", 3), ("sought", 1), ("not_retrieved", 1), ("retrieved", 1), ("nonsense", 3)]
)
def test_the_list_narrows_by_standing(cast: Cast, which: str, found: int) -> None:
    make_report(cast.review, retrieved=False)
    make_report(cast.review)
    mark(cast, make_report(cast.review, retrieved=False), status="not_retrieved", note="Asked.")
    make_report(cast.other_review)
    url = reverse("screening:report_list", args=[cast.review.pk])
    response = signed_in(cast, "olga").get(url, {"which": which})
    assert len(response.context["rows"]) == found
