"""From two assessments to the one that stands."""

from __future__ import annotations

import pytest

from bias.constants import AssessmentKind, AssessmentState, AuditKind
from bias.instruments.assessed import DomainKey
from bias.models import BiasAssessment, BiasJudgement
from bias.queries.standing import standing
from bias.services.assessments import reopen_assessment
from bias.services.settling import Settled, answer_proposal, settle, undo_settlement
from bias.services.writing import Changes
from reviewapp.constants import Settlement
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from tests.bias.assessing import finish, make_evaluation, make_settings, own, taken
from tests.factories import Cast

PARTICIPANTS = DomainKey("", "participants")
DOMAINS = [DomainKey("", name) for name in ("participants", "predictors", "outcome", "analysis")]


@pytest.fixture
def both(cast: Cast) -> tuple[BiasAssessment, BiasAssessment]:
    """Bob says low, Cara says high in the analysis."""
    make_settings(cast)
    evaluation = make_evaluation(cast)
    return finish(cast, "bob", evaluation), finish(cast, "cara", evaluation, analysis="high")


def test_a_third_reviewer_settles_and_the_originals_stay(
    cast: Cast, both: tuple[BiasAssessment, BiasAssessment]
) -> None:
    bob, cara = both
    draft = Settled(
        domains={**dict.fromkeys(DOMAINS, bob.pk), DOMAINS[3]: cara.pk},
        overall={},
        own=Changes(overall={"": {"level": "high", "applicability": "low"}}),
    )
    row = settle(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id, draft=draft)
    assert (row.kind, row.state, row.assessor) == (AssessmentKind.THIRD_REVIEWER, AssessmentState.READY, cast.dan)
    assert BiasAssessment.objects.filter(kind=AssessmentKind.INDEPENDENT, state=AssessmentState.READY).count() == 2
    assert BiasJudgement.objects.get(assessment=bob, domain="analysis").level == "low"
    [stands] = standing(cast.review.pk)
    assert stands.levels[DOMAINS[3]] == "high"
    assert stands.levels[PARTICIPANTS] == "low"
    assert (stands.overall[""].judged, stands.overall[""].rule.level, stands.overall[""].departs) == (
        "high",
        "high",
        False,
    )
    assert stands.assessed is not None
    assert len(stands.assessed.answers) == 17, "the answers of the source come along"
    assert AuditEvent.objects.filter(kind=AuditKind.SETTLED, object_id=row.pk).count() == 1


def test_who_may_not_settle(cast: Cast, both: tuple[BiasAssessment, BiasAssessment]) -> None:
    bob, _ = both
    for who in ("bob", "cara", "alice", "olga"):
        with pytest.raises(ForbiddenError):
            settle(membership=cast.membership(who), evaluation_id=bob.evaluation_id, draft=taken(bob))


def test_one_who_assessed_is_never_the_third_reviewer(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast, assessors=("dan", "bob"))
    finish(cast, "dan", evaluation)
    bob = finish(cast, "bob", evaluation, analysis="high")
    with pytest.raises(ForbiddenError):
        settle(membership=cast.membership("dan"), evaluation_id=evaluation.pk, draft=taken(bob))


