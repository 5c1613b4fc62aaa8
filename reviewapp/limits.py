"""[shell] How much one request may carry, judged before a byte of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat

from reviewapp.errors import DomainError
from reviewapp.htmx import render_page

TOO_LARGE = 413


class UploadLimitMiddleware:
    """Answers 413 where the declared length is beyond MAX_UPLOAD_BYTES. Nothing before a view may read the body; and a
    body without a declared length is read by nobody, since WSGI takes it as empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not declared.isdecimal() or int(declared) <= settings.MAX_UPLOAD_BYTES:
            return self.get_response(request)
        limit = filesizeformat(settings.MAX_UPLOAD_BYTES)
        error = DomainError(f"This is more than the {limit} that are taken at once. Send the files in several parts.")
        context = {"error": error, "status": TOO_LARGE}
        return render_page(request, "reviewapp/error_page.html", context, status=TOO_LARGE)
