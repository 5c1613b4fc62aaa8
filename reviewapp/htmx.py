"""[shell] htmx and errors: which template to render, and how a DomainError becomes an answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from reviewapp.errors import DomainError, ForbiddenError, StaleError


def status_of(error: DomainError) -> int:
    """403 without the role, 409 for a stale page, else 422."""
    if isinstance(error, ForbiddenError):
        return 403
    return 409 if isinstance(error, StaleError) else 422


def render_page(
    request: HttpRequest, page: str, fragment: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """The fragment for htmx, the page (which includes the fragment) for everything else; same URL, same context."""
    is_fragment = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, fragment if is_fragment else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


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
        template = "fragments/error.html" if request.headers.get("HX-Request") else "error.html"
        response = render(
            request, f"reviewapp/{template}", {"error": error, "status": status_of(error)}, status=status_of(error)
        )
        patch_vary_headers(response, ["HX-Request"])
        return response
