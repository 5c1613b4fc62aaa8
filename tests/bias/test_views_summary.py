"""The page of the summary and its files: who sees what, in how many queries, and what an out-of-date one says."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bias.services.assessments import finish_assessment, save_assessment
from bias.services.summary import request_summary
from bias.tasks import summarise_bias
from bias.views.summary import FILES
from reviewapp.models import Job
from tests.bias.assessing import complete, make_evaluation, make_settings, own
from tests.bias.summarised import make_settled
from tests.factories import Cast, make_cast

pytestmark = pytest.mark.django_db


def summarised(cast: Cast, count: int = 3, **fields: bool) -> None:
    make_settled(cast, count, **fields)
    job = request_summary(membership=cast.membership("alice"))
    assert job is not None
    summarise_bias(job.pk)


def page_of(cast: Cast, client: Client, who: str = "olga", **query: str) -> str:
    client.force_login(getattr(cast, who))
    response = client.get(reverse("bias:summary_page", args=[cast.review.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def file_of(cast: Cast, client: Client, name: str, **query: str) -> bytes:
    client.force_login(cast.olga)
    response = client.get(reverse("bias:summary_file", args=[cast.review.pk, name]), query)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith('attachment; filename="risk-of-bias-')
    return response.content


def test_before_anything_is_settled_the_page_says_what_to_do(cast: Cast, client: Client) -> None:
    make_settings(cast)
    assert "Nothing is settled yet" in page_of(cast, client)


def test_a_reviewer_builds_it_and_an_observer_only_reads(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    make_settled(cast, 2)
    sent: list[int] = []
    monkeypatch.setattr(summarise_bias, "delay_on_commit", sent.append)
    assert "Build the summary" not in page_of(cast, client, "olga")
    assert "Build the summary" in page_of(cast, client, "bob")
    url = reverse("bias:summary_build", args=[cast.review.pk])
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 302
    assert sent == [Job.objects.get(review=cast.review).pk] * 2
    assert "Summary of risk of bias" in page_of(cast, client, "olga")
    client.force_login(cast.olga)
    assert client.post(url).status_code == 403


def test_an_out_of_date_summary_says_so_on_the_page_and_in_files(cast: Cast, client: Client) -> None:
    summarised(cast)
    assert "out of date" not in page_of(cast, client)
    assert b"have changed since" not in file_of(cast, client, "table.csv")
    make_settled(cast, 1)
    assert "This summary is out of date." in page_of(cast, client)
    assert b"have changed since" in file_of(cast, client, "table.csv")


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_is_what_its_name_says(cast: Cast, client: Client, name: str) -> None:
    summarised(cast)
    begins = {"docx": b"PK", "xlsx": b"PK", "svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "csv": b""}
    content = file_of(cast, client, name, palette="cochrane")
    assert content.startswith(begins[Path(name).suffix[1:]])
    assert content == file_of(cast, client, name, palette="cochrane") or name.endswith("xlsx")


def test_palettes_differ_and_an_unknown_one_is_ours(cast: Cast, client: Client) -> None:
    summarised(cast)
    found = {
        palette: file_of(cast, client, "bars.svg", palette=palette) for palette in ("recommended", "cochrane", "x")
    }
    assert found["recommended"] == found["x"] != found["cochrane"]


def test_kept_figures_follow_the_judgements(cast: Cast, client: Client) -> None:
    cache.clear()
    summarised(cast, 3)
    before = file_of(cast, client, "bars.png")
    assert file_of(cast, client, "bars.png") == before
    summarised(cast, 3)
    assert file_of(cast, client, "bars.png") != before


@pytest.mark.parametrize(
    "query", [{"part": "nowhere"}, {"page": "7"}, {"page": "0"}, {"page": "²"}, {"page": "9" * 400}]
)
def test_parts_and_pages_that_do_not_exist(cast: Cast, client: Client, query: dict[str, str]) -> None:
    summarised(cast)
    client.force_login(cast.olga)
    url = reverse("bias:summary_file", args=[cast.review.pk, "traffic-light.svg"])
    assert client.get(url, query).status_code == 404
    assert client.get(reverse("bias:summary_file", args=[cast.review.pk, "traffic-light.exe"])).status_code == 404


def test_no_file_before_a_summary_is_built(cast: Cast, client: Client) -> None:
    make_settled(cast, 1)
    client.force_login(cast.olga)
    assert client.get(reverse("bias:summary_file", args=[cast.review.pk, "table.csv"])).status_code == 422


def test_applicability_is_on_the_page_and_in_the_document(cast: Cast, client: Client) -> None:
    summarised(cast, applicability=True)
    page = page_of(cast, client)
    assert "Applicability: overall" in page
    assert "Concern about applicability, by domain and overall" in page
    document = docx.Document(io.BytesIO(file_of(cast, client, "table.docx")))
    assert document.tables[0].rows[0].cells[-1].text == "Applicability: overall"


def test_an_instrument_of_two_parts_judged_by_one_person(cast: Cast, client: Client) -> None:
    make_settings(cast, instrument="probast-ai-2025", assessors=1)
    for kind in ("devval", "val"):
        evaluation = make_evaluation(cast, assessors=("bob",), evaluation_type=kind)
        assessment = own(cast, "bob", evaluation)
        bob = cast.membership("bob")
        save_assessment(membership=bob, assessment_id=assessment.pk, changes=complete(assessment))
        finish_assessment(membership=bob, assessment_id=assessment.pk)
    job = request_summary(membership=cast.membership("alice"))
    assert job is not None
    summarise_bias(job.pk)
    first, second = page_of(cast, client), page_of(cast, client, part="evaluation")
    assert "Of 1 study, 1 was at low" in first
    assert "concern about quality overall" in first
    assert "Of 2 studies, 2 were at low" in second
    assert "Agreement before settling" not in first
    assert file_of(cast, client, "table.csv") != file_of(cast, client, "table.csv", part="evaluation")
    assert len(docx.Document(io.BytesIO(file_of(cast, client, "table.docx"))).tables) == 3


def test_a_page_far_down_has_its_own_rows(cast: Cast, client: Client) -> None:
    summarised(cast, 60)
    assert "Study 055" not in page_of(cast, client).split("<tbody>")[2]
    second = page_of(cast, client, page="2")
    assert "Study 055" in second
    assert "51–60 of 60" in second
    assert "51–60 of 60" in page_of(cast, client, page="99")
    assert "1–50 of 60" in page_of(cast, client, page="²")


def test_two_reviews_do_not_mix(cast: Cast, client: Client) -> None:
    summarised(cast, 2)
    other = make_cast()
    summarised(other, 5)
    assert "Of 5 studies" in page_of(other, client)
    assert "Of 2 studies" in page_of(cast, client)
    assert file_of(cast, client, "bars.png") != file_of(other, client, "bars.png")


def test_the_page_stays_within_its_queries(cast: Cast, client: Client) -> None:
    counts = []
    for count in (10, 60):
        summarised(cast, count)
        page_of(cast, client)
        with CaptureQueriesContext(connection) as queries:
            page_of(cast, client)
        counts.append(len(queries) - 3)  # signing in: the session is made anew
    assert counts[0] == counts[1] <= 12
