"""What a review says about itself, and the way to its other settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reviewapp.access import access_lead
from reviewapp.contributions import registry
from reviewapp.errors import StaleError
from reviewapp.forms import ReviewSettingsForm, show_error
from reviewapp.htmx import Request, render_review
from reviewapp.models import Membership, Review
from reviewapp.services.reviews import change_review, fingerprint


@require_http_methods(["GET", "POST"])
def review_settings(request: Request, review_id: int) -> HttpResponse:
    """Title, question, criteria and settlement, for leads."""
    membership = access_lead(request.user, review_id)
    if request.method != "POST":
        return _render(request, membership, ReviewSettingsForm.of(membership.review))
    form = ReviewSettingsForm(request.POST)
    if not form.is_valid():
        return _render(request, membership, form, status=422)
    try:
        change_review(membership=membership, draft=form.draft(), seen=form.cleaned_data["seen"])
    except StaleError as error:
        return _render(request, membership, _drawn_anew(request, review_id, error), status=409)
    messages.success(request, "The settings have been saved.")
    return redirect("reviewapp:review_settings", review_id)


def _drawn_anew(request: Request, review_id: int, error: StaleError) -> ReviewSettingsForm:
    """The person's own text, now against the present state: saving once more replaces it knowingly."""
    data = request.POST.copy()
    data["seen"] = fingerprint(Review.objects.get(pk=review_id))
    form = ReviewSettingsForm(data)
    show_error(form, error)
    return form


def _render(request: Request, membership: Membership, form: ReviewSettingsForm, status: int = 200) -> HttpResponse:
    pages = [
        {"label": page.label, "text": page.text, "url": reverse(page.url_name, args=[membership.review_id])}
        for page in registry.ordered_settings_pages()
    ]
    context = {"form": form, "pages": pages}
    return render_review(request, membership, "reviewapp/review_settings.html", context, status=status)
