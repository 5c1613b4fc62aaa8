"""Pages of searches and imported files: uploads that are refused one by one, receipts, rejects, taking back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reviewapp.constants import JobState
from reviewapp.models import Job
from screening.constants import BatchState
from screening.models import ImportBatch, Record, RejectedRow, Search
from screening.tasks import import_batch
from tests.factories import Cast, make_batch, make_cast, make_records, make_search

pytestmark = pytest.mark.django_db
RIS = b"TY  - JOUR\nTI  - Sleep\nER  - \n"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def lead(cast: Cast, client: Client) -> Client:
    client.force_login(cast.alice)
    return client


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ids of the jobs whose tasks were handed to the broker."""
    jobs: list[int] = []
    monkeypatch.setattr(import_batch, "delay_on_commit", jobs.append)
    return jobs


def url(name: str, cast: Cast, *args: Any) -> str:
    return reverse(f"screening:{name}", args=[cast.review.pk, *args])


def a_file(content: bytes = RIS, name: str = "a.ris") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_search_is_written_down_verbatim(cast: Cast, lead: Client) -> None:
    strategy = '1. exp Sleep/\n2.  "insomnia" ADJ3 therap*\n3. 1 AND 2'
    response = lead.post(
        url("search_create", cast),
        {"source": "MEDLINE", "kind": "database", "platform": "Ovid", "strategy": strategy, "reported_count": "120"},
    )
    search = Search.objects.get()
    assert response["Location"] == url("search_detail", cast, search.pk)
    assert (search.strategy.replace("\r\n", "\n"), search.reported_count) == (strategy, 120)
    assert "&quot;insomnia&quot; ADJ3 therap*" in lead.get(url("search_detail", cast, search.pk)).content.decode()


@pytest.mark.parametrize(
    ("data", "word"), [({"source": ""}, "Source"), ({"source": "X", "date_run": "2999-01-01"}, "future")]
)
def test_a_wrong_search_comes_back_with_422(cast: Cast, lead: Client, data: dict[str, str], word: str) -> None:
    response = lead.post(url("search_create", cast), {"kind": "database", **data})
    assert response.status_code == 422
    assert word in response.content.decode()
    assert not Search.objects.exists()


def test_several_files_are_taken_and_one_refused_does_not_hold_up_the_others(
    cast: Cast, lead: Client, sent: list[int]
) -> None:
    search = make_search(cast.review)
    make_batch(search, sha256="", state=BatchState.FAILED)
    page = lead.post(
        url("search_upload", cast, search.pk),
        {"export_files": [a_file(), a_file(b"", "empty.ris"), a_file(RIS + RIS, "b.ris")]},
    )
    waiting = ImportBatch.objects.filter(state=BatchState.WAITING)
    assert page.status_code == 422
    assert "empty.ris: The file is empty" in page.content.decode()
    assert [batch.filename for batch in waiting] == ["a.ris", "b.ris"]
    assert sent == [batch.job_id for batch in waiting]


def test_the_same_file_again_names_the_earlier_and_enqueues_nothing(cast: Cast, lead: Client, sent: list[int]) -> None:
    search, other = make_search(cast.review), make_search(cast.review)
    ok = lead.post(url("search_upload", cast, search.pk), {"export_files": [a_file()]})
    assert ok.status_code == 302
    again = lead.post(url("search_upload", cast, search.pk), {"export_files": [a_file(name="copy.ris")]})
    assert "as “a.ris”" in again.content.decode()
    elsewhere = lead.post(url("search_upload", cast, other.pk), {"export_files": [a_file()]})
    assert "Import it here too" in elsewhere.content.decode()
    ticked = lead.post(url("search_upload", cast, other.pk), {"export_files": [a_file()], "also_elsewhere": "on"})
    assert (again.status_code, elsewhere.status_code, ticked.status_code, len(sent)) == (422, 422, 302, 2)


def test_no_file_chosen_is_said(cast: Cast, lead: Client) -> None:
    response = lead.post(url("search_upload", cast, make_search(cast.review).pk), {})
    assert response.status_code == 422
    assert "Choose at least one export file" in response.content.decode()


def test_the_files_are_asked_for_again_only_while_one_waits(cast: Cast, lead: Client, sent: list[int]) -> None:
    search = make_search(cast.review)
    lead.post(url("search_upload", cast, search.pk), {"export_files": [a_file()]})
    page = url("search_detail", cast, search.pk)
    assert "hx-get" in lead.get(page, headers={"HX-Request": "true"}).content.decode()
    assert (
        'hx-trigger="load delay:1s"'
        in lead.get(url("batch_detail", cast, ImportBatch.objects.get().pk)).content.decode()
    )
    import_batch(sent[0])
    assert "hx-trigger" not in lead.get(page, headers={"HX-Request": "true"}).content.decode()
    assert Record.objects.count() == 1


def test_the_receipt_lists_rejected_entries_and_their_csv_runs_no_formula(cast: Cast, lead: Client) -> None:
    batch = make_batch(make_search(cast.review), format_label="RIS, Ovid", encoding="utf-8, LF")
    RejectedRow.objects.create(batch=batch, line=12, reason="=HYPERLINK(1)", raw="<script>alert(1)</script>")
    page = lead.get(url("batch_detail", cast, batch.pk)).content.decode()
    assert "RIS, Ovid" in page
    assert "&lt;script&gt;" in page
    answer = lead.get(url("batch_rejects", cast, batch.pk))
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert answer["Content-Type"].startswith("text/csv")
    assert "12,'=HYPERLINK(1),<script>" in text


def test_taking_an_import_back_and_what_stands_in_the_way(cast: Cast, lead: Client) -> None:
    [record] = make_records(cast.review, 1)
    response = lead.post(url("batch_withdraw", cast, record.batch_id))
    assert response.status_code == 302
    assert not Record.objects.exists()
    again = lead.post(url("batch_withdraw", cast, record.batch_id))
    assert again.status_code == 422
    assert "cannot be withdrawn" in again.content.decode()


def test_a_lost_message_can_be_sent_again(cast: Cast, lead: Client, sent: list[int]) -> None:
    search = make_search(cast.review)
    lead.post(url("search_upload", cast, search.pk), {"export_files": [a_file()]})
    batch = ImportBatch.objects.get()
    assert "Start again" in lead.get(url("batch_detail", cast, batch.pk)).content.decode()
    lead.post(url("batch_retry", cast, batch.pk))
    assert sent == [batch.job_id, batch.job_id]
    Job.objects.filter(pk=batch.job_id).update(state=JobState.FAILED)
    lead.post(url("batch_retry", cast, batch.pk))
    assert sent[-1] not in sent[:-1]
