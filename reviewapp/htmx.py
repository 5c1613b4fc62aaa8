"""[shell] Pages and fragments: what a request is, what a page inside a review needs, how a DomainError is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from reviewapp.contributions import registry
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, User


class Request(HttpRequest):
    """A request of a signed-in person, as every view behind LoginRequiredMiddleware gets it."""

    user: User
    htmx: HtmxDetails


@dataclass(frozen=True)
class TabLink:
    """One link of the review's navigation as the template draws it."""

    name: str
    label: str
    url: str
    current: bool


def status_of(error: DomainError) -> int:
    """403 without the role, 409 for a stale page, else 422."""
    if isinstance(error, ForbiddenError):
        return 403
    return 409 if isinstance(error, StaleError) else 422


def wants_fragment(request: HttpRequest) -> bool:
    """True where htmx asks for a part of the page, not for the page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest, page: str, context: dict[str, Any], *, fragment: str = "", status: int = 200
) -> HttpResponse:
    """`fragment` (if named) for htmx, `page` for everything else: the same URL and context for both."""
    template = fragment if fragment and wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def tab_links(membership: Membership, path: str) -> list[TabLink]:
    """The review's navigation for this member. The tab with the longest prefix of `path` is current."""
    tabs = registry.ordered_tabs(membership)
    base = f"/reviews/{membership.review_id}/"
    rest = path[path.find(base) + len(base) :] if base in path else ""
    best = max(tabs, key=lambda tab: tab.fit(rest), default=None)
    current = best.name if best is not None and best.fit(rest) >= 0 else ""
    return [
        TabLink(tab.name, tab.label, reverse(tab.url_name, args=[membership.review_id]), tab.name == current)
        for tab in tabs
    ]


def render_review(
    request: HttpRequest,
    membership: Membership,
    page: str,
    context: dict[str, Any] | None = None,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """render_page inside a review: adds `review`, `membership` and, for whole pages, `tabs`."""
    whole = not (fragment and wants_fragment(request))
    full = {
        "review": membership.review,
        "membership": membership,
        "tabs": tab_links(membership, request.path) if whole else [],
        **(context or {}),
    }
    return render_page(request, page, full, fragment=fragment, status=status)


class DomainErrorMiddleware:
    """The last resort: a DomainError that no view has turned into its own form becomes a page or fragment that says
    what is wrong and how to go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django calls this for every exception a view lets out."""
        if not isinstance(error, DomainError):
            return None
        context = {"error": error, "status": status_of(error)}
        return render_page(
            request,
            "reviewapp/error_page.html",
            context,
            fragment="reviewapp/fragments/error.html",
            status=status_of(error),
        )
