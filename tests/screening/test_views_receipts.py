"""The receipt of a file: on its page, as CSV and as JSON; the reported count explained; what stands in the way."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from screening.constants import BatchState, Stage, Verdict
from screening.models import ImportBatch, Record, RejectedRow
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_batch, make_records, make_search

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(cast: Cast) -> ImportBatch:
    """A file with two records and one rejected entry, in a search whose source reported three."""
    search = make_search(cast.review, source="Embase", platform="Ovid", reported_count=3)
    records = make_records(cast.review, 2, search=search)
    batch = records[0].batch
    ImportBatch.objects.filter(pk=batch.pk).update(
        filename="=cmd.ris",
        archive="all.zip",
        sha256="ab" * 32,
        size=1234,
        format_label="RIS, Ovid",
        encoding="windows-1252, CRLF",
        field_counts={"shown": {"title": 2, "doi": 1}, "not_shown": {"=ZZ": 2}},
        warnings=[{"line": 3, "message": "+odd"}, {"line": None, "message": "A hint."}],
    )
    RejectedRow.objects.create(batch=batch, line=12, reason='=HYPERLINK("x")', raw="secret raw")
    batch.refresh_from_db()
    return batch


def get(cast: Cast, batch: ImportBatch, name: str = "batch_detail", *args: str, who: str = "alice") -> Any:
    client = Client()
    client.force_login(getattr(cast, who))
    return client.get(reverse(f"screening:{name}", args=[cast.review.pk, batch.pk, *args]))


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_the_receipt_as_json_holds_everything(cast: Cast, batch: ImportBatch) -> None:
    response = get(cast, batch, "batch_receipt", "json", who="olga")
    facts = json.loads(body(response))
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{batch.pk}.json"'
    file = facts["file"]
    assert (file["name"], file["archive"], file["sha256"], file["bytes"]) == ("=cmd.ris", "all.zip", "ab" * 32, 1234)
    assert facts["search"]["source"] == "Embase"
    assert facts["format"] == {"name": "RIS, Ovid", "encoding": "windows-1252", "newlines": "CRLF"}
    assert facts["counts"] == {"read": 3, "stored": 2, "rejected": 1}
    assert (facts["reported"]["reported_by_the_source"], facts["reported"]["verdict"]) == (3, "equal")
    assert (facts["records_with_field"]["DOI"], facts["records_with_field"]["Abstract"]) == (1, 0)
    assert facts["fields_kept_but_not_shown"] == {"=ZZ": 2}
    assert facts["remarks"] == [{"line": 3, "message": "+odd"}, {"line": None, "message": "A hint."}]
    assert facts["rejected_entries"] == [{"line": 12, "reason": '=HYPERLINK("x")'}]


def test_a_receipt_without_rejected_entries_is_json_too(cast: Cast) -> None:
    facts = json.loads(body(get(cast, make_batch(make_search(cast.review)), "batch_receipt", "json")))
    assert (facts["rejected_entries"], facts["reported"]["verdict"]) == ([], "unknown")


def test_the_receipt_as_csv_has_the_same_facts_and_no_formula(cast: Cast, batch: ImportBatch) -> None:
    response = get(cast, batch, "batch_receipt", "csv")
    rows = list(csv.reader(io.StringIO(body(response).removeprefix("\ufeff"))))
    assert response["Content-Type"].startswith("text/csv")
    assert rows[0] == ["part", "what", "value"]
    for row in (
        ["file", "name", "'=cmd.ris"],
        ["file", "sha256", "ab" * 32],
        ["format", "newlines", "CRLF"],
        ["counts", "read", "3"],
        ["reported", "reported by the source", "3"],
        ["records with field", "DOI", "1"],
        ["fields kept but not shown", "'=ZZ", "2"],
        ["remark", "line 3", "'+odd"],
        ["rejected entry", "line 12", '\'=HYPERLINK("x")'],
    ):
        assert row in rows
    assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_a_file_that_was_not_imported_has_a_receipt_that_says_why(cast: Cast) -> None:
    failed = make_batch(make_search(cast.review), state=BatchState.FAILED, error="This is a PDF.", error_line=1)
    RejectedRow.objects.create(batch=failed, line=5, reason="left")
    facts = json.loads(body(get(cast, failed, "batch_receipt", "json")))
    assert (facts["file"]["state"], facts["file"]["error"]) == ("Not imported", "This is a PDF.")
    assert (facts["counts"]["read"], facts["rejected_entries"]) == (0, [])


@pytest.mark.parametrize(
    ("reported", "tone", "words"),
    [
        (3, "alert-success", "as many were read"),
        (9, "alert-warning", "6 fewer"),
        (None, "alert-info", "nothing to compare"),
    ],
)
def test_the_page_compares_with_what_the_source_reported(
    cast: Cast, batch: ImportBatch, reported: int | None, tone: str, words: str
) -> None:
    batch.search.reported_count = reported
    batch.search.save()
    page = get(cast, batch).content.decode()
    assert f'class="alert {tone}"' in page
    assert words in page


def test_repetitions_by_doi_or_pubmed_identifier_explain_a_surplus(cast: Cast, batch: ImportBatch) -> None:
    first, second = Record.objects.filter(batch=batch)
    Record.objects.filter(pk=first.pk).update(doi="10.1/A")
    Record.objects.filter(pk=second.pk).update(doi="10.1/a")
    make_records(cast.review, 2, search=batch.search, pmid="77")
    batch.search.reported_count = 3
    batch.search.save()
    page = get(cast, batch).content.decode()
    assert "5 were read, 2 more" in page
    assert "2 records are there again" in page
    assert "alert-info" in page
    batch.search.reported_count = 2
    batch.search.save()
    assert "alert-warning" in get(cast, batch).content.decode()


def test_a_lead_is_offered_to_take_it_back_until_someone_has_voted(cast: Cast, batch: ImportBatch) -> None:
    withdraw = reverse("screening:batch_withdraw", args=[cast.review.pk, batch.pk])
    page = get(cast, batch).content.decode()
    assert withdraw in page
    assert "Its 2 records leave the review" in page
    assert withdraw not in get(cast, batch, who="bob").content.decode()
    record = Record.objects.filter(batch=batch).first()
    assert record is not None
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    page = get(cast, batch).content.decode()
    assert withdraw not in page
    assert "its records have votes" in page


def test_the_page_of_a_file_that_is_taken_back_says_so(cast: Cast, batch: ImportBatch) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.WITHDRAWN)
    assert "has been taken back" in get(cast, batch).content.decode()
