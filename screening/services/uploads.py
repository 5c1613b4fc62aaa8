"""Take an uploaded export file: hash it while it streams, refuse what is too large or already there, keep it, and
make the batch and the job that will read it. The caller enqueues `import_batch` with the job's id once committed."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.jobs import create_job, keep_from_workers
from reviewapp.models import Membership
from reviewapp.services.jobs import cancel_job
from screening.constants import AuditKind, BatchQuestion, BatchState, JobKind
from screening.models import ImportBatch, Search
from screening.services.files import atomic_with_files
from screening.services.imports import fail_import, withdraw_import

FILENAME_LENGTH = 255
KEPT = (BatchState.WAITING, BatchState.ASKING, BatchState.DONE)
"""States in which the same file is not taken in again."""


def short_name(filename: str) -> str:
    """The person's own name of the file, without folders, fit for the column."""
    name = PurePath(filename.replace("\\", "/")).name.replace("\x00", "") or "file"
    return name if len(name) <= FILENAME_LENGTH else f"{name[: FILENAME_LENGTH - 20]}…{name[-18:]}"


def hash_file(file: File[bytes]) -> tuple[str, int]:
    """SHA-256 and size, read in pieces. Raises DomainError for an empty or too large file."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    for piece in file.chunks():
        digest.update(piece)
        size += len(piece)
        if size > settings.MAX_IMPORT_FILE_BYTES:
            limit = filesizeformat(settings.MAX_IMPORT_FILE_BYTES)
            raise DomainError(f"The file is larger than {limit}. Export it in several parts.", field="files")
    file.seek(0)
    if size == 0:
        raise DomainError("The file is empty (0 bytes). Export it again.", field="files")
    return digest.hexdigest(), size


def _refuse_known(search: Search, sha256: str, *, also_elsewhere: bool) -> None:
    known = list(
        ImportBatch.objects.select_related("search")
        .filter(search__review_id=search.review_id, sha256=sha256, state__in=KEPT)
        .order_by("id")
    )
    for batch in known:
        day = timezone.localtime(batch.uploaded_at).strftime("%-d %B %Y")
        if batch.search_id == search.pk:
            raise DomainError(
                f"The same file was brought into this search on {day}, as “{batch.filename}”. "
                "It was not imported again.",
                field="files",
            )
        if not also_elsewhere:
            raise DomainError(
                f"The same file was brought into another search, {batch.search}, on {day}, as “{batch.filename}”. "
                "If it belongs to both, upload it again with “Import it here too” ticked.",
                field="files",
            )


def receive_upload(
    *,
    membership: Membership,
    search: Search,
    file: File[bytes],
    filename: str,
    also_elsewhere: bool = False,
    archive: str = "",
) -> ImportBatch:
    """Keep the file and make a waiting batch with its job. `archive` names the ZIP it came in.

    Raises DomainError if the file is empty, too large, or has been brought into this search before; into another search
    of the review: unless `also_elsewhere`.
    """
    sha256, size = hash_file(file)
    with atomic_with_files() as files:
        locked = Search.objects.select_for_update(no_key=True).get(pk=search.pk, review_id=membership.review_id)
        _refuse_known(locked, sha256, also_elsewhere=also_elsewhere)
        occasion = Occasion(membership.review, membership.user)
        name = short_name(filename)
        job = create_job(
            review=membership.review, actor=membership.user, kind=JobKind.IMPORT, label=f"Import of {name}"
        )
        batch = ImportBatch(
            search=locked,
            filename=name,
            archive=short_name(archive) if archive else "",
            size=size,
            sha256=sha256,
            job=job,
            uploaded_by=membership.user,
            uploaded_at=occasion.at,
        )
        files.keep(batch.file, name, file)
        batch.save()
        after = {"search": str(locked), "size": size, "sha256": sha256}
        if batch.archive:
            after["archive"] = batch.archive
        log_event(occasion, AuditKind.BATCH_UPLOADED, batch, after=after)
        return batch


@transaction.atomic
def retry_import(*, membership: Membership, batch: ImportBatch) -> ImportBatch:
    """Let a file that was not imported be read again, without another upload.

    A batch that still waits keeps its job: enqueueing it once more is harmless. Raises DomainError for a batch that is
    imported or withdrawn, whose file has been brought in again meanwhile, or which a worker has not yet let go.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("search", "job").get(pk=batch.pk)
    if batch.state == BatchState.WAITING and batch.job is not None and not batch.job.is_finished:
        return batch
    if batch.state not in (BatchState.WAITING, BatchState.FAILED):
        raise DomainError(f"“{batch.filename}” is {batch.get_state_display().lower()}; there is nothing to try again.")
    if batch.job_id is not None and not keep_from_workers(batch.job_id):
        raise DomainError(f"The import of “{batch.filename}” is just being stopped. Try again in a moment.")
    if batch.state == BatchState.FAILED:
        search = Search.objects.select_for_update(no_key=True).get(pk=batch.search_id)
        _refuse_known(search, batch.sha256, also_elsewhere=True)
    batch.job = create_job(
        review=membership.review, actor=membership.user, kind=JobKind.IMPORT, label=f"Import of {batch.filename}"
    )
    batch.state, batch.error, batch.error_line = BatchState.WAITING, "", None
    batch.save(update_fields=["job", "state", "error", "error_line"])
    log_event(Occasion(membership.review, membership.user), AuditKind.BATCH_UPLOADED, batch, after={"again": True})
    return batch


@transaction.atomic
def read_again(*, membership: Membership, batch: ImportBatch) -> ImportBatch:
    """Take an import back and let its file be read again, asking first which characters it holds. The caller enqueues.

    Answers the new batch; the old one stays as withdrawn. Raises DomainError where the import
    cannot be withdrawn, or its file is gone.
    """
    if not batch.file.storage.exists(str(batch.file.name)):
        raise DomainError(f"The kept copy of “{batch.filename}” is gone, so it cannot be read again.")
    withdraw_import(membership=membership, batch=batch)
    with batch.file.open("rb") as stored:
        again = receive_upload(
            membership=membership,
            search=batch.search,
            file=File(stored),
            filename=batch.filename,
            also_elsewhere=True,
            archive=batch.archive,
        )
    again.answers = {"ask": BatchQuestion.ENCODING}
    again.save(update_fields=["answers"])
    return again


@transaction.atomic
def cancel_import(*, membership: Membership, batch: ImportBatch) -> None:
    """Stop an import. One that no worker has in hand is marked as not imported at once; a worker that reads it stops at
    its next report of progress and does the same. Nothing of it was counted; it can be started again.

    Raises StaleError for an import that has ended meanwhile, ForbiddenError without the right.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("job").get(pk=batch.pk)
    if batch.state != BatchState.WAITING or batch.job is None:
        raise StaleError("This import has already ended, so there was nothing to cancel.")
    cancel_job(membership=membership, job=batch.job)
    if keep_from_workers(batch.job.pk):
        fail_import(batch_id=batch.pk, message="The import was cancelled before it was finished.")
