"""Forms and drafts: one write, one count, one event; a stale page changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from extraction.constants import AuditKind, FormState, ItemType
from extraction.models import ExtractionForm, FormVersion
from extraction.queries.forms import form_lines, live_version, version_lines
from extraction.rules.definition import Condition, Group, Item, Option, parse
from extraction.services import forms as services
from extraction.services.forms import DraftPage, FormSettings, create_form
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent
from tests.extraction.building import DEFINITION, make_form, make_sheet, make_study, make_used_form, next_draft, page_of
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_a_blank_form_has_one_section_and_a_draft(cast: Cast) -> None:
    version = create_form(membership=cast.membership("alice"), settings=FormSettings("  Main   form "))
    assert version.form.name == "Main form"
    assert version.state == FormState.DRAFT
    assert [section.title for section in parse(version.definition).sections] == ["Study"]
    assert AuditEvent.objects.filter(kind=AuditKind.FORM_CREATED).count() == 1


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (FormSettings(" "), "name"),
        (FormSettings("x" * 121), "name"),
        (FormSettings("MAIN form"), "name"),
        (FormSettings("Other", mode="triple"), "mode"),
        (FormSettings("Other", pilot_studies=0), "pilot_studies"),
    ],
)
def test_settings_that_cannot_be(cast: Cast, settings: FormSettings, field: str) -> None:
    make_form(cast.membership("alice"))
    with pytest.raises(DomainError) as raised:
        create_form(membership=cast.membership("alice"), settings=settings)
    assert raised.value.field == field
    assert ExtractionForm.objects.count() == 1


NEW = Item("i9", ItemType.TEXT, "New")
WRITES: list[Callable[[DraftPage], FormVersion]] = [
    lambda page: services.add_section(page=page, title="More"),
    lambda page: services.change_section(page=page, section_id="s1", title="Other", help_text="", group=""),
    lambda page: services.move_section(page=page, section_id="s2", place=0),
    lambda page: services.remove_section(page=page, section_id="s1"),
    lambda page: services.add_group(page=page, title="Outcome", parent="g1"),
    lambda page: services.change_group(page=page, group=Group("g1", "Arms", minimum=2)),
    lambda page: services.remove_group(page=page, group_id="g1"),
    lambda page: services.add_item(page=page, section_id="s1", item=NEW),
    lambda page: services.change_item(page=page, item=Item("i2", ItemType.NUMBER, "Size")),
    lambda page: services.move_item(page=page, item_id="i1", section_id="s1", place=2),
    lambda page: services.remove_item(page=page, item_id="i1"),
    lambda page: services.duplicate_item(page=page, item_id="i1"),
    lambda page: services.merge_options(page=page, item_id="i1", gone_id="o1", into_id="o2"),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_counts_and_is_logged_and_a_stale_page_changes_nothing(
    cast: Cast, write: Callable[[DraftPage], FormVersion]
) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    page = page_of(lead, version)
    before = version.definition
    changed = write(page)
    assert changed.edits == 1
    assert changed.definition != before
    parse(changed.definition)
    assert AuditEvent.objects.filter(kind=AuditKind.FORM_CHANGED, object_id=version.pk).count() == 1
    with pytest.raises(StaleError):
        write(page)
    version.refresh_from_db()
    assert version.definition == changed.definition


def test_a_change_that_changes_nothing_is_no_write(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    item = DEFINITION.item("i1")
    assert item is not None
    assert services.change_item(page=page_of(lead, version), item=item).edits == 0


def test_what_stands_where_after_moving_and_removing(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    services.move_item(page=page_of(lead, version), item_id="i3", section_id="s1", place=0)
    services.duplicate_item(page=page_of(lead, version), item_id="i3")
    version.refresh_from_db()
    items = parse(version.definition).sections[0].items
    assert [item.label for item in items] == ["Model", "Model (copy)", "Design", "Size"]
    assert items[1].id not in DEFINITION.ids()
    assert items[1].options[0].id != items[0].options[0].id
    services.remove_group(page=page_of(lead, version), group_id="g1")
    version.refresh_from_db()
    assert [section.id for section in parse(version.definition).sections] == ["s1"]
    assert parse(version.definition).groups == ()


def test_conditions_of_what_is_removed_are_taken_off(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    hanging = replace(NEW, shown_if=Condition("i1", values=("o1",)))
    services.add_item(page=page_of(lead, version), section_id="s1", item=hanging)
    services.merge_options(page=page_of(lead, version), item_id="i1", gone_id="o1", into_id="o2")
    version.refresh_from_db()
    moved = parse(version.definition).item("i9")
    assert moved is not None
    assert moved.shown_if == Condition("i1", values=("o2",))
    services.remove_item(page=page_of(lead, version), item_id="i1")
    version.refresh_from_db()
    loose = parse(version.definition).item("i9")
    assert loose is not None
    assert loose.shown_if is None


def test_merged_options_are_remembered(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    changed = services.merge_options(page=page_of(lead, version), item_id="i1", gone_id="o1", into_id="o2")
    item = parse(changed.definition).item("i1")
    assert item is not None
    assert item.options == (Option("o2", "Trial", ("o1",)),)


def test_what_cannot_be_done_is_said_in_words(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    with pytest.raises(DomainError, match="not in the form any more"):
        services.remove_item(page=page_of(lead, version), item_id="i77")
    with pytest.raises(DomainError, match="title"):
        services.add_section(page=page_of(lead, version), title=" ")


def test_a_version_in_use_does_not_change(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    with pytest.raises(StaleError, match="not a draft"):
        services.remove_item(page=page_of(lead, version), item_id="i1")


def test_the_next_draft_begins_as_the_version_in_use_and_can_be_given_up(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    draft = next_draft(lead, version)
    assert (draft.number, draft.definition) == (2, version.definition)
    assert next_draft(lead, version) == draft
    services.discard_draft(page=page_of(lead, draft))
    assert live_version(version.form) == version
    assert next_draft(lead, version).number == 3


def test_a_first_draft_is_not_given_up_but_the_form_may_be(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    with pytest.raises(DomainError, match="first draft"):
        services.discard_draft(page=page_of(lead, version))
    services.retire_form(membership=lead, form_id=version.form_id)
    assert form_lines(lead.review_id) == []
    make_form(lead)


def test_a_form_with_sheets_stays(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    make_sheet(version, make_study(lead), cast.bob)
    with pytest.raises(DomainError, match="so it stays"):
        services.retire_form(membership=lead, form_id=version.form_id)


def test_settings_change_and_say_what_changed(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_form(lead)
    settings = FormSettings("Main form", pilot_studies=4)
    services.change_form(membership=lead, form_id=version.form_id, settings=settings)
    services.change_form(membership=lead, form_id=version.form_id, settings=settings)
    [event] = AuditEvent.objects.filter(kind=AuditKind.FORM_CHANGED)
    assert (event.before, event.after) == ({"pilot_studies": 2}, {"pilot_studies": 4})


def test_the_list_and_the_history(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    make_sheet(version, make_study(lead), cast.bob)
    draft = next_draft(lead, version)
    services.remove_item(page=page_of(lead, draft), item_id="i1")
    [line] = form_lines(lead.review_id)
    assert (line.live, line.draft, line.items, line.sheets) == (version, draft, 3, 1)
    newest, oldest = version_lines(version.form)
    assert newest.changes is not None
    assert [item.id for item in newest.changes.removed] == ["i1"]
    assert oldest.changes is None
    assert (oldest.items, oldest.sheets) == (4, 1)
