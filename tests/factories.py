"""Plain functions that make rows for tests, and the cast of people that all tests know."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from reviewapp.constants import Role
from reviewapp.models import Membership, Review, User
from screening.constants import BatchState, RemovalReason, RetrievalStatus, ScreeningStatus, Stage
from screening.models import ExclusionReason, ImportBatch, Record, Report, Search, StageSettings

_numbers = itertools.count(1)
PASSWORD = "correct horse battery staple"


def make_user(name: str = "", **fields: Any) -> User:
    """An account. Without a password it cannot sign in by form (use client.force_login)."""
    number = next(_numbers)
    name = name or f"Person {number}"
    email = fields.pop("email", f"{name.split()[0].lower()}{number}@example.org")
    return User.objects.create_user(email, fields.pop("password", None), name=name, **fields)


def make_review(lead: User, *, required: int = 2, title: str = "", **fields: Any) -> Review:
    """A review led by `lead`, with both stages' settings and two exclusion reasons."""
    number = next(_numbers)
    review = Review.objects.create(
        title=title or f"Review {number}",
        slug=fields.pop("slug", f"review-{number}"),
        created_by=lead,
        created_at=timezone.now(),
        **fields,
    )
    add_member(review, lead, Role.LEAD)
    for stage in Stage:
        StageSettings.objects.create(review=review, stage=stage, required=required)
    for position, text in enumerate(("Wrong population", "Wrong study design"), start=1):
        ExclusionReason.objects.create(review=review, text=text, position=position)
    return review


def add_member(review: Review, user: User, role: str = Role.REVIEWER, *, can_adjudicate: bool = False) -> Membership:
    """A live membership."""
    return Membership.objects.create(
        review=review, user=user, role=role, can_adjudicate=can_adjudicate, joined_at=timezone.now()
    )


def make_search(review: Review, **fields: Any) -> Search:
    """A search of one source."""
    number = next(_numbers)
    return Search.objects.create(
        review=review,
        created_by=review.created_by,
        created_at=timezone.now(),
        **{"source": f"Source {number}", **fields},
    )


def make_batch(search: Search, **fields: Any) -> ImportBatch:
    """A file that has been imported."""
    number = next(_numbers)
    return ImportBatch.objects.create(
        search=search,
        uploaded_by=search.created_by,
        uploaded_at=timezone.now(),
        **{
            "file": f"none/{number}",
            "filename": f"export-{number}.ris",
            "size": 1,
            "sha256": f"{number:064d}",
            "state": BatchState.DONE,
            **fields,
        },
    )


def make_records(review: Review, count: int, *, search: Search | None = None, **fields: Any) -> list[Record]:
    """`count` records of one imported file."""
    batch = make_batch(search or make_search(review))
    return Record.objects.bulk_create(
        Record(
            review=review,
            search=batch.search,
            batch=batch,
            position=position,
            **{
                "title": f"Record {next(_numbers)} about sleep",
                "abstract": "We followed adults who slept badly for a year.",
                "authors": [
                    {"family": "Rowe", "given": "Ann", "particle": "", "collective": False, "raw": "Rowe, Ann"}
                ],
                "year": 2020,
                "journal": "Journal of Rest",
                **fields,
            },
        )
        for position in range(1, count + 1)
    )


def make_record(review: Review, **fields: Any) -> Record:
    """One record."""
    return make_records(review, 1, **fields)[0]


def make_duplicate(record: Record, **fields: Any) -> Record:
    """A record marked as a duplicate of `record`."""
    return make_record(record.review, duplicate_of=record, removal_reason=RemovalReason.DUPLICATE, **fields)


def make_report(review: Review, *, retrieved: bool = True, **fields: Any) -> Report:
    """A report whose record was included at title/abstract (with no decisions behind it)."""
    record = make_record(review, title_abstract_status=ScreeningStatus.INCLUDED)
    return Report.objects.create(
        review=review,
        record=record,
        retrieval_status=RetrievalStatus.RETRIEVED if retrieved else RetrievalStatus.SOUGHT,
        created_at=timezone.now(),
        **fields,
    )


@dataclass(frozen=True)
class Cast:
    """The people of the tests: one review and everyone's part in it, and one person from another review."""

    review: Review
    other_review: Review
    alice: User
    bob: User
    cara: User
    dan: User
    olga: User
    mallory: User

    def membership(self, name: str) -> Membership:
        """The membership of one of the cast in the review."""
        return Membership.objects.select_related("review", "user").get(review=self.review, user=getattr(self, name))


def make_cast(**review_fields: Any) -> Cast:
    """alice lead, bob and cara reviewers, dan adjudicator, olga observer, mallory lead of another review."""
    alice, bob, cara, dan, olga, mallory = (
        make_user(name)
        for name in ("Alice Lead", "Bob Reviewer", "Cara Reviewer", "Dan Adjudicator", "Olga Observer", "Mallory Other")
    )
    review = make_review(alice, **review_fields)
    add_member(review, bob)
    add_member(review, cara)
    add_member(review, dan, can_adjudicate=True)
    add_member(review, olga, Role.OBSERVER)
    return Cast(review, make_review(mallory), alice, bob, cara, dan, olga, mallory)
