"""What a kept record shows of its copies: filled, chosen, taken back; the sources' own fields never change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, PairVerdict, ScreeningStatus, Stage, Verdict
from screening.models import Decision, DuplicatePair, Record
from screening.queries.borrowing import field_choices
from screening.queries.exports import export_rows, selection_of
from screening.queries.records import record_view
from screening.services.borrowing import choose_fields
from screening.services.decisions import Judgement, submit_decision
from screening.services.duplicates import mark_duplicate, reopen_pair
from tests.factories import Cast, make_record
from tests.screening.duplicate_rows import ABSTRACT, copy, kept


def merged(cast: Cast, **fields: Any) -> tuple[Record, Record]:
    """A kept record and its copy, which has `fields`; the kept one has no abstract, but every other field."""
    fuller = copy(cast, abstract="", doi="10.1000/full", pmid="77", publication_type="Journal Article")
    other = copy(cast, **{"pages": "", "volume": "", "doi": "", **fields})
    # a vote makes it the one to keep, whatever else there is
    Decision.objects.create(
        review=cast.review,
        stage=Stage.TITLE_ABSTRACT,
        record=fuller,
        reviewer=cast.bob,
        verdict=Verdict.INCLUDE,
        decided_at=cast.review.created_at,
    )
    mark_duplicate(membership=cast.membership("alice"), record=other, of=fuller)
    assert kept(fuller, other) == [fuller.pk, fuller.pk]
    fuller.refresh_from_db()
    other.refresh_from_db()
    return fuller, other


def own(record: Record) -> dict[str, Any]:
    """The fields as the source has them."""
    return dict(
        Record.objects.filter(pk=record.pk).values("title", "abstract", "authors", "year", "journal", "doi").get()
    )


def test_a_missing_field_is_filled_from_the_copy_and_says_so(cast: Cast) -> None:
    a, b = merged(cast)
    assert a.abstract == ""
    assert a.as_shown().abstract == ABSTRACT
    assert a.borrowed == {"abstract": {"from": b.pk, "source": str(b.search), "value": ABSTRACT}}
    assert a.origins == [f"Abstract from {b.search} (#{b.pk})"]
    [choice] = field_choices(a, [b])
    assert (choice.name, choice.automatic, choice.shown.record_id) == ("abstract", True, b.pk)


def test_releasing_takes_back_what_came_from_the_copy(cast: Cast) -> None:
    a, b = merged(cast, title="Another title of the same report")
    choose_fields(membership=cast.membership("bob"), record=a, choices={"title": b.pk})
    reopen_pair(membership=cast.membership("alice"), pair=DuplicatePair.objects.get())
    a.refresh_from_db()
    assert a.as_shown().title == a.title
    assert a.as_shown().abstract == ""
    assert a.origins == []
    mark_duplicate(membership=cast.membership("alice"), record=b, of=a)
    a.refresh_from_db()
    assert a.as_shown().title == "Another title of the same report", "the choice comes back with its copy"


def test_a_person_chooses_and_takes_it_back(cast: Cast, client: Client) -> None:
    a, b = merged(cast, title="Another title of the same report", year=2020)
    before = own(a), own(b)
    choose_fields(membership=cast.membership("bob"), record=a, choices={"title": b.pk, "year": a.pk, "abstract": b.pk})
    a.refresh_from_db()
    assert (a.as_shown().title, a.as_shown().year) == ("Another title of the same report", 2019)
    event = AuditEvent.objects.get(kind=AuditKind.FIELDS_CHOSEN)
    assert event.before == {"Title": "As its own source has it"}
    assert event.after == {"Title": f"{b.search}, #{b.pk}"}
    client.force_login(cast.alice)
    log = client.get(reverse("reviewapp:log_list", args=[cast.review.pk])).content.decode()
    assert "Shown fields chosen among copies" in log
    assert f"{b.search}, #{b.pk}" in log
    choose_fields(membership=cast.membership("bob"), record=a, choices={"title": b.pk})
    assert AuditEvent.objects.filter(kind=AuditKind.FIELDS_CHOSEN).count() == 1, "nothing changed, nothing is logged"
    choose_fields(membership=cast.membership("alice"), record=a, choices={"title": a.pk})
    a.refresh_from_db()
    assert a.as_shown().title == a.title
    assert (own(a), own(b)) == before


def test_what_cannot_be_chosen(cast: Cast) -> None:
    a, b = merged(cast)
    stranger = make_record(cast.review)
    bob = cast.membership("bob")
    with pytest.raises(ForbiddenError):
        choose_fields(membership=cast.membership("olga"), record=a, choices={"title": b.pk})
    with pytest.raises(StaleError, match="no longer a copy"):
        choose_fields(membership=bob, record=a, choices={"title": stranger.pk})
    with pytest.raises(StaleError, match="duplicate of another"):
        choose_fields(membership=bob, record=b, choices={"title": a.pk})
    with pytest.raises(DomainError, match="gives no value"):
        choose_fields(membership=bob, record=a, choices={"pages": b.pk})
    with pytest.raises(DomainError, match="cannot be shown"):
        choose_fields(membership=bob, record=a, choices={"raw": b.pk})


def test_shown_on_the_screening_page_the_record_page_and_in_exports(cast: Cast, client: Client) -> None:
    a, b = merged(cast)
    client.force_login(cast.cara)
    page = client.get(reverse("screening:screen_open", args=[cast.review.pk, Stage.TITLE_ABSTRACT])).content.decode()
    assert "We followed 1,203 adults" in page
    assert f"Abstract from {b.search} (#{b.pk})" in page
    detail = reverse("screening:record_detail", args=[cast.review.pk, a.pk])
    assert "Which copy is shown" in client.get(detail).content.decode()
    answer = client.post(reverse("screening:record_fields", args=[cast.review.pk, a.pk]), {"title": "9" * 12})
    assert answer.status_code == 409
    answer = client.post(reverse("screening:record_fields", args=[cast.review.pk, a.pk]), {"abstract": b.pk})
    assert answer.status_code == 302
    selection = selection_of(cast.review.pk, Record.objects.filter(pk=a.pk))
    [row] = export_rows(selection, {})
    assert row.record.abstract == ABSTRACT
    assert row.record.notes == f"Abstract from {b.search} (#{b.pk})."


def test_votes_on_copies_are_shown_once_both_are_settled(cast: Cast) -> None:
    a, b = merged(cast)
    Decision.objects.create(
        review=cast.review,
        stage=Stage.TITLE_ABSTRACT,
        record=b,
        reviewer=cast.cara,
        verdict=Verdict.EXCLUDE,
        note="Seen on the copy",
        decided_at=cast.review.created_at,
    )

    def told(who: str) -> bool:
        view = record_view(cast.membership(who), Record.objects.select_related("search", "batch").get(pk=a.pk))
        return any(entry.note == "Seen on the copy" for entry in view.history)

    assert (told("cara"), told("bob")) == (True, False)
    submit_decision(
        membership=cast.membership("dan"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=a.pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    assert not told("bob"), "released, the copy would still be open"
    Record.objects.filter(pk=b.pk).update(title_abstract_status=ScreeningStatus.EXCLUDED)
    assert told("bob")
    assert Record.objects.get(pk=a.pk).title_abstract_status == ScreeningStatus.INCLUDED, "it does not count there"
    assert DuplicatePair.objects.get().verdict == PairVerdict.SAME
