"""The vocabularies of a form: what was proposed, and a lead's answers."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from extraction.access import access_form, access_term
from extraction.constants import ItemType
from extraction.models import ExtractionForm, VocabularyTerm
from extraction.queries.forms import draft_version, live_version, terms_of
from extraction.rules.definition import Item, parse
from extraction.services.terms import approve_term, decline_term, merge_term, propose_term
from reviewapp.access import access_lead, access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership

PAGE = "extraction/form_terms.html"


@dataclass(frozen=True)
class Vocabulary:
    """One item's vocabulary: its own answers, and the terms that were added."""

    item: Item
    proposed: list[VocabularyTerm]
    approved: list[VocabularyTerm]
    closed: list[VocabularyTerm]

    @property
    def targets(self) -> list[str]:
        """What a term can be merged into."""
        return sorted({*(option.label for option in self.item.options), *(term.text for term in self.approved)})


def _vocabularies(form: ExtractionForm) -> list[Vocabulary]:
    version = live_version(form) or draft_version(form)
    terms = list(terms_of(form.pk))
    found = []
    for item in parse(version.definition).items() if version else []:
        if item.type != ItemType.VOCABULARY:
            continue
        mine = [term for term in terms if term.item == item.id]
        closed = [term for term in mine if term.declined_at or term.replaced_by_id]
        standing = [term for term in mine if term not in closed]
        approved = [term for term in standing if term.approved_at]
        found.append(Vocabulary(item, [term for term in standing if not term.approved_at], approved, closed))
    return found


def _render(
    request: Request, membership: Membership, form: ExtractionForm, problem: DomainError | None = None
) -> HttpResponse:
    context = {"form": form, "vocabularies": _vocabularies(form), "problem": problem}
    return render_review(request, membership, PAGE, context, status=status_of(problem) if problem else 200)


@require_GET
def term_list(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """The vocabularies of a form."""
    membership = access_member(request.user, review_id)
    return _render(request, membership, access_form(membership, form_id))


@require_POST
def term_add(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Propose a term; a lead's own is approved at once."""
    membership = access_screener(request.user, review_id)
    form = access_form(membership, form_id)
    item_id, text = request.POST.get("item", ""), request.POST.get("text", "")
    try:
        term = propose_term(membership=membership, form_id=form_id, item_id=item_id, text=text)
    except DomainError as problem:
        return _render(request, membership, form, problem)
    messages.success(request, f"“{term.text}” is {'offered to all' if term.approved_at else 'proposed'}.")
    return redirect("extraction:term_list", review_id, form_id)


@require_POST
def term_approve(request: Request, review_id: int, term_id: int) -> HttpResponse:
    """Offer a term to everybody."""
    membership = access_lead(request.user, review_id)
    term = approve_term(membership=membership, term_id=access_term(membership, term_id).pk)
    messages.success(request, f"“{term.text}” is offered to all.")
    return redirect("extraction:term_list", review_id, term.form_id)


@require_POST
def term_decline(request: Request, review_id: int, term_id: int) -> HttpResponse:
    """Offer a term to nobody."""
    membership = access_lead(request.user, review_id)
    term = decline_term(membership=membership, term_id=access_term(membership, term_id).pk)
    messages.success(request, f"“{term.text}” is declined.")
    return redirect("extraction:term_list", review_id, term.form_id)


@require_POST
def term_merge(request: Request, review_id: int, term_id: int) -> HttpResponse:
    """Let a term give way to another; values are carried over."""
    membership = access_lead(request.user, review_id)
    term = access_term(membership, term_id)
    form = access_form(membership, term.form_id)
    try:
        carried = merge_term(membership=membership, term_id=term_id, into=request.POST.get("into", ""))
    except DomainError as problem:
        return _render(request, membership, form, problem)
    messages.success(request, f"“{term.text}” is merged. {carried} value{'' if carried == 1 else 's'} carried over.")
    return redirect("extraction:term_list", review_id, term.form_id)
