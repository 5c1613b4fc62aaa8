"""Creating a review and changing what it says about itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from reviewapp.constants import AuditKind, Role, Settlement
from reviewapp.contributions import registry
from reviewapp.errors import ForbiddenError, StaleError
from reviewapp.models import AuditEvent, Membership, Review, User
from reviewapp.services.reviews import (
    ReviewDraft,
    change_review,
    create_review,
    draft_of,
    fingerprint,
    slug_base,
)
from screening.constants import DEFAULT_EXCLUSION_REASONS, DEFAULT_REQUIRED, Stage
from screening.models import ExclusionReason, StageSettings
from tests.factories import Cast, make_user


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Sleep and work", "sleep-and-work"),
        ("Schlafstörungen – été", "schlafstorungen-ete"),
        ("睡眠", "shuimian"),
        ("2024", "review-2024"),
        ("???", "review"),
        ("a" * 200, "a" * 70),
    ],
)
def test_a_short_name_is_made_from_any_title(title: str, slug: str) -> None:
    assert slug_base(title) == slug


def test_the_creator_leads_and_one_event_says_so(db: None) -> None:
    alice = make_user("Alice")
    membership = create_review(actor=alice, draft=ReviewDraft(title="Sleep", question="Does it help?"))
    assert (membership.user, membership.role, membership.can_adjudicate) == (alice, Role.LEAD, False)
    event = AuditEvent.objects.get()
    assert (event.kind, event.actor, event.review) == (AuditKind.REVIEW_CREATED, alice, membership.review)
    assert event.after["question"] == "Does it help?"
    assert "population" not in event.after


def test_screening_sets_up_its_stages_and_reasons(db: None) -> None:
    review = create_review(actor=make_user(), draft=ReviewDraft(title="Sleep")).review
    stages = StageSettings.objects.filter(review=review).values_list("stage", "required")
    assert set(stages) == {(stage, DEFAULT_REQUIRED) for stage in Stage}
    reasons = ExclusionReason.objects.filter(review=review).values_list("text", flat=True)
    assert tuple(reasons) == DEFAULT_EXCLUSION_REASONS


def test_a_failing_set_up_leaves_no_review(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(review: Review, actor: User) -> None:
        raise RuntimeError("no")

    monkeypatch.setitem(registry.review_setup, "failing", fail)
    with pytest.raises(RuntimeError):
        create_review(actor=make_user(), draft=ReviewDraft(title="Sleep"))
    assert not Review.objects.exists()
    assert not Membership.objects.exists()


def test_same_titles_get_different_short_names(db: None) -> None:
    alice = make_user()
    slugs = [create_review(actor=alice, draft=ReviewDraft(title="Sleep")).review.slug for _ in range(3)]
    assert slugs == ["sleep", "sleep-2", "sleep-3"]


def test_only_what_changed_is_written_and_logged(cast: Cast) -> None:
    lead, review = cast.membership("alice"), cast.review
    draft = replace(draft_of(review), title="New title", settlement=Settlement.CONSENSUS)
    former = review.title
    change_review(membership=lead, draft=draft, seen=fingerprint(review))
    review.refresh_from_db()
    assert (review.title, review.settlement) == ("New title", Settlement.CONSENSUS)
    event = AuditEvent.objects.get(kind=AuditKind.REVIEW_CHANGED)
    assert event.before == {"title": former, "settlement": Settlement.THIRD_REVIEWER}
    assert event.after == {"title": "New title", "settlement": Settlement.CONSENSUS}


def test_no_change_leaves_no_event(cast: Cast) -> None:
    change_review(membership=cast.membership("alice"), draft=draft_of(cast.review), seen="")
    assert not AuditEvent.objects.exists()


def test_a_form_drawn_before_someone_elses_change_is_stale(cast: Cast) -> None:
    lead, seen = cast.membership("alice"), fingerprint(cast.review)
    Review.objects.filter(pk=cast.review.pk).update(question="Changed by another lead")
    with pytest.raises(StaleError):
        change_review(membership=lead, draft=replace(draft_of(cast.review), title="Mine"), seen=seen)
    cast.review.refresh_from_db()
    assert cast.review.question == "Changed by another lead"
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_only_leads_change_the_review(cast: Cast, name: str) -> None:
    with pytest.raises(ForbiddenError):
        change_review(
            membership=cast.membership(name),
            draft=replace(draft_of(cast.review), title="Mine"),
            seen=fingerprint(cast.review),
        )


def test_events_carry_the_time_of_the_write(db: None) -> None:
    before = timezone.now()
    membership = create_review(actor=make_user(), draft=ReviewDraft(title="Sleep"))
    event = AuditEvent.objects.get()
    assert before <= event.at == membership.joined_at == membership.review.created_at
