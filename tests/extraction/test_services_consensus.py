"""Assignment, and settling what two found: both originals stay, the consensus is a sheet of its own."""

from __future__ import annotations

import pytest

from extraction.constants import ExtractionMode, FormState, SheetKind, SheetState, ValueOrigin
from extraction.models import ExtractedValue, Extraction, GroupEntry
from extraction.queries.sheets import consensus_values
from extraction.rules.compare import Side
from extraction.services.consensus import (
    Choice,
    ask,
    consensus_ready,
    leave_out,
    open_consensus,
    rematch,
    reopen_consensus,
    settle,
    settle_all,
)
from extraction.services.groups import NewEntry, add_entries
from extraction.services.sheets import SheetIncompleteError, assign, assign_evenly, begin_check, mark_ready, reopen
from extraction.services.values import CellConflict, Given, save_value
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from tests.extraction.sheet_rows import both_ready, fill, make_form, make_pair, make_studies
from tests.factories import Cast
from tests.test_query_counts import budget


def cells(sheet: Extraction) -> dict[str, tuple[object, str]]:
    rows = ExtractedValue.objects.filter(extraction=sheet, superseded_at=None)
    return {row.item: (row.value, row.origin) for row in rows}


def test_shared_evenly_pilot_studies_first(cast: Cast) -> None:
    form = make_form(cast, state=FormState.PILOT)
    studies = make_studies(cast, 9)
    lead = cast.membership("alice")
    assert assign_evenly(membership=lead, form_id=form.pk) == 4
    assert {row.study_id for row in Extraction.objects.all()} == {studies[0].pk, studies[1].pk}
    form.versions.update(state=FormState.IN_USE)
    assert assign_evenly(membership=lead, form_id=form.pk) == 14
    assert assign_evenly(membership=lead, form_id=form.pk) == 0
    loads = [Extraction.objects.filter(extractor=person).count() for person in (cast.alice, cast.bob, cast.cara)]
    assert max(loads) - min(loads) <= 1
    with pytest.raises(ForbiddenError):
        assign_evenly(membership=cast.membership("bob"), form_id=form.pk)
    with pytest.raises(DomainError):
        assign_evenly(membership=lead, form_id=form.pk, user_ids=[cast.bob.pk])


