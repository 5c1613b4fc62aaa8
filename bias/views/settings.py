"""Settings of risk of bias."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from bias.access import bias_settings as settings_of
from bias.constants import InstrumentState
from bias.forms.settings import SettingsForm
from bias.instruments.finishing import scale_missing
from bias.instruments.registry import INSTRUMENTS
from bias.models import CustomInstrument
from bias.queries.assessed import instrument_for
from bias.services.settings import save_settings
from reviewapp.access import access_lead
from reviewapp.errors import DomainError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review, status_of


@require_http_methods(["GET", "POST"])
def bias_settings(request: Request, review_id: int) -> HttpResponse:
    """With what the review judges risk of bias."""
    membership = access_lead(request.user, review_id)
    settings = settings_of(membership)
    own = CustomInstrument.objects.filter(review_id=review_id).exclude(state=InstrumentState.RETIRED)
    form = SettingsForm(request.POST or None, settings=settings, own=list(own))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            save_settings(
                membership=membership,
                draft=form.draft(),
                reason=form.cleaned_data.get("reason", ""),
                seen=form.cleaned_data["seen"],
            )
        except DomainError as problem:
            show_error(form, problem)
            status = status_of(problem)
        else:
            messages.success(request, "The settings of risk of bias are saved.")
            return redirect("bias:bias_settings", review_id)
    missing = (
        scale_missing(instrument_for(settings), settings.scale, settings.level_definitions, settings.overall_rule)
        if settings
        else ()
    )
    context = {"form": form, "settings": settings, "missing": missing, "instruments": INSTRUMENTS.values(), "own": own}
    return render_review(request, membership, "bias/settings_page.html", context, status=status)
