"""Votes given without a network are kept on the page, and arrive exactly once when it is back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from screening.models import Decision, Record
from tests.factories import Cast, make_cast, make_records

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DOUBLE_PRESS = 350
"""Milliseconds: a press within 300 ms of the record's coming is taken for the same press."""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def bob(new_page: Callable[..., Page], live_url: str, cast: Cast) -> Page:
    """bob's page; nothing is open on it yet."""
    client = Client()
    client.force_login(cast.bob)
    page = new_page()
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_url}])
    return page


def open_screening(page: Page, cast: Cast, record: Record) -> None:
    page.goto(f"/reviews/{cast.review.pk}/screen/title-abstract/")
    shown(page, record)


def shown(page: Page, record: Record) -> None:
    expect(page.locator("#screen .record-title")).to_have_text(record.title)


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(DOUBLE_PRESS)
    page.keyboard.press(key)


def votes(cast: Cast) -> list[tuple[int | None, str]]:
    """bob's votes, live or not, in the order in which they came."""
    return list(Decision.objects.filter(reviewer=cast.bob).order_by("id").values_list("record_id", "verdict"))


def wait_until(page: Page, condition: Callable[[], bool], seconds: int = 15) -> None:
    """Waits in the browser's own loop: while Python sleeps, no request of the page gets through."""
    for _ in range(10 * seconds):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come true in time")


def kept(page: Page) -> int:
    """How many votes the browser keeps."""
    key = "`votes:${document.body.dataset.user}`"
    return int(page.evaluate(f"JSON.parse(sessionStorage.getItem({key}) ?? '[]').length"))


def test_a_vote_without_a_network_is_kept_and_arrives_once(bob: Page, cast: Cast) -> None:
    first, second, third = make_records(cast.review, 3)
    open_screening(bob, cast, first)
    bob.wait_for_timeout(500)  # the next record is fetched ahead
    bob.context.set_offline(True)
    press(bob, "i")
    shown(bob, second)
    expect(bob.locator("#floating")).to_contain_text("The server cannot be reached. Your vote on")
    expect(bob.locator("#floating")).to_contain_text(first.title)
    assert (kept(bob), votes(cast)) == (1, [])
    bob.context.set_offline(False)
    expect(bob.locator("#floating")).to_be_empty()
    wait_until(bob, lambda: votes(cast) == [(first.pk, "include")])
    shown(bob, second)
    assert kept(bob) == 0
    press(bob, "e")
    shown(bob, third)
    wait_until(bob, lambda: votes(cast) == [(first.pk, "include"), (second.pk, "exclude")])
    bob.wait_for_timeout(1500)
    assert len(votes(cast)) == 2


def test_two_votes_without_a_network_arrive_in_their_order(bob: Page, cast: Cast) -> None:
    """The second record was fetched ahead; after it there is none to show, so it stays, and waits."""
    first, second, third = make_records(cast.review, 3)
    open_screening(bob, cast, first)
    bob.wait_for_timeout(500)
    bob.context.set_offline(True)
    press(bob, "i")
    shown(bob, second)
    press(bob, "m")
    expect(bob.locator("#floating")).to_contain_text("Your last 2 votes are kept here")
    assert (kept(bob), votes(cast)) == (2, [])
    bob.context.set_offline(False)
    wait_until(bob, lambda: len(votes(cast)) == 2)
    shown(bob, third)
    assert votes(cast) == [(first.pk, "include"), (second.pk, "maybe")]
    assert kept(bob) == 0
    expect(bob.locator("#floating")).to_be_empty()


def test_a_vote_is_kept_when_the_page_is_opened_again(bob: Page, cast: Cast) -> None:
    first, second, _ = make_records(cast.review, 3)
    open_screening(bob, cast, first)
    bob.wait_for_timeout(500)
    bob.on("dialog", lambda dialog: dialog.accept())
    bob.route("**/vote/", lambda route: route.abort())
    press(bob, "i")
    expect(bob.locator("#floating")).to_contain_text("The server cannot be reached")
    bob.unroute("**/vote/")
    bob.reload()
    wait_until(bob, lambda: votes(cast) == [(first.pk, "include")])
    shown(bob, second)
    assert kept(bob) == 0
    bob.wait_for_timeout(1500)
    assert len(votes(cast)) == 1


def test_a_vote_whose_answer_was_lost_counts_once(bob: Page, cast: Cast) -> None:
    """The server stored it, the network broke before the answer came: it is sent again, and stays one vote."""
    first, second, _ = make_records(cast.review, 3)
    open_screening(bob, cast, first)
    bob.wait_for_timeout(500)
    sent: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.url)
        answer = route.fetch()
        if len(sent) == 1:
            assert answer.ok
            route.abort()
        else:
            route.fulfill(response=answer)

    bob.route("**/vote/", lose_the_first_answer)
    press(bob, "i")
    expect(bob.locator("#floating")).to_contain_text("The server cannot be reached")
    wait_until(bob, lambda: len(sent) == 2)
    shown(bob, second)
    expect(bob.locator("#floating")).to_be_empty()
    assert (votes(cast), kept(bob)) == ([(first.pk, "include")], 0)
