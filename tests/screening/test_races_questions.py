"""Two leads answer at once, on two connections: one answer counts, and the same headings are remembered once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.core.files.base import ContentFile

from reviewapp.errors import StaleError
from reviewapp.models import AuditEvent, Job
from screening.constants import AuditKind, BatchState
from screening.models import ColumnMapping, ImportBatch
from screening.services.imports import import_file
from screening.services.questions import Answers, answer_question, decline_question
from screening.services.uploads import receive_upload
from tests.factories import Cast, make_cast, make_search
from tests.screening.test_races_decisions import together

ROUNDS = 10


@pytest.fixture
def team(transactional_db: None) -> Cast:
    return make_cast()


def asking(team: Cast, number: int) -> ImportBatch:
    """A table that waits for its mapping."""
    name = f"{number}.csv"
    batch = receive_upload(
        membership=team.membership("alice"),
        search=make_search(team.review),
        file=ContentFile(f"Nadpis,Kdo {number // 2}\nPráce {number},Novák J\n".encode(), name=name),
        filename=name,
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    assert batch.state == BatchState.ASKING
    return batch


def answer(team: Cast, batch: ImportBatch) -> Callable[[], object]:
    membership = team.membership("alice")
    mapping = {column: "title" if column == "Nadpis" else "" for column in batch.preview["columns"]}
    return lambda: answer_question(membership=membership, batch=batch, answers=Answers(mapping=mapping))


def test_of_two_answers_at_once_one_counts_and_the_other_is_stale(team: Cast) -> None:
    for number in range(0, 2 * ROUNDS, 2):
        batch = asking(team, number)
        outcomes = together(answer(team, batch), answer(team, batch))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ImportBatch", "StaleError"]
        assert AuditEvent.objects.filter(kind=AuditKind.BATCH_ANSWERED, object_id=batch.pk).count() == 1
    assert Job.objects.count() == 2 * ROUNDS


def test_an_answer_and_a_refusal_at_once_end_in_one_of_them(team: Cast) -> None:
    for number in range(0, 2 * ROUNDS, 2):
        batch = asking(team, number)
        decline = partial(decline_question, membership=team.membership("alice"), batch=batch)
        outcomes = together(answer(team, batch), decline)
        batch.refresh_from_db()
        assert [isinstance(outcome, StaleError) for outcome in outcomes].count(True) == 1
        assert batch.state == (BatchState.FAILED if isinstance(outcomes[0], StaleError) else BatchState.WAITING)


def test_two_tables_of_the_same_headings_answered_at_once_are_remembered_once(team: Cast) -> None:
    for number in range(0, 2 * ROUNDS, 2):
        first, second = asking(team, number), asking(team, number + 1)
        outcomes = together(answer(team, first), answer(team, second))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert ColumnMapping.objects.count() == ROUNDS
