"""What a person must say of a file before it is read."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from reviewapp.access import access_lead
from reviewapp.htmx import Request, render_review
from screening.access import access_batch


@require_http_methods(["GET", "POST"])
def batch_question(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """The question that a file waits with, and its answer."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    return render_review(request, membership, "screening/batch_question.html", {"batch": batch})
