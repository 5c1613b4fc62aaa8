"""Reports of one study: offered by the search for duplicates, answered by people, linked once included."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviewapp.errors import ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, OfferState, ScreeningStatus
from screening.models import ImportBatch, Record, Report, Study, StudyOffer
from screening.queries.offers import companions, links_to_make, offer_rows, open_offer_ids
from screening.rules.matching import StudyOfferPair
from screening.services.duplicates import mark_duplicate
from screening.services.offers import answer_offer, reopen_offer, store_offers
from tests.factories import Cast, make_record, make_records, make_report
from tests.screening.duplicate_rows import OTHER, copy, seek

REGISTERED = "We followed 80 adults. Trial registration: NCT01234567."


def offer(cast: Cast, a: Record, b: Record) -> StudyOffer:
    first, second = sorted((a.pk, b.pk))
    return StudyOffer.objects.create(
        review=cast.review, first_id=first, second_id=second, reasons=["same trial registration number NCT01234567"]
    )


def included(cast: Cast, label: str) -> Report:
    """A report included at full text, with its own study."""
    report = make_report(cast.review)
    report.study = Study.objects.create(review=cast.review, label=label, created_at=timezone.now())
    report.full_text_status = ScreeningStatus.INCLUDED
    report.save()
    return report


def test_the_search_for_duplicates_offers_and_past_answers_stand(cast: Cast) -> None:
    a = copy(cast, abstract=REGISTERED)
    b = make_record(cast.review, **{**OTHER, "abstract": REGISTERED})
    seek(cast)
    found = StudyOffer.objects.get()
    assert (found.first_id, found.second_id, found.state) == (a.pk, b.pk, OfferState.OPEN)
    assert found.reasons == ["same trial registration number NCT01234567"]
    assert open_offer_ids(cast.review.pk) == [found.pk]
    answer_offer(membership=cast.membership("bob"), offer=found, state=OfferState.DISMISSED)
    ImportBatch.objects.update(compared_at=None)
    seek(cast)
    assert StudyOffer.objects.get().state == OfferState.DISMISSED
    assert open_offer_ids(cast.review.pk) == []
    c = make_record(cast.review, **{**OTHER, "title": "Fibre and sleep of children", "abstract": REGISTERED})
    seek(cast)
    assert StudyOffer.objects.exclude(pk=found.pk).get().second_id == c.pk, "only what is new is offered"


def test_records_that_have_gone_are_passed_over_and_offers_are_bounded(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = make_records(cast.review, 3)
    found = [
        StudyOfferPair(a.pk, c.pk, ("one",)),
        StudyOfferPair(a.pk, b.pk, ("one", "two")),
        StudyOfferPair(a.pk, 10**9, ("one", "two", "three")),
    ]
    monkeypatch.setattr("screening.services.offers.MOST_STORED", 2)
    assert store_offers(review_id=cast.review.pk, found=found) == 1
    assert store_offers(review_id=cast.review.pk, found=found) == 0
    assert StudyOffer.objects.get().second_id == b.pk


def test_only_what_a_person_can_still_use_is_open(cast: Cast) -> None:
    a, b, c, d, e = make_records(cast.review, 5)
    first = offer(cast, a, b)
    excluded, copies = offer(cast, a, c), offer(cast, d, e)
    Record.objects.filter(pk=c.pk).update(title_abstract_status=ScreeningStatus.EXCLUDED)
    mark_duplicate(membership=cast.membership("alice"), record=d, of=e)
    again = make_record(cast.review)
    mark_duplicate(membership=cast.membership("alice"), record=again, of=b)
    through_a_copy = offer(cast, a, again)
    assert open_offer_ids(cast.review.pk) == [first.pk]
    assert {excluded.pk, copies.pk, through_a_copy.pk} & set(open_offer_ids(cast.review.pk)) == set()
    answer_offer(membership=cast.membership("bob"), offer=through_a_copy, state=OfferState.DISMISSED)
    assert open_offer_ids(cast.review.pk) == [], "the answer holds for the kept records"
    [row] = offer_rows([through_a_copy.pk])
    assert {row.first.record.pk, row.second.record.pk} == {a.pk, b.pk}


def test_same_study_links_included_studies_and_undo_parts_them(cast: Cast) -> None:
    one, two = included(cast, "Rowe 2019"), included(cast, "Rowe 2020")
    found = offer(cast, one.record, two.record)
    bob = cast.membership("bob")
    answer_offer(membership=bob, offer=found, state=OfferState.LINKED)
    two.refresh_from_db()
    assert two.study_id == one.study_id
    assert Study.objects.filter(withdrawn_at=None).count() == 1
    event = AuditEvent.objects.get(kind=AuditKind.OFFER_LINKED)
    assert (event.actor, event.after["records"]) == (cast.bob, [found.first_id, found.second_id])
    assert AuditEvent.objects.filter(kind=AuditKind.STUDY_LINKED).count() == 1
    reopen_offer(membership=bob, offer=found)
    two.refresh_from_db()
    assert two.study_id != one.study_id
    assert Study.objects.filter(withdrawn_at=None).count() == 2
    assert open_offer_ids(cast.review.pk) == [found.pk]


def test_said_before_inclusion_it_is_proposed_afterwards_and_never_done_alone(cast: Cast, client: Client) -> None:
    one = included(cast, "Rowe 2019")
    two = make_report(cast.review)
    found = offer(cast, one.record, two.record)
    answer_offer(membership=cast.membership("bob"), offer=found, state=OfferState.LINKED)
    study = one.study
    assert study is not None
    [also] = companions(study)
    assert (also.record, also.study, links_to_make(cast.review.pk)) == (two.record, None, 0)
    two.study = Study.objects.create(review=cast.review, label="Rowe 2020", created_at=timezone.now())
    two.full_text_status = ScreeningStatus.INCLUDED
    two.save()
    [also] = companions(study)
    assert (also.study, links_to_make(cast.review.pk)) == (two.study, 1)
    client.force_login(cast.cara)
    page = client.get(reverse("screening:study_detail", args=[cast.review.pk, study.pk])).content.decode()
    assert "Also said to be of this study" in page
    assert "said by Bob Reviewer; included as Rowe 2020" in page
    url = reverse("screening:study_link", args=[cast.review.pk, two.study.pk])
    client.post(url, {"into": study.pk})
    assert companions(study) == []
    assert links_to_make(cast.review.pk) == 0


def test_answers_are_for_screeners_once(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    found = offer(cast, a, b)
    with pytest.raises(ForbiddenError):
        answer_offer(membership=cast.membership("olga"), offer=found, state=OfferState.LINKED)
    answer_offer(membership=cast.membership("bob"), offer=found, state=OfferState.DISMISSED)
    answer_offer(membership=cast.membership("cara"), offer=found, state=OfferState.DISMISSED)
    with pytest.raises(StaleError):
        answer_offer(membership=cast.membership("cara"), offer=found, state=OfferState.LINKED)
    assert AuditEvent.objects.filter(kind=AuditKind.OFFER_DISMISSED).count() == 1
    reopen_offer(membership=cast.membership("cara"), offer=found)
    reopen_offer(membership=cast.membership("cara"), offer=found)
    assert AuditEvent.objects.filter(kind=AuditKind.OFFER_REOPENED).count() == 1


def test_the_page_answers_with_and_without_scripts(cast: Cast, client: Client) -> None:
    a, b = make_records(cast.review, 2)
    found = offer(cast, a, b)
    client.force_login(cast.bob)
    page = reverse("screening:offer_list", args=[cast.review.pk])
    assert "Same trial registration number NCT01234567" in client.get(page).content.decode()
    url = reverse("screening:offer_answer", args=[cast.review.pk, found.pk])
    answer = client.post(url, {"answer": "same"}, headers={"HX-Request": "true"})
    assert "Same study, Bob Reviewer" in answer.content.decode()
    answer = client.post(url, {"answer": "different"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    answer = client.post(reverse("screening:offer_reopen", args=[cast.review.pk, found.pk]))
    assert answer.status_code == 302
    assert client.post(url, {"answer": "different"}).status_code == 302
    assert "Not the same study, Bob Reviewer" in client.get(f"{page}?show=answered").content.decode()
    assert "No offer is open" in client.get(page).content.decode()
