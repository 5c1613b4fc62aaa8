"""Vocabularies that the team extends: a term is proposed, then approved, declined, or merged into another."""

from __future__ import annotations

from django.db import transaction

from extraction.constants import AuditKind, ItemType, Mark
from extraction.models import ExtractedValue, ExtractionForm, FormVersion, VocabularyTerm
from extraction.rules.definition import parse
from extraction.rules.text import normal, tidy_line
from extraction.rules.values import clean
from extraction.services.versions import carried_value
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import Membership


@transaction.atomic
def propose_term(*, membership: Membership, form_id: int, item_id: str, text: str) -> VocabularyTerm:
    """A term for an item's vocabulary; the term there is, if there is one. A lead's own is approved at once.

    Raises DomainError for an empty text or an item that has no vocabulary.
    """
    form = ExtractionForm.objects.select_for_update().get(review_id=membership.review_id, pk=form_id)
    version = form.versions.order_by("-number").first()
    item = parse(version.definition).item(item_id) if version else None
    if item is None or item.type != ItemType.VOCABULARY:
        raise DomainError("This item has no vocabulary.")
    term_text = clean(item, tidy_line(text)[:200])
    if not term_text:
        raise DomainError("Write the term.", field="text")
    known = VocabularyTerm.objects.filter(form=form, item=item_id, text__iexact=term_text).first()
    if known is not None:
        return known
    occasion = Occasion(membership.review, membership.user)
    approved = membership.is_lead
    term = VocabularyTerm.objects.create(
        form=form,
        item=item_id,
        text=term_text,
        proposed_by=membership.user,
        proposed_at=occasion.at,
        approved_by=membership.user if approved else None,
        approved_at=occasion.at if approved else None,
    )
    log_event(occasion, AuditKind.TERM_PROPOSED, term, after={"text": term.text, "item": item.label})
    return term


@transaction.atomic
def approve_term(*, membership: Membership, term_id: int) -> VocabularyTerm:
    """Everybody is offered the term from now on; one that was declined comes back."""
    term = _locked(membership, term_id)
    occasion = Occasion(membership.review, membership.user)
    term.approved_by, term.approved_at, term.declined_at = membership.user, occasion.at, None
    term.save(update_fields=["approved_by", "approved_at", "declined_at"])
    log_event(occasion, AuditKind.TERM_ANSWERED, term, after={"answer": "approved"})
    return term


@transaction.atomic
def decline_term(*, membership: Membership, term_id: int) -> VocabularyTerm:
    """Nobody is offered the term any more. What was entered with it stays until its extractor changes it."""
    term = _locked(membership, term_id)
    occasion = Occasion(membership.review, membership.user)
    term.declined_at = occasion.at
    term.save(update_fields=["declined_at"])
    log_event(occasion, AuditKind.TERM_ANSWERED, term, after={"answer": "declined"})
    return term


@transaction.atomic
def merge_term(*, membership: Membership, term_id: int, into: str) -> int:
    """A term gives way to another of the same item; values that hold it are carried over. Gives their number.

    `into` is the text of the other term or of one of the item's own answers. Raises DomainError when there is none.
    """
    term = _locked(membership, term_id)
    other = VocabularyTerm.objects.filter(
        form_id=term.form_id, item=term.item, text__iexact=into, declined_at=None, replaced_by=None
    ).first()
    occasion = Occasion(membership.review, membership.user)
    other = other or _term_of_option(term, into, membership, occasion)
    if other is None or other.pk == term.pk:
        raise DomainError("Choose another term that this one goes into.", field="into")
    if other.approved_at is None:
        other.approved_by, other.approved_at = membership.user, occasion.at
        other.save(update_fields=["approved_by", "approved_at"])
    term.replaced_by = other
    term.save(update_fields=["replaced_by"])
    VocabularyTerm.objects.filter(replaced_by=term).update(replaced_by=other)
    carried = _carry_term(term, other.text, occasion)
    log_event(
        occasion, AuditKind.TERM_ANSWERED, term, after={"answer": f"merged into “{other.text}”", "carried": carried}
    )
    return carried


def _term_of_option(
    term: VocabularyTerm, into: str, membership: Membership, occasion: Occasion
) -> VocabularyTerm | None:
    """A row for a term that the form itself offers, so that another can give way to it."""
    version = FormVersion.objects.filter(form_id=term.form_id).order_by("-number").first()
    item = parse(version.definition).item(term.item) if version else None
    label = next((one.label for one in item.options if normal(one.label) == normal(into)), None) if item else None
    if label is None or normal(label) == normal(term.text):
        return None
    return VocabularyTerm.objects.create(
        form_id=term.form_id,
        item=term.item,
        text=label,
        proposed_by=membership.user,
        proposed_at=occasion.at,
        approved_by=membership.user,
        approved_at=occasion.at,
    )


def _carry_term(term: VocabularyTerm, text: str, occasion: Occasion) -> int:
    values = ExtractedValue.objects.select_for_update().filter(
        extraction__form_id=term.form_id, item=term.item, mark=Mark.VALUE, superseded_at=None
    )
    held = [value for value in values if normal(str(value.value)) == normal(term.text)]
    fresh = [carried_value(value, text, value.version_id, occasion) for value in held]
    ExtractedValue.objects.filter(pk__in=[value.pk for value in held]).update(superseded_at=occasion.at)
    ExtractedValue.objects.bulk_create(fresh)
    return len(fresh)


def _locked(membership: Membership, term_id: int) -> VocabularyTerm:
    term = (
        VocabularyTerm.objects.select_for_update(of=("self",))
        .select_related("form")
        .filter(form__review_id=membership.review_id, pk=term_id)
        .first()
    )
    if term is None:
        raise DomainError("This term is not here any more.")
    if term.replaced_by_id is not None:
        raise StaleError("This term was merged into another meanwhile.")
    return term
