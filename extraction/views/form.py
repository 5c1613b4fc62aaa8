"""Forms as a whole: the list, one form with its versions, making, publishing, preview, export and bringing in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.access import access_form, access_version
from extraction.constants import FormState
from extraction.exporters.form import form_json, form_xlsx
from extraction.forms.form import CreateForm, PublishForm, SettingsForm
from extraction.importers.form import FormFileError, read_form
from extraction.models import ExtractionForm, FormVersion
from extraction.queries.forms import draft_version, form_lines, live_version, publish_effect, version_lines
from extraction.rules.definition import Definition, parse
from extraction.rules.outline import outline
from extraction.rules.templates import TEMPLATES
from extraction.services.forms import (
    DraftPage,
    begin_draft,
    change_form,
    create_form,
    discard_draft,
    replace_draft,
    retire_form,
)
from extraction.services.versions import publish, put_to_use
from reviewapp.access import access_lead, access_member
from reviewapp.errors import DomainError, StaleError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from reviewapp.numbers import as_number

FORM_FILES = {
    "json": ("application/json", form_json),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", form_xlsx),
}


@require_GET
def form_list(request: Request, review_id: int) -> HttpResponse:
    """The forms of the review."""
    membership = access_member(request.user, review_id)
    return render_review(request, membership, "extraction/form_list.html", {"lines": form_lines(review_id)})


@require_http_methods(["GET", "POST"])
def form_create(request: Request, review_id: int) -> HttpResponse:
    """A new form: blank, from a template or from a file."""
    membership = access_lead(request.user, review_id)
    begin_with = {"template": request.GET.get("template", "")}
    posted = request.method == "POST"
    form = CreateForm(request.POST, request.FILES) if posted else CreateForm(initial=begin_with)
    if posted and form.is_valid():
        try:
            definition, source = _beginning(form)
            version = create_form(membership=membership, settings=form.settings(), definition=definition, source=source)
        except DomainError as problem:
            show_error(form, problem)
        else:
            return redirect("extraction:form_build", review_id, version.form_id)
    context = {"form": form, "templates": TEMPLATES.values()}
    return render_review(
        request, membership, "extraction/form_create.html", context, status=422 if form.errors else 200
    )


def _beginning(form: CreateForm) -> tuple[Definition | None, str]:
    """What the form begins with, and its name in the log. Raises DomainError for a file that cannot be read."""
    file, key = form.cleaned_data["file"], form.cleaned_data["template"]
    if file:
        try:
            return read_form(file.name, file.read()), file.name
        except FormFileError as error:
            raise DomainError(str(error), field="file") from error
    return (TEMPLATES[key].definition, TEMPLATES[key].title) if key else (None, "")


def _render_form(
    request: Request,
    membership: Membership,
    form: ExtractionForm,
    *,
    settings: SettingsForm | None = None,
    problem: DomainError | None = None,
) -> HttpResponse:
    lines = version_lines(form)
    context = {
        "form": form,
        "lines": lines if membership.is_lead else [line for line in lines if line.version.published_at],
        "live": live_version(form),
        "draft": draft_version(form) if membership.is_lead else None,
        "settings": settings or SettingsForm.of(form),
        "problem": problem,
    }
    status = status_of(problem) if problem else 422 if settings is not None and settings.errors else 200
    return render_review(request, membership, "extraction/form_detail.html", context, status=status)


@require_GET
def form_detail(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """One form: its version in use, its draft, its history with differences, its settings."""
    membership = access_member(request.user, review_id)
    return _render_form(request, membership, access_form(membership, form_id))


@require_POST
def form_change(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Another name, way of sharing, or size of the pilot."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    settings = SettingsForm(request.POST)
    if settings.is_valid():
        try:
            change_form(membership=membership, form_id=form_id, settings=settings.settings())
        except DomainError as problem:
            show_error(settings, problem)
        else:
            messages.success(request, "The settings are stored.")
            return redirect("extraction:form_detail", review_id, form_id)
    return _render_form(request, membership, form, settings=settings)


@require_POST
def form_retire(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Take a form without sheets off the list."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    try:
        retire_form(membership=membership, form_id=form_id)
    except DomainError as problem:
        return _render_form(request, membership, form, problem=problem)
    messages.success(request, f"“{form.name}” is off the list.")
    return redirect("extraction:form_list", review_id)


@require_POST
def form_draft(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Begin the draft of the next version."""
    membership = access_lead(request.user, review_id)
    begin_draft(membership=membership, form_id=access_form(membership, form_id).pk)
    return redirect("extraction:form_build", review_id, form_id)