def test_singly_and_changed_only_before_they_begin(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    lead = cast.membership("alice")
    first, _ = make_pair(cast, form, study)

    def give(*people: int) -> None:
        assign(membership=lead, form_id=form.pk, study_id=study.pk, user_ids=people)

    give(cast.bob.pk, cast.dan.pk)
    assert set(Extraction.objects.values_list("extractor_id", flat=True)) == {cast.bob.pk, cast.dan.pk}
    for people in (
        (cast.bob.pk, cast.bob.pk),
        (cast.bob.pk,),
        (cast.bob.pk, cast.olga.pk),
        (cast.mallory.pk, cast.bob.pk),
    ):
        with pytest.raises(DomainError):
            give(*people)
    fill(cast.membership("bob"), first)
    with pytest.raises(DomainError, match="has begun"):
        give(cast.cara.pk, cast.dan.pk)
    assert Extraction.objects.count() == 2


def test_nothing_opens_before_both_are_ready(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    first, second = make_pair(cast, form, study)
    fill(cast.membership("bob"), first)
    mark_ready(membership=cast.membership("bob"), sheet_id=first.pk)
    for who in ("alice", "bob", "cara", "dan", "olga"):
        with pytest.raises(ForbiddenError):
            open_consensus(membership=cast.membership(who), form_id=form.pk, study_id=study.pk)
    fill(cast.membership("cara"), second)
    mark_ready(membership=cast.membership("cara"), sheet_id=second.pk)
    with pytest.raises(ForbiddenError):
        open_consensus(membership=cast.membership("olga"), form_id=form.pk, study_id=study.pk)
    with pytest.raises(StaleError):
        reopen(membership=cast.membership("bob"), sheet_id=first.pk)
    sheet = open_consensus(membership=cast.membership("dan"), form_id=form.pk, study_id=study.pk)
    assert open_consensus(membership=cast.membership("bob"), form_id=form.pk, study_id=study.pk) == sheet
    assert cells(sheet)["design"] == ("cohort", ValueOrigin.AGREED)


def test_values_are_taken_written_and_asked_about(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    first, second = both_ready(cast, form, study, country="Portugal", n="120", se="3")
    originals = set(ExtractedValue.objects.values_list("pk", "superseded_at"))
    dan = cast.membership("dan")
    sheet = open_consensus(membership=dan, form_id=form.pk, study_id=study.pk)
    assert set(cells(sheet)) == {"design", "family"}
    with pytest.raises(SheetIncompleteError) as refused:
        consensus_ready(membership=dan, sheet_id=sheet.pk)
    assert [one.item for one in refused.value.missing] == ["country", "n", "se"]
    ask(membership=dan, sheet_id=sheet.pk, key=("country", None), text="Which site counts?")
    ask(membership=cast.membership("bob"), sheet_id=sheet.pk, key=("country", None), text="The second.")
    with pytest.raises(SheetIncompleteError):
        consensus_ready(membership=dan, sheet_id=sheet.pk)
    settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("country", None), side=Side.SECOND, based_on=2))
    with pytest.raises(CellConflict):
        settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("country", None), side=Side.FIRST, based_on=2))
    settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("n", None), given=Given(value="144")))
    settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("se", None), side=Side.SECOND))
    assert cells(sheet) | {"family": None} == {
        "design": ("cohort", ValueOrigin.AGREED),
        "country": ("Portugal", ValueOrigin.TAKEN_SECOND),
        "n": (144, ValueOrigin.SETTLED),
        "se": ("3", ValueOrigin.TAKEN_SECOND),
        "sd": ("36.00", ValueOrigin.DERIVED),
        "family": None,
    }
    assert consensus_ready(membership=dan, sheet_id=sheet.pk).state == SheetState.READY
    with pytest.raises(StaleError):
        settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("n", None), side=Side.FIRST))
    reopen_consensus(membership=dan, sheet_id=sheet.pk)
    own = ExtractedValue.objects.filter(extraction__in=[first, second])
    assert set(own.values_list("pk", "superseded_at")) == originals


