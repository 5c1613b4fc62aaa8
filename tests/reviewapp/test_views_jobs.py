"""The card of a job: polled until it ends."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from reviewapp.constants import UNFINISHED_JOB_STATES, JobState
from reviewapp.jobs import create_job
from reviewapp.models import AuditEvent, Job
from tests.factories import Cast

HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(cast: Cast) -> Job:
    return create_job(review=cast.review, actor=cast.alice, kind="test", label="Import of scopus.csv")


def url(job: Job, action: str = "") -> str:
    return f"/reviews/{job.review_id}/jobs/{job.pk}/{action}"


def test_a_fragment_has_one_root_and_asks_again(cast: Cast, client: Client, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, done=5, total=20)
    client.force_login(cast.olga)
    response = client.get(url(job), headers=HTMX)
    html = response.content.decode().strip()
    assert html.startswith(f'<section class="job" id="job-{job.pk}"')
    assert html.endswith("</section>")
    assert html.count("<section") == 1
    assert "hx-get" in html
    assert "5 of 20" in html
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_a_finished_job_asks_no_more(cast: Cast, client: Client, job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now())
    client.force_login(cast.alice)
    html = client.get(url(job), headers=HTMX).content.decode()
    assert f'id="job-{job.pk}"' in html
    assert "hx-" not in html
    assert "cancel" not in html.replace("Cancelled", "")


def test_the_same_address_is_a_page_too(cast: Cast, client: Client, job: Job) -> None:
    client.force_login(cast.bob)
    html = client.get(url(job)).content.decode()
    assert "<!doctype html>" in html
    assert "Import of scopus.csv" in html


def test_a_job_of_another_review_is_not_there(cast: Cast, client: Client, job: Job) -> None:
    client.force_login(cast.mallory)
    assert client.get(f"/reviews/{cast.other_review.pk}/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/reviews/{cast.other_review.pk}/jobs/{job.pk}/cancel/").status_code == 404


def test_cancelling_by_form_leads_back_by_htmx_redraws(cast: Cast, client: Client, job: Job) -> None:
    client.force_login(cast.alice)
    other = create_job(review=cast.review, actor=cast.bob, kind="test", label="Another")
    assert client.post(url(job, "cancel/"))["Location"] == f"/reviews/{cast.review.pk}/"
    html = client.post(url(other, "cancel/"), headers=HTMX).content.decode()
    assert f'id="job-{other.pk}"' in html
    assert "Cancelled" in html
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.CANCELLED}
    assert AuditEvent.objects.count() == 2


def test_cancelling_what_has_ended_is_told_as_stale(cast: Cast, client: Client, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    client.force_login(cast.alice)
    page = client.post(url(job, "cancel/"))
    assert page.status_code == 409
    assert "already ended" in page.content.decode()
    fragment = client.post(url(job, "cancel/"), headers=HTMX)
    assert fragment.status_code == 409
    assert "<!doctype" not in fragment.content.decode()


def test_cancelling_without_the_right_is_refused_in_words(cast: Cast, client: Client, job: Job) -> None:
    client.force_login(cast.bob)
    response = client.post(url(job, "cancel/"))
    assert response.status_code == 403
    html = response.content.decode()
    assert "Only a lead" in html
    assert f'href="/reviews/{cast.review.pk}/"' in html
    assert client.get(url(job, "cancel/")).status_code == 405


@pytest.mark.parametrize("state", JobState.values)
def test_only_the_last_answer_tells_the_page_that_the_job_has_ended(
    cast: Cast, client: Client, job: Job, state: str
) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)
    client.force_login(cast.bob)
    told = client.get(url(job), headers=HTMX).headers.get("HX-Trigger-After-Settle", "")
    assert ("job-ended" in told) == (state not in UNFINISHED_JOB_STATES)
    assert "HX-Trigger-After-Settle" not in client.get(url(job)).headers
