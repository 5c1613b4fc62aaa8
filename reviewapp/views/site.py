"""Pages that belong to no review: the front page, the components, one's own name."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from reviewapp.forms import NameForm
from reviewapp.htmx import Request, render_page
from reviewapp.services.accounts import rename_user


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The reviews of a signed-in person, or what this site is."""
    if request.user.is_authenticated:
        return redirect("reviewapp:review_list")
    return render(request, "reviewapp/home.html")


@login_not_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component on one page, while debugging."""
    if not settings.DEBUG:
        raise Http404("Only while debugging.")
    return render(request, "styleguide.html")


@require_http_methods(["GET", "POST"])
def account_name(request: Request) -> HttpResponse:
    """One's own name, as the team sees it."""
    if request.method != "POST":
        return render_page(request, "reviewapp/account_name.html", {"form": NameForm(instance=request.user)})
    form = NameForm(request.POST)
    if not form.is_valid():
        return render_page(request, "reviewapp/account_name.html", {"form": form}, status=422)
    rename_user(actor=request.user, name=form.cleaned_data["name"])
    messages.success(request, "Your name has been changed.")
    return redirect("reviewapp:account_name")
