"""Forms, sheets and values for tests of extraction, made by the services where there are services."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from extraction.constants import ItemType, Mark, SheetKind, SheetState
from extraction.models import ExtractedValue, Extraction, FormVersion
from extraction.queries.forms import draft_version
from extraction.rules.definition import Definition, Group, Item, Option, Section
from extraction.services.forms import DraftPage, FormSettings, begin_draft, create_form
from extraction.services.versions import publish
from reviewapp.models import Membership, User
from screening.models import Study

OPTIONS = (Option("o1", "Cohort"), Option("o2", "Trial"))
ITEMS = (
    Item("i1", ItemType.SINGLE, "Design", options=OPTIONS),
    Item("i2", ItemType.INTEGER, "Size"),
    Item("i3", ItemType.VOCABULARY, "Model", options=(Option("o7", "GAN"),)),
)
IN_GROUP = Item("i4", ItemType.TEXT, "Arm name")
DEFINITION = Definition(
    (Section("s1", "Study", items=ITEMS), Section("s2", "Arms", group="g1", items=(IN_GROUP,))), (Group("g1", "Arm"),)
)


def make_form(lead: Membership, definition: Definition = DEFINITION, *, name: str = "Main form") -> FormVersion:
    """A form with its first draft."""
    return create_form(membership=lead, settings=FormSettings(name), definition=definition)


def page_of(lead: Membership, version: FormVersion) -> DraftPage:
    """The page as it is drawn now."""
    version.refresh_from_db()
    return DraftPage(lead, version.pk, version.edits)


def make_used_form(lead: Membership, definition: Definition = DEFINITION, *, name: str = "Main form") -> FormVersion:
    """A form in use."""
    return publish(page=page_of(lead, make_form(lead, definition, name=name)), pilot=False).version


def next_draft(lead: Membership, version: FormVersion) -> FormVersion:
    """The draft of the next version."""
    draft = begin_draft(membership=lead, form_id=version.form_id)
    assert draft_version(version.form) == draft
    return draft


def make_sheet(version: FormVersion, study: Study, user: User, *, ready: bool = False, place: int = 1) -> Extraction:
    """One person's sheet for a study."""
    now = timezone.now()
    return Extraction.objects.create(
        review_id=version.form.review_id,
        form=version.form,
        version=version,
        study=study,
        kind=SheetKind.INDEPENDENT,
        extractor=user,
        place=place,
        state=SheetState.READY if ready else SheetState.OPEN,
        assigned_at=now,
        changed_at=now,
        ready_at=now if ready else None,
    )


def make_value(sheet: Extraction, item: str, value: Any, **fields: Any) -> ExtractedValue:
    """A live value; None is "not reported"."""
    return ExtractedValue.objects.create(
        extraction=sheet,
        item=item,
        value=value,
        mark=Mark.NOT_REPORTED if value is None else Mark.VALUE,
        version=sheet.version,
        entered_by=sheet.extractor,
        entered_at=timezone.now(),
        **fields,
    )


def make_study(lead: Membership, label: str = "Rowe 2020") -> Study:
    """A study of the review."""
    return Study.objects.create(review=lead.review, label=label, created_at=timezone.now())
