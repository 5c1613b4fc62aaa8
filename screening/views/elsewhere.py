"""Votes made elsewhere: bring them in as those of members, and take them back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from reviewapp.access import access_lead
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Job, Membership
from screening.access import access_batch
from screening.forms.elsewhere import VotesForm
from screening.models import ImportBatch
from screening.queries.elsewhere import elsewhere_view
from screening.services.elsewhere import Choices, begin_votes, take_back_votes
from screening.tasks import bring_in_votes
from screening.views.batch import batch_context


def _refused(
    request: Request, membership: Membership, batch: ImportBatch, form: VotesForm, problem: DomainError
) -> HttpResponse:
    context = {**batch_context(membership, batch), "votes_form": form, "votes_problem": problem}
    return render_review(request, membership, "screening/batch_detail.html", context, status=status_of(problem))


@require_POST
def votes_bring_in(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Make decisions of the file's votes, as the lead says who is who; by a worker where they are many."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    view = elsewhere_view(membership, batch)
    if view is None:
        raise DomainError("This file holds no votes of named reviewers.")
    form = VotesForm(view, request.POST)
    if not form.is_valid():
        problem = DomainError("Choose from the lists: a member who screens, and a reason on the review’s list.")
        return _refused(request, membership, batch, form, problem)
    choices = Choices(form.who(), form.chosen_reasons())
    try:
        begun = begin_votes(membership=membership, batch=batch, choices=choices)
    except DomainError as problem:
        return _refused(request, membership, batch, form, problem)
    if isinstance(begun, Job):
        bring_in_votes.delay_on_commit(begun.pk)
        messages.info(request, "The votes are being brought in.")
    else:
        messages.success(request, begun.in_words())
    return redirect("screening:batch_detail", review_id, batch_id)


@require_POST
def votes_take_back(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Take all votes of the file back while nothing rests on them."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    taken = take_back_votes(membership=membership, batch=batch)
    messages.success(request, f"{taken:,} votes have been taken back. They are counts again.")
    return redirect("screening:batch_detail", review_id, batch_id)
