"""Files beside rows: what a transaction stores goes again if the transaction does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models.fields.files import FieldFile


class StoredFiles:
    """The files that one transaction has stored."""

    def __init__(self) -> None:
        self._stored: list[FieldFile] = []

    def keep(self, field: FieldFile, name: str, content: File[bytes]) -> None:
        """Store the content where the field says; its row is saved by the caller."""
        field.save(name, content, save=False)
        self._stored.append(field)

    def remove(self) -> None:
        """Take all of them out of the storage."""
        for field in self._stored:
            field.delete(save=False)


@contextmanager
def atomic_with_files() -> Iterator[StoredFiles]:
    """As transaction.atomic(); when it is rolled back, the files kept through it are removed.

    Where it cannot be known whether a COMMIT reached the database (the connection broke), the files stay: a file
    without a row is a lesser evil than a row without its file. A rollback of a transaction around this one is not seen.
    """
    files, committing = StoredFiles(), False
    try:
        with transaction.atomic():
            yield files
            committing = True
    except BaseException as error:
        if not committing or isinstance(error, IntegrityError):
            files.remove()
        raise
