"""The list of reviews, a new review, the overview."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviewapp.constants import Role
from reviewapp.contributions import Panel, Todo, registry
from reviewapp.jobs import create_job
from reviewapp.models import Membership, Review, User
from tests.factories import Cast, add_member, make_review, make_user

NEW = {"title": "Sleep and work", "settlement": "third_reviewer"}


def page(client: Client, user: User, url: str) -> str:
    client.force_login(user)
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_my_reviews_and_nobody_elses(cast: Cast, client: Client) -> None:
    html = page(client, cast.bob, "/reviews/")
    assert cast.review.title in html
    assert cast.other_review.title not in html
    assert "Reviewer" in html
    assert "5 members" in html


def test_an_empty_list_says_what_to_do_next(db: None, client: Client) -> None:
    assert "/reviews/new/" in page(client, make_user(), "/reviews/")


def test_the_lists_query_count_is_flat(db: None, client: Client) -> None:
    user = make_user()
    client.force_login(user)
    counts = []
    for _ in range(2):
        for _ in range(10):
            add_member(make_review(user), make_user())
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/reviews/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 4  # session, user, count, reviews


def test_anyone_with_an_account_creates_a_review_and_leads_it(db: None, client: Client) -> None:
    user = make_user()
    html = page(client, user, "/reviews/new/")
    assert 'name="inclusion_criteria"' in html
    response = client.post("/reviews/new/", {**NEW, "question": "Does\r\nit help?"})
    review = Review.objects.get()
    step = next(iter(registry.setup_steps), "")
    assert response.status_code == 302
    assert response["Location"].startswith(f"/reviews/{review.pk}/") or step
    assert review.question == "Does\nit help?"
    assert Membership.objects.get().role == Role.LEAD
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("wrong", [{"title": ""}, {"title": "x" * 301}, {"settlement": "dice"}])
def test_an_invalid_review_is_shown_again(db: None, client: Client, wrong: dict[str, str]) -> None:
    client.force_login(make_user())
    response = client.post("/reviews/new/", {**NEW, **wrong})
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize("name", ["alice", "bob", "dan", "olga"])
def test_every_member_reads_the_overview_leads_with_the_log(cast: Cast, client: Client, name: str) -> None:
    html = page(client, getattr(cast, name), f"/reviews/{cast.review.pk}/")
    assert cast.review.title in html
    assert (f"/reviews/{cast.review.pk}/log/" in html) is (name == "alice")
    assert (f"/reviews/{cast.review.pk}/settings/" in html) is (name == "alice")


def test_what_waits_comes_first_and_panels_are_drawn(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = Todo("7 records to screen", 7, "/somewhere/", "Screen")
    panel = Panel("test", 1, "includes/alert.html", lambda membership: {"text": f"Hello {membership.user}"})
    monkeypatch.setattr(registry, "todos", {"test": lambda membership: [todo]})
    monkeypatch.setattr(registry, "panels", {"test": panel})
    html = page(client, cast.bob, f"/reviews/{cast.review.pk}/")
    assert 0 < html.index("7 records to screen") < html.index("Hello Bob Reviewer")


def test_running_work_is_on_the_overview_and_polls(cast: Cast, client: Client) -> None:
    job = create_job(review=cast.review, actor=cast.alice, kind="test", label="Import of scopus.csv")
    html = page(client, cast.bob, f"/reviews/{cast.review.pk}/")
    assert f'hx-get="/reviews/{cast.review.pk}/jobs/{job.pk}/"' in html
    assert f"/jobs/{job.pk}/cancel/" not in html
    assert f"/jobs/{job.pk}/cancel/" in page(client, cast.alice, f"/reviews/{cast.review.pk}/")


def test_text_of_people_is_escaped(cast: Cast, client: Client) -> None:
    Review.objects.filter(pk=cast.review.pk).update(title="<script>x</script>", question="<b>q</b>")
    html = page(client, cast.alice, f"/reviews/{cast.review.pk}/")
    assert "<script>x" not in html
    assert "<b>q</b>" not in html
