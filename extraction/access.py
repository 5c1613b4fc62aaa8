"""Fetch what extraction pages show, always within the member's own review. Raises Http404 for everything else."""

from __future__ import annotations

from django.http import Http404

from extraction.models import ExtractionForm, FormVersion, VocabularyTerm
from reviewapp.models import Membership


def access_form(membership: Membership, form_id: int) -> ExtractionForm:
    """A form of the member's review that is not taken off the list."""
    form = ExtractionForm.objects.filter(review_id=membership.review_id, pk=form_id, retired_at=None).first()
    if form is None:
        raise Http404("No such form.")
    return form


def access_version(membership: Membership, form: ExtractionForm, number: int) -> FormVersion:
    """A version of a form, by its number. Drafts are their lead's business until they are used."""
    version = form.versions.filter(number=number).select_related("created_by").first()
    if version is None or (version.published_at is None and not membership.is_lead):
        raise Http404("No such version.")
    version.form = form
    return version


def access_term(membership: Membership, term_id: int) -> VocabularyTerm:
    """A term of a vocabulary of the member's review."""
    term = VocabularyTerm.objects.filter(form__review_id=membership.review_id, pk=term_id).first()
    if term is None:
        raise Http404("No such term.")
    return term
