"""How far the assessors agreed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from bias.access import bias_settings
from bias.queries.agreement import STUDIES
from bias.queries.agreement import agreement_page as page_of
from reviewapp.access import access_member
from reviewapp.htmx import Request, render_review


@require_GET
def agreement_page(request: Request, review_id: int) -> HttpResponse:
    """Percent, kappa and weighted kappa: overall, by domain, by question; calibration apart."""
    membership = access_member(request.user, review_id)
    settings = bias_settings(membership)
    studies = request.GET.get("studies", "all")
    if studies not in dict(STUDIES):
        studies = "all"
    page = page_of(membership, settings, studies) if settings else None
    context = {"agreement": page, "settings": settings, "studies": STUDIES}
    return render_review(request, membership, "bias/agreement_page.html", context)
