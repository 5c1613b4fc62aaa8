"""Add and change the searches of a review (PRISMA items 6-7, PRISMA-S)."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError
from reviewapp.models import Membership
from screening.constants import AuditKind, SourceKind
from screening.models import Search


@dataclass(frozen=True, kw_only=True)
class SearchFacts:
    """What is written down about a search. `strategy` is kept verbatim, line ends included."""

    source: str
    kind: str = SourceKind.DATABASE
    platform: str = ""
    strategy: str = ""
    limits: str = ""
    date_run: dt.date | None = None
    reported_count: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the audit log."""
        return {**asdict(self), "date_run": self.date_run.isoformat() if self.date_run else None}


def facts_of(search: Search) -> SearchFacts:
    """What a stored search says."""
    return SearchFacts(
        source=search.source,
        kind=search.kind,
        platform=search.platform,
        strategy=search.strategy,
        limits=search.limits,
        date_run=search.date_run,
        reported_count=search.reported_count,
    )


def _check(facts: SearchFacts, today: dt.date) -> None:
    if not facts.source.strip():
        raise DomainError("Name the source that was searched, e.g. MEDLINE.", field="source")
    if facts.date_run is not None and facts.date_run > today + dt.timedelta(days=1):
        raise DomainError("The date of the search lies in the future.", field="date_run")


@transaction.atomic
def create_search(*, membership: Membership, facts: SearchFacts) -> Search:
    """Add a search to the review. Raises DomainError without a source or with a date in the future."""
    occasion = Occasion(membership.review, membership.user)
    _check(facts, occasion.at.date())
    search = Search.objects.create(
        review=membership.review, created_by=membership.user, created_at=occasion.at, **asdict(facts)
    )
    log_event(occasion, AuditKind.SEARCH_CREATED, search, after=facts.as_json())
    return search


@transaction.atomic
def update_search(*, membership: Membership, search: Search, facts: SearchFacts) -> Search:
    """Change what is written down about a search; what it was before stays in the log. Nothing changed: no event."""
    occasion = Occasion(membership.review, membership.user)
    _check(facts, occasion.at.date())
    search = Search.objects.select_for_update().get(pk=search.pk, review_id=membership.review_id)
    before, after = facts_of(search).as_json(), facts.as_json()
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return search
    for name in changed:
        setattr(search, name, getattr(facts, name))
    search.save(update_fields=changed)
    log_event(
        occasion,
        AuditKind.SEARCH_CHANGED,
        search,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return search
