"""Reports that may be of one study: offered side by side, answered by people."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_member, access_screener
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of, wants_fragment
from reviewapp.models import Membership
from screening.access import access_offer
from screening.constants import OfferState
from screening.models import StudyOffer
from screening.queries.offers import answered_offers, offer_rows, open_offer_ids
from screening.services.offers import answer_offer, reopen_offer

PAGE_SIZE = 20
STATE_WORDS = {
    OfferState.OPEN: "open again",
    OfferState.LINKED: "of the same study",
    OfferState.DISMISSED: "not of the same study",
}


@require_GET
def offer_list(request: Request, review_id: int) -> HttpResponse:
    """Open offers, those with the best reasons first; `?show=answered` for the others."""
    membership = access_member(request.user, review_id)
    waiting = open_offer_ids(review_id)
    answered = answered_offers(review_id)
    is_answered = request.GET.get("show") == "answered"
    listed = list(answered.values_list("pk", flat=True)) if is_answered else waiting
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": offer_rows(list(page)),
        "is_answered": is_answered,
        "waiting": len(waiting),
        "answered": len(listed) if is_answered else answered.count(),
    }
    return render_review(request, membership, "screening/offer_list.html", context)


def _answer(
    request: Request, membership: Membership, offer: StudyOffer, problem: DomainError | None = None
) -> HttpResponse:
    """The offer as it is now: its own part of the list for htmx, else the list."""
    [row] = offer_rows([offer.pk])
    said = STATE_WORDS[OfferState(row.offer.state)]
    if not wants_fragment(request):
        if problem:
            messages.error(request, problem.message)
        else:
            messages.success(request, f"The two records are {said}.")
        return redirect("screening:offer_list", membership.review_id)
    fragment = "screening/fragments/offer.html"
    context = {"row": row, "problem": problem, "said": "" if problem else said}
    status = status_of(problem) if problem else 200
    return render_review(request, membership, fragment, context, fragment=fragment, status=status)


@require_POST
def offer_answer(request: Request, review_id: int, offer_id: int) -> HttpResponse:
    """Same study, or not."""
    membership = access_screener(request.user, review_id)
    offer = access_offer(membership, offer_id)
    state = OfferState.LINKED if request.POST.get("answer") == "same" else OfferState.DISMISSED
    try:
        return _answer(request, membership, answer_offer(membership=membership, offer=offer, state=state))
    except DomainError as problem:
        return _answer(request, membership, offer, problem)


@require_POST
def offer_reopen(request: Request, review_id: int, offer_id: int) -> HttpResponse:
    """Undo an answer."""
    membership = access_screener(request.user, review_id)
    offer = access_offer(membership, offer_id)
    try:
        return _answer(request, membership, reopen_offer(membership=membership, offer=offer))
    except DomainError as problem:
        return _answer(request, membership, offer, problem)
