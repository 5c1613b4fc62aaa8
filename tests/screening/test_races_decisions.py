"""Two writers at once, on two connections, against real PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from reviewapp.errors import DomainError
from screening.constants import ScreeningStatus, Stage, Verdict
from screening.models import Claim, Decision, Record, Report
from screening.queries.screening import Queue
from screening.services.claims import hold_places
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_cast, make_records

ROUNDS = 200


@pytest.fixture
def team(transactional_db: None) -> Cast:
    return make_cast()


def together(*actions: Callable[[], object]) -> list[object]:
    """Run the actions at the same moment, each on its own connection; answers what each returned or raised."""
    barrier = threading.Barrier(len(actions))
    outcomes: list[object] = [None] * len(actions)

    def run(place: int, action: Callable[[], object]) -> None:
        try:
            barrier.wait()
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, action)) for place, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def vote(team: Cast, name: str, record: Record, verdict: Verdict) -> Callable[[], object]:
    membership = team.membership(name)
    return lambda: submit_decision(
        membership=membership,
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(verdict),
    )


def test_the_last_two_votes_at_once_always_settle(team: Cast) -> None:
    """200 records: never lost, never settled twice."""
    for round_, record in enumerate(make_records(team.review, ROUNDS)):
        verdict = Verdict.INCLUDE if round_ % 2 else Verdict.EXCLUDE
        outcomes = together(vote(team, "bob", record, Verdict.INCLUDE), vote(team, "cara", record, verdict))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        record.refresh_from_db()
        assert record.title_abstract_status == (ScreeningStatus.INCLUDED if round_ % 2 else ScreeningStatus.CONFLICT)
    assert Decision.objects.filter(superseded_at=None).count() == 2 * ROUNDS
    assert Report.objects.count() == ROUNDS // 2


def test_three_votes_at_once_for_two_places(team: Cast) -> None:
    for record in make_records(team.review, 30):
        outcomes = together(*(vote(team, name, record, Verdict.INCLUDE) for name in ("alice", "bob", "cara")))
        refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
        assert len(refused) == 1
        assert Decision.objects.filter(record=record).count() == 2


def test_four_identical_submits_are_one_vote(team: Cast) -> None:
    for record in make_records(team.review, 20):
        outcomes = together(*(vote(team, "bob", record, Verdict.EXCLUDE) for _ in range(4)))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert Decision.objects.filter(record=record).count() == 1


def test_people_who_start_together_never_collide(team: Cast) -> None:
    """Four people claim from 40 records that need two reviewers each."""
    make_records(team.review, 40)
    people = [team.alice, team.bob, team.cara, team.dan]
    queues = [Queue(team.review.pk, Stage.TITLE_ABSTRACT, person.pk) for person in people]
    for _ in range(200):  # locked rows are passed over and come round again, so a round may give less than it could
        outcomes = together(*(lambda queue=queue: hold_places(queue, timezone.now(), voted=True) for queue in queues))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if Claim.objects.update(voted=True) == 80:
            break
    places = Counter(Claim.objects.values_list("record_id", flat=True))
    assert set(places.values()) == {2}
    assert len(places) == 40


def test_nobody_who_screens_at_the_same_moment_is_left_without_a_record(team: Cast) -> None:
    """Who loses a place to another sees it taken and gets the next; an empty page would say that all is done."""
    make_records(team.review, 120)
    people = [team.alice, team.bob, team.cara, team.dan]
    queues = [Queue(team.review.pk, Stage.TITLE_ABSTRACT, person.pk) for person in people]
    for _ in range(40):
        outcomes = together(*(lambda queue=queue: hold_places(queue, timezone.now(), voted=True) for queue in queues))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert all(outcome.items for outcome in outcomes)  # type: ignore[attr-defined]  # Held
        for queue in queues:
            mine = Claim.objects.filter(reviewer_id=queue.reviewer_id, voted=False).order_by("id").first()
            assert mine is not None
            Claim.objects.filter(pk=mine.pk).update(voted=True)
