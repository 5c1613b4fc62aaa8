"""Vocabularies: proposed, approved, declined, merged."""

from __future__ import annotations

import pytest

from extraction.constants import AuditKind, ValueOrigin
from extraction.models import ExtractedValue, FormVersion
from extraction.queries.forms import offered_terms
from extraction.services.terms import approve_term, decline_term, merge_term, propose_term
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent
from tests.extraction.building import make_sheet, make_study, make_used_form, make_value
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(cast: Cast) -> FormVersion:
    """A form in use whose item i3 has a vocabulary."""
    return make_used_form(cast.membership("alice"))


def test_a_proposal_is_its_proposers_until_a_lead_approves(cast: Cast, form: FormVersion) -> None:
    term = propose_term(
        membership=cast.membership("bob"), form_id=form.form_id, item_id="i3", text=" Diffusion  model "
    )
    assert term.text == "Diffusion model"
    assert offered_terms(form.form_id, cast.bob.pk) == {"i3": ["Diffusion model"]}
    assert offered_terms(form.form_id, cast.cara.pk) == {}
    approve_term(membership=cast.membership("alice"), term_id=term.pk)
    assert offered_terms(form.form_id, cast.cara.pk) == {"i3": ["Diffusion model"]}
    decline_term(membership=cast.membership("alice"), term_id=term.pk)
    assert offered_terms(form.form_id, cast.bob.pk) == {}
    kinds = list(AuditEvent.objects.filter(object_type="vocabularyterm").values_list("kind", flat=True))
    assert sorted(kinds) == sorted([AuditKind.TERM_PROPOSED, AuditKind.TERM_ANSWERED, AuditKind.TERM_ANSWERED])


def test_the_same_term_is_one_term_and_a_leads_own_is_approved(cast: Cast, form: FormVersion) -> None:
    first = propose_term(membership=cast.membership("alice"), form_id=form.form_id, item_id="i3", text="Diffusion")
    assert first.approved_by == cast.alice
    again = propose_term(membership=cast.membership("bob"), form_id=form.form_id, item_id="i3", text="DIFFUSION")
    assert again == first


@pytest.mark.parametrize(("item", "text"), [("i1", "x"), ("i99", "x"), ("i3", "  ")])
def test_what_cannot_be_proposed(cast: Cast, form: FormVersion, item: str, text: str) -> None:
    with pytest.raises(DomainError):
        propose_term(membership=cast.membership("bob"), form_id=form.form_id, item_id=item, text=text)


@pytest.mark.parametrize("into", ["Diffusion", "gan"])
def test_merging_carries_values_over(cast: Cast, form: FormVersion, into: str) -> None:
    lead = cast.membership("alice")
    propose_term(membership=lead, form_id=form.form_id, item_id="i3", text="Diffusion")
    term = propose_term(membership=cast.membership("bob"), form_id=form.form_id, item_id="i3", text="Difusion")
    sheet = make_sheet(form, make_study(lead), cast.bob)
    value = make_value(sheet, "i3", "difusion")
    kept = make_value(make_sheet(form, make_study(lead, "B"), cast.bob), "i3", "Other")
    assert merge_term(membership=lead, term_id=term.pk, into=into) == 1
    value.refresh_from_db()
    kept.refresh_from_db()
    assert value.superseded_at is not None
    assert kept.superseded_at is None
    fresh = ExtractedValue.objects.get(extraction=sheet, superseded_at=None)
    assert (fresh.value.lower(), fresh.origin, fresh.number) == (into.lower(), ValueOrigin.MIGRATED, 2)
    with pytest.raises(StaleError):
        approve_term(membership=lead, term_id=term.pk)


def test_a_term_goes_into_another_one_that_is_there(cast: Cast, form: FormVersion) -> None:
    lead = cast.membership("alice")
    term = propose_term(membership=lead, form_id=form.form_id, item_id="i3", text="Diffusion")
    for into in ("nothing of the kind", "diffusion"):
        with pytest.raises(DomainError):
            merge_term(membership=lead, term_id=term.pk, into=into)
