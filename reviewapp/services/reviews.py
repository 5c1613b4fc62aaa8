"""Creating a review and changing what it says about itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from anyascii import anyascii
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind, Role, Settlement
from reviewapp.contributions import registry
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, Review, User

SLUG_BASE_LENGTH = 70  # of 80, so that a number fits behind
SLUG_TRIES = 20
SLUG_CONSTRAINT = "slug"


@dataclass(frozen=True, kw_only=True)
class ReviewDraft:
    """What a person says about a review: the fields of the form, by the names of the model's columns."""

    title: str
    question: str = ""
    population: str = ""
    intervention: str = ""
    comparison: str = ""
    outcomes: str = ""
    study_designs: str = ""
    inclusion_criteria: str = ""
    exclusion_criteria: str = ""
    settlement: str = Settlement.THIRD_REVIEWER


def draft_of(review: Review) -> ReviewDraft:
    """What the review says now."""
    return ReviewDraft(**{name: getattr(review, name) for name in ReviewDraft.__dataclass_fields__})


def fingerprint(review: Review) -> str:
    """Changes whenever one of the draft's fields does: shows that a form was drawn from the present state."""
    said = json.dumps(asdict(draft_of(review)), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def slug_base(title: str) -> str:
    """A short name from any script's title; never only digits, which would read as a review's number."""
    base = slugify(anyascii(title))[:SLUG_BASE_LENGTH].strip("-_")
    return base if base and not base.isdigit() else f"review-{base}".strip("-")


def _free_slug(base: str) -> str:
    taken = set(Review.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _insert_review(actor: User, draft: ReviewDraft, occasion: Occasion) -> Review:
    """Another person may take the same short name between looking and writing: then look again."""
    base = slug_base(draft.title)
    for _ in range(SLUG_TRIES):
        try:
            with transaction.atomic():
                return Review.objects.create(
                    **asdict(draft), slug=_free_slug(base), created_by=actor, created_at=occasion.at
                )
        except IntegrityError as error:
            if SLUG_CONSTRAINT not in str(error):
                raise
    raise DomainError("Many reviews of this name are being created right now. Try again in a moment.", field="title")


@transaction.atomic
def create_review(*, actor: User, draft: ReviewDraft) -> Membership:
    """A new review with `actor` as its lead, and what the apps set up for it. Returns the lead's membership."""
    now = timezone.now()
    review = _insert_review(actor, draft, Occasion(None, actor, now))
    membership = Membership.objects.create(review=review, user=actor, role=Role.LEAD, joined_at=now)
    for set_up in registry.review_setup.values():
        set_up(review, actor)
    said = {name: value for name, value in asdict(draft).items() if value}
    log_event(Occasion(review, actor, now), AuditKind.REVIEW_CREATED, review, after={**said, "short_name": review.slug})
    return membership


@transaction.atomic
def change_review(*, membership: Membership, draft: ReviewDraft, seen: str) -> Review:
    """Change what the review says; nothing is written or logged where nothing differs.

    `seen` is the fingerprint of what the person saw. Raises StaleError where the review has changed since, and
    ForbiddenError for all but leads.
    """
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can change its settings.")
    review = Review.objects.select_for_update(no_key=True).get(pk=membership.review_id)
    before, after = asdict(draft_of(review)), asdict(draft)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return review
    if seen != fingerprint(review):
        raise StaleError(
            "Someone else changed these settings after you opened this page. Open the page again in another tab to "
            "see what is new, or save once more to put your text in its place."
        )
    for name in changed:
        setattr(review, name, after[name])
    review.save(update_fields=changed)
    log_event(
        Occasion(review, membership.user),
        AuditKind.REVIEW_CHANGED,
        review,
        before=_only(before, changed),
        after=_only(after, changed),
    )
    return review


def _only(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}
