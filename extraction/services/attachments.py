"""Files of items that ask for one: kept by their digest within the review, never overwritten."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from extraction.rules.text import tidy_line
from reviewapp.errors import DomainError

MOST_BYTES = 50 * 1024 * 1024
NAME_LENGTH = 200


def attachment_path(review_id: int, sha256: str) -> str:
    """Where a file is kept; the person's own file name stands in the value, never in a path."""
    return f"reviews/{review_id}/extraction/{sha256}"


def keep_attachment(*, review_id: int, upload: UploadedFile[Any]) -> dict[str, Any]:
    """Keep an uploaded file; returns the value of its item. The same file twice is kept once.

    Raises DomainError for an empty file and one above 50 MB.
    """
    size = upload.size or 0
    if not 0 < size <= MOST_BYTES:
        raise DomainError(f"Choose a file that is not empty and has at most {MOST_BYTES // 1024 // 1024} MB.")
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    path = attachment_path(review_id, digest.hexdigest())
    if not default_storage.exists(path):
        upload.seek(0)
        default_storage.save(path, upload)
    name = tidy_line(upload.name or "")[-NAME_LENGTH:] or "file"
    return {"sha256": digest.hexdigest(), "name": name, "size": size}
