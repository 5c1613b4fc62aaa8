"""The conflicts page: settling needs a rationale, settles, and goes on to the next; consensus needs two people."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviewapp.constants import Settlement
from screening.constants import AdjudicationKind, ScreeningStatus, Stage, Verdict
from screening.contributed import todos
from screening.models import Adjudication, Decision, ExclusionReason, Record, Report
from screening.services.decisions import Judgement, submit_decision, undo_decision
from tests.factories import Cast, make_record, make_report

TITLE, FULL = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, who))
    return client


@pytest.fixture
def dan(cast: Cast) -> Client:
    return signed_in(cast, "dan")


def address(cast: Cast, action: str, stage: Stage, *target: int) -> str:
    return reverse(f"screening:conflict_{action}", args=[cast.review.pk, stage, *target])


def in_conflict(cast: Cast) -> Record:
    record = make_record(cast.review)
    for name, verdict in (("bob", Verdict.INCLUDE), ("cara", Verdict.EXCLUDE)):
        judgement = Judgement(verdict)
        submit_decision(membership=cast.membership(name), stage=TITLE, target_id=record.pk, judgement=judgement)
    return record


def report_in_conflict(cast: Cast) -> Report:
    report = make_report(cast.review)
    for name, reason in zip(("bob", "cara"), ExclusionReason.objects.filter(review=cast.review), strict=True):
        judgement = Judgement(Verdict.EXCLUDE, reason.pk)
        submit_decision(membership=cast.membership(name), stage=FULL, target_id=report.pk, judgement=judgement)
    return report


def settle(cast: Cast, client: Client, target: Record | Report, **data: object) -> Any:
    stage = TITLE if isinstance(target, Record) else FULL
    response: Any = client.post(address(cast, "settle", stage, target.pk), data)
    return response


def status(record: Record) -> str:
    return Record.objects.get(pk=record.pk).title_abstract_status


@pytest.mark.parametrize("note", ["", "   "])
def test_a_verdict_without_a_rationale_is_refused(cast: Cast, dan: Client, note: str) -> None:
    record = in_conflict(cast)
    response = settle(cast, dan, record, verdict="include", note=note)
    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    assert status(record) == ScreeningStatus.CONFLICT
    assert not Adjudication.objects.exists()


@pytest.mark.parametrize("verdict", ["", "maybe"])
def test_a_rationale_without_a_verdict_is_refused_and_kept(cast: Cast, dan: Client, verdict: str) -> None:
    record = in_conflict(cast)
    response = settle(cast, dan, record, verdict=verdict, note="Adults, as the protocol asks.")
    assert response.status_code == 422
    assert "Adults, as the protocol asks.</textarea>" in response.content.decode()
    assert not Adjudication.objects.exists()


def test_settling_goes_on_to_the_next_and_at_last_to_the_list(cast: Cast, dan: Client) -> None:
    first, second = in_conflict(cast), in_conflict(cast)
    response = settle(cast, dan, first, verdict="include", note="Adults.")
    assert (response.status_code, response["Location"]) == (302, address(cast, "detail", TITLE, second.pk))
    assert (status(first), status(second)) == (ScreeningStatus.INCLUDED, ScreeningStatus.CONFLICT)
    response = settle(cast, dan, second, verdict="exclude", note="Children.")
    assert response["Location"] == address(cast, "list", TITLE)
    assert status(second) == ScreeningStatus.EXCLUDED
    assert Decision.objects.filter(superseded_at=None).count() == 4, "the votes stay as they were"
    assert set(Adjudication.objects.values_list("rationale", flat=True)) == {"Adults.", "Children."}


def test_a_full_text_is_settled_with_one_reason(cast: Cast, dan: Client) -> None:
    report = report_in_conflict(cast)
    response = settle(cast, dan, report, verdict="exclude", note="Children only.")
    assert response.status_code == 422
    assert "Choose the reason" in response.content.decode()
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    assert reason is not None
    assert settle(cast, dan, report, verdict="exclude", reason=reason.pk, note="Children only.").status_code == 302
    report.refresh_from_db()
    assert report.full_text_status == ScreeningStatus.EXCLUDED
    assert Adjudication.objects.get().reason == reason


@pytest.mark.parametrize("data", [{"verdict": "include", "note": "Adults."}, {}])
def test_a_conflict_that_is_settled_already_answers_409(cast: Cast, dan: Client, data: dict[str, str]) -> None:
    record = in_conflict(cast)
    settle(cast, dan, record, verdict="exclude", note="Children.")
    assert settle(cast, dan, record, **data).status_code == 409
    assert Adjudication.objects.get().verdict == Verdict.EXCLUDE


def test_a_conflict_whose_vote_was_undone_answers_409(cast: Cast, dan: Client) -> None:
    record = in_conflict(cast)
    undo_decision(membership=cast.membership("cara"), stage=TITLE)
    assert settle(cast, dan, record, verdict="include", note="Adults.").status_code == 409
    assert dan.get(address(cast, "detail", TITLE, record.pk)).status_code == 404


def test_the_index_leads_to_the_stage_with_work(cast: Cast, dan: Client) -> None:
    index = reverse("screening:conflict_index", args=[cast.review.pk])
    assert dan.get(index)["Location"] == address(cast, "list", TITLE)
    report = report_in_conflict(cast)
    assert dan.get(index)["Location"] == address(cast, "list", FULL)
    assert report.record.title in dan.get(address(cast, "list", FULL)).content.decode()


def test_without_consensus_reviewers_settle_nothing(cast: Cast) -> None:
    record = in_conflict(cast)
    assert settle(cast, signed_in(cast, "bob"), record, verdict="include", note="Adults.").status_code == 403
    assert status(record) == ScreeningStatus.CONFLICT


@pytest.fixture
def consensus(cast: Cast) -> Record:
    cast.review.settlement = Settlement.CONSENSUS
    cast.review.save()
    return in_conflict(cast)


def test_a_consensus_holds_once_another_reviewer_agrees(cast: Cast, consensus: Record) -> None:
    bob, cara = signed_in(cast, "bob"), signed_in(cast, "cara")
    assert settle(cast, bob, consensus, verdict="include", note="We read it again.").status_code == 302
    assert status(consensus) == ScreeningStatus.CONFLICT
    url = address(cast, "answer", TITLE, consensus.pk)
    assert bob.post(url, {"answer": "agree"}).status_code == 403
    assert "We read it again." in cara.get(address(cast, "detail", TITLE, consensus.pk)).content.decode()
    assert cara.post(url, {"answer": "agree"})["Location"] == address(cast, "list", TITLE)
    assert status(consensus) == ScreeningStatus.INCLUDED
    made = Adjudication.objects.get()
    assert (made.kind, made.adjudicator, made.confirmed_by) == (AdjudicationKind.CONSENSUS, cast.bob, cast.cara)
    assert cara.post(url, {"answer": "agree"}).status_code == 409


def test_a_second_proposal_answers_409_and_shows_the_first(cast: Cast, consensus: Record) -> None:
    settle(cast, signed_in(cast, "bob"), consensus, verdict="include", note="We read it again.")
    response = settle(cast, signed_in(cast, "cara"), consensus, verdict="exclude", note="So did I.")
    assert response.status_code == 409
    assert "We read it again." in response.content.decode()
    assert Adjudication.objects.count() == 1


def test_a_declined_proposal_leaves_the_conflict(cast: Cast, consensus: Record) -> None:
    settle(cast, signed_in(cast, "bob"), consensus, verdict="include", note="We read it again.")
    url = address(cast, "answer", TITLE, consensus.pk)
    response = signed_in(cast, "cara").post(url, {"answer": "decline"})
    assert response["Location"] == address(cast, "detail", TITLE, consensus.pk)
    assert status(consensus) == ScreeningStatus.CONFLICT
    assert not Adjudication.objects.filter(superseded_at=None).exists()


def test_a_rationale_that_is_too_long_is_named_and_kept(cast: Cast, dan: Client) -> None:
    record = in_conflict(cast)
    note = "Adults. " + "x" * 4993
    response = settle(cast, dan, record, verdict="include", note=note)
    assert response.status_code == 422
    page = response.content.decode()
    assert "The note has 5,001 characters; at most 5,000 can be kept." in page
    assert "Choose include" not in page
    assert f"{note}</textarea>" in page
    assert not Adjudication.objects.exists()


def waiting(cast: Cast, who: str) -> list[str]:
    """What the overview says that waits for them, as far as conflicts go."""
    return [todo.text for todo in todos(cast.membership(who)) if "conflict" in todo.text]


def test_a_proposal_waits_for_the_other_reviewer_only(cast: Cast, consensus: Record) -> None:
    text = "1 conflict to settle at title and abstract"
    assert (waiting(cast, "bob"), waiting(cast, "cara")) == ([text], [text])
    bob = signed_in(cast, "bob")
    assert settle(cast, bob, consensus, verdict="include", note="We read it again.").status_code == 302
    assert (waiting(cast, "bob"), waiting(cast, "cara")) == ([], [text])
    listed = bob.get(address(cast, "list", TITLE)).content.decode()
    assert "Waits for the other reviewer" in listed, "the proposer can still find it, to take it back"
    assert "Title and abstract (1)" not in listed
    assert "Title and abstract (1)" in signed_in(cast, "cara").get(address(cast, "list", TITLE)).content.decode()
    bob.post(address(cast, "answer", TITLE, consensus.pk), {"answer": "decline"})
    assert (waiting(cast, "bob"), waiting(cast, "cara")) == ([text], [text])


def test_after_a_proposal_comes_a_conflict_that_still_waits(cast: Cast, consensus: Record) -> None:
    bob, second, third = signed_in(cast, "bob"), in_conflict(cast), in_conflict(cast)
    settle(cast, bob, second, verdict="include", note="We read it again.")
    response = settle(cast, bob, consensus, verdict="include", note="We read it again.")
    assert response["Location"] == address(cast, "detail", TITLE, third.pk)


@pytest.mark.parametrize("data", [{}, {"answer": ""}, {"answer": "Agree"}, {"answer": "yes"}])
def test_an_unknown_answer_to_a_proposal_changes_nothing(cast: Cast, consensus: Record, data: dict[str, str]) -> None:
    settle(cast, signed_in(cast, "bob"), consensus, verdict="include", note="We read it again.")
    response = signed_in(cast, "cara").post(address(cast, "answer", TITLE, consensus.pk), data)
    assert response.status_code == 422
    assert "Say whether you agree with the proposal or not." in response.content.decode()
    assert Adjudication.objects.filter(superseded_at=None, confirmed_at=None).count() == 1
    assert status(consensus) == ScreeningStatus.CONFLICT
