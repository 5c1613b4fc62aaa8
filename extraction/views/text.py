"""Texts with live references: the list, one text with its preview and warnings."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.access import access_text
from extraction.forms.text import TextForm
from extraction.models import TextBlock, Theme
from extraction.queries.themes import text_facts, texts_of
from extraction.rules.livetext import render
from extraction.rules.prose import doubts
from extraction.services.texts import change_text, create_text, remove_text
from reviewapp.access import access_member, access_screener
from reviewapp.errors import DomainError, StaleError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership

PAGE_SIZE = 20


def _themes(review_id: int) -> list[tuple[int, str]]:
    return list(Theme.objects.filter(review_id=review_id, retired_at=None).values_list("pk", "title"))


def _preview(review_id: int, body: str, theme_id: int | None) -> dict[str, object]:
    """The text with its references filled in, and what in it the data do not give."""
    theme = Theme.objects.filter(review_id=review_id, pk=theme_id).first() if theme_id else None
    facts = text_facts(review_id, theme)
    parts = render(body, facts)
    problems = [part for part in parts if part.problem]
    return {"parts": parts, "problems": problems, "doubts": doubts(parts, facts), "facts": facts}


@require_GET
def text_list(request: Request, review_id: int) -> HttpResponse:
    """All texts."""
    membership = access_member(request.user, review_id)
    removed = TextBlock.objects.filter(review_id=review_id).exclude(removed_at=None).order_by("-removed_at")[:20]
    page = Paginator(texts_of(review_id), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "removed": list(removed)}
    return render_review(request, membership, "extraction/text_list.html", context)


@require_http_methods(["GET", "POST"])
def text_create(request: Request, review_id: int) -> HttpResponse:
    """A new text."""
    membership = access_screener(request.user, review_id)
    form = TextForm(request.POST or None, themes=_themes(review_id))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        block = create_text(membership=membership, draft=form.draft())
        return redirect("extraction:text_detail", review_id, block.pk)
    context = {"form": form, **_preview(review_id, str(form["body"].value() or ""), None)}
    return render_review(request, membership, "extraction/text_detail.html", context, status=status)


def _render_text(
    request: Request, membership: Membership, block: TextBlock, form: TextForm | None = None, status: int = 200
) -> HttpResponse:
    review_id = membership.review_id
    body, theme_id = block.body, block.theme_id
    if form is None:
        initial = {"edits": block.edits, "title": block.title, "theme": block.theme_id, "body": block.body}
        form = TextForm(initial=initial, themes=_themes(review_id))
    elif form.is_valid():
        body, theme_id = form.cleaned_data["body"], form.cleaned_data["theme"]
    context = {"form": form, "row": block, **_preview(review_id, body, theme_id)}
    return render_review(
        request,
        membership,
        "extraction/text_detail.html",
        context,
        fragment="extraction/fragments/text_preview.html",
        status=status,
    )


@require_GET
def text_detail(request: Request, review_id: int, text_id: int) -> HttpResponse:
    """One text as it reads now."""
    membership = access_member(request.user, review_id)
    return _render_text(request, membership, access_text(membership, text_id))


@require_POST
def text_preview(request: Request, review_id: int, text_id: int) -> HttpResponse:
    """The text as it would read; nothing is kept."""
    membership = access_screener(request.user, review_id)
    block = access_text(membership, text_id)
    form = TextForm(request.POST, themes=_themes(review_id))
    return _render_text(request, membership, block, form, 200 if form.is_valid() else 422)


@require_POST
def text_change(request: Request, review_id: int, text_id: int) -> HttpResponse:
    """Keep the text."""
    membership = access_screener(request.user, review_id)
    block = access_text(membership, text_id)
    form = TextForm(request.POST, themes=_themes(review_id))
    if not form.is_valid():
        return _render_text(request, membership, block, form, 422)
    edits = form.cleaned_data["edits"] or 0
    try:
        change_text(membership=membership, text_id=block.pk, edits=edits, draft=form.draft())
    except DomainError as problem:
        if isinstance(problem, StaleError):
            form.data = {**form.data.dict(), "edits": str(block.edits)}  # type: ignore[attr-defined]  # a QueryDict
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return _render_text(request, membership, block, form, status_of(problem))
    messages.success(request, "The text is saved.")
    return redirect("extraction:text_detail", review_id, block.pk)


@require_POST
def text_remove(request: Request, review_id: int, text_id: int) -> HttpResponse:
    """Take a text off the list."""
    membership = access_screener(request.user, review_id)
    block = remove_text(membership=membership, text_id=access_text(membership, text_id).pk)
    messages.success(request, f"“{block.title}” is off the list. You can put it back below.")
    return redirect("extraction:text_list", review_id)


@require_POST
def text_restore(request: Request, review_id: int, text_id: int) -> HttpResponse:
    """Put a text on the list again."""
    membership = access_screener(request.user, review_id)
    block = remove_text(membership=membership, text_id=access_text(membership, text_id).pk, back=True)
    messages.success(request, f"“{block.title}” is on the list again.")
    return redirect("extraction:text_list", review_id)
