"""A draft is put to use: sheets move, values are carried over or asked again, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extraction.constants import AuditKind, FormState, ItemType, SheetState, ValueOrigin
from extraction.models import ExtractedValue, FormVersion
from extraction.queries.forms import Effect, live_version, publish_effect
from extraction.rules.definition import Definition, Item
from extraction.services import forms as services
from extraction.services.versions import Published, publish, put_to_use
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent, Membership
from tests.extraction.building import make_form, make_sheet, make_study, make_used_form, make_value, next_draft, page_of
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def change_and_publish(
    lead: Membership, version: FormVersion, *items: Item, reopen: bool = True
) -> tuple[Effect, Published]:
    """The next version with some items changed: what was foretold, and what came of it."""
    draft = next_draft(lead, version)
    for item in items:
        services.change_item(page=page_of(lead, draft), item=item)
    page = page_of(lead, draft)
    return publish_effect(draft), publish(page=page, pilot=False, reopen=reopen)


def test_pilot_then_in_use(cast: Cast) -> None:
    lead = cast.membership("alice")
    draft = make_form(lead)
    version = publish(page=page_of(lead, draft), pilot=True, note="First try").version
    assert (version.state, version.note) == (FormState.PILOT, "First try")
    assert version.published_at is not None
    assert put_to_use(membership=lead, version_id=version.pk).state == FormState.IN_USE
    with pytest.raises(DomainError, match="not in its pilot"):
        put_to_use(membership=lead, version_id=version.pk)
    assert AuditEvent.objects.filter(kind=AuditKind.FORM_PUBLISHED).count() == 2


def test_an_empty_form_and_a_stale_page_are_not_published(cast: Cast) -> None:
    lead = cast.membership("alice")
    with pytest.raises(DomainError, match="no items yet"):
        publish(page=page_of(lead, make_form(lead, Definition(), name="Empty")), pilot=False)
    draft = make_form(lead)
    stale = page_of(lead, draft)
    services.add_section(page=stale, title="More")
    with pytest.raises(StaleError):
        publish(page=stale, pilot=False)


def test_values_are_carried_over_and_the_old_ones_stay(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    sheet = make_sheet(version, make_study(lead), cast.bob)
    size = make_value(sheet, "i2", 12, comment="table 1", page="3", number=4)
    design = make_value(sheet, "i1", "o1")
    effect, published = change_and_publish(lead, version, Item("i2", ItemType.NUMBER, "Size"))
    assert (published.carried, published.asked, published.moved, published.reopened) == (1, 0, 1, 0)
    assert [(line.item.id, line.carried, line.asked) for line in effect.lines] == [("i2", 1, 0)]
    size.refresh_from_db()
    assert size.superseded_at is not None
    assert (size.value, size.version) == (12, version)
    fresh = ExtractedValue.objects.get(extraction=sheet, item="i2", superseded_at=None)
    assert (fresh.value, fresh.origin, fresh.number, fresh.comment, fresh.page, fresh.entered_by) == (
        "12",
        ValueOrigin.MIGRATED,
        5,
        "table 1",
        "3",
        cast.bob,
    )
    design.refresh_from_db()
    assert design.superseded_at is None
    sheet.refresh_from_db()
    assert sheet.version == published.version
    version.refresh_from_db()
    assert version.state == FormState.RETIRED
    assert live_version(version.form) == published.version


def test_what_cannot_be_carried_over_is_asked_again_and_opens_a_ready_sheet(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    study = make_study(lead)
    sheet, other = (
        make_sheet(version, study, cast.bob, ready=True),
        make_sheet(version, study, cast.cara, place=2, ready=True),
    )
    value = make_value(sheet, "i2", 12)
    make_value(other, "i2", None)
    effect, published = change_and_publish(lead, version, Item("i2", ItemType.INTEGER, "Size", unit="pairs"))
    assert (effect.sheets, effect.sheets_asked, effect.ready_asked) == (2, 1, 1)
    assert (published.asked, published.reopened, published.moved) == (1, 1, 2)
    value.refresh_from_db()
    assert value.superseded_at is not None
    assert not ExtractedValue.objects.filter(extraction=sheet, item="i2", superseded_at=None).exists()
    assert ExtractedValue.objects.filter(extraction=other, item="i2", superseded_at=None).exists()
    sheet.refresh_from_db()
    other.refresh_from_db()
    assert (sheet.state, sheet.ready_at) == (SheetState.OPEN, None)
    assert other.state == SheetState.READY


def test_finished_studies_can_stay_in_their_version(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    done, begun = make_study(lead, "Done 2020"), make_study(lead, "Begun 2021")
    finished = make_sheet(version, done, cast.bob, ready=True)
    ready = make_sheet(version, begun, cast.bob, ready=True)
    still_open = make_sheet(version, begun, cast.cara, place=2)
    value = make_value(finished, "i2", 12)
    draft = next_draft(lead, version)
    services.add_item(page=page_of(lead, draft), section_id="s1", item=Item("i9", ItemType.TEXT, "New"))
    published = publish(page=page_of(lead, draft), pilot=False, reopen=False)
    assert (published.moved, published.reopened) == (2, 1)
    for sheet in (finished, ready, still_open):
        sheet.refresh_from_db()
    assert (finished.version, finished.state) == (version, SheetState.READY)
    assert (ready.version, ready.state) == (published.version, SheetState.OPEN)
    assert still_open.version == published.version
    # a later version that everybody moves to: the sheet that stayed is carried from its own version
    change_and_publish(lead, published.version, Item("i2", ItemType.NUMBER, "Size"))
    value.refresh_from_db()
    assert value.superseded_at is not None
    assert ExtractedValue.objects.get(extraction=finished, item="i2", superseded_at=None).value == "12"


def test_a_new_item_asks_every_sheet_and_a_newly_required_one_those_without_it(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    answered, silent = (
        make_sheet(version, make_study(lead, "A 2020"), cast.bob, ready=True),
        make_sheet(version, make_study(lead, "B 2020"), cast.bob, ready=True),
    )
    make_value(answered, "i2", 12)
    draft = next_draft(lead, version)
    services.change_item(page=page_of(lead, draft), item=Item("i2", ItemType.INTEGER, "Size", required=True))
    draft.refresh_from_db()
    assert publish_effect(draft).sheets_asked == 1
    services.add_item(page=page_of(lead, draft), section_id="s1", item=Item("i9", ItemType.TEXT, "New"))
    draft.refresh_from_db()
    effect = publish_effect(draft)
    assert effect.sheets_asked == 2
    assert [item.id for item in effect.new_items] == ["i9"]
    assert silent.state == SheetState.READY


def test_values_of_an_item_that_is_gone_rest_and_come_back_to_no_other_item(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    sheet = make_sheet(version, make_study(lead), cast.bob)
    value = make_value(sheet, "i2", 12)
    draft = next_draft(lead, version)
    services.remove_item(page=page_of(lead, draft), item_id="i2")
    effect = publish_effect(services.locked_draft(page_of(lead, draft)))
    assert [(line.item.id, line.resting) for line in effect.lines] == [("i2", 1)]
    publish(page=page_of(lead, draft), pilot=False)
    value.refresh_from_db()
    assert (value.superseded_at, value.value) == (None, 12)


def test_moving_a_section_into_a_group_asks_again(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    sheet = make_sheet(version, make_study(lead), cast.bob)
    make_value(sheet, "i2", 12)
    draft = next_draft(lead, version)
    services.change_section(page=page_of(lead, draft), section_id="s1", title="Study", help_text="", group="g1")
    assert publish(page=page_of(lead, draft), pilot=False).asked == 1


def test_a_change_of_words_touches_no_value(cast: Cast) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    sheet = make_sheet(version, make_study(lead), cast.bob, ready=True)
    value = make_value(sheet, "i2", 12)
    effect, published = change_and_publish(lead, version, Item("i2", ItemType.INTEGER, "Participants", help="All"))
    assert (effect.lines, effect.sheets_asked, published.carried, published.reopened) == ((), 0, 0, 0)
    value.refresh_from_db()
    assert value.superseded_at is None


def test_effect_takes_as_many_queries_for_many_rows(cast: Cast, django_assert_num_queries: object) -> None:
    lead = cast.membership("alice")
    version = make_used_form(lead)
    draft = next_draft(lead, version)
    item = Item("i2", ItemType.NUMBER, "Size")
    services.change_item(page=page_of(lead, draft), item=replace(item, required=True))
    draft.refresh_from_db()
    for number in range(6):
        make_value(make_sheet(version, make_study(lead, f"S {number}"), cast.bob), "i2", number)
    with django_assert_num_queries(9):  # type: ignore[operator]  # pytest-django's fixture
        publish_effect(draft)
