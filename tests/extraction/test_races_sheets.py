"""Two writers at once, on two connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from extraction.constants import SheetKind
from extraction.models import ExtractedValue, Extraction
from extraction.rules.compare import Side
from extraction.services.consensus import Choice, open_consensus, settle
from extraction.services.sheets import assign_evenly
from extraction.services.values import CellConflict, Given, save_value
from tests.extraction.sheet_rows import both_ready, make_form, make_pair, make_studies
from tests.factories import make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run all at the same time, each on its own connection: results, or what was raised."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            return action()
        except CellConflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_of_two_windows_one_is_told() -> None:
    cast = make_cast()
    [study] = make_studies(cast, 1)
    sheet, _ = make_pair(cast, make_form(cast), study)
    bob = cast.membership("bob")

    def save(text: str) -> Callable[[], object]:
        given = Given(value=text, based_on=0)
        return lambda: save_value(membership=bob, sheet_id=sheet.pk, key=("country", None), given=given)

    results = at_once(save("Spain"), save("Italy"))
    assert sum(isinstance(result, CellConflict) for result in results) == 1
    assert ExtractedValue.objects.count() == 1


def test_two_leads_give_each_study_two_sheets() -> None:
    cast = make_cast()
    form = make_form(cast)
    make_studies(cast, 5)
    lead = cast.membership("alice")
    given = at_once(*[lambda: assign_evenly(membership=lead, form_id=form.pk)] * 2)
    assert sorted(given, key=str) == [0, 10]
    assert Extraction.objects.count() == 10


def test_two_people_begin_and_settle_at_once() -> None:
    cast = make_cast()
    form = make_form(cast)
    [study] = make_studies(cast, 1)
    both_ready(cast, form, study, country="Portugal")
    dan, bob = cast.membership("dan"), cast.membership("bob")
    at_once(*[lambda m=m: open_consensus(membership=m, form_id=form.pk, study_id=study.pk) for m in (dan, bob)])
    sheet = Extraction.objects.get(kind=SheetKind.CONSENSUS)

    def take(side: Side) -> Callable[[], object]:
        choice = Choice(key=("country", None), side=side, based_on=0)
        return lambda: settle(membership=dan, sheet_id=sheet.pk, choice=choice)

    results = at_once(take(Side.FIRST), take(Side.SECOND))
    assert sum(isinstance(result, CellConflict) for result in results) == 1
