"""Two writers at once, on two connections, against real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bias.constants import AssessmentKind, AssessmentState, AuditKind
from bias.instruments.assessed import AnswerKey
from bias.models import BiasAssessment, Evaluation, SignallingAnswer
from bias.services.assessments import finish_assessment, reopen_assessment, save_assessment
from bias.services.assigning import assign_evenly
from bias.services.evaluations import add_one_for_each
from bias.services.settling import settle
from bias.services.writing import Changes
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent
from tests.bias.assessing import complete, finish, make_evaluation, make_settings, make_study, own, taken
from tests.factories import Cast, add_member, make_cast, make_user
from tests.screening.test_races_decisions import together

ROUNDS = 12


@pytest.fixture
def team(transactional_db: None) -> Cast:
    return make_cast()


def finishing(team: Cast, who: str, evaluation: Evaluation) -> Callable[[], object]:
    membership, assessment = team.membership(who), own(team, who, evaluation)
    return lambda: finish_assessment(membership=membership, assessment_id=assessment.pk)


def test_both_finish_at_once(team: Cast) -> None:
    make_settings(team)
    for _ in range(ROUNDS):
        evaluation = make_evaluation(team)
        for who in ("bob", "cara"):
            mine = own(team, who, evaluation)
            save_assessment(membership=team.membership(who), assessment_id=mine.pk, changes=complete(mine))
        outcomes = together(finishing(team, "bob", evaluation), finishing(team, "cara", evaluation))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        states = set(BiasAssessment.objects.filter(evaluation=evaluation).values_list("state", flat=True))
        assert states == {AssessmentState.READY}


def test_one_reopens_while_the_other_finishes(team: Cast) -> None:
    """Either it is reopened and the comparison stays closed, or it is refused since the comparison is open."""
    make_settings(team)
    for _ in range(ROUNDS):
        evaluation = make_evaluation(team)
        bob = finish(team, "bob", evaluation)
        mine = own(team, "cara", evaluation)
        save_assessment(membership=team.membership("cara"), assessment_id=mine.pk, changes=complete(mine))
        membership = team.membership("bob")
        reopened, finished = together(
            lambda bob=bob, membership=membership: reopen_assessment(membership=membership, assessment_id=bob.pk),
            finishing(team, "cara", evaluation),
        )
        assert not isinstance(finished, Exception)
        bob.refresh_from_db()
        if isinstance(reopened, StaleError):
            assert bob.state == AssessmentState.READY
        else:
            assert bob.state == AssessmentState.OPEN


def test_two_third_reviewers_settle_at_once(team: Cast) -> None:
    make_settings(team)
    eve = make_user("Eve Adjudicator")
    second = add_member(team.review, eve, can_adjudicate=True)
    first = team.membership("dan")
    for _ in range(ROUNDS):
        evaluation = make_evaluation(team)
        bob = finish(team, "bob", evaluation)
        cara = finish(team, "cara", evaluation, analysis="high")
        outcomes = together(
            *(
                lambda one=one, row=row, pk=evaluation.pk: settle(
                    membership=one, evaluation_id=pk, draft=taken(row), version=0
                )
                for one, row in ((first, bob), (second, cara))
            )
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, StaleError)]
        assert len(refused) == 1, outcomes
        settled = BiasAssessment.objects.get(evaluation=evaluation, kind=AssessmentKind.THIRD_REVIEWER)
        [winner] = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert settled == winner
        levels = set(settled.judgements.values_list("level", flat=True))
        assert levels == ({"low"} if settled.assessor_id == team.dan.pk else {"low", "high"})
    assert AuditEvent.objects.filter(kind=AuditKind.SETTLED).count() == ROUNDS


def test_two_tabs_save_at_once_and_nothing_is_lost(team: Cast) -> None:
    make_settings(team)
    evaluation, membership = make_evaluation(team), team.membership("bob")
    mine = own(team, "bob", evaluation)
    keys = [AnswerKey("", number, "validation") for number in ("1.1", "1.2", "2.1", "2.2")]
    outcomes = together(
        *(
            lambda key=key: save_assessment(
                membership=membership, assessment_id=mine.pk, changes=Changes(answers={key: {"answer": "Y"}})
            )
            for key in keys
        )
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert SignallingAnswer.objects.filter(answer="Y").count() == 4
    mine.refresh_from_db()
    assert mine.version == 4


def test_work_given_out_twice_at_once_is_given_out_once(team: Cast) -> None:
    make_settings(team)
    for number in range(5):
        make_study(team, f"Study {number}")
    alice = team.membership("alice")
    added = together(*(lambda: add_one_for_each(membership=alice) for _ in range(2)))
    assert sorted(map(str, added)) == ["0", "5"]
    given = together(*(lambda: assign_evenly(membership=alice) for _ in range(2)))
    assert not [outcome for outcome in given if isinstance(outcome, DomainError)]
    assert BiasAssessment.objects.count() == 10
