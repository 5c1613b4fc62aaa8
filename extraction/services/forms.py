"""Forms and their drafts: made, changed, given up. Only a draft changes; writes are counted, to notice stale pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from extraction.constants import AuditKind, ExtractionMode, FormState, ItemType
from extraction.models import ExtractionForm, FormVersion
from extraction.rules import editing
from extraction.rules.definition import Definition, DefinitionError, Group, Item, Section, dump, parse
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import Membership

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ID_LENGTH = 8
MAX_PILOT = 50
STALE = "This form was changed since you opened the page. This is how it stands now; your change was not made."


@dataclass(frozen=True)
class DraftPage:
    """Who changes which draft, and the count of writes that their page was drawn from."""

    membership: Membership
    version_id: int
    edits: int


@dataclass(frozen=True)
class FormSettings:
    """What a form is called and how it is used."""

    name: str
    mode: str = ExtractionMode.DOUBLE
    pilot_studies: int = 2


def new_id(kind: str) -> str:
    """An id for a section, group, item, option or column: given once, never again."""
    return kind + "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def _checked_settings(settings: FormSettings) -> FormSettings:
    name = " ".join(settings.name.split())
    if not name:
        raise DomainError("Give the form a name.", field="name")
    if len(name) > 120:
        raise DomainError("Write at most 120 characters.", field="name")
    if settings.mode not in ExtractionMode.values:
        raise DomainError("Choose how two people share the work.", field="mode")
    if not 1 <= settings.pilot_studies <= MAX_PILOT:
        raise DomainError(f"A form is tried on 1 to {MAX_PILOT} studies.", field="pilot_studies")
    return replace(settings, name=name)


@transaction.atomic
def create_form(
    *, membership: Membership, settings: FormSettings, definition: Definition | None = None, source: str = ""
) -> FormVersion:
    """A form with its first draft; blank, or with the sections of a template or file (`source` names it in the log).

    Raises DomainError for a name that is empty or in use.
    """
    settings = _checked_settings(settings)
    occasion = Occasion(membership.review, membership.user)
    try:
        with transaction.atomic():
            form = ExtractionForm.objects.create(
                review=membership.review,
                name=settings.name,
                mode=settings.mode,
                pilot_studies=settings.pilot_studies,
                created_by=membership.user,
                created_at=occasion.at,
            )
    except IntegrityError as error:
        raise DomainError("This review has a form of this name already.", field="name") from error
    first = definition if definition is not None else Definition((Section(new_id("s"), "Study"),))
    version = FormVersion.objects.create(
        form=form, number=1, definition=dump(first), created_by=membership.user, created_at=occasion.at
    )
    after = {"mode": form.mode, "pilot_studies": form.pilot_studies} | ({"from": source} if source else {})
    log_event(occasion, AuditKind.FORM_CREATED, form, after=after)
    return version


@transaction.atomic
def change_form(*, membership: Membership, form_id: int, settings: FormSettings) -> ExtractionForm:
    """Another name, way of sharing, or number of studies to try it on."""
    settings = _checked_settings(settings)
    form = ExtractionForm.objects.select_for_update().get(review_id=membership.review_id, pk=form_id, retired_at=None)
    before = {"name": form.name, "mode": form.mode, "pilot_studies": form.pilot_studies}
    form.name, form.mode, form.pilot_studies = settings.name, settings.mode, settings.pilot_studies
    after = {"name": form.name, "mode": str(form.mode), "pilot_studies": form.pilot_studies}
    if before == after:
        return form
    try:
        with transaction.atomic():
            form.save(update_fields=["name", "mode", "pilot_studies"])
    except IntegrityError as error:
        raise DomainError("This review has a form of this name already.", field="name") from error
    changed = [name for name in before if before[name] != after[name]]
    log_event(
        Occasion(membership.review, membership.user),
        AuditKind.FORM_CHANGED,
        form,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return form


@transaction.atomic
def retire_form(*, membership: Membership, form_id: int) -> None:
    """Take a form that no sheet was made with off the list. Raises DomainError once there is a sheet."""
    form = ExtractionForm.objects.select_for_update().get(review_id=membership.review_id, pk=form_id, retired_at=None)
    if form.sheets.exists():
        raise DomainError("Sheets were made with this form, so it stays.")
    occasion = Occasion(membership.review, membership.user)
    form.retired_at = occasion.at
    form.save(update_fields=["retired_at"])
    log_event(occasion, AuditKind.FORM_CHANGED, form, after={"change": "Taken off the list"})


def locked_draft(page: DraftPage) -> FormVersion:
    """The draft, locked, once the page it was changed from is not stale. Raises StaleError, and DomainError if it is
    no draft any more."""
    version = (
        FormVersion.objects.select_for_update(of=("self",))
        .select_related("form")
        .filter(form__review_id=page.membership.review_id, pk=page.version_id)
        .first()
    )
    if version is None or version.form.retired_at is not None:
        raise DomainError("This form is not here any more.")
    if version.state != FormState.DRAFT:
        raise StaleError("This version is not a draft any more. To change the form, begin the next version.")
    if version.edits != page.edits:
        raise StaleError(STALE)
    return version


@transaction.atomic
def change_draft(page: DraftPage, change: Callable[[Definition], Definition], words: str) -> FormVersion:
    """One write of a draft. `words` say in the log what was changed. Raises StaleError and DomainError."""
    version = locked_draft(page)
    before = parse(version.definition)
    try:
        after = change(before)
    except DefinitionError as error:
        raise DomainError(error.message[:1].upper() + error.message[1:]) from error
    if after == before:
        return version
    version.definition, version.edits = dump(after), version.edits + 1
    version.save(update_fields=["definition", "edits"])
    occasion = Occasion(page.membership.review, page.membership.user)
    log_event(occasion, AuditKind.FORM_CHANGED, version, after={"change": words})
    return version


def add_section(*, page: DraftPage, title: str, group: str = "") -> FormVersion:
    """A section, of the study or of a repeating group."""
    section = Section(new_id("s"), _title(title, "section"), group=group)
    return change_draft(page, lambda draft: editing.add_section(draft, section), f"Section “{section.title}” added")


def change_section(*, page: DraftPage, section_id: str, title: str, help_text: str, group: str) -> FormVersion:
    """Another title, help text or group of a section."""
    title = _title(title, "section")

    def change(draft: Definition) -> Definition:
        return editing.change_section(draft, section_id, title=title, help_text=help_text.strip(), group=group)

    return change_draft(page, change, f"Section “{title}” changed")


def move_section(*, page: DraftPage, section_id: str, place: int) -> FormVersion:
    """A section to a place in the order (0 is the first)."""
    return change_draft(page, lambda draft: editing.move_section(draft, section_id, place), "A section moved")


def remove_section(*, page: DraftPage, section_id: str) -> FormVersion:
    """Without a section and its items."""
    return change_draft(page, lambda draft: editing.remove_section(draft, section_id), "A section removed")


def add_group(*, page: DraftPage, title: str, parent: str = "") -> FormVersion:
    """A repeating group with a first section of the same title."""
    group = Group(new_id("g"), _title(title, "repeating group"), parent)

    def change(draft: Definition) -> Definition:
        with_group = editing.add_group(draft, group)
        return editing.add_section(with_group, Section(new_id("s"), group.title, group=group.id))

    return change_draft(page, change, f"Repeating group “{group.title}” added")


def change_group(*, page: DraftPage, group: Group) -> FormVersion:
    """Another title, place or limits of a repeating group."""
    named = replace(group, title=_title(group.title, "repeating group"))
    return change_draft(page, lambda draft: editing.change_group(draft, named), f"Group “{named.title}” changed")


def remove_group(*, page: DraftPage, group_id: str) -> FormVersion:
    """Without a repeating group and everything within it."""
    return change_draft(page, lambda draft: editing.remove_group(draft, group_id), "A repeating group removed")


def add_item(*, page: DraftPage, section_id: str, item: Item) -> FormVersion:
    """An item at the end of a section. The caller gave it an id by `new_id`."""
    words = f"Item “{item.label}” added ({ItemType(item.type).label})"
    return change_draft(page, lambda draft: editing.add_item(draft, section_id, item), words)


def change_item(*, page: DraftPage, item: Item) -> FormVersion:
    """An item with other settings."""
    return change_draft(page, lambda draft: editing.change_item(draft, item), f"Item “{item.label}” changed")


def move_item(*, page: DraftPage, item_id: str, section_id: str, place: int) -> FormVersion:
    """An item to a place in its own section or another one (0 is the first)."""

    def change(draft: Definition) -> Definition:
        return editing.move_item(draft, item_id, section_id, place)

    return change_draft(page, change, "An item moved")


def remove_item(*, page: DraftPage, item_id: str) -> FormVersion:
    """Without an item."""
    return change_draft(page, lambda draft: editing.remove_item(draft, item_id), "An item removed")


def duplicate_item(*, page: DraftPage, item_id: str) -> FormVersion:
    """The same item again, right below, with ids of its own."""

    def change(draft: Definition) -> Definition:
        item, section = draft.item(item_id), draft.section_of(item_id)
        if item is None or section is None:
            raise DefinitionError("", "this item is not in the form any more")
        place = [one.id for one in section.items].index(item_id) + 1
        return editing.add_item(draft, section.id, editing.copied(item, new_id), place)

    return change_draft(page, change, "An item copied")


def merge_options(*, page: DraftPage, item_id: str, gone_id: str, into_id: str) -> FormVersion:
    """One answer of an item goes into another."""

    def change(draft: Definition) -> Definition:
        item = draft.item(item_id)
        if item is None:
            raise DefinitionError("", "this item is not in the form any more")
        return editing.change_item(draft, editing.merge_options(item, gone_id, into_id))

    return change_draft(page, change, "Two answers merged")


def replace_draft(*, page: DraftPage, definition: Definition, words: str) -> FormVersion:
    """The whole draft anew: from a file, or as it was before the last change."""
    return change_draft(page, lambda draft: definition, words)


@transaction.atomic
def begin_draft(*, membership: Membership, form_id: int) -> FormVersion:
    """The next draft of a form, as the version in use stands; the draft there is, if there is one."""
    form = ExtractionForm.objects.select_for_update().get(review_id=membership.review_id, pk=form_id, retired_at=None)
    draft = form.versions.filter(state=FormState.DRAFT).first()
    if draft is not None:
        return draft
    last = form.versions.order_by("-number").first()
    live = form.versions.filter(state__in=(FormState.PILOT, FormState.IN_USE)).first() or last
    assert last is not None
    assert live is not None
    version = FormVersion.objects.create(
        form=form,
        number=last.number + 1,
        definition=live.definition,
        created_by=membership.user,
        created_at=timezone.now(),
    )
    occasion = Occasion(membership.review, membership.user)
    log_event(occasion, AuditKind.FORM_CHANGED, version, after={"change": f"Draft of version {version.number} begun"})
    return version


@transaction.atomic
def discard_draft(*, page: DraftPage) -> ExtractionForm:
    """Give up the draft of a next version; the version in use stays. Raises DomainError for a form's first draft."""
    version = locked_draft(page)
    if not version.form.versions.filter(state__in=(FormState.PILOT, FormState.IN_USE)).exists():
        raise DomainError("This is the form's first draft. To be rid of it, take the form off the list.")
    version.state, version.note = FormState.RETIRED, "Given up before it was used."
    version.save(update_fields=["state", "note"])
    occasion = Occasion(page.membership.review, page.membership.user)
    log_event(occasion, AuditKind.FORM_CHANGED, version, after={"change": "Draft given up"})
    return version.form


def _title(typed: str, noun: str) -> str:
    title = " ".join(typed.split())
    if not title:
        raise DomainError(f"Give the {noun} a title.", field="title")
    if len(title) > 200:
        raise DomainError("Write at most 200 characters.", field="title")
    return title
