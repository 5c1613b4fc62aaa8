"""What risk of bias puts on pages that span apps: its tab, what waits for whom, the overview."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from reviewapp.constants import Settlement
from tests.bias.assessing import finish, make_evaluation, make_settings, make_study
from tests.factories import Cast

TAB = "/bias/"


def overview(cast: Cast, who: str) -> str:
    client = Client()
    client.force_login(getattr(cast, who))
    return client.get(reverse("reviewapp:review_overview", args=[cast.review.pk])).content.decode()


def test_the_tab_appears_with_the_first_study(cast: Cast) -> None:
    assert TAB not in overview(cast, "olga")
    make_study(cast)
    assert TAB in overview(cast, "olga")


def test_the_tab_appears_with_the_settings_too(cast: Cast) -> None:
    make_settings(cast)
    assert TAB in overview(cast, "olga")


def test_what_waits_for_whom(cast: Cast) -> None:
    make_settings(cast)
    first, second = make_evaluation(cast), make_evaluation(cast)
    assert "2 assessments of risk of bias to finish" in overview(cast, "bob")
    assert "0 of 2 settled" in overview(cast, "olga")
    for evaluation in (first, second):
        finish(cast, "bob", evaluation)
    finish(cast, "cara", first, analysis="high")
    assert "to finish" not in overview(cast, "bob")
    assert "1 assessment of risk of bias to finish" in overview(cast, "cara")
    assert "1 assessment of risk of bias to settle" in overview(cast, "dan")
    assert "risk of bias to settle" not in overview(cast, "olga")


def test_under_a_third_reviewer_assessors_who_differ_have_nothing_to_settle(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    finish(cast, "bob", evaluation)
    finish(cast, "cara", evaluation, analysis="high")
    assert "risk of bias to settle" not in overview(cast, "bob")
    cast.review.settlement = Settlement.CONSENSUS
    cast.review.save()
    assert "1 assessment of risk of bias to settle" in overview(cast, "bob")


def test_assessors_who_agree_settle_among_themselves_and_an_adjudicator_may(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast, assessors=("bob", "dan"))
    finish(cast, "bob", evaluation)
    finish(cast, "dan", evaluation)
    for who in ("bob", "dan"):
        assert "1 assessment of risk of bias to settle" in overview(cast, who)
    differing = make_evaluation(cast, assessors=("bob", "dan"))
    finish(cast, "bob", differing)
    finish(cast, "dan", differing, analysis="high")
    for who in ("bob", "dan"):
        assert "1 assessment of risk of bias to settle" in overview(cast, who)