def _page(request: Request, membership: Membership, form: ExtractionForm) -> DraftPage:
    """The draft and the count that the page was drawn from. Raises StaleError when there is no draft."""
    draft = draft_version(form)
    if draft is None:
        raise StaleError("There is no draft of this form now.")
    edits = as_number(request.POST.get("edits", ""))
    return DraftPage(membership, draft.pk, -1 if edits is None else edits)


@require_POST
def form_discard(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """Give up the draft of a next version."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    try:
        discard_draft(page=_page(request, membership, form))
    except DomainError as problem:
        return _render_form(request, membership, form, problem=problem)
    messages.success(request, "The draft is given up. The version in use stays.")
    return redirect("extraction:form_detail", review_id, form_id)


@require_http_methods(["GET", "POST"])
def form_publish(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """What putting the draft to use would do; and doing it."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    draft = draft_version(form)
    if draft is None:
        raise StaleError("There is no draft of this form now.")
    problem = None
    if request.method == "POST":
        sent = PublishForm(request.POST)
        try:
            if not sent.is_valid():
                raise DomainError("Choose whether the form is tried first or used for all studies.")
            return _published(request, membership, draft, sent)
        except DomainError as error:
            problem = error
    draft.form = form
    context = {"form": form, "draft": draft, "effect": publish_effect(draft), "live": live_version(form)}
    status = status_of(problem) if problem else 200
    return render_review(
        request, membership, "extraction/form_publish.html", context | {"problem": problem}, status=status
    )


def _published(request: Request, membership: Membership, draft: FormVersion, sent: PublishForm) -> HttpResponse:
    cleaned = sent.cleaned_data
    done = publish(
        page=DraftPage(membership, draft.pk, cleaned["edits"]),
        pilot=cleaned["use"] == "pilot",
        note=cleaned["note"],
        reopen=cleaned["reopen"] != "no",
    )
    words = "in its pilot" if done.version.state == FormState.PILOT else "in use"
    more = f" {done.moved} sheets moved to it, {done.reopened} of them were opened again." if done.moved else ""
    messages.success(request, f"Version {done.version.number} is {words}.{more}")
    return redirect("extraction:form_detail", draft.form.review_id, draft.form_id)


@require_POST
def form_use(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """After the pilot: use the version for all studies."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    live = live_version(form)
    try:
        version = put_to_use(membership=membership, version_id=live.pk if live else 0)
    except DomainError as problem:
        return _render_form(request, membership, form, problem=problem)
    messages.success(request, f"Version {version.number} is in use for all studies.")
    return redirect("extraction:form_detail", review_id, form_id)


@require_GET
def form_preview(request: Request, review_id: int, form_id: int, number: int) -> HttpResponse:
    """A version as an extractor will see it; what is typed here is kept nowhere."""
    membership = access_member(request.user, review_id)
    form = access_form(membership, form_id)
    version = access_version(membership, form, number)
    definition = parse(version.definition)
    context: dict[str, Any] = {"form": form, "version": version, "node": outline(definition)}
    return render_review(request, membership, "extraction/form_preview.html", context)


@require_GET
def form_export(request: Request, review_id: int, form_id: int, number: int, file_kind: str) -> HttpResponse:
    """A version as a file that can be brought in again."""
    membership = access_member(request.user, review_id)
    form = access_form(membership, form_id)
    version = access_version(membership, form, number)
    content_type, write = FORM_FILES[file_kind]
    response = HttpResponse(write(parse(version.definition), form.name), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="extraction-form-{form.pk}-v{version.number}.{file_kind}"'
    return response


@require_POST
def form_import(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """The draft from a file. The form's page and the builder show what differs."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise DomainError("Choose a file.")
        page = _page(request, membership, form)
        definition = read_form(file.name or "", file.read())
        replace_draft(page=page, definition=definition, words=f"Brought in from {file.name}")
    except FormFileError as error:
        return _render_form(request, membership, form, problem=DomainError(str(error)))
    except DomainError as problem:
        return _render_form(request, membership, form, problem=problem)
    messages.success(request, "The draft is as the file says.")
    return redirect("extraction:form_build", review_id, form_id)
