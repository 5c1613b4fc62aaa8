"""The builder: a draft as its lead changes it, one URL per change. Each answers with the builder, or leads to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from extraction.access import access_form
from extraction.constants import ItemType
from extraction.forms.item import changed_item, condition_choices, formula_in_words, new_item
from extraction.models import ExtractionForm, FormVersion
from extraction.queries.forms import draft_version, live_version
from extraction.rules.changes import kept_types
from extraction.rules.definition import Definition, Group, Item, parse
from extraction.rules.definition_types import COLUMN_TYPES
from extraction.rules.outline import TYPE_HELP, outline
from extraction.services import forms as services
from extraction.services.forms import DraftPage, new_id
from reviewapp.access import access_lead
from reviewapp.errors import DomainError, StaleError
from reviewapp.htmx import Request, render_review, status_of, wants_fragment
from reviewapp.models import Membership
from reviewapp.numbers import as_number

PAGE = "extraction/form_build.html"
FRAGMENT = "extraction/fragments/form_build.html"
UNDO = "extraction_undo"
"""In the session: the draft as it was before its last change."""
NO_DRAFT = "There is no draft of this form now. Begin one from the form's page."

Write = Callable[[DraftPage, Definition], FormVersion]


@dataclass(frozen=True)
class ColumnRow:
    """One column of a table in its settings."""

    id: str = ""
    label: str = ""
    type: str = ItemType.TEXT
    unit: str = ""
    answers: str = ""


def _open(draft: FormVersion, definition: Definition, item_id: str, typed: QueryDict | None) -> dict[str, Any]:
    """What the settings of one item need; `typed` where it was refused and is shown again."""
    item, section = definition.item(item_id), definition.section_of(item_id)
    if item is None or section is None:
        return {}
    live = live_version(draft.form)
    former = parse(live.definition).item(item_id) if live else None
    types = kept_types(former.type) if former else list(ItemType)
    columns = [
        ColumnRow(one.id, one.label, one.type, one.unit, "; ".join(option.label for option in one.options))
        for one in item.columns
    ]
    options = [(option.id, option.label) for option in item.options]
    if typed is not None and "option_id" in typed:
        options = list(zip(typed.getlist("option_id"), typed.getlist("option_label"), strict=False))
    return {
        "open_item": item,
        "open_section": section,
        "types": [(kind, kind.label, kind in types) for kind in ItemType],
        "column_types": [(kind, kind.label) for kind in ItemType if kind in COLUMN_TYPES],
        "column_rows": [*columns, ColumnRow()],
        "option_rows": options,
        "conditions": condition_choices(definition, item),
        "shown": _shown(definition, item) | (typed.dict() if typed is not None else {}),
        "was_used": former is not None,
    }


def _shown(definition: Definition, item: Item) -> dict[str, Any]:
    """The texts of an item's settings."""
    texts = {name: getattr(item, name) for name in ("label", "help", "unit", "precision", "pattern")}
    texts |= {name: f"{limit:f}" for name in ("minimum", "maximum") if (limit := getattr(item, name)) is not None}
    texts["formula"] = formula_in_words(definition, item.formula)
    return {name: "" if value is None else value for name, value in texts.items()}


def _context(
    request: Request, form: ExtractionForm, draft: FormVersion, place: dict[str, str], typed: QueryDict | None
) -> dict[str, Any]:
    definition = parse(draft.definition)
    undo = request.session.get(UNDO, {})
    return {
        "form": form,
        "draft": draft,
        "definition": definition,
        "nodes": list(outline(definition).walk()),
        "item_count": sum(1 for _ in definition.items()),
        "type_help": [(kind, kind.label, words) for kind, words in TYPE_HELP.items()],
        "can_undo": undo.get("version") == draft.pk and undo.get("edits") == draft.edits,
        "add_to": place.get("add", ""),
        "open_part": place.get("part", ""),
        "said": place.get("said", ""),
        **_open(draft, definition, place.get("item", ""), typed),
    }


def _render(
    request: Request,
    membership: Membership,
    form: ExtractionForm,
    place: dict[str, str],
    problem: DomainError | None = None,
) -> HttpResponse:
    """The builder. `place`: what is open: item (its settings), add (a section's next item), part (section, group)."""
    draft = draft_version(form)
    if draft is None:
        raise StaleError(NO_DRAFT)
    draft.form = form
    context = _context(request, form, draft, place, request.POST if problem else None)
    if problem is not None:
        context |= {"problem": problem, "typed": request.POST}
    status = status_of(problem) if problem else 200
    return render_review(request, membership, PAGE, context, fragment=FRAGMENT, status=status)


def _write(
    request: Request, review_id: int, form_id: int, act: Write, *, stay: dict[str, str], after: dict[str, str]
) -> HttpResponse:
    """One change: `stay` is what remains open when it is refused, `after` when it is made."""
    membership = access_lead(request.user, review_id)
    form = access_form(membership, form_id)
    draft = draft_version(form)
    if draft is None:
        raise StaleError(NO_DRAFT)
    edits = as_number(request.POST.get("edits", ""))
    page = DraftPage(membership, draft.pk, -1 if edits is None else edits)
    try:
        changed = act(page, parse(draft.definition))
    except DomainError as problem:
        return _render(request, membership, form, stay, problem)
    if changed.edits != draft.edits:
        request.session[UNDO] = {"version": draft.pk, "edits": changed.edits, "definition": draft.definition}
    if wants_fragment(request):
        return _render(request, membership, form, after | {"said": "Stored"})
    anchor = after.get("add") or after.get("item") or after.get("part")
    query = f"?{urlencode(after)}" if after else ""
    url = reverse("extraction:form_build", args=[review_id, form_id])
    return HttpResponseRedirect(f"{url}{query}{f'#at-{anchor}' if anchor else ''}")