def test_leaving_a_cell_empty_settles_it(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    both_ready(cast, form, study, se="3")
    dan = cast.membership("dan")
    sheet = open_consensus(membership=dan, form_id=form.pk, study_id=study.pk)
    settle(membership=dan, sheet_id=sheet.pk, choice=Choice(key=("se", None), side=Side.FIRST))
    assert cells(sheet)["se"] == (None, ValueOrigin.TAKEN_FIRST)
    assert consensus_ready(membership=dan, sheet_id=sheet.pk).state == SheetState.READY


def test_entries_are_matched_by_name_then_position_and_again_by_a_person(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    first, second = make_pair(cast, form, study)
    ours = fill(cast.membership("bob"), first, ("LSTM", "XGBoost", "Forest"))
    theirs = fill(cast.membership("cara"), second, ("xgboost", "Long short-term memory"))
    for who, sheet in (("bob", first), ("cara", second)):
        mark_ready(membership=cast.membership(who), sheet_id=sheet.pk)
    lead = cast.membership("alice")
    consensus = open_consensus(membership=lead, form_id=form.pk, study_id=study.pk)

    def matched() -> dict[str, str]:
        their = {e.match: e.label for e in GroupEntry.objects.filter(extraction=second)}
        return {e.label: their.get(e.match, "") for e in GroupEntry.objects.filter(extraction=first)}

    assert matched() == {"LSTM": "Long short-term memory", "XGBoost": "xgboost", "Forest": ""}
    live = GroupEntry.objects.filter(extraction=consensus, removed_at=None)
    assert [entry.label for entry in live] == ["LSTM", "XGBoost", "Forest"]
    key = ("family", live.get(label="LSTM").pk)
    settle(membership=lead, sheet_id=consensus.pk, choice=Choice(key=key, side=Side.FIRST))
    rematch(membership=lead, sheet_id=consensus.pk, first_id=ours[2].pk, second_id=theirs[1].pk)
    assert matched() == {"LSTM": "", "XGBoost": "xgboost", "Forest": "Long short-term memory"}
    assert sorted(entry.label for entry in live.all()) == ["Forest", "LSTM", "XGBoost"]
    rematch(membership=lead, sheet_id=consensus.pk, first_id=ours[0].pk, second_id=theirs[1].pk)
    assert matched()["LSTM"] == "Long short-term memory"
    entry = live.get(label="LSTM")
    assert entry.pk == key[1]  # what was settled for this pair comes back
    assert ExtractedValue.objects.get(entry=entry, superseded_at=None).value == "LSTM"
    leave_out(membership=lead, sheet_id=consensus.pk, entry_id=live.get(label="Forest").pk)
    assert consensus_ready(membership=lead, sheet_id=consensus.pk).state == SheetState.READY
    reopen_consensus(membership=lead, sheet_id=consensus.pk)
    with pytest.raises(DomainError):
        rematch(membership=lead, sheet_id=consensus.pk, first_id=ours[0].pk, second_id=999_999)


def test_checked_by_a_second_person(cast: Cast) -> None:
    form = make_form(cast, mode=ExtractionMode.CHECKED)
    [study] = make_studies(cast, 1)
    first, check = make_pair(cast, form, study)
    assert (first.kind, check.kind) == (SheetKind.INDEPENDENT, SheetKind.CHECK)
    cara = cast.membership("cara")
    with pytest.raises(DomainError, match="not finished"):
        begin_check(membership=cara, sheet_id=check.pk)
    fill(cast.membership("bob"), first, ("LSTM", "XGBoost"))
    mark_ready(membership=cast.membership("bob"), sheet_id=first.pk)
    assert begin_check(membership=cara, sheet_id=check.pk)
    assert not begin_check(membership=cara, sheet_id=check.pk)
    with pytest.raises(StaleError):
        reopen(membership=cast.membership("bob"), sheet_id=first.pk)
    save_value(membership=cara, sheet_id=check.pk, key=("n", None), given=Given(value="101", based_on=1))
    mark_ready(membership=cara, sheet_id=check.pk)
    sheet = settle_all(membership=cara, form_id=form.pk, study_id=study.pk, side=Side.SECOND)
    assert cells(sheet)["n"] == (101, ValueOrigin.TAKEN_SECOND)
    assert cells(sheet)["design"] == ("cohort", ValueOrigin.AGREED)
    assert GroupEntry.objects.filter(extraction=sheet).count() == 2


@pytest.mark.parametrize("count", [2, 5])
def test_settled_values_of_every_study_in_six_queries(cast: Cast, count: int) -> None:
    form = make_form(cast)
    studies = make_studies(cast, count + 2)
    for study in studies[:count]:
        both_ready(cast, form, study, n="120", se="3")
        lead = cast.membership("alice")
        settle_all(membership=lead, form_id=form.pk, study_id=study.pk, sides={"n": Side.SECOND})
    both_ready(cast, form, studies[count])
    assert budget(lambda: consensus_values(form.pk)) <= 6
    values = consensus_values(form.pk)
    assert [(one.label, one.source) for one in values.studies] == [
        *((study.label, "consensus") for study in studies[:count]),
        (studies[count].label, ""),
        (studies[count + 1].label, ""),
    ]
    settled = values.studies[0]
    assert values.show(settled, ("n", None)) == "120"
    assert ("se", None) not in settled.cells  # the first extractor left it empty
    [entry] = settled.entries.values()
    assert (entry.group, values.show(settled, ("family", entry.id))) == ("model", "LSTM")
    assert set(consensus_values(form.pk, ["n"]).studies[0].cells) == {("n", None)}


def test_many_entries_at_once(cast: Cast) -> None:
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    first, _ = make_pair(cast, form, study)
    new = [NewEntry("model", "A", [NewEntry("eval"), NewEntry("eval")]), NewEntry("model", "B")]
    made = add_entries(membership=cast.membership("bob"), sheet_id=first.pk, entries=new)
    assert [(row.group, row.label, row.position) for row in made] == [
        ("model", "A", 1),
        ("model", "B", 2),
        ("eval", "", 1),
        ("eval", "", 2),
    ]
    assert made[3].parent == made[0]
    with pytest.raises(DomainError):
        add_entries(membership=cast.membership("bob"), sheet_id=first.pk, entries=[NewEntry("eval")])
