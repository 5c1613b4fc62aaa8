"""The screening page: vote and next in one response, what is refused and what is kept, prefetch, undo, skip."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from screening.constants import ScreeningStatus, Stage, Verdict
from screening.models import Decision, ExclusionReason, Record, Report, StageSettings
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record, make_records, make_report

HTMX = {"HX-Request": "true"}
TITLE, FULL = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


@pytest.fixture(autouse=True)
def fresh_totals() -> None:
    """The progress bar's total is cached for some seconds."""
    caches["process"].clear()


@pytest.fixture
def bob(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.bob)
    return client


def address(cast: Cast, action: str, stage: Stage, *target: int) -> str:
    return reverse(f"screening:screen_{action}", args=[cast.review.pk, stage, *target])


def vote(cast: Cast, client: Client, target: Record | Report, *, htmx: bool = True, **data: object) -> Any:
    stage = TITLE if isinstance(target, Record) else FULL
    url = address(cast, "vote", stage, target.pk)
    response: Any = client.post(url, data, headers=HTMX if htmx else {})
    return response


def shown(response: Any) -> int | None:
    """The id of the record or report on the page."""
    item = response.context["item"]
    return item.id if item else None


def by(cast: Cast, name: str, target: Record | Report, verdict: Verdict, reason: int | None = None) -> None:
    stage = TITLE if isinstance(target, Record) else FULL
    judgement = Judgement(verdict, reason)
    submit_decision(membership=cast.membership(name), stage=stage, target_id=target.pk, judgement=judgement)


def test_a_vote_is_stored_and_answered_with_the_next_record(cast: Cast, bob: Client) -> None:
    first, second, _ = make_records(cast.review, 3)
    assert shown(bob.get(address(cast, "open", TITLE))) == first.pk
    response = vote(cast, bob, first, verdict="include", note="Adults ")
    assert response.status_code == 200
    text = response.content.decode()
    assert text.lstrip().startswith('<section id="screen"'), "the fragment, not the page"
    assert "<html" not in text
    assert second.title in text
    assert first.title not in text
    assert "HX-Request" in response["Vary"]
    stored = Decision.objects.get()
    assert (stored.record_id, stored.reviewer, stored.verdict, stored.note) == (first.pk, cast.bob, "include", "Adults")


def test_the_prefetched_record_named_in_the_vote_comes_next(cast: Cast, bob: Client) -> None:
    first, second, third = make_records(cast.review, 3)
    bob.get(address(cast, "open", TITLE))
    assert shown(vote(cast, bob, second, verdict="exclude", next=str(third.pk))) == third.pk
    assert shown(bob.get(address(cast, "open", TITLE))) == first.pk


def test_a_record_named_next_that_is_not_held_is_not_shown(cast: Cast, bob: Client) -> None:
    first, second, _, fourth = make_records(cast.review, 4)
    bob.get(address(cast, "open", TITLE))
    assert shown(vote(cast, bob, first, verdict="exclude", next=str(fourth.pk))) == second.pk