@require_GET
def form_build(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """The draft of a form. `item`, `add` and `part` in the address say what is open."""
    membership = access_lead(request.user, review_id)
    place = {name: request.GET[name] for name in ("item", "add", "part") if name in request.GET}
    return _render(request, membership, access_form(membership, form_id), place)


@require_POST
def section_add(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """A section, of the study or of a group."""
    title, group = request.POST.get("title", ""), request.POST.get("group", "")

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.add_section(page=page, title=title, group=group)

    return _write(request, review_id, form_id, act, stay={"part": f"new-section-{group}"}, after={})


@require_POST
def section_change(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """Another title, help text or group of a section."""
    sent = request.POST

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.change_section(
            page=page,
            section_id=part,
            title=sent.get("title", ""),
            help_text=sent.get("help", ""),
            group=sent.get("group", ""),
        )

    return _write(request, review_id, form_id, act, stay={"part": part}, after={})


def _beside(ids: list[str], one: str, direction: str) -> int:
    """The place of a neighbour; one's own at the edge or when it is unknown."""
    place = ids.index(one) if one in ids else 0
    return place - 1 if direction == "up" else place + 1


@require_POST
def section_move(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """A section one place up or down among those of its group."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        section = draft.section(part)
        mates = [one.id for one in draft.sections_of_group(section.group if section else "")]
        place = min(max(_beside(mates, part, request.POST.get("direction", "")), 0), len(mates) - 1)
        target = [one.id for one in draft.sections].index(mates[place]) if section else 0
        return services.move_section(page=page, section_id=part, place=target)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def section_remove(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """Without a section and its items."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.remove_section(page=page, section_id=part)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def group_add(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """A repeating group, with a first section."""
    title, parent = request.POST.get("title", ""), request.POST.get("parent", "")

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.add_group(page=page, title=title, parent=parent)

    return _write(request, review_id, form_id, act, stay={"part": f"new-group-{parent}"}, after={})


@require_POST
def group_change(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """Another title, place or limits of a repeating group."""
    sent = request.POST

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        minimum, maximum = as_number(sent.get("minimum", "") or "0"), as_number(sent.get("maximum", "") or "0")
        if minimum is None or maximum is None:
            raise DomainError("Write whole numbers, or leave them empty.")
        group = Group(part, sent.get("title", ""), sent.get("parent", ""), minimum, maximum or None)
        return services.change_group(page=page, group=group)

    return _write(request, review_id, form_id, act, stay={"part": part}, after={})


@require_POST
def group_remove(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """Without a repeating group and all that stands in it."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.remove_group(page=page, group_id=part)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def item_add(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """An item at the end of a section; the next one can be added right away."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.add_item(page=page, section_id=part, item=new_item(request.POST, new_id))

    return _write(request, review_id, form_id, act, stay={"add": part}, after={"add": part})


@require_POST
def item_change(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """The settings of an item, and the section it stands in. Moving an answer up keeps the settings open."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        item = _known(draft, part)
        return services.change_item(page=page, item=changed_item(item, request.POST, draft, new_id))

    more = "option_up" in request.POST or "more" in request.POST
    return _write(request, review_id, form_id, act, stay={"item": part}, after={"item": part} if more else {})


def _known(draft: Definition, item_id: str) -> Item:
    item = draft.item(item_id)
    if item is None:
        raise DomainError("This item is not in the form any more.")
    return item


@require_POST
def item_move(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """An item one place up or down, or (dragged, or chosen in its settings) to a place of a section."""
    sent = request.POST

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        _known(draft, part)
        section = draft.section_of(part)
        assert section is not None
        target, place = sent.get("section") or section.id, as_number(sent.get("place", ""))
        if place is None:
            ids = [item.id for item in section.items]
            to_end = target != section.id
            place = len(draft.items_of_group("")) + 1_000 if to_end else _beside(ids, part, sent.get("direction", ""))
        return services.move_item(page=page, item_id=part, section_id=target, place=place)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def item_remove(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """Without an item; the last change can be taken back."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.remove_item(page=page, item_id=part)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def item_copy(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """The same item again, right below."""

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.duplicate_item(page=page, item_id=part)

    return _write(request, review_id, form_id, act, stay={}, after={})


@require_POST
def option_merge(request: Request, review_id: int, form_id: int, part: str) -> HttpResponse:
    """One answer of an item goes into another."""
    gone, into = request.POST.get("gone", ""), request.POST.get("into", "")

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        return services.merge_options(page=page, item_id=part, gone_id=gone, into_id=into)

    return _write(request, review_id, form_id, act, stay={"item": part}, after={"item": part})


@require_POST
def form_undo(request: Request, review_id: int, form_id: int) -> HttpResponse:
    """The draft as it was before its last change."""
    undo = request.session.get(UNDO, {})

    def act(page: DraftPage, draft: Definition) -> FormVersion:
        if (undo.get("version"), undo.get("edits")) != (page.version_id, page.edits):
            raise StaleError("There is no change of yours to take back.")
        return services.replace_draft(page=page, definition=parse(undo["definition"]), words="Last change taken back")

    return _write(request, review_id, form_id, act, stay={}, after={})
