"""Thresholds and source order: a draft with its preview in the address, stored only when a lead says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_lead
from reviewapp.errors import DomainError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number
from screening.charts import pair_histogram
from screening.forms.duplicate import DuplicateSettingsForm, initial_of
from screening.models import Search
from screening.queries.duplicate_settings import SettingsView, in_order, settings_preview, settings_view
from screening.rules.matching import MatchSettings
from screening.services.duplicate_settings import change_settings
from screening.tasks import apply_duplicate_settings

PAGE = "screening/duplicate_settings.html"
WHOLE = "screening/fragments/duplicate_settings.html"
PREVIEW = "screening/fragments/duplicate_preview.html"
DRAFTED = ("certain", "doubtful", "order", "seen")


@dataclass(frozen=True)
class Draft:
    """What a lead is trying out: `values` as the form shows them, the searches in the order drafted."""

    values: dict[str, str]
    sources: list[Search]
    form: DuplicateSettingsForm
    is_stale: bool
    """Whether another lead has changed the settings since this draft was begun."""

    @property
    def order(self) -> str:
        """Ids of the searches, parted by commas."""
        return ",".join(str(search.pk) for search in self.sources)


def _moved(sources: list[Search], move: str) -> list[Search]:
    """The order with one search a place up or down: `move` is "12:up"."""
    number, _, direction = move.partition(":")
    ids = [search.pk for search in sources]
    search_id = as_number(number)
    if search_id not in ids:
        return sources
    place = ids.index(search_id)
    other = place - 1 if direction == "up" else place + 1
    if 0 <= other < len(sources):
        sources[place], sources[other] = sources[other], sources[place]
    return sources


def _draft(given: dict[str, str], view: SettingsView) -> Draft:
    """The draft in an address, what it does not say taken from the settings that hold."""
    values = initial_of(view) | {name: text for name, text in given.items() if name in DRAFTED}
    form = DuplicateSettingsForm(values)
    form.is_valid()
    sources = in_order(view.sources, form.cleaned_data.get("order", []))
    is_stale = values["seen"] != view.version
    return Draft(values, _moved(sources, given.get("move", "")), form, is_stale)


def _context(membership: Membership, view: SettingsView, draft: Draft) -> dict[str, Any]:
    context: dict[str, Any] = {"settings": view, "draft": draft, "form": draft.form}
    if not draft.form.is_valid():
        return context
    thresholds = MatchSettings(**draft.form.probabilities)
    preview = settings_preview(membership.review_id, thresholds)
    changed = thresholds != view.thresholds or [search.pk for search in draft.sources] != view.order
    return context | {"preview": preview, "chart": pair_histogram(preview.bins, thresholds), "changed": changed}


def _render(
    request: Request, membership: Membership, *, fragment: str, problem: DomainError | None = None
) -> HttpResponse:
    view = settings_view(membership.review_id)
    draft = _draft(request.GET.dict() if problem is None else {}, view)
    context = _context(membership, view, draft) | {"problem": problem}
    status = status_of(problem) if problem else 200 if draft.form.is_valid() else 422
    return render_review(request, membership, PAGE, context, fragment=fragment, status=status)


@require_GET
def duplicate_settings(request: Request, review_id: int) -> HttpResponse:
    """The two thresholds, the order of sources, and what a draft of them would change."""
    return _render(request, access_lead(request.user, review_id), fragment=WHOLE)


@require_GET
def duplicate_settings_preview(request: Request, review_id: int) -> HttpResponse:
    """What the thresholds in the address would change. Nothing is stored."""
    return _render(request, access_lead(request.user, review_id), fragment=PREVIEW)


@require_POST
def duplicate_settings_change(request: Request, review_id: int) -> HttpResponse:
    """Store the draft; the pairs that no person decided follow at once, or in the background where they are many."""
    membership = access_lead(request.user, review_id)
    form = DuplicateSettingsForm(request.POST)
    if not form.is_valid():
        problem = DomainError(" ".join(str(text) for errors in form.errors.values() for text in errors))
        return _render(request, membership, fragment=WHOLE, problem=problem)
    try:
        applied = change_settings(
            membership=membership,
            **form.probabilities,
            source_order=form.cleaned_data["order"],
            seen=form.cleaned_data["seen"],
        )
    except DomainError as problem:
        return _render(request, membership, fragment=WHOLE, problem=problem)
    if applied.job is not None:
        apply_duplicate_settings.delay_on_commit(applied.job.pk)
        messages.success(request, "The settings are stored. The pairs follow in the background.")
    else:
        messages.success(request, f"The settings are stored. {applied.changes.in_words()}")
    return redirect("screening:duplicate_settings", review_id)
