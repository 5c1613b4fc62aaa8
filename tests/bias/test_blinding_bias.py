"""Nobody can tell anything of another's assessment before all assessors of the evaluation have finished.

As in tests/test_blinding.py: for every role, what leaves the server is the same before and after somebody else's work.
"""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from bias.instruments.assessed import DomainKey
from bias.models import Evaluation
from bias.services.assessments import save_assessment
from bias.services.settling import settle
from bias.services.writing import Changes
from tests.bias.assessing import finish, make_evaluation, make_settings, own, taken
from tests.factories import Cast
from tests.test_blinding import seen
from tests.test_permissions import TABLE, get_resolver_possibilities

SECRET = "SECRET-SUPPORT"
COUNTS = re.compile(r"\d of 2 finished")


def readable(cast: Cast, evaluation: Evaluation) -> dict[str, str]:
    """Every GET address that needs nothing but the review, and all that name the evaluation."""
    urls = {}
    known: dict[str, object] = {"review_id": cast.review.pk, "evaluation_id": evaluation.pk}
    for name, rule in TABLE.items():
        [(_, parameters)] = get_resolver_possibilities(*name.split(":"))
        if rule.method == "get" and set(parameters) <= set(known):
            urls[name] = reverse(name, kwargs={key: known[key] for key in parameters})
    return urls


def leaves_out(pages: dict[str, str]) -> dict[str, str]:
    """Without a lead's count of finished assessments."""
    return {name: COUNTS.sub("", text) for name, text in pages.items()}


@pytest.fixture
def evaluation(cast: Cast) -> Evaluation:
    made = make_settings(cast)
    made.fixed_at = made.changed_at  # the first judgement of all fixes the protocol, which leads may see
    made.save()
    return make_evaluation(cast)


@pytest.mark.parametrize("who", ["alice", "cara", "dan", "olga"])
def test_answers_and_finishing_of_one_cannot_be_told(cast: Cast, evaluation: Evaluation, who: str) -> None:
    urls = readable(cast, evaluation)
    assert "bias:comparison_page" in urls
    before = leaves_out(seen(cast, who, urls))
    bob = own(cast, "bob", evaluation)
    support = Changes(judgements={DomainKey("", "participants"): {"rationale": SECRET}})
    save_assessment(membership=cast.membership("bob"), assessment_id=bob.pk, changes=support)
    begun = leaves_out(seen(cast, who, urls))
    finish(cast, "bob", evaluation)
    finished = leaves_out(seen(cast, who, urls))
    for name in urls:
        assert begun[name] == before[name], f"{who} can tell that it is begun at {name}"
        assert finished[name] == before[name], f"{who} can tell that it is finished at {name}"
        assert SECRET not in finished[name]


def test_a_lead_who_assesses_gets_no_count_either(cast: Cast) -> None:
    made = make_settings(cast)
    made.fixed_at = made.changed_at
    made.save()
    evaluation = make_evaluation(cast, assessors=("alice", "bob"))
    urls = readable(cast, evaluation)
    before = seen(cast, "alice", urls)
    finish(cast, "bob", evaluation)
    assert seen(cast, "alice", urls) == before


def test_a_lead_counts_what_is_finished(cast: Cast, evaluation: Evaluation) -> None:
    url = {"list": reverse("bias:evaluation_list", args=[cast.review.pk])}
    assert "0 of 2 finished" in seen(cast, "alice", url)["list"]
    finish(cast, "bob", evaluation)
    assert "1 of 2 finished" in seen(cast, "alice", url)["list"]
    assert "of 2 finished" not in seen(cast, "cara", url)["list"]


def test_the_comparison_opens_to_those_concerned_only(cast: Cast, evaluation: Evaluation) -> None:
    url = reverse("bias:comparison_page", args=[cast.review.pk, evaluation.pk])
    finish(cast, "bob", evaluation)
    for who in ("alice", "bob", "cara", "dan", "olga"):
        client = Client()
        client.force_login(getattr(cast, who))
        assert client.get(url).status_code == 403
    finish(cast, "cara", evaluation)
    for who, status in {"alice": 200, "bob": 200, "cara": 200, "dan": 200, "olga": 403}.items():
        client = Client()
        client.force_login(getattr(cast, who))
        assert client.get(url).status_code == status, who


def test_an_observer_sees_nothing_before_it_is_settled(cast: Cast, evaluation: Evaluation) -> None:
    urls = readable(cast, evaluation)
    before = seen(cast, "olga", urls)
    bob = finish(cast, "bob", evaluation)
    finish(cast, "cara", evaluation)
    assert seen(cast, "olga", urls) == before
    settle(membership=cast.membership("dan"), evaluation_id=evaluation.pk, draft=taken(bob))
    after = seen(cast, "olga", urls)
    assert "Support for analysis." in after["bias:evaluation_detail"]
    assert after["bias:evaluation_list"] != before["bias:evaluation_list"]


def test_the_log_tells_once_the_comparison_is_open(cast: Cast, evaluation: Evaluation) -> None:
    log = {"log": reverse("reviewapp:log_list", args=[cast.review.pk])}
    told = "Assessment finished</span> by Bob Reviewer"
    finish(cast, "bob", evaluation)
    assert told not in seen(cast, "alice", log)["log"]
    finish(cast, "cara", evaluation)
    assert told in seen(cast, "alice", log)["log"]
