"""Asking for a summary, building it, and noticing that it is out of date; nothing unsettled is ever in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bias.constants import AuditKind, JobKind
from bias.models import BiasSettings, BiasSummary, Evaluation
from bias.queries.summary import settled_rows, summary_digest, summary_state
from bias.services.assessments import finish_assessment, save_assessment
from bias.services.evaluations import withdraw_evaluation
from bias.services.settling import Settled, settle
from bias.services.summary import build_summary, refresh_summary, request_summary, stale_reviews
from bias.tasks import keep_summaries, summarise_bias
from reviewapp.constants import JobState
from reviewapp.errors import DomainError, ForbiddenError
from reviewapp.models import AuditEvent, Job
from screening.models import Study
from tests.bias.assessing import LMH, complete, make_evaluation, make_settings, own
from tests.bias.summarised import make_settled
from tests.factories import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def build(cast: Cast, who: str = "bob") -> Job:
    job = request_summary(membership=cast.membership(who))
    assert job is not None
    summarise_bias(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return job


def built_events(cast: Cast) -> int:
    return AuditEvent.objects.filter(review=cast.review, kind=AuditKind.SUMMARY_BUILT).count()


def finish(cast: Cast, who: str, evaluation: Evaluation, **levels: str) -> int:
    assessment = own(cast, who, evaluation)
    changes = complete(assessment, **levels)
    save_assessment(membership=cast.membership(who), assessment_id=assessment.pk, changes=changes)
    finish_assessment(membership=cast.membership(who), assessment_id=assessment.pk)
    return assessment.pk


def test_a_summary_is_built_kept_and_logged_once(cast: Cast) -> None:
    make_settled(cast, 6)
    job = build(cast)
    assert (job.kind, job.message) == (JobKind.SUMMARY, "6 settled, 0 open.")
    state = summary_state(cast.review.pk)
    assert state.summary is not None
    assert (state.summary.evaluations, state.is_stale, state.is_building) == (6, False, False)
    build_summary(job=job, report=lambda done, total: None)  # delivered twice
    assert built_events(cast) == 1


def test_an_up_to_date_summary_makes_no_job_and_an_unfinished_job_is_used_again(cast: Cast) -> None:
    make_settled(cast, 2)
    first = request_summary(membership=cast.membership("bob"))
    assert request_summary(membership=cast.membership("cara")) == first
    assert Job.objects.filter(review=cast.review).count() == 1
    assert first is not None
    summarise_bias(first.pk)
    assert request_summary(membership=cast.membership("cara")) is None


@pytest.mark.parametrize("change", ["settled", "weight", "rename", "definition", "withdraw"])
def test_whatever_a_summary_rests_on_makes_it_out_of_date(cast: Cast, change: str) -> None:
    evaluations = make_settled(cast, 3)
    build(cast)
    if change == "settled":
        make_settled(cast, 1)
    elif change == "weight":
        Evaluation.objects.filter(pk=evaluations[0].pk).update(weight=2)
    elif change == "rename":
        Study.objects.filter(pk=evaluations[0].study_id).update(label="Another name")
    elif change == "definition":
        BiasSettings.objects.filter(review=cast.review).update(overall_rule="Another rule.")
    else:
        withdraw_evaluation(
            membership=cast.membership("alice"), evaluation_id=evaluations[0].pk, reason="Entered twice."
        )
    assert summary_state(cast.review.pk).is_stale
    build(cast, "cara")
    assert not summary_state(cast.review.pk).is_stale


def test_what_is_not_settled_changes_neither_content_nor_digest(cast: Cast) -> None:
    """Otherwise "out of date" would tell that somebody has finished."""
    make_settings(cast, **LMH, judges_applicability=False)
    make_settled(cast, 2)
    evaluation = make_evaluation(cast)
    before = summary_digest(cast.review.pk)
    finish(cast, "bob", evaluation, level="high")
    assert summary_digest(cast.review.pk) == before
    found = settled_rows(cast.review.pk)
    assert found is not None
    assert len(found[0]) == 2
    assert found[1].still_open == 1
    assert all(line.n == 2 for line in found[1].agreement)
    second = finish(cast, "cara", evaluation)
    assert summary_digest(cast.review.pk) == before
    draft = Settled(domains=dict.fromkeys(found[0][0].levels, second), overall={"": second})
    settle(membership=cast.membership("dan"), evaluation_id=evaluation.pk, draft=draft)
    assert summary_digest(cast.review.pk) != before


def test_refusals(cast: Cast) -> None:
    with pytest.raises(DomainError, match="Choose the instrument"):
        request_summary(membership=cast.membership("bob"))
    make_settings(cast)
    with pytest.raises(DomainError, match="Nothing is settled"):
        request_summary(membership=cast.membership("bob"))
    make_settled(cast, 1)
    with pytest.raises(ForbiddenError):
        request_summary(membership=cast.membership("olga"))


def test_a_judgement_on_an_earlier_scale_counts_as_open_and_is_not_converted(cast: Cast) -> None:
    make_settled(cast, 2)
    BiasSettings.objects.filter(review=cast.review).update(scale="probast_lhu")
    found = settled_rows(cast.review.pk)
    assert found is not None
    assert (found[0], found[1].still_open) == ([], 2)


def test_a_job_that_fails_says_so_in_plain_words(cast: Cast) -> None:
    make_settled(cast, 1)
    job = request_summary(membership=cast.membership("bob"))
    assert job is not None
    BiasSettings.objects.filter(review=cast.review).delete()
    summarise_bias(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "Choose the instrument first, in the settings of risk of bias.")


def test_changes_are_followed_once_they_have_settled_down(cast: Cast) -> None:
    make_settled(cast, 2)
    assert stale_reviews() == []  # seen for the first time
    make_settled(cast, 1)
    assert stale_reviews() == []  # changed since
    assert stale_reviews() == [cast.review.pk]
    assert stale_reviews() == []  # once is enough, even if that job should fail
    job = refresh_summary(review_id=cast.review.pk)
    assert job is not None
    assert job.created_by == cast.review.created_by
    summarise_bias(job.pk)
    assert stale_reviews() == []
    assert refresh_summary(review_id=cast.review.pk) is None


def test_lost_jobs_are_enqueued_again_and_quiet_changes_followed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(summarise_bias, "delay", sent.append)
    make_settled(cast, 1)
    job = request_summary(membership=cast.membership("bob"))
    assert job is not None
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    keep_summaries()
    keep_summaries()
    assert sent == [job.pk]
    summarise_bias(job.pk)
    make_settled(cast, 1)
    cache.clear()
    keep_summaries()
    assert sent == [job.pk]
    keep_summaries()
    assert len(sent) == 2


def test_queries_do_not_grow_with_rows(cast: Cast) -> None:
    make_settled(cast, 5, answers=True)
    with CaptureQueriesContext(connection) as few:
        settled_rows(cast.review.pk)
        summary_state(cast.review.pk)
    make_settled(cast, 10, answers=True)
    with CaptureQueriesContext(connection) as many:
        settled_rows(cast.review.pk)
        summary_state(cast.review.pk)
    assert len(few) == len(many) <= 15


def both(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_make_one_job() -> None:
    cast = make_cast()
    make_settled(cast, 2)
    gate, jobs = threading.Barrier(2), []

    def ask(number: int) -> None:
        try:
            membership = cast.membership(("bob", "cara")[number])
            gate.wait(10)
            jobs.append(request_summary(membership=membership))
        finally:
            connection.close()

    both(ask)
    assert len(jobs) == 2
    assert jobs[0] == jobs[1]
    assert Job.objects.filter(review=cast.review).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_while_it_is_built_leaves_it_out_of_date(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    make_settled(cast, 2)
    job = request_summary(membership=cast.membership("bob"))
    assert job is not None
    steps: list[int] = []

    def report(done: int, total: int) -> None:
        if done == 1:
            make_settled(cast, 1)
        steps.append(done)

    build_summary(job=job, report=report)
    assert steps == [0, 1, 2, 3, 4]
    assert BiasSummary.objects.get(review=cast.review).content["evaluations"] == 2
    assert summary_state(cast.review.pk).is_stale
