"""Taking an uploaded export file: what is rolled back leaves no file behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError

from screening.models import ImportBatch
from screening.services.uploads import receive_upload
from tests.factories import Cast, make_search

RIS = b"TY  - JOUR\nTI  - Sleep\nER  - \n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(cast: Cast, content: bytes) -> ImportBatch:
    return receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review),
        file=ContentFile(content, name="export.ris"),
        filename="export.ris",
    )


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_an_upload_keeps_its_file(cast: Cast, media: Path) -> None:
    batch = upload(cast, RIS)
    assert files_in(media) == {Path(batch.file.path)}
    assert Path(batch.file.path).read_bytes() == RIS


def test_a_rolled_back_upload_leaves_no_file(cast: Cast, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = upload(cast, RIS)

    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("the connection is gone")

    monkeypatch.setattr("screening.services.uploads.log_event", fail)
    with pytest.raises(OperationalError):
        upload(cast, RIS + RIS)
    assert files_in(media) == {Path(kept.file.path)}
    assert list(ImportBatch.objects.all()) == [kept]


def test_a_refused_commit_leaves_no_file_and_a_broken_one_loses_none(
    cast: Cast, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a COMMIT arrived is unknown once the connection breaks: then the file must stay."""
    broken = OperationalError("the connection is gone")
    for content, error, left in ((RIS, IntegrityError("deferred"), 0), (RIS + RIS, broken, 1)):

        @contextmanager
        def failing(error: Exception = error) -> Iterator[None]:
            yield
            raise error

        monkeypatch.setattr("screening.services.files.transaction", SimpleNamespace(atomic=failing))
        with pytest.raises(type(error)):
            upload(cast, content)
        monkeypatch.undo()
        assert len(files_in(media)) == left