def test_the_last_vote_says_that_nothing_waits(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    response = vote(cast, bob, record, verdict="exclude")
    assert shown(response) is None
    assert record.title not in response.content.decode()


def test_without_htmx_a_vote_redirects(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    response = vote(cast, bob, record, htmx=False, verdict="include")
    assert response.status_code == 302
    assert response["Location"] == address(cast, "open", TITLE)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("verdict", ["", "perhaps"])
def test_a_vote_without_a_verdict_is_refused_and_its_note_kept(cast: Cast, bob: Client, verdict: str) -> None:
    record, _ = make_records(cast.review, 2)
    bob.get(address(cast, "open", TITLE))
    response = vote(cast, bob, record, verdict=verdict, note="half a thought")
    assert response.status_code == 422
    assert shown(response) == record.pk
    assert "half a thought" in response.content.decode()
    assert not Decision.objects.exists()


def test_a_full_text_is_not_excluded_without_a_reason_and_the_note_is_kept(cast: Cast, bob: Client) -> None:
    report = make_report(cast.review)
    bob.get(address(cast, "open", FULL))
    response = vote(cast, bob, report, verdict="exclude", note="see table 2")
    text = response.content.decode()
    assert response.status_code == 422
    assert "Choose the reason" in text
    assert "see table 2</textarea>" in text
    assert shown(response) == report.pk
    assert not Decision.objects.exists()


def test_a_full_text_has_no_maybe(cast: Cast, bob: Client) -> None:
    report = make_report(cast.review)
    page = bob.get(address(cast, "open", FULL)).content.decode()
    assert 'value="maybe"' not in page
    response = vote(cast, bob, report, verdict="maybe")
    assert response.status_code == 422
    assert "there is no maybe" in response.content.decode()
    assert not Decision.objects.exists()


def test_a_retired_or_foreign_reason_is_refused(cast: Cast, bob: Client) -> None:
    report = make_report(cast.review)
    theirs = ExclusionReason.objects.filter(review=cast.other_review).first()
    assert theirs is not None
    assert vote(cast, bob, report, verdict="exclude", reason=theirs.pk).status_code == 422
    assert not Decision.objects.exists()


def test_a_full_text_exclusion_keeps_its_reason_and_an_inclusion_drops_it(cast: Cast, bob: Client) -> None:
    excluded, included = make_report(cast.review), make_report(cast.review)
    reason = ExclusionReason.objects.filter(review=cast.review).first()
    assert reason is not None
    response = vote(cast, bob, excluded, verdict="exclude", reason=reason.pk)
    assert (response.status_code, shown(response)) == (200, included.pk)
    assert vote(cast, bob, included, verdict="include", reason=reason.pk).status_code == 200
    stored = dict(Decision.objects.values_list("report_id", "reason_id"))
    assert stored == {excluded.pk: reason.pk, included.pk: None}


def test_a_settled_record_answers_409_and_shows_the_next_without_the_note(cast: Cast, bob: Client) -> None:
    settled, following = make_records(cast.review, 2)
    bob.get(address(cast, "open", TITLE))
    by(cast, "cara", settled, Verdict.INCLUDE)
    by(cast, "dan", settled, Verdict.INCLUDE)
    response = vote(cast, bob, settled, verdict="exclude", note="too late")
    assert response.status_code == 409
    assert shown(response) == following.pk
    text = response.content.decode()
    assert "was not stored" in text
    assert "too late" not in text, "a note on one record must not slip into the form of another"
    assert Decision.objects.filter(reviewer=cast.bob).count() == 0


def test_a_removed_record_answers_409(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review, removal_reason="other")
    assert vote(cast, bob, record, verdict="include").status_code == 409
    assert not Decision.objects.exists()


def test_the_prefetch_gives_the_following_record(cast: Cast, bob: Client) -> None:
    first, second, _ = make_records(cast.review, 3)
    bob.get(address(cast, "open", TITLE))
    response = bob.get(address(cast, "open", TITLE), {"after": first.pk}, headers=HTMX)
    assert response.status_code == 200
    assert shown(response) == second.pk
    assert response.content.decode().lstrip().startswith('<section id="screen"')


def test_the_prefetch_of_nothing_is_204(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    bob.get(address(cast, "open", TITLE))
    response = bob.get(address(cast, "open", TITLE), {"after": record.pk}, headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("after", ["x", "-1", "²", ""])
def test_an_address_with_another_after_is_the_page(cast: Cast, bob: Client, after: str) -> None:
    record = make_record(cast.review)
    response = bob.get(address(cast, "open", TITLE), {"after": after})
    assert (response.status_code, shown(response)) == (200, record.pk)


def test_a_next_that_is_no_number_does_no_harm(cast: Cast, bob: Client) -> None:
    first, second = make_records(cast.review, 2)
    assert shown(vote(cast, bob, first, verdict="include", next="²")) == second.pk


def test_undo_shows_the_record_again(cast: Cast, bob: Client) -> None:
    first, _, _ = make_records(cast.review, 3)
    bob.get(address(cast, "open", TITLE))
    vote(cast, bob, first, verdict="exclude")
    response = bob.post(address(cast, "undo", TITLE), headers=HTMX)
    assert (response.status_code, shown(response)) == (200, first.pk)
    assert "has been taken back" in response.content.decode()
    assert not Decision.objects.filter(superseded_at=None).exists()
    assert Decision.objects.count() == 1, "taken back, not deleted"
    vote(cast, bob, first, verdict="include")
    assert Decision.objects.get(superseded_at=None).verdict == Verdict.INCLUDE


def test_undo_without_htmx_redirects_to_the_record(cast: Cast, bob: Client) -> None:
    first, _ = make_records(cast.review, 2)
    vote(cast, bob, first, verdict="exclude")
    response = bob.post(address(cast, "undo", TITLE), follow=True)
    assert response.redirect_chain == [(address(cast, "open", TITLE), 302)]
    assert shown(response) == first.pk


def test_there_may_be_nothing_to_undo(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    by(cast, "cara", record, Verdict.INCLUDE)
    response = bob.post(address(cast, "undo", TITLE), headers=HTMX)
    assert response.status_code == 422
    assert "no decision at this stage to undo" in response.content.decode()
    assert Decision.objects.filter(superseded_at=None).count() == 1


def test_a_skipped_record_comes_round_again_at_the_end(cast: Cast, bob: Client) -> None:
    first, second, third = make_records(cast.review, 3)
    bob.get(address(cast, "open", TITLE))
    assert shown(bob.post(address(cast, "skip", TITLE, first.pk), headers=HTMX)) == second.pk
    assert shown(vote(cast, bob, second, verdict="include")) == third.pk
    vote(cast, bob, third, verdict="include")
    assert shown(bob.get(address(cast, "open", TITLE))) == first.pk
    assert not Decision.objects.filter(record=first).exists()


def test_skip_without_htmx_redirects(cast: Cast, bob: Client) -> None:
    first, _ = make_records(cast.review, 2)
    bob.get(address(cast, "open", TITLE))
    response = bob.post(address(cast, "skip", TITLE, first.pk))
    assert (response.status_code, response["Location"]) == (302, address(cast, "open", TITLE))


def test_the_tab_leads_to_title_and_abstract(cast: Cast, bob: Client) -> None:
    response = bob.get(reverse("screening:screen_index", args=[cast.review.pk]))
    assert response["Location"] == address(cast, "open", TITLE)


def test_a_vote_needs_a_post(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    assert bob.get(address(cast, "vote", TITLE, record.pk)).status_code == 405


def test_with_one_reviewer_the_vote_settles(cast: Cast, bob: Client) -> None:
    StageSettings.objects.filter(review=cast.review).update(required=1)
    record = make_record(cast.review)
    vote(cast, bob, record, verdict="include")
    record.refresh_from_db()
    assert record.title_abstract_status == ScreeningStatus.INCLUDED
    assert record.report.withdrawn_at is None


def test_a_note_that_is_too_long_is_named_and_kept(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    bob.get(address(cast, "open", TITLE))
    note = "Adults. " + "x" * 4993
    response = vote(cast, bob, record, verdict="include", note=note)
    assert response.status_code == 422
    page = response.content.decode()
    assert "The note has 5,001 characters; at most 5,000 can be kept." in page
    assert "Choose include" not in page
    assert f"{note}</textarea>" in page
    assert '<details class="screen-note" open>' in page
    assert not Decision.objects.exists()


def test_a_missing_verdict_and_a_long_note_are_both_named(cast: Cast, bob: Client) -> None:
    record = make_record(cast.review)
    bob.get(address(cast, "open", TITLE))
    page = vote(cast, bob, record, verdict="", note="x" * 5001).content.decode()
    assert "Choose include, maybe or exclude." in page
    assert "The note has 5,001 characters" in page


def test_a_line_end_counts_once_as_the_page_counts_it(cast: Cast, bob: Client) -> None:
    """Browsers send two characters for each line end, and count one against maxlength."""
    record = make_record(cast.review)
    bob.get(address(cast, "open", TITLE))
    assert vote(cast, bob, record, verdict="include", note="x\r\n" * 2499 + "xx").status_code == 200
    assert Decision.objects.get().note == "x\n" * 2499 + "xx"


@pytest.mark.parametrize("after", ["9" * 5000, "9" * 30, "²", "-1", ""])
def test_after_what_is_no_number_shows_the_page_as_usual(cast: Cast, bob: Client, after: str) -> None:
    record = make_record(cast.review)
    assert shown(bob.get(address(cast, "open", TITLE), {"after": after}, headers=HTMX)) == record.pk


def test_a_next_that_is_no_number_is_ignored(cast: Cast, bob: Client) -> None:
    first, second = make_records(cast.review, 2)
    bob.get(address(cast, "open", TITLE))
    response = vote(cast, bob, first, verdict="include", next="9" * 5000)
    assert (response.status_code, shown(response)) == (200, second.pk)
