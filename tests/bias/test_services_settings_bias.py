"""Settings, evaluations and who assesses them."""

from __future__ import annotations

import pytest

from bias.constants import AuditKind, InstrumentState, Scale
from bias.instruments.assessed import DomainKey
from bias.models import BiasAssessment, BiasSettings, Evaluation
from bias.services.assessments import save_assessment
from bias.services.assigning import assign, assign_evenly
from bias.services.evaluations import EvaluationDraft, add_evaluation, add_one_for_each, choose_type
from bias.services.settings import SettingsDraft, save_settings, stamp_of
from bias.services.writing import Changes
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent, Membership
from tests.bias.assessing import LMH, make_evaluation, make_instrument, make_settings, make_study, own
from tests.factories import Cast


def judge(cast: Cast, evaluation: Evaluation) -> None:
    changes = Changes(judgements={DomainKey("", "participants"): {"level": "low"}})
    mine = own(cast, "bob", evaluation)
    save_assessment(membership=cast.membership("bob"), assessment_id=mine.pk, changes=changes)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"instrument": "magic"}, "instrument"),
        ({"scale": Scale.ROB2}, "scale"),
        ({"instrument": "rob2", "scale": Scale.PROBAST_LHU}, "scale"),
        ({"assessors": 3}, "assessors"),
        ({"assessors": 0}, "assessors"),
        ({"pilot_studies": -1}, "pilot_studies"),
        ({"instrument": "custom", "scale": Scale.CUSTOM}, "custom_id"),
    ],
)
def test_what_settings_cannot_be(cast: Cast, fields: dict[str, object], named: str) -> None:
    with pytest.raises(DomainError) as caught:
        make_settings(cast, **fields)
    assert caught.value.field == named
    assert not BiasSettings.objects.exists()


def test_only_leads_change_settings(cast: Cast) -> None:
    draft = SettingsDraft(instrument="rob2", scale=Scale.ROB2)
    for who in ("bob", "dan", "olga"):
        with pytest.raises(ForbiddenError):
            save_settings(membership=cast.membership(who), draft=draft)


def test_after_the_first_judgement_a_change_is_an_amendment(cast: Cast) -> None:
    make_settings(cast, **LMH)
    evaluation = make_evaluation(cast)
    make_settings(cast, **LMH, pilot_studies=1)
    judge(cast, evaluation)
    draft = SettingsDraft(instrument="probast-2019", assessors=1, **LMH)  # type: ignore[arg-type]
    alice = cast.membership("alice")
    with pytest.raises(DomainError) as caught:
        save_settings(membership=alice, draft=draft)
    assert caught.value.field == "reason"
    save_settings(membership=alice, draft=draft, reason="Too few people.")
    event = AuditEvent.objects.filter(kind=AuditKind.SETTINGS_CHANGED).first()
    assert event is not None
    assert event.before == {"assessors": 2, "pilot_studies": 1}
    assert event.after == {"assessors": 1, "pilot_studies": 2, "reason": "Too few people."}
    empty = SettingsDraft(instrument="probast-2019", scale=Scale.REVIEW_LMH)
    with pytest.raises(DomainError, match="means in this review"):
        save_settings(membership=alice, draft=empty, reason="No need.")


def test_settings_that_changed_meanwhile_are_not_overwritten(cast: Cast) -> None:
    row = make_settings(cast)
    seen = stamp_of(row)
    make_settings(cast, assessors=1)
    draft = SettingsDraft(instrument="rob2", scale=Scale.ROB2)
    with pytest.raises(StaleError):
        save_settings(membership=cast.membership("alice"), draft=draft, seen=seen)


def test_a_teams_own_instrument_is_in_use_once_chosen(cast: Cast) -> None:
    own_one = make_instrument(cast)
    make_settings(cast, instrument="custom", scale=Scale.CUSTOM, custom_id=own_one.pk)
    own_one.refresh_from_db()
    assert own_one.state == InstrumentState.IN_USE


def test_one_for_each_study_and_shared_evenly(cast: Cast) -> None:
    make_settings(cast)
    for number in range(7):
        make_study(cast, f"Study {number}")
    alice = cast.membership("alice")
    assert add_one_for_each(membership=alice) == 7
    assert add_one_for_each(membership=alice) == 0
    ids = [cast.bob.pk, cast.cara.pk, cast.dan.pk]
    assert assign_evenly(membership=alice, user_ids=ids) == 14
    assert assign_evenly(membership=alice, user_ids=ids) == 0
    loads = [BiasAssessment.objects.filter(assessor=pk).count() for pk in ids]
    assert sorted(loads) == [4, 5, 5]
    for evaluation in Evaluation.objects.all():
        assert len(set(evaluation.assessments.values_list("assessor_id", flat=True))) == 2
    with pytest.raises(DomainError):
        assign_evenly(membership=alice, user_ids=[cast.bob.pk])


def test_assessors_are_two_different_members_who_can_judge(cast: Cast) -> None:
    make_settings(cast)
    evaluation, alice = make_evaluation(cast, assessors=()), cast.membership("alice")
    for ids in ([cast.bob.pk], [cast.bob.pk, cast.bob.pk], [cast.bob.pk, cast.olga.pk], [cast.bob.pk, cast.mallory.pk]):
        with pytest.raises(DomainError):
            assign(membership=alice, evaluation_id=evaluation.pk, user_ids=ids)
    assert not BiasAssessment.objects.exists()


def test_who_has_begun_stays_unless_they_have_left(cast: Cast) -> None:
    make_settings(cast)
    evaluation, alice = make_evaluation(cast), cast.membership("alice")
    judge(cast, evaluation)
    others = [cast.cara.pk, cast.dan.pk]
    with pytest.raises(DomainError):
        assign(membership=alice, evaluation_id=evaluation.pk, user_ids=others)
    Membership.objects.filter(user=cast.bob).update(removed_at=cast.review.created_at)
    assign(membership=alice, evaluation_id=evaluation.pk, user_ids=others)
    assert set(BiasAssessment.objects.values_list("assessor_id", flat=True)) == set(others)


def test_a_lead_who_assesses_does_not_learn_by_changing_the_other(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast, assessors=("alice", "bob"))
    with pytest.raises(DomainError, match="another lead"):
        assign(
            membership=cast.membership("alice"),
            evaluation_id=evaluation.pk,
            user_ids=[cast.alice.pk, cast.cara.pk],
        )


def test_who_chooses_the_type(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast, evaluation_type="")
    with pytest.raises(ForbiddenError):
        choose_type(membership=cast.membership("dan"), evaluation_id=evaluation.pk, evaluation_type="dev")
    choose_type(membership=cast.membership("bob"), evaluation_id=evaluation.pk, evaluation_type="dev")
    choose_type(membership=cast.membership("cara"), evaluation_id=evaluation.pk, evaluation_type="dev")
    with pytest.raises(StaleError):
        choose_type(membership=cast.membership("cara"), evaluation_id=evaluation.pk, evaluation_type="val")


def test_evaluations_need_settings_and_a_reason_outside_the_scope(cast: Cast) -> None:
    study, alice = make_study(cast), cast.membership("alice")
    with pytest.raises(DomainError, match="instrument first"):
        add_evaluation(membership=alice, study_id=study.pk)
    make_settings(cast)
    with pytest.raises(DomainError) as caught:
        add_evaluation(membership=alice, study_id=study.pk, draft=EvaluationDraft(out_of_scope=True))
    assert caught.value.field == "scope_reason"
    for who in ("bob", "olga"):
        with pytest.raises(ForbiddenError):
            add_evaluation(membership=cast.membership(who), study_id=study.pk)
