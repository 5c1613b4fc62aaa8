"""Values are entered one by one: nothing is lost, a second window is noticed, derived values follow."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from extraction.constants import AuditKind, Mark, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, GroupEntry
from extraction.rules.cells import Key
from extraction.services.groups import add_entry, move_entry, remove_entry, rename_entry, restore_entry
from extraction.services.sheets import SheetIncompleteError, mark_ready, reopen
from extraction.services.values import CellConflict, CellProblem, Given, save_value, save_values
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from tests.extraction.sheet_rows import fill, make_form, make_pair, make_studies
from tests.factories import Cast, make_report
from tests.test_query_counts import budget


@pytest.fixture
def sheet(cast: Cast) -> Extraction:
    [study] = make_studies(cast, 1)
    return make_pair(cast, make_form(cast), study)[0]


def save(cast: Cast, sheet: Extraction, item: str, value: Any, entry: int | None = None, **given: Any) -> Any:
    return save_value(
        membership=cast.membership("bob"), sheet_id=sheet.pk, key=(item, entry), given=Given(value=value, **given)
    )


def live(sheet: Extraction) -> dict[str, Any]:
    rows = ExtractedValue.objects.filter(extraction=sheet, superseded_at=None)
    return {row.item: row.value if row.mark == Mark.VALUE else row.mark for row in rows}


def test_a_change_supersedes_and_is_logged_once(cast: Cast, sheet: Extraction) -> None:
    save(cast, sheet, "country", " Spain ", based_on=0)
    save(cast, sheet, "country", "Portugal", based_on=1, page="4", quote="in Portugal", comment="Table 1")
    rows = list(ExtractedValue.objects.filter(extraction=sheet).order_by("number"))
    assert [(row.value, row.number, row.superseded_at is None) for row in rows] == [
        ("Spain", 1, False),
        ("Portugal", 2, True),
    ]
    assert (rows[1].page, rows[1].quote, rows[1].comment) == ("4", "in Portugal", "Table 1")
    events = AuditEvent.objects.filter(kind=AuditKind.VALUE_ENTERED).order_by("pk")
    assert [event.after["value"] for event in events] == ["Spain", "Portugal"]


def test_a_stale_save_changes_nothing_and_tells_what_stands(cast: Cast, sheet: Extraction) -> None:
    save(cast, sheet, "country", "Spain", based_on=0)
    with pytest.raises(CellConflict) as refused:
        save(cast, sheet, "country", "Italy", based_on=0)
    assert refused.value.current is not None
    assert refused.value.current.value == "Spain"
    assert live(sheet) == {"country": "Spain"}
    save(cast, sheet, "country", "Spain", based_on=0)  # the same sent twice is no conflict
    assert ExtractedValue.objects.count() == 1


def test_marks_and_clearing(cast: Cast, sheet: Extraction) -> None:
    save(cast, sheet, "n", "250")
    save(cast, sheet, "n", "ignored", mark=Mark.NOT_REPORTED)
    assert live(sheet) == {"n": Mark.NOT_REPORTED}
    save(cast, sheet, "n", "")
    assert live(sheet) == {"n": None}


def test_what_cannot_be_kept_is_refused(cast: Cast, sheet: Extraction) -> None:
    with pytest.raises(CellProblem, match="smallest possible value is 1"):
        save(cast, sheet, "n", "0")
    for item, entry in (("sd", None), ("unknown", None), ("family", None), ("n", 99)):
        with pytest.raises(CellProblem):
            save(cast, sheet, item, "1", entry)
    with pytest.raises(CellProblem, match="does not belong"):
        save(cast, sheet, "n", "5", report_id=make_report(cast.review).pk)
    assert not ExtractedValue.objects.exists()


def test_only_ones_own_open_sheet(cast: Cast, sheet: Extraction) -> None:
    for who in ("cara", "alice", "olga"):
        with pytest.raises(ForbiddenError):
            save_value(membership=cast.membership(who), sheet_id=sheet.pk, key=("n", None), given=Given(value="5"))
    fill(cast.membership("bob"), sheet)
    mark_ready(membership=cast.membership("bob"), sheet_id=sheet.pk)
    with pytest.raises(StaleError):
        save(cast, sheet, "n", "5")
    reopen(membership=cast.membership("bob"), sheet_id=sheet.pk)
    save(cast, sheet, "n", "5")


def test_derived_values_follow_their_sources(cast: Cast, sheet: Extraction) -> None:
    outcome = save(cast, sheet, "se", "2")
    assert not outcome.derived
    outcome = save(cast, sheet, "n", "100")
    assert {key: row.value for key, row in outcome.derived.items()} == {("sd", None): "20.00"}
    assert ExtractedValue.objects.get(item="sd", superseded_at=None).origin == ValueOrigin.DERIVED
    save(cast, sheet, "n", "400")
    assert live(sheet)["sd"] == "40.00"
    save(cast, sheet, "se", "", mark=Mark.NOT_REPORTED)
    assert live(sheet)["sd"] is None


def test_derived_values_of_entries_see_the_study(cast: Cast, sheet: Extraction) -> None:
    entry = add_entry(membership=cast.membership("bob"), sheet_id=sheet.pk, group="model", label="LSTM")
    save(cast, sheet, "share", "12.5", entry.pk)
    save(cast, sheet, "n", "200")
    assert live(sheet)["cases"] == "25"


def test_a_section_keeps_what_is_right(cast: Cast, sheet: Extraction) -> None:
    save(cast, sheet, "country", "Spain")
    values: dict[Key, Given] = {
        ("n", None): Given(value="many", based_on=0),
        ("country", None): Given(value="Italy", based_on=0),
        ("se", None): Given(value="0.5", based_on=0),
    }
    member = cast.membership("bob")
    with pytest.raises(DomainError):
        save_values(membership=member, sheet_id=sheet.pk, values=values)
    assert live(sheet) == {"country": "Spain"}
    outcome = save_values(membership=member, sheet_id=sheet.pk, values=values, strict=False)
    assert {key[0]: type(problem) for key, problem in outcome.problems.items()} == {
        "n": CellProblem,
        "country": CellConflict,
    }
    assert live(sheet) == {"country": "Spain", "se": "0.5"}


def test_one_save_is_six_queries(cast: Cast, sheet: Extraction) -> None:
    member = cast.membership("bob")
    entry = add_entry(membership=member, sheet_id=sheet.pk, group="model")
    save(cast, sheet, "se", "2")
    for item, entry_id in (("country", None), ("n", None), ("share", entry.pk)):
        key: Key = (item, entry_id)
        save_value(membership=member, sheet_id=sheet.pk, key=key, given=Given(value="7"))
        again = partial(save_value, membership=member, sheet_id=sheet.pk, key=key, given=Given(value="30"))
        assert budget(again) <= 6
    assert live(sheet)["sd"] == "10.95"


def test_ready_says_what_is_missing(cast: Cast, sheet: Extraction) -> None:
    member = cast.membership("bob")
    with pytest.raises(SheetIncompleteError) as refused:
        mark_ready(membership=member, sheet_id=sheet.pk)
    assert [one.words for one in refused.value.missing] == ["Design", "Sample size", "Model: at least 1, there are 0"]
    [entry] = fill(member, sheet, design="trial")
    with pytest.raises(SheetIncompleteError) as refused:
        mark_ready(membership=member, sheet_id=sheet.pk)
    assert [one.item for one in refused.value.missing] == ["arms"]  # asked of trials only
    save(cast, sheet, "family", "", entry.pk)
    save(cast, sheet, "arms", None, mark=Mark.NOT_REPORTED)
    with pytest.raises(SheetIncompleteError) as refused:
        mark_ready(membership=member, sheet_id=sheet.pk)
    assert [one.words for one in refused.value.missing] == ["Family (LSTM)"]
    save(cast, sheet, "family", "LSTM", entry.pk)
    assert mark_ready(membership=member, sheet_id=sheet.pk).state == SheetState.READY


def test_entries_are_added_named_moved_removed_and_brought_back(cast: Cast, sheet: Extraction) -> None:
    member = cast.membership("bob")
    first, second = fill(member, sheet, ("LSTM", "XGBoost"))
    inner = add_entry(membership=member, sheet_id=sheet.pk, group="eval", parent_id=second.pk)
    save(cast, sheet, "auc", "0.8", inner.pk)
    rename_entry(membership=member, sheet_id=sheet.pk, entry_id=first.pk, label="  LSTM,  tuned ")
    move_entry(membership=member, sheet_id=sheet.pk, entry_id=second.pk, step=-1)
    models = GroupEntry.objects.filter(extraction=sheet, group="model")
    assert [entry.label for entry in models] == ["XGBoost", "LSTM, tuned"]
    remove_entry(membership=member, sheet_id=sheet.pk, entry_id=second.pk)
    with pytest.raises(CellProblem, match="removed"):
        save(cast, sheet, "auc", "0.9", inner.pk)
    restore_entry(membership=member, sheet_id=sheet.pk, entry_id=second.pk)
    save(cast, sheet, "auc", "0.9", inner.pk)
    assert live(sheet)["auc"] == "0.9"


def test_groups_stand_where_they_belong(cast: Cast, sheet: Extraction) -> None:
    member = cast.membership("bob")
    [model] = fill(member, sheet)
    for group, parent in (("eval", None), ("model", model.pk), ("nothing", None), ("eval", 999_999)):
        with pytest.raises(DomainError):
            add_entry(membership=member, sheet_id=sheet.pk, group=group, parent_id=parent)
    for _ in range(3):
        add_entry(membership=member, sheet_id=sheet.pk, group="eval", parent_id=model.pk)
    with pytest.raises(DomainError, match="at most 3"):
        add_entry(membership=member, sheet_id=sheet.pk, group="eval", parent_id=model.pk)