def test_nothing_is_settled_before_all_have_finished(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    bob = finish(cast, "bob", evaluation)
    with pytest.raises(StaleError):
        settle(membership=cast.membership("dan"), evaluation_id=evaluation.pk, draft=taken(bob))


def test_a_consensus_holds_once_another_confirms_it(cast: Cast, both: tuple[BiasAssessment, BiasAssessment]) -> None:
    cast.review.settlement = Settlement.CONSENSUS
    cast.review.save()
    bob, cara = both
    evaluation_id = bob.evaluation_id
    row = settle(membership=cast.membership("bob"), evaluation_id=evaluation_id, draft=taken(cara), version=0)
    assert (row.kind, row.state) == (AssessmentKind.CONSENSUS, AssessmentState.OPEN)
    assert not standing(cast.review.pk)[0].settled
    with pytest.raises(ForbiddenError):
        answer_proposal(membership=cast.membership("bob"), evaluation_id=evaluation_id, agree=True)
    with pytest.raises(ForbiddenError):
        answer_proposal(membership=cast.membership("dan"), evaluation_id=evaluation_id, agree=True)
    with pytest.raises(StaleError):
        answer_proposal(membership=cast.membership("cara"), evaluation_id=evaluation_id, agree=True, version=9)
    answer_proposal(membership=cast.membership("cara"), evaluation_id=evaluation_id, agree=True, version=row.version)
    assert standing(cast.review.pk)[0].overall[""].judged == "high"


def test_a_declined_proposal_leaves_nothing_but_the_log(
    cast: Cast, both: tuple[BiasAssessment, BiasAssessment]
) -> None:
    cast.review.settlement = Settlement.CONSENSUS
    cast.review.save()
    bob, _ = both
    settle(membership=cast.membership("bob"), evaluation_id=bob.evaluation_id, draft=taken(bob))
    answer_proposal(membership=cast.membership("cara"), evaluation_id=bob.evaluation_id, agree=False)
    assert not BiasAssessment.objects.exclude(kind=AssessmentKind.INDEPENDENT).exists()
    assert AuditEvent.objects.filter(kind=AuditKind.DECLINED).count() == 1


def test_assessors_who_agree_on_every_level_need_no_third_reviewer(cast: Cast) -> None:
    make_settings(cast)
    evaluation = make_evaluation(cast)
    bob = finish(cast, "bob", evaluation)
    finish(cast, "cara", evaluation)
    other = Settled(
        domains=dict.fromkeys(DOMAINS[:3], bob.pk),
        overall={"": bob.pk},
        own=Changes(judgements={DOMAINS[3]: {"level": "unclear", "rationale": "Hm."}}),
    )
    with pytest.raises(DomainError, match="missing"):
        settle(membership=cast.membership("bob"), evaluation_id=evaluation.pk, draft=other)
    settle(membership=cast.membership("bob"), evaluation_id=evaluation.pk, draft=taken(bob))
    answer_proposal(membership=cast.membership("cara"), evaluation_id=evaluation.pk, agree=True)
    assert standing(cast.review.pk)[0].settled


def test_undo_takes_it_up_again(cast: Cast, both: tuple[BiasAssessment, BiasAssessment]) -> None:
    bob, cara = both
    settle(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id, draft=taken(bob))
    with pytest.raises(StaleError):
        settle(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id, draft=taken(cara))
    undo_settlement(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id)
    assert not standing(cast.review.pk)[0].settled
    settle(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id, draft=taken(cara))
    assert standing(cast.review.pk)[0].overall[""].judged == "high"


def test_what_was_judged_independently_cannot_be_changed_once_the_comparison_is_open(
    cast: Cast, both: tuple[BiasAssessment, BiasAssessment]
) -> None:
    with pytest.raises(StaleError):
        reopen_assessment(membership=cast.membership("bob"), assessment_id=both[0].pk)


def test_own_levels_need_their_support(cast: Cast, both: tuple[BiasAssessment, BiasAssessment]) -> None:
    bob, _ = both
    draft = Settled(
        domains=dict.fromkeys(DOMAINS[:3], bob.pk),
        overall={"": bob.pk},
        own=Changes(judgements={DOMAINS[3]: {"level": "high"}}),
    )
    with pytest.raises(DomainError, match="missing"):
        settle(membership=cast.membership("dan"), evaluation_id=bob.evaluation_id, draft=draft)
    assert not BiasAssessment.objects.exclude(kind=AssessmentKind.INDEPENDENT).exists()


def test_with_one_assessor_a_finished_assessment_stands(cast: Cast) -> None:
    make_settings(cast, assessors=1)
    evaluation = make_evaluation(cast, assessors=("bob",))
    assert not standing(cast.review.pk)[0].settled
    finish(cast, "bob", evaluation)
    assert standing(cast.review.pk)[0].assessment_id == own(cast, "bob", evaluation).pk


def test_standing_needs_as_many_queries_for_many_as_for_few(cast: Cast, django_assert_num_queries: object) -> None:
    make_settings(cast)
    for number in range(4):
        evaluation = make_evaluation(cast)
        if number % 2 == 0:
            finish(cast, "cara", evaluation, analysis="high")
            bob = finish(cast, "bob", evaluation)
            settle(membership=cast.membership("dan"), evaluation_id=evaluation.pk, draft=taken(bob))
        with django_assert_num_queries(5):  # type: ignore[operator]
            standing(cast.review.pk)
