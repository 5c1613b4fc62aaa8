"""A team's own instrument: made in the browser, used, and changed into its next version."""

from __future__ import annotations

from django.urls import reverse

from bias.constants import InstrumentState, Scale
from bias.models import CustomInstrument
from bias.queries.standing import standing
from tests.bias.assessing import finish, make_evaluation, make_instrument, make_settings
from tests.bias.test_views_bias import client_of, page
from tests.factories import Cast

FORM = {
    "name": "Our checklist",
    "rule": "worst",
    "domains": "3",
    "level_0_key": "low",
    "level_0_label": "Fine",
    "level_1_key": "serious",
    "level_1_label": "Grave",
    "level_1_meaning": "Do not rely on it.",
    "domain_0_name": "People",
    "domain_0_questions": "Were all asked? | Also those who left.\nWas anyone asked twice?",
    "domain_0_na": "on",
    "domain_2_name": "Numbers",
}


def test_made_used_and_changed_into_its_next_version(cast: Cast) -> None:
    alice = client_of(cast, "alice")
    assert alice.post(reverse("bias:instrument_create", args=[cast.review.pk]), FORM).status_code == 302
    first = CustomInstrument.objects.get()
    assert [domain["name"] for domain in first.definition["domains"]] == ["People", "Numbers"]
    assert first.definition["domains"][0]["questions"][0] == {
        "text": "Were all asked?",
        "guidance": "Also those who left.",
        "na_allowed": True,
    }
    edit = reverse("bias:instrument_edit", args=[cast.review.pk, first.pk])
    assert "Were all asked? | Also those who left." in alice.get(edit).content.decode()
    assert alice.post(edit, {**FORM, "domain_2_name": "Figures"}).status_code == 302
    assert CustomInstrument.objects.count() == 1, "a draft is changed"
    make_settings(cast, instrument="custom", scale=Scale.CUSTOM, custom_id=first.pk, assessors=1)
    assert alice.post(edit, {**FORM, "name": "Another name"}).status_code == 302
    second = CustomInstrument.objects.get(number=2)
    assert (second.name, second.state) == ("Our checklist", InstrumentState.DRAFT)
    first.refresh_from_db()
    assert first.definition["domains"][1]["name"] == "Figures"
    text = page(cast, "alice", "bias_settings")
    assert "Our checklist (version 2)" in text
    assert "Next version" in text
    retire = reverse("bias:instrument_retire", args=[cast.review.pk, first.pk])
    assert alice.post(retire).status_code == 422, "the settings use it"
    assert alice.post(reverse("bias:instrument_retire", args=[cast.review.pk, second.pk])).status_code == 302


def test_assessed_with_it(cast: Cast) -> None:
    own_one = make_instrument(cast)
    make_settings(cast, instrument="custom", scale=Scale.CUSTOM, custom_id=own_one.pk, assessors=1)
    evaluation = make_evaluation(cast, assessors=("bob",), evaluation_type="")
    assert "Were all asked?" in page(cast, "bob", "assessment_page", evaluation.pk)
    finish(cast, "bob", evaluation, level="high")
    assert standing(cast.review.pk)[0].overall[""].judged == "high"
    assert "Bad" in page(cast, "olga", "evaluation_detail", evaluation.pk)


def test_another_domain_is_added_and_nothing_typed_is_lost(cast: Cast) -> None:
    url = reverse("bias:instrument_create", args=[cast.review.pk])
    response = client_of(cast, "alice").post(url, {**FORM, "more": "1"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "Domain 4" in text
    assert "Do not rely on it." in text
    assert not CustomInstrument.objects.exists()


def test_what_does_not_hold_is_said_at_its_place(cast: Cast) -> None:
    url = reverse("bias:instrument_create", args=[cast.review.pk])
    alice = client_of(cast, "alice")
    for change, words in (
        ({"level_1_key": ""}, "two levels or more"),
        ({"level_1_key": "low", "level_1_label": "Other"}, "Each level can be used once"),
        ({"domain_2_name": "people"}, "Two domains have the same"),
        ({"domain_1_questions": "Anything?"}, "Give this domain a name"),
        ({"domain_0_name": "", "domain_0_questions": "", "domain_2_name": ""}, "at least one domain"),
    ):
        response = alice.post(url, {**FORM, **change})
        assert response.status_code == 422, words
        assert words in response.content.decode()
    make_instrument(cast)
    assert "There is an instrument of this name" in alice.post(url, {**FORM, "name": "ours"}).content.decode()
