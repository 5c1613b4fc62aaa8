"""Studies: linking and unlinking reports, labels."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening.constants import ScreeningStatus
from screening.models import Report, Study
from tests.factories import Cast, make_report


@pytest.fixture
def bob(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.bob)
    return client


def make_study(cast: Cast, label: str, *, reports: int = 1) -> Study:
    study = Study.objects.create(review=cast.review, label=label, created_at=timezone.now())
    for _ in range(reports):
        make_report(cast.review, full_text_status=ScreeningStatus.INCLUDED, study=study)
    return study


def address(action: str, study: Study, *more: int) -> str:
    return reverse(f"screening:study_{action}", args=[study.review_id, study.pk, *more])


def post(client: Client, action: str, study: Study, *more: int, **data: object) -> Any:
    response: Any = client.post(address(action, study, *more), data)
    return response


def test_linking_moves_the_reports_and_withdraws_the_emptied_study(cast: Cast, bob: Client) -> None:
    source, target = make_study(cast, "Rowe 2020"), make_study(cast, "Rowe 2021", reports=2)
    response = post(bob, "link", source, into=target.pk)
    assert (response.status_code, response["Location"]) == (302, address("detail", target))
    assert target.reports.count() == 3
    source.refresh_from_db()
    assert source.withdrawn_at is not None
    assert bob.get(address("detail", source)).status_code == 404
    listed = bob.get(reverse("screening:study_list", args=[cast.review.pk])).context["page"]
    assert [study.label for study in listed] == ["Rowe 2021"]


@pytest.mark.parametrize("into", ["", "x", "itself"])
def test_linking_needs_another_study(cast: Cast, bob: Client, into: str) -> None:
    study = make_study(cast, "Rowe 2020")
    response = post(bob, "link", study, into=study.pk if into == "itself" else into)
    assert response.status_code == 422
    study.refresh_from_db()
    assert study.withdrawn_at is None


@pytest.mark.parametrize("gone", [True, False])
def test_linking_to_a_study_that_is_not_there_answers_409(cast: Cast, bob: Client, gone: bool) -> None:
    study, other = make_study(cast, "Rowe 2020"), make_study(cast, "Rowe 2021")
    if gone:
        other.withdrawn_at = timezone.now()
    else:
        other.review = cast.other_review
    other.save()
    assert post(bob, "link", study, into=other.pk).status_code == 409
    assert study.reports.count() == 1


def test_unlinking_gives_a_report_its_own_study_with_a_label_of_its_own(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020", reports=2)
    report = study.reports.latest("id")
    response = post(bob, "unlink", study, report.pk)
    assert (response.status_code, response["Location"]) == (302, address("detail", study))
    report.refresh_from_db()
    assert report.study != study
    assert Study.objects.get(reports=report).label == "Rowe 2020b"
    assert study.reports.count() == 1


def test_the_only_report_of_a_study_is_not_unlinked(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020")
    response = post(bob, "unlink", study, study.reports.get().pk)
    assert response.status_code == 422
    assert "only report" in response.content.decode()
    assert Study.objects.count() == 1


def test_a_report_of_another_study_answers_409(cast: Cast, bob: Client) -> None:
    study, other = make_study(cast, "Rowe 2020", reports=2), make_study(cast, "Lund 2019")
    assert post(bob, "unlink", study, other.reports.get().pk).status_code == 409
    assert Report.objects.filter(study=other).count() == 1


def test_a_report_of_another_review_is_404(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020", reports=2)
    assert post(bob, "unlink", study, make_report(cast.other_review).pk).status_code == 404


def test_a_new_label_is_kept_without_stray_spaces(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020")
    assert post(bob, "rename", study, label="  SLEEP   trial ").status_code == 302
    study.refresh_from_db()
    assert study.label == "SLEEP trial"


@pytest.mark.parametrize(
    ("label", "words"),
    [("", "needs a label"), ("   ", "needs a label"), ("lund  2019", "Another study is called")],
)
def test_a_label_is_needed_and_names_one_study(cast: Cast, bob: Client, label: str, words: str) -> None:
    study = make_study(cast, "Rowe 2020")
    make_study(cast, "Lund 2019")
    response = post(bob, "rename", study, label=label)
    assert response.status_code == 422
    assert words in response.content.decode()
    study.refresh_from_db()
    assert study.label == "Rowe 2020"


def test_a_label_that_is_too_long_is_refused_for_that(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020")
    response = post(bob, "rename", study, label="x" * 121)
    assert response.status_code == 422
    assert "120" in response.context["problem"].message


def test_a_label_of_a_withdrawn_study_or_another_review_is_free(cast: Cast, bob: Client) -> None:
    study = make_study(cast, "Rowe 2020")
    Study.objects.create(review=cast.review, label="A", created_at=timezone.now(), withdrawn_at=timezone.now())
    Study.objects.create(review=cast.other_review, label="B", created_at=timezone.now())
    for label in ("A", "B", "b"):
        assert post(bob, "rename", study, label=label).status_code == 302
