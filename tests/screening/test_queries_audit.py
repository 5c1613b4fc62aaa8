"""What the log shows of votes: one's own, and those of settled records."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviewapp.constants import Settlement
from reviewapp.models import Membership
from screening.constants import RemovalReason, Stage, Verdict
from screening.models import ExclusionReason, Record, Report
from screening.services.adjudication import adjudicate, answer_consensus, propose_consensus
from screening.services.decisions import Judgement, submit_decision, undo_decision
from tests.factories import Cast, make_cast, make_record, make_report

pytestmark = pytest.mark.django_db
INCLUDE, EXCLUDE = Judgement(Verdict.INCLUDE, note="include-note"), Judgement(Verdict.EXCLUDE, note="exclude-note")
SUBMITTED, UNDONE, SETTLED, PROPOSED = (
    "decision.submitted",
    "decision.undone",
    "adjudication.made",
    "adjudication.proposed",
)


def vote(cast: Cast, target: Record | Report, **judgements: Judgement) -> None:
    stage = Stage.TITLE_ABSTRACT if isinstance(target, Record) else Stage.FULL_TEXT
    for name, judgement in judgements.items():
        submit_decision(membership=cast.membership(name), stage=stage, target_id=target.pk, judgement=judgement)


def log(cast: Cast, name: str = "alice") -> list[str]:
    """Kinds of the events about judgements on the log's page, newest first; the page and the file agree."""
    Membership.objects.filter(review=cast.review, user=getattr(cast, name)).update(role="lead")
    client = Client()
    client.force_login(getattr(cast, name))
    page = client.get(reverse("reviewapp:log_list", args=[cast.review.pk]))
    kinds = [line.kind for line in page.context["lines"] if line.kind.startswith(("decision.", "adjudication."))]
    file: Any = client.get(reverse("reviewapp:log_download", args=[cast.review.pk]))
    text = b"".join(file.streaming_content).decode()
    for kind in (SUBMITTED, UNDONE, SETTLED, PROPOSED):
        assert text.count(kind) == kinds.count(kind)
    for note in ("include-note", "exclude-note"):
        assert (note in text) == (note in page.content.decode())
    return kinds


def test_a_vote_on_an_open_record_is_its_voters_own(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, record, bob=INCLUDE)
    assert log(cast) == []
    assert log(cast, "bob") == [SUBMITTED]


def test_an_undone_vote_stays_hidden_too(cast: Cast) -> None:
    vote(cast, make_record(cast.review), bob=INCLUDE)
    undo_decision(membership=cast.membership("bob"), stage=Stage.TITLE_ABSTRACT)
    assert log(cast) == []
    assert log(cast, "bob") == [UNDONE, SUBMITTED]


def test_a_conflict_hides_both_votes_until_it_is_settled(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, record, bob=INCLUDE, cara=EXCLUDE)
    assert log(cast) == []
    assert log(cast, "bob") == [SUBMITTED]
    adjudicate(
        membership=cast.membership("dan"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=record.pk,
        judgement=Judgement(Verdict.INCLUDE, note="Read twice."),
    )
    assert log(cast) == [SETTLED, SUBMITTED, SUBMITTED]


def test_reports_are_judged_in_secret_too(cast: Cast) -> None:
    reason = ExclusionReason.objects.filter(review=cast.review)[0]
    report = make_report(cast.review)
    vote(cast, report, bob=Judgement(Verdict.EXCLUDE, reason.pk))
    assert log(cast) == []
    vote(cast, report, cara=Judgement(Verdict.EXCLUDE, reason.pk))
    assert log(cast) == [SUBMITTED, SUBMITTED]


def test_a_settled_record_does_not_uncover_the_report_of_the_same_number(cast: Cast) -> None:
    report = make_report(cast.review)
    settled = make_record(cast.review, pk=report.pk + 1_000_000)
    Report.objects.filter(pk=report.pk).update(id=settled.pk)
    report = Report.objects.get(pk=settled.pk)
    vote(cast, settled, bob=INCLUDE, cara=INCLUDE)
    vote(cast, report, bob=INCLUDE)
    assert log(cast) == [SUBMITTED, SUBMITTED]


def test_the_copy_of_an_open_record_tells_nothing(cast: Cast) -> None:
    kept, copy = make_record(cast.review), make_record(cast.review)
    vote(cast, copy, bob=INCLUDE, cara=INCLUDE)
    Record.objects.filter(pk=copy.pk).update(duplicate_of=kept, removal_reason=RemovalReason.DUPLICATE)
    assert log(cast) == []
    vote(cast, kept, bob=INCLUDE, cara=INCLUDE)
    assert log(cast) == [SUBMITTED] * 4


def test_a_proposed_consensus_is_seen_by_those_it_asks() -> None:
    cast = make_cast(settlement=Settlement.CONSENSUS)
    record = make_record(cast.review)
    vote(cast, record, bob=INCLUDE, cara=EXCLUDE)
    where: dict[str, Any] = {"stage": Stage.TITLE_ABSTRACT, "target_id": record.pk}
    propose_consensus(
        membership=cast.membership("bob"), judgement=Judgement(Verdict.INCLUDE, note="We talked."), **where
    )
    assert log(cast) == []
    assert log(cast, "cara") == [PROPOSED, SUBMITTED]
    answer_consensus(membership=cast.membership("cara"), agree=True, **where)
    assert log(cast) == [SETTLED, PROPOSED, SUBMITTED, SUBMITTED]
