"""Ask for the summary of risk of bias, and build it. Two requests make one job; what is built is kept by its digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.cache import cache
from django.db import transaction

from bias.constants import AuditKind, JobKind
from bias.exporters.figure_traffic import traffic_page_count
from bias.instruments.types import InstrumentError
from bias.models import BiasSummary
from bias.queries.summary import settled_rows, summary_digest, summary_state, unfinished_job, watched_reviews
from bias.rules.summary import summarise
from bias.rules.summary_store import packed
from bias.rules.summary_types import Summary
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership, Review, User

Report = Callable[[int, int], None]
STEPS = 4
NOT_SET_UP = "Choose the instrument first, in the settings of risk of bias."
NOTHING_SETTLED = "Nothing is settled yet. Once an evaluation is settled, its judgements can be summarised."
KEEP_SECONDS = 3600
"""How long it is remembered what was last seen of a review, and that a job was started for it without being asked."""


def _lock(review_id: int) -> Review:
    return Review.objects.select_for_update(no_key=True).get(pk=review_id)


@transaction.atomic
def request_summary(*, membership: Membership) -> Job | None:
    """A queued job; the unfinished one, if there is one (enqueueing it once more is harmless); None where the summary
    is what the judgements say.

    Raises ForbiddenError for observers, DomainError before risk of bias is set up and before anything is settled.
    """
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    review = _lock(membership.review_id)
    return _start(review, membership.user)


def _start(review: Review, actor: User) -> Job | None:
    job = unfinished_job(review.pk)
    if job is not None:
        return job
    state = summary_state(review.pk)
    if not state.now:
        raise DomainError(NOT_SET_UP)
    if state.summary is not None and not state.is_stale:
        return None
    if not state.ready and state.summary is None:
        raise DomainError(NOTHING_SETTLED)
    return create_job(review=review, actor=actor, kind=JobKind.SUMMARY, label="Summary of risk of bias")


def build_summary(*, job: Job, report: Report) -> str:
    """Build and keep the summary of the job's review; what it came to, in words.

    The digest is taken first: a judgement that changes meanwhile makes the summary stale, never wrongly current. Done
    twice for one job, the second time stores nothing and logs nothing. Raises DomainError where it is not set up.
    """
    report(0, STEPS)
    digest = summary_digest(job.review_id)
    try:
        found = settled_rows(job.review_id)
        report(1, STEPS)
        if found is None:
            raise DomainError(NOT_SET_UP)
        rows, protocol = found
        summary = summarise(rows, protocol)
    except InstrumentError as problem:
        raise DomainError(f"A judgement does not fit the instrument: {problem}") from problem
    report(2, STEPS)
    content = packed(_paged(summary))
    report(3, STEPS)
    _keep(job, digest, content)
    report(STEPS, STEPS)
    return f"{summary.evaluations:,} settled, {summary.still_open:,} open."


def _paged(summary: Summary) -> Summary:
    """With the number of pages that each part's plot has in print."""
    parts = tuple(replace(part, figure_pages=traffic_page_count(summary, part)) for part in summary.parts)
    return replace(summary, parts=parts)


@transaction.atomic
def _keep(job: Job, digest: str, content: dict[str, Any]) -> None:
    review = _lock(job.review_id)
    kept, _ = BiasSummary.objects.select_for_update().get_or_create(review=review)
    if kept.job_id == job.pk and kept.digest == digest:
        return
    occasion = Occasion(review, job.created_by)
    kept.digest, kept.content, kept.job, kept.built_at = digest, content, job, occasion.at
    kept.save()
    after = {"settled": content["evaluations"], "open": content["still_open"]}
    log_event(occasion, AuditKind.SUMMARY_BUILT, kept, label="Risk of bias", after=after)


def stale_reviews() -> list[int]:
    """Reviews whose judgements have changed since their summary and have been left alone since the last look.

    Called every half minute: a summary follows once people pause. What has no new event is not looked at again.
    """
    found = []
    for review_id, latest in watched_reviews():
        seen, asleep = f"bias-summary-seen-{review_id}", f"bias-summary-asleep-{review_id}"
        if cache.get(asleep) == latest:
            continue
        state = summary_state(review_id)
        current = state.summary is not None and not state.is_stale
        if current or not state.ready or state.is_building:
            cache.set(asleep, latest, KEEP_SECONDS)
        elif cache.get(seen) != state.now:
            cache.set(seen, state.now, KEEP_SECONDS)
        elif cache.add(f"bias-summary-started-{review_id}-{state.now}", True, KEEP_SECONDS):
            found.append(review_id)
    return found


@transaction.atomic
def refresh_summary(*, review_id: int) -> Job | None:
    """A job for a summary that nobody asked for, in the name of whoever set up the review; None if none is needed."""
    review = _lock(review_id)
    return _start(review, review.created_by)
