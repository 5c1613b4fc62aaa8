"""Seek and retrieve reports: upload the full text, or say that it could not be had."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.constants import AuditKind, RetrievalStatus
from screening.models import Decision, Report, ReportFile
from screening.services.files import atomic_with_files

PDF_MARK = b"%PDF-"
PDF_MARK_WITHIN = 1024
"""A PDF starts with %PDF-, possibly after up to 1,024 bytes of other matter (ISO 32000, implementation notes)."""


def _lock_report(membership: Membership, report_id: int) -> Report:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    report = (
        Report.objects.select_for_update(of=("self",))
        .select_related("record")
        .filter(pk=report_id, review_id=membership.review_id, withdrawn_at=None)
        .first()
    )
    if report is None:
        raise StaleError("This report is not (any more) part of the review.")
    return report


def _refuse_if_judged(report: Report) -> None:
    if Decision.objects.filter(report=report, superseded_at=None).exists():
        raise DomainError(
            "Full-text decisions have been made on this report. They must be undone before its retrieval can change."
        )


def check_pdf(file: UploadedFile[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of an upload. Raises DomainError if it is too large, empty or no PDF by its content."""
    size = file.size or 0
    if size > settings.MAX_REPORT_FILE_BYTES:
        limit = filesizeformat(settings.MAX_REPORT_FILE_BYTES)
        raise DomainError(f"“{file.name}” is larger than {limit}.", field="file")
    file.seek(0)
    head = file.read(PDF_MARK_WITHIN)
    if not head:
        raise DomainError(f"“{file.name}” is empty.", field="file")
    if PDF_MARK not in head:
        raise DomainError(f"“{file.name}” is not a PDF: its content does not start like one.", field="file")
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return size, digest.hexdigest()


def add_report_file(*, membership: Membership, report_id: int, file: UploadedFile[bytes]) -> ReportFile:
    """Keep an uploaded PDF as the report's full text and mark the report retrieved. A former file is superseded.

    Raises ForbiddenError for observers, DomainError for a file that is no PDF or too large.
    """
    size, sha256 = check_pdf(file)
    with atomic_with_files() as files:
        report = _lock_report(membership, report_id)
        occasion = Occasion(membership.review, membership.user)
        report.files.filter(superseded_at=None).update(superseded_at=occasion.at)
        kept = ReportFile(
            report=report,
            filename=(file.name or "full text.pdf")[-255:],
            size=size,
            sha256=sha256,
            uploaded_by=membership.user,
            uploaded_at=occasion.at,
        )
        files.keep(kept.file, f"{sha256}.pdf", file)
        kept.save()
        log_event(
            occasion, AuditKind.REPORT_FILE_ADDED, report, after={"file": kept.filename, "sha256": sha256, "size": size}
        )
        if report.retrieval_status != RetrievalStatus.RETRIEVED:
            _set_status(report, RetrievalStatus.RETRIEVED, "", occasion)
        return kept


def _set_status(report: Report, status: RetrievalStatus, note: str, occasion: Occasion) -> None:
    kinds = {
        RetrievalStatus.RETRIEVED: AuditKind.REPORT_RETRIEVED,
        RetrievalStatus.NOT_RETRIEVED: AuditKind.REPORT_NOT_RETRIEVED,
        RetrievalStatus.SOUGHT: AuditKind.REPORT_SOUGHT,
    }
    before = {"status": report.retrieval_status, "note": report.retrieval_note}
    report.retrieval_status, report.retrieval_note = status, note
    report.save(update_fields=["retrieval_status", "retrieval_note"])
    log_event(occasion, kinds[status], report, before=before, after={"status": status, "note": note})


@transaction.atomic
def set_retrieval(*, membership: Membership, report_id: int, status: RetrievalStatus, note: str = "") -> Report:
    """Mark a report as retrieved (read elsewhere, no file kept), not retrieved (with a note), or sought again.

    Raises DomainError for NOT_RETRIEVED without a note, or once full-text decisions exist.
    """
    note = note.strip()
    if status == RetrievalStatus.NOT_RETRIEVED and not note:
        raise DomainError("Say what was tried, e.g. “library, authors written to on 3 May”.", field="note")
    report = _lock_report(membership, report_id)
    if (report.retrieval_status, report.retrieval_note) == (status, note):
        return report
    _refuse_if_judged(report)
    occasion = Occasion(membership.review, membership.user)
    if status != RetrievalStatus.RETRIEVED:
        report.files.filter(superseded_at=None).update(superseded_at=occasion.at)
    _set_status(report, status, note, occasion)
    return report
