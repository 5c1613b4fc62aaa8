"""Settings of screening: the reasons and their order, the number of reviewers and when it is fixed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from screening.constants import Stage, Verdict
from screening.models import ExclusionReason, StageSettings
from screening.services.decisions import Judgement, submit_decision, undo_decision
from tests.factories import Cast, make_record


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def post(cast: Cast, client: Client, name: str, *more: int, **data: object) -> Any:
    response: Any = client.post(reverse(f"screening:{name}", args=[cast.review.pk, *more]), data)
    return response


def listed(cast: Cast, client: Client) -> list[str]:
    page = client.get(reverse("screening:screening_settings", args=[cast.review.pk]))
    return [reason.text for reason in page.context["reasons"]]


def reason_of(cast: Cast, text: str) -> int:
    return ExclusionReason.objects.get(review=cast.review, text=text).pk


def required(cast: Cast, stage: Stage) -> int:
    return StageSettings.objects.get(review=cast.review, stage=stage).required


def test_a_reason_is_added_at_the_end(cast: Cast, alice: Client) -> None:
    assert post(cast, alice, "reason_add", text="  Wrong   outcomes ").status_code == 302
    assert listed(cast, alice) == ["Wrong population", "Wrong study design", "Wrong outcomes"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("irrelevant", "which criterion failed"),
        (" Irrelevant. ", "which criterion failed"),
        ("Other", "which criterion failed"),
        ("", "Write the reason"),
        ("wrong POPULATION", "on the list already"),
    ],
)
def test_a_reason_must_say_something_new(cast: Cast, alice: Client, text: str, words: str) -> None:
    response = post(cast, alice, "reason_add", text=text)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert listed(cast, alice) == ["Wrong population", "Wrong study design"]


def test_reasons_move_one_place_and_stop_at_the_edge(cast: Cast, alice: Client) -> None:
    post(cast, alice, "reason_add", text="Wrong outcomes")
    last = reason_of(cast, "Wrong outcomes")
    orders = []
    for direction in ("up", "up", "up", "down"):
        assert post(cast, alice, "reason_move", last, direction=direction).status_code == 302
        orders.append(listed(cast, alice).index("Wrong outcomes"))
    assert orders == [1, 0, 0, 1]
    assert listed(cast, alice) == ["Wrong population", "Wrong outcomes", "Wrong study design"]


def test_a_retired_reason_leaves_the_list_and_comes_back_at_the_end(cast: Cast, alice: Client) -> None:
    retired = reason_of(cast, "Wrong population")
    assert post(cast, alice, "reason_retire", retired).status_code == 302
    assert listed(cast, alice) == ["Wrong study design"]
    assert ExclusionReason.objects.filter(pk=retired).exists(), "decisions that gave it keep it"
    assert post(cast, alice, "reason_add", text="wrong population").status_code == 302
    assert listed(cast, alice) == ["Wrong study design", "Wrong population"]
    assert reason_of(cast, "Wrong population") == retired


def test_the_last_reason_stays(cast: Cast, alice: Client) -> None:
    post(cast, alice, "reason_retire", reason_of(cast, "Wrong population"))
    response = post(cast, alice, "reason_retire", reason_of(cast, "Wrong study design"))
    assert response.status_code == 422
    assert "At least one reason must stay" in response.content.decode()
    assert listed(cast, alice) == ["Wrong study design"]


def test_reasons_of_another_review_are_out_of_reach(cast: Cast, alice: Client) -> None:
    theirs = ExclusionReason.objects.filter(review=cast.other_review).latest("position")
    assert post(cast, alice, "reason_move", theirs.pk, direction="up").status_code == 422
    assert post(cast, alice, "reason_retire", theirs.pk).status_code == 422
    theirs.refresh_from_db()
    assert (theirs.position, theirs.retired_at) == (2, None)


def test_the_number_of_reviewers_can_be_chosen_before_the_first_vote(cast: Cast, alice: Client) -> None:
    assert post(cast, alice, "required_change", stage=Stage.FULL_TEXT, required=3).status_code == 302
    assert (required(cast, Stage.TITLE_ABSTRACT), required(cast, Stage.FULL_TEXT)) == (2, 3)


@pytest.mark.parametrize("number", ["0", "-1", "99", "", "two"])
def test_a_number_of_reviewers_out_of_range_is_refused(cast: Cast, alice: Client, number: str) -> None:
    assert post(cast, alice, "required_change", stage=Stage.FULL_TEXT, required=number).status_code == 422
    assert required(cast, Stage.FULL_TEXT) == 2


def test_reviewers_are_fixed_after_the_first_vote_at_the_stage(cast: Cast, alice: Client) -> None:
    record = make_record(cast.review)
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    undo_decision(membership=cast.membership("bob"), stage=Stage.TITLE_ABSTRACT)
    response = post(cast, alice, "required_change", stage=Stage.TITLE_ABSTRACT, required=1)
    assert response.status_code == 422
    assert "the number of reviewers is fixed" in response.content.decode()
    assert required(cast, Stage.TITLE_ABSTRACT) == 2
    assert post(cast, alice, "required_change", stage=Stage.FULL_TEXT, required=1).status_code == 302


def test_a_stage_that_does_not_exist_is_refused(cast: Cast, alice: Client) -> None:
    assert post(cast, alice, "required_change", stage="third", required=1).status_code == 422
