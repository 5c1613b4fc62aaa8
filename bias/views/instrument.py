"""A team's own instruments: made and changed in the browser, version by version."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from bias.access import access_instrument
from bias.constants import InstrumentState
from bias.forms.instrument import InstrumentForm
from bias.models import CustomInstrument
from bias.services.instruments import retire_instrument, save_instrument
from reviewapp.access import access_lead
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership


@require_http_methods(["GET", "POST"])
def instrument_create(request: Request, review_id: int) -> HttpResponse:
    """Make an instrument of the team's own."""
    return _edit(request, access_lead(request.user, review_id), None)


@require_http_methods(["GET", "POST"])
def instrument_edit(request: Request, review_id: int, instrument_id: int) -> HttpResponse:
    """Change a draft, or make the next version of one in use."""
    membership = access_lead(request.user, review_id)
    return _edit(request, membership, access_instrument(membership, instrument_id))


def _edit(request: Request, membership: Membership, row: CustomInstrument | None) -> HttpResponse:
    form = InstrumentForm(request.POST or None, definition=row.definition if row else None)
    status = 422 if form.is_bound else 200
    if "more" in request.POST:
        form = InstrumentForm({**request.POST.dict(), "domains": str(form.domains + 1)})
        status = 200
    elif form.is_bound and form.is_valid():
        try:
            saved = save_instrument(
                membership=membership, definition=form.definition(), instrument_id=row.pk if row else None
            )
        except DomainError as problem:
            form.show(problem)
            status = status_of(problem)
        else:
            messages.success(request, f"{saved} is saved. Choose it under “Instrument and scale” to use it.")
            return redirect("bias:bias_settings", membership.review_id)
    context = {
        "form": form,
        "instrument": row,
        "in_use": row is not None and row.state == InstrumentState.IN_USE,
        "adding": "more" in request.POST,
    }
    return render_review(request, membership, "bias/instrument_form.html", context, status=status)


@require_POST
def instrument_retire(request: Request, review_id: int, instrument_id: int) -> HttpResponse:
    """Take a version off the list of choices."""
    membership = access_lead(request.user, review_id)
    row = access_instrument(membership, instrument_id)
    retire_instrument(membership=membership, instrument_id=row.pk)
    messages.success(request, f"{row} is retired.")
    return redirect("bias:bias_settings", review_id)
