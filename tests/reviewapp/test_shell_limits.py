"""A request that declares more than is taken at once is refused before its body is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from screening.models import ImportBatch
from tests.factories import Cast, make_search


@pytest.mark.parametrize(("limit", "status"), [(400, 413), (4_000, 302)])
def test_more_than_is_taken_at_once_is_refused_in_words(cast: Cast, settings: Any, limit: int, status: int) -> None:
    settings.MAX_UPLOAD_BYTES = limit
    client = Client()
    client.force_login(cast.alice)
    url = reverse("screening:search_upload", args=[cast.review.pk, make_search(cast.review).pk])
    file = SimpleUploadedFile("a.ris", b"TY  - JOUR\nTI  - Sleep\nER  - \n" * 20)
    response = client.post(url, {"export_files": [file]})
    assert response.status_code == status
    assert ("Send the files in several parts" in response.content.decode()) is (status == 413)
    assert ImportBatch.objects.exists() is (status == 302)
