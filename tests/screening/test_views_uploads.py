"""The upload form and the list of files: archives, htmx and plain answers, states, cancelling and starting again."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviewapp.constants import JobState
from reviewapp.jobs import create_job
from reviewapp.models import Job
from screening.constants import BatchQuestion, BatchState, JobKind
from screening.models import ImportBatch, Record, Search
from screening.tasks import import_batch
from tests.factories import Cast, make_batch, make_search

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def ris(word: str) -> bytes:
    return f"TY  - JOUR\nTI  - Sleep {word}\nER  - \n".encode()


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def search(cast: Cast) -> Search:
    return make_search(cast.review)


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


def url(name: str, search: Search, *args: Any) -> str:
    return reverse(f"screening:{name}", args=[search.review_id, *args])


def waiting(search: Search, state: str = JobState.QUEUED, **job_fields: Any) -> ImportBatch:
    """A file with a job in this state."""
    job = create_job(review=search.review, actor=search.created_by, kind=JobKind.IMPORT, label="Import")
    Job.objects.filter(pk=job.pk).update(state=state, **job_fields)
    return make_batch(search, state=BatchState.WAITING, job=job)


def files_of(client: Client, search: Search) -> str:
    return client.get(url("search_detail", search, search.pk), headers=HTMX).content.decode()


def upload(client: Client, search: Search, *files: tuple[str, bytes], **kw: Any) -> Any:
    data = {"export_files": [SimpleUploadedFile(name, content) for name, content in files]}
    return client.post(url("search_upload", search, search.pk), data, **kw)


def test_an_archive_is_taken_apart_and_what_it_refuses_is_named(search: Search, lead: Client, sent: list[int]) -> None:
    content = packed({"one.ris": ris("1"), "empty.ris": b"", "two.ris": ris("2")})
    answer = upload(lead, search, ("all.zip", content), ("broken.zip", b"PK\x03\x04 no archive"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "all.zip: empty.ris: The file is empty" in page
    assert "broken.zip: The ZIP archive is damaged" in page
    assert "2 files have arrived" in page
    assert page.count("from all.zip") == 2
    assert sent == list(ImportBatch.objects.order_by("id").values_list("job_id", flat=True))


def test_htmx_gets_the_files_and_an_empty_form_a_plain_form_is_sent_on(
    search: Search, lead: Client, sent: list[int]
) -> None:
    plain = upload(lead, search, ("a.ris", ris("1")))
    assert (plain.status_code, plain["Location"]) == (302, url("search_detail", search, search.pk))
    answer = upload(lead, search, ("b.ris", ris("2")), headers=HTMX)
    part = answer.content.decode()
    assert answer.status_code == 200
    assert part.startswith(f'<div id="search-work-{search.pk}"')
    assert "<html" not in part
    assert 'id="messages" hx-swap-oob' in part
    assert "1 file has arrived" in part
    assert "b.ris" in part
    refused = upload(lead, search, ("b.ris", ris("2")), headers=HTMX)
    assert refused.status_code == 422
    assert "brought into this search" in refused.content.decode()


def test_a_waiting_file_says_what_it_waits_for(cast: Cast, search: Search, lead: Client) -> None:
    waiting(make_search(cast.other_review))
    for _ in range(3):
        waiting(search)
    page = files_of(lead, search)
    assert "Waiting to start" in page
    assert "Waiting for the file before it" in page
    assert "Waiting for the 2 files before it" in page
    assert "hx-trigger" in page


def test_a_running_file_says_how_far_it_is_and_how_long_it_takes(search: Search, lead: Client) -> None:
    ago = timezone.now() - timedelta(seconds=10)
    waiting(search, JobState.RUNNING, done=2_000, total=10_000, started_at=ago)
    page = files_of(lead, search)
    assert "2,000 of about 10,000" in page
    assert " a second · 4" in page  # 40 s, give or take what this test took
    assert '<progress max="10000" value="2000"' in page


@pytest.mark.parametrize(
    ("fields", "words", "polls"),
    [
        ({"state": BatchState.DONE, "format_label": "RIS, Ovid"}, "RIS, Ovid", False),
        ({"state": BatchState.FAILED, "error": "No format.", "error_line": 7}, "No format. (line 7)", False),
        ({"state": BatchState.WITHDRAWN}, "Taken back", False),
        ({"state": BatchState.ASKING, "question": BatchQuestion.MAPPING}, "Needs your answer", False),
    ],
)
def test_what_has_ended_says_how_and_is_not_asked_for_again(
    search: Search, lead: Client, fields: dict[str, Any], words: str, polls: bool
) -> None:
    make_batch(search, **fields)
    page = files_of(lead, search)
    assert words in page
    assert ("hx-trigger" in page) is polls


def test_a_file_whose_job_was_lost_is_stopped_and_not_asked_for(search: Search, lead: Client, sent: list[int]) -> None:
    ago = timezone.now() - timedelta(minutes=2)
    batch = waiting(search, JobState.CANCELLED, finished_at=ago)
    page = files_of(lead, search)
    assert "Stopped" in page
    assert "hx-trigger" not in page
    lead.post(url("batch_retry", search, batch.pk), headers=HTMX)
    assert "Waiting to start" in files_of(lead, search)
    assert len(sent) == 1


def test_a_file_being_stopped_is_asked_for_a_while(search: Search, lead: Client) -> None:
    waiting(search, JobState.CANCELLED, finished_at=timezone.now())
    page = files_of(lead, search)
    assert "Stopping" in page
    assert "hx-trigger" in page


def test_a_waiting_file_is_cancelled_and_tried_again(search: Search, lead: Client, sent: list[int]) -> None:
    upload(lead, search, ("a.ris", ris("1")))
    batch = ImportBatch.objects.get()
    part = lead.post(url("batch_cancel", search, batch.pk), headers=HTMX).content.decode()
    assert part.lstrip().startswith(f'<section id="search-{search.pk}"')
    assert "The import was cancelled" in part
    assert lead.post(url("batch_cancel", search, batch.pk)).status_code == 409
    import_batch(sent[0])  # its message arrives all the same
    assert not Record.objects.exists()
    part = lead.post(url("batch_retry", search, batch.pk), headers=HTMX).content.decode()
    assert "Waiting to start" in part
    import_batch(sent[-1])
    assert Record.objects.count() == 1


def test_only_a_lead_sees_buttons_and_the_form(cast: Cast, search: Search, client: Client) -> None:
    waiting(search)
    make_batch(search, state=BatchState.FAILED)
    make_batch(search, state=BatchState.ASKING, question=BatchQuestion.ENCODING)
    client.force_login(cast.bob)
    page = client.get(url("search_detail", search, search.pk)).content.decode()
    assert "Waits for an answer" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]


def test_the_files_of_a_search_cost_the_same_queries_however_many(search: Search, lead: Client) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            waiting(search)
            make_batch(search)
        with CaptureQueriesContext(connection) as captured:
            files_of(lead, search)
        counts.append(len(captured))
    assert counts[0] == counts[1]
