"""Where the review stands: totals only, and agreement over settled records only."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reviewapp.models import Membership
from screening.constants import RemovalReason, ScreeningStatus, Stage, Verdict
from screening.models import ExclusionReason, Record
from screening.queries.overview import pair_agreements, person_standings, review_standing
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision, undo_decision
from tests.factories import Cast, add_member, make_duplicate, make_record, make_records, make_report, make_user

pytestmark = pytest.mark.django_db
INCLUDE, EXCLUDE, MAYBE = Verdict.INCLUDE, Verdict.EXCLUDE, Verdict.MAYBE


def vote(cast: Cast, record: Record, **verdicts: Verdict) -> Record:
    for name, verdict in verdicts.items():
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=Judgement(verdict),
        )
    return record


def settle(cast: Cast, record: Record, verdict: Verdict) -> None:
    adjudicate(
        membership=cast.membership("dan"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(verdict, note="Read twice."),
    )


def agreements(cast: Cast, stage: Stage = Stage.TITLE_ABSTRACT) -> list[tuple[str, str, tuple[tuple[int, ...], ...]]]:
    return [(pair.first, pair.second, pair.figures.table) for pair in pair_agreements(cast.review.pk, stage)]


def test_the_steps_say_how_far_each_stage_is(cast: Cast) -> None:
    waiting, included, excluded, _ = make_records(cast.review, 4)
    make_duplicate(waiting)
    vote(cast, waiting, bob=INCLUDE)
    vote(cast, included, bob=INCLUDE, cara=INCLUDE)
    vote(cast, excluded, bob=EXCLUDE, cara=EXCLUDE)
    make_report(cast.review)
    standing = review_standing(cast.review.pk)
    assert (standing.identified, standing.duplicates, standing.to_screen, standing.studies) == (6, 1, 5, 0)
    assert [(step.done, step.total, step.waiting, step.outcome) for step in standing.steps] == [
        (3, 5, 2, "2 included, 1 excluded"),
        (1, 2, 1, "1 retrieved, 0 not retrieved"),
        (0, 1, 1, "0 included, 0 excluded"),
    ]


def test_conflicts_and_single_votes_look_alike(cast: Cast) -> None:
    first, second = make_records(cast.review, 2)
    before = review_standing(cast.review.pk)
    vote(cast, first, bob=INCLUDE, cara=EXCLUDE)
    vote(cast, second, bob=INCLUDE)
    after = review_standing(cast.review.pk)
    assert (after.steps, after.agreements) == (before.steps, before.agreements) == (before.steps, [])


def test_people_have_totals_of_the_decisions_that_stand(cast: Cast) -> None:
    first, second = make_records(cast.review, 2)
    vote(cast, first, bob=INCLUDE, cara=INCLUDE)
    vote(cast, second, bob=EXCLUDE)
    vote(cast, second, bob=MAYBE)
    undo_decision(membership=cast.membership("cara"), stage=Stage.TITLE_ABSTRACT)
    totals = {
        str(person.user): (person.title_abstract, person.full_text) for person in person_standings(cast.review.pk)
    }
    assert totals == {
        "Alice Lead": (0, 0),
        "Bob Reviewer": (2, 0),
        "Cara Reviewer": (0, 0),
        "Dan Adjudicator": (0, 0),
    }, "observers do not screen"


def test_someone_who_left_keeps_their_decisions(cast: Cast) -> None:
    vote(cast, make_record(cast.review), cara=INCLUDE)
    Membership.objects.filter(review=cast.review, user__in=[cast.cara, cast.dan]).update(removed_at=timezone.now())
    names = [str(person.user) for person in person_standings(cast.review.pk)]
    assert names == ["Alice Lead", "Bob Reviewer", "Cara Reviewer"]


def test_agreement_counts_independent_decisions_of_settled_records(cast: Cast) -> None:
    records = make_records(cast.review, 6)
    vote(cast, records[0], bob=INCLUDE, cara=MAYBE)
    vote(cast, records[1], bob=EXCLUDE, cara=EXCLUDE)
    settle(cast, vote(cast, records[2], bob=INCLUDE, cara=EXCLUDE), EXCLUDE)
    vote(cast, records[3], bob=EXCLUDE, cara=INCLUDE)  # in conflict: no part of the figures
    vote(cast, records[4], bob=INCLUDE)
    vote(cast, records[5], bob=INCLUDE)
    vote(cast, records[5], bob=EXCLUDE)  # a change of mind counts once
    vote(cast, records[5], cara=EXCLUDE)
    [pair] = pair_agreements(cast.review.pk, Stage.TITLE_ABSTRACT)
    assert (pair.first, pair.second) == ("Bob Reviewer", "Cara Reviewer")
    assert pair.figures.table == ((1, 1), (0, 2))
    assert (pair.figures.n, pair.agreed, pair.figures.observed) == (4, 3, 0.75)
    assert pair.figures.kappa == pytest.approx(0.5)
    assert pair.figures.pabak == pytest.approx(0.5)
    assert pair.figures.ci_low is not None
    assert agreements(cast, Stage.FULL_TEXT) == []


def test_pairs_that_vary_are_reported_pair_by_pair(cast: Cast) -> None:
    first, second, third = make_records(cast.review, 3)
    vote(cast, first, bob=INCLUDE, cara=INCLUDE)
    vote(cast, second, bob=EXCLUDE, cara=EXCLUDE)
    vote(cast, third, alice=INCLUDE, cara=INCLUDE)
    assert agreements(cast) == [
        ("Bob Reviewer", "Cara Reviewer", ((1, 0), (0, 1))),
        ("Alice Lead", "Cara Reviewer", ((1, 0), (0, 0))),
    ]
    assert pair_agreements(cast.review.pk, Stage.TITLE_ABSTRACT)[1].figures.kappa is None


def test_two_people_of_one_name_are_two_people(cast: Cast) -> None:
    namesake = make_user("Bob Reviewer")
    add_member(cast.review, namesake)
    first, second = make_records(cast.review, 2)
    vote(cast, first, bob=INCLUDE, cara=INCLUDE)
    vote(cast, second, cara=INCLUDE)
    membership = Membership.objects.select_related("review", "user").get(user=namesake)
    submit_decision(
        membership=membership,
        stage=Stage.TITLE_ABSTRACT,
        target_id=second.pk,
        judgement=Judgement(INCLUDE),
    )
    assert [pair.figures.n for pair in pair_agreements(cast.review.pk, Stage.TITLE_ABSTRACT)] == [1, 1]


def test_full_text_agreement_is_about_reports(cast: Cast) -> None:
    reason = ExclusionReason.objects.filter(review=cast.review)[0]
    report = make_report(cast.review)
    for name in ("bob", "cara"):
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.FULL_TEXT,
            target_id=report.pk,
            judgement=Judgement(EXCLUDE, reason.pk),
        )
    assert agreements(cast, Stage.FULL_TEXT) == [("Bob Reviewer", "Cara Reviewer", ((0, 0), (0, 1)))]
    assert agreements(cast) == []


def test_a_record_that_turns_out_to_be_a_duplicate_leaves_the_figures(cast: Cast) -> None:
    kept, copy = make_records(cast.review, 2)
    vote(cast, copy, bob=INCLUDE, cara=INCLUDE)
    Record.objects.filter(pk=copy.pk).update(duplicate_of=kept, removal_reason=RemovalReason.DUPLICATE)
    assert agreements(cast) == []


def test_reviews_do_not_mix(cast: Cast) -> None:
    vote(cast, make_record(cast.review), bob=INCLUDE, cara=INCLUDE)
    make_records(cast.other_review, 3, title_abstract_status=ScreeningStatus.INCLUDED)
    other = review_standing(cast.other_review.pk)
    assert (other.identified, other.agreements, [str(person.user) for person in other.people]) == (
        3,
        [],
        ["Mallory Other"],
    )


def test_the_number_of_queries_is_fixed(cast: Cast) -> None:
    used = []
    for count in (10, 30):
        for record in make_records(cast.review, count):
            vote(cast, record, bob=INCLUDE, cara=MAYBE)
        with CaptureQueriesContext(connection) as captured:
            review_standing(cast.review.pk)
        used.append(len(captured))
    assert used == [8, 8]
