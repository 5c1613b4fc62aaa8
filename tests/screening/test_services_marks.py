"""Duplicates met while screening: marked by reviewers, confirmed by leads, and no vote is lost."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, PairVerdict, PairZone, RemovalReason, ScreeningStatus, Stage, Verdict
from screening.models import Decision, DuplicatePair, Record, Report
from screening.queries.duplicates import open_pair_ids
from screening.queries.screening import Queue
from screening.services.claims import hold_places, skip_place
from screening.services.decisions import Judgement, submit_decision
from screening.services.duplicates import decide_pair, reopen_pair
from screening.services.marks import mark_while_screening, withdraw_mark
from tests.factories import Cast, make_record, make_records
from tests.screening.duplicate_rows import automatic, include, kept, pair


def vote(cast: Cast, who: str, record: Record, verdict: Verdict = Verdict.INCLUDE) -> None:
    submit_decision(
        membership=cast.membership(who),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(verdict),
    )


def queue(cast: Cast, who: str) -> list[int]:
    """What is held for this reviewer now, as the screening page asks for it."""
    user = getattr(cast, who)
    held = hold_places(Queue(cast.review.pk, Stage.TITLE_ABSTRACT, user.pk), timezone.now())
    return [item.id for item in held.items]


def test_a_reviewers_mark_waits_for_a_lead(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    marked = mark_while_screening(membership=cast.membership("bob"), record=b, of=a)
    assert (marked.verdict, marked.zone, marked.marked_by) == (PairVerdict.OPEN, PairZone.DOUBTFUL, cast.bob)
    assert marked.marked_at is not None
    assert marked.probability is None
    assert "authors agree" in marked.reasons, "what speaks for it, for the lead"
    assert kept(a, b) == [a.pk, b.pk]
    event = AuditEvent.objects.get(kind=AuditKind.PAIR_MARKED)
    assert event.actor == cast.bob
    assert event.after["records"] == [a.pk, b.pk]
    assert open_pair_ids(cast.review.pk) == [marked.pk]
    with pytest.raises(ForbiddenError):
        decide_pair(membership=cast.membership("cara"), pair=marked, verdict=PairVerdict.SAME)
    decide_pair(membership=cast.membership("alice"), pair=marked, verdict=PairVerdict.SAME)
    assert len(set(kept(a, b))) == 1


def test_a_leads_mark_is_decided_at_once(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    marked = mark_while_screening(membership=cast.membership("alice"), record=b, of=a)
    assert (marked.verdict, marked.decided_by, marked.marked_by) == (PairVerdict.SAME, cast.alice, None)
    assert len(set(kept(a, b))) == 1


def test_the_marker_goes_on_and_meets_it_last_while_others_can_vote(cast: Cast) -> None:
    first, second, third, fourth = make_records(cast.review, 4)
    bob = Queue(cast.review.pk, Stage.TITLE_ABSTRACT, cast.bob.pk)
    assert queue(cast, "bob") == [first.pk, second.pk]
    mark_while_screening(membership=cast.membership("bob"), record=first, of=fourth)
    assert queue(cast, "bob") == [second.pk, third.pk]
    assert queue(cast, "cara")[0] == first.pk
    skip_place(bob, second.pk)
    vote(cast, "bob", third)
    vote(cast, "bob", fourth)
    assert queue(cast, "bob") == [second.pk], "what was left for later comes before what was marked"
    vote(cast, "bob", second)
    assert queue(cast, "bob") == [first.pk]
    vote(cast, "cara", first)
    vote(cast, "bob", first)
    first.refresh_from_db()
    assert first.title_abstract_status == ScreeningStatus.INCLUDED


def test_marking_twice_is_one_mark_and_the_first_marker_stays(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    for who in ("bob", "bob", "cara"):
        mark_while_screening(membership=cast.membership(who), record=b, of=a)
    assert DuplicatePair.objects.get().marked_by == cast.bob
    assert AuditEvent.objects.filter(kind=AuditKind.PAIR_MARKED).count() == 1


def test_what_the_finder_left_apart_is_asked_about_once_marked(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    now = timezone.now()
    unlikely = pair(cast, a, b, zone=PairZone.DISTINCT, verdict=PairVerdict.UNLIKELY, probability=0.02, decided_at=now)
    mark_while_screening(membership=cast.membership("bob"), record=a, of=b)
    assert open_pair_ids(cast.review.pk) == [unlikely.pk]
    withdraw_mark(membership=cast.membership("bob"), pair=unlikely)
    unlikely.refresh_from_db()
    assert (unlikely.verdict, unlikely.marked_by) == (PairVerdict.UNLIKELY, None)
    assert open_pair_ids(cast.review.pk) == []


def test_decided_pairs_are_not_marked(cast: Cast) -> None:
    a, b, c, d, removed = make_records(cast.review, 5)
    bob = cast.membership("bob")
    automatic(cast, a, b)
    with pytest.raises(StaleError, match="already"):
        mark_while_screening(membership=bob, record=a, of=b)
    now = timezone.now()
    pair(cast, c, d, verdict=PairVerdict.DISTINCT, decided_by=cast.cara, decided_at=now)
    with pytest.raises(DomainError, match="different reports"):
        mark_while_screening(membership=bob, record=c, of=d)
    with pytest.raises(DomainError, match="of itself"):
        mark_while_screening(membership=bob, record=c, of=c)
    Record.objects.filter(pk=removed.pk).update(removal_reason=RemovalReason.OTHER)
    with pytest.raises(DomainError, match="another reason"):
        mark_while_screening(membership=bob, record=c, of=removed)
    with pytest.raises(ForbiddenError):
        mark_while_screening(membership=cast.membership("olga"), record=a, of=c)


def test_a_mark_is_taken_back_by_its_marker_or_a_lead_until_decided(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    marked = mark_while_screening(membership=cast.membership("bob"), record=a, of=b)
    with pytest.raises(ForbiddenError):
        withdraw_mark(membership=cast.membership("cara"), pair=marked)
    withdraw_mark(membership=cast.membership("bob"), pair=marked)
    assert open_pair_ids(cast.review.pk) == []
    assert AuditEvent.objects.filter(kind=AuditKind.PAIR_UNMARKED).count() == 1
    marked = mark_while_screening(membership=cast.membership("bob"), record=a, of=b)
    decide_pair(membership=cast.membership("alice"), pair=marked, verdict=PairVerdict.DISTINCT)
    with pytest.raises(StaleError, match="decided"):
        withdraw_mark(membership=cast.membership("bob"), pair=marked)


def test_releasing_restores_status_report_and_votes(cast: Cast) -> None:
    a, b = make_record(cast.review), make_record(cast.review)
    include(cast, b)
    vote(cast, "bob", a, Verdict.EXCLUDE)
    report = Report.objects.get(record=b)
    votes = list(Decision.objects.order_by("id").values())
    before = {r.pk: (r.title_abstract_status, r.removal_reason) for r in Record.objects.all()}
    marked = mark_while_screening(membership=cast.membership("cara"), record=a, of=b)
    alice = cast.membership("alice")
    decide_pair(membership=alice, pair=marked, verdict=PairVerdict.SAME)
    assert kept(a, b) == [b.pk, b.pk]
    assert list(Decision.objects.order_by("id").values()) == votes
    reopen_pair(membership=alice, pair=marked)
    assert {r.pk: (r.title_abstract_status, r.removal_reason) for r in Record.objects.all()} == before
    assert list(Decision.objects.order_by("id").values()) == votes
    report.refresh_from_db()
    assert report.withdrawn_at is None
    assert DuplicatePair.objects.get().marked_by == cast.cara, "the mark still waits for a lead"
