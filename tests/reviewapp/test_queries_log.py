"""The log in words: filtered, blinded, without a query per event."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind
from reviewapp.contributions import registry
from reviewapp.models import AuditEvent, Membership, User
from reviewapp.queries.log import NOTHING, SYSTEM, Change, LogFilter, log_events, log_lines, log_people
from screening.constants import AuditKind as ScreeningKind
from screening.constants import PairVerdict, PairZone, RetrievalStatus, Stage, Verdict
from screening.models import DuplicatePair, ExclusionReason, Report
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from screening.services.duplicates import decide_pair, reopen_pair
from screening.services.retrieval import set_retrieval
from tests.factories import Cast, make_record, make_records, make_report


def write(cast: Cast, kind: str = AuditKind.REVIEW_CHANGED, actor: User | None = None, **fields: object) -> AuditEvent:
    at = fields.pop("at", timezone.now())
    assert isinstance(at, dt.datetime)
    with transaction.atomic():
        return log_event(Occasion(cast.review, actor, at), kind, cast.review, **fields)  # type: ignore[arg-type]


def test_an_event_is_a_sentence_with_words_of_the_model(cast: Cast) -> None:
    write(
        cast,
        actor=cast.alice,
        before={"settlement": "third_reviewer", "question": "", "title": "Same"},
        after={"settlement": "consensus", "question": "Does it help?", "title": "Same", "odd_name": [1, True]},
    )
    [line] = log_lines(log_events(cast.membership("alice")))
    assert (line.what, line.who, line.label) == ("Review changed", "Alice Lead", cast.review.title)
    assert line.changes == (
        Change("Question", NOTHING, "Does it help?"),
        Change("Settlement", "A third reviewer decides", "The reviewers agree on a recorded consensus"),
        Change("Odd name", NOTHING, "1, yes"),
    )


def test_what_nobody_did_was_done_by_the_system(cast: Cast) -> None:
    write(cast, AuditKind.JOB_FAILED)
    [line] = log_lines(log_events(cast.membership("alice")))
    assert line.who == SYSTEM


def test_a_kind_nobody_registered_is_still_readable(cast: Cast) -> None:
    write(cast, "strange.new_thing", cast.alice)
    [line] = log_lines(log_events(cast.membership("alice")))
    assert line.what == "Strange new thing"


def test_filters_narrow(cast: Cast) -> None:
    now = timezone.now()
    old = write(cast, actor=cast.alice, at=now - dt.timedelta(days=10))
    new = write(cast, AuditKind.MEMBER_CHANGED, cast.bob, at=now)
    lead = cast.membership("alice")

    def found(**wanted: object) -> list[AuditEvent]:
        return list(log_events(lead, LogFilter(**wanted)))  # type: ignore[arg-type]

    assert found() == [new, old]
    assert found(person_id=cast.bob.pk) == [new]
    assert found(kind=AuditKind.REVIEW_CHANGED) == [old]
    assert found(object_type="review", object_id=cast.review.pk) == [new, old]
    assert found(object_type="review", object_id=cast.review.pk + 1) == []
    assert found(object_type="record") == []
    assert found(first_at=now - dt.timedelta(days=1)) == [new]
    assert found(before_at=now) == [old]


def test_events_of_another_review_are_not_there(cast: Cast) -> None:
    write(cast)
    mallory = Membership.objects.select_related("review").get(user=cast.mallory)
    assert not log_events(mallory).exists()


def test_every_blind_is_applied(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def hide_bob(events: QuerySet[AuditEvent], membership: Membership) -> QuerySet[AuditEvent]:
        return events.exclude(actor=cast.bob)

    write(cast, actor=cast.bob)
    seen = write(cast, actor=cast.alice)
    monkeypatch.setitem(registry.audit_blinds, "test", hide_bob)
    assert list(log_events(cast.membership("alice"))) == [seen]


def test_an_unsettled_vote_of_another_is_not_in_a_leads_log(cast: Cast) -> None:
    record = make_record(cast.review)
    for name, seen in (("bob", 0), ("cara", 2)):
        submit_decision(
            membership=cast.membership(name),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=Judgement(Verdict.INCLUDE),
        )
        assert log_events(cast.membership("alice")).count() == seen


def test_one_query_for_any_number_of_events(cast: Cast) -> None:
    for number in range(20):
        write(cast, actor=cast.bob if number % 2 else cast.cara)
    with CaptureQueriesContext(connection) as captured:
        assert len(log_lines(log_events(cast.membership("alice")))) == 20
    assert len(captured) == 2  # the membership, the events


def test_people_who_left_can_still_be_asked_for(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(removed_at=timezone.now())
    assert cast.bob in log_people(cast.membership("alice"))
    assert cast.mallory not in log_people(cast.membership("alice"))


def changes_of(cast: Cast, what: str) -> list[Change]:
    """The changes of the newest event called so, as alice reads them."""
    return list(next(line for line in log_lines(log_events(cast.membership("alice"))) if line.what == what).changes)


def settle_full_text(cast: Cast) -> Report:
    """bob and cara exclude a report for different reasons, and dan decides for cara's."""
    report = make_report(cast.review, retrieved=False)
    set_retrieval(membership=cast.membership("bob"), report_id=report.pk, status=RetrievalStatus.RETRIEVED)
    reasons = ExclusionReason.objects.filter(review=cast.review)
    for name, reason in zip(("bob", "cara"), reasons, strict=True):
        judgement = Judgement(Verdict.EXCLUDE, reason.pk)
        submit_decision(
            membership=cast.membership(name), stage=Stage.FULL_TEXT, target_id=report.pk, judgement=judgement
        )
    judgement = Judgement(Verdict.EXCLUDE, reasons[1].pk, "No trial.")
    adjudicate(membership=cast.membership("dan"), stage=Stage.FULL_TEXT, target_id=report.pk, judgement=judgement)
    return report


def test_judgements_are_said_in_words(cast: Cast) -> None:
    settle_full_text(cast)
    assert changes_of(cast, "Conflict settled") == [
        Change("How", NOTHING, "Third reviewer"),
        Change("Rationale", NOTHING, "No trial."),
        Change("Reason", NOTHING, "Wrong study design"),
        Change("Stage", NOTHING, "Full text"),
        Change("Verdict", NOTHING, "Exclude"),
    ]
    assert Change("Reason", NOTHING, "Wrong study design") in changes_of(cast, "Decision submitted")
    assert Change("Status", "Sought", "Retrieved") in changes_of(cast, "Report retrieved")


def test_reasons_cost_one_query_for_the_page(cast: Cast) -> None:
    settle_full_text(cast)
    events = list(log_events(cast.membership("alice")))
    with CaptureQueriesContext(connection) as captured:
        log_lines(events)
    assert len(captured) == 1
    with CaptureQueriesContext(connection) as captured:
        assert all(not line.changes for line in log_lines(events, with_changes=False))
    assert len(captured) == 0


def test_a_reason_that_is_gone_is_still_told(cast: Cast) -> None:
    record = make_record(cast.review)
    with transaction.atomic():
        log_event(
            Occasion(cast.review, cast.alice), ScreeningKind.ADJUDICATED, record, after={"reason": 10**9, "kind": "new"}
        )
    assert changes_of(cast, "Conflict settled") == [
        Change("How", NOTHING, "new"),
        Change("Reason", NOTHING, "no. 1000000000"),
    ]


def test_persons_records_and_reports_are_named(cast: Cast) -> None:
    first, second = make_records(cast.review, 2)
    pair = DuplicatePair.objects.create(
        review=cast.review, first=first, second=second, zone=PairZone.DOUBTFUL, verdict=PairVerdict.OPEN
    )
    decide_pair(membership=cast.membership("bob"), pair=pair, verdict=PairVerdict.SAME)
    pair.refresh_from_db()
    reopen_pair(membership=cast.membership("cara"), pair=pair)
    titles = f"{first.title}; {second.title}"
    assert changes_of(cast, "Records marked as the same report") == [
        Change("Verdict", "Waits for a person", "Same report"),
        Change("Records", NOTHING, titles),
    ]
    undone = changes_of(cast, "Duplicate decision undone")
    assert Change("Decided by", "Bob Reviewer", NOTHING) in undone
    report = make_report(cast.review)
    with transaction.atomic():
        log_event(
            Occasion(cast.review, cast.alice),
            ScreeningKind.REPORT_FILE_ADDED,
            report,
            after={"sha256": "ab12", "size": 2048},
        )
    assert changes_of(cast, "Full text uploaded") == [
        Change("SHA-256 of the file", NOTHING, "ab12"),
        Change("Size in bytes", NOTHING, "2048"),
    ]


def test_the_page_shows_no_codes(cast: Cast, client: Client) -> None:
    settle_full_text(cast)
    client.force_login(cast.alice)
    page = client.get(reverse("reviewapp:log_list", args=[cast.review.pk])).content.decode()
    timeline = page[page.index('<ol class="timeline">') :]
    for code in ("full_text", "third_reviewer", "title_abstract", "not_retrieved", "Verdict: exclude"):
        assert code not in timeline
    assert "Reason: Wrong study design" in timeline
