"""Two people at once, on two connections: one layout and one text stand, a study is in a theme once."""

from __future__ import annotations

from functools import partial

import pytest

from extraction.constants import AuditKind
from extraction.models import EvidenceTable, ThemeCoding
from extraction.services.tables import change_table
from extraction.services.texts import TextDraft, change_text, create_text
from extraction.services.themes import Passage, ThemeDraft, code_study, create_theme, remove_coding
from reviewapp.models import AuditEvent
from tests.extraction.synthesis_rows import make_included, make_settled_form, make_table, make_theme
from tests.factories import Cast, make_cast
from tests.screening.test_races_decisions import together

ROUNDS = 8


@pytest.fixture
def team(transactional_db: None) -> Cast:
    return make_cast()


def kinds(outcomes: list[object]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_of_two_layouts_from_one_page_one_stands(team: Cast) -> None:
    row, alice = make_table(team, make_settled_form(team), {"kind": "table"}), team.membership("alice")
    for edits in range(ROUNDS):
        layouts = [{"kind": "table", "columns": [{"item": item}], "sort_by": str(edits)} for item in ("design", "dose")]
        writes = [
            partial(change_table, membership=alice, table_id=row.pk, edits=edits, title="T", layout=layout)
            for layout in layouts
        ]
        assert kinds(list(together(*writes))) == ["EvidenceTable", "StaleError"]
    assert EvidenceTable.objects.get().edits == ROUNDS
    assert AuditEvent.objects.filter(kind=AuditKind.TABLE_CHANGED).count() == ROUNDS


def test_of_two_texts_from_one_page_one_stands(team: Cast) -> None:
    block = create_text(membership=team.membership("bob"), draft=TextDraft("T"))
    for edits in range(ROUNDS):
        writes = [
            partial(
                change_text,
                membership=team.membership(name),
                text_id=block.pk,
                edits=edits,
                draft=TextDraft("T", f"{name} {edits}"),
            )
            for name in ("bob", "cara")
        ]
        assert kinds(list(together(*writes))) == ["StaleError", "TextBlock"]


def test_a_study_coded_by_two_at_once_is_in_the_theme_once(team: Cast) -> None:
    theme = make_theme(team)
    for number in range(ROUNDS):
        study = make_included(team, f"Study {number}")
        outcomes = together(
            *(
                partial(
                    code_study,
                    membership=team.membership(name),
                    theme_id=theme.pk,
                    study_id=study.pk,
                    passage=Passage(quote=name),
                )
                for name in ("bob", "cara")
            )
        )
        assert kinds(list(outcomes)) == ["ThemeCoding", "ThemeCoding"]
        [live] = ThemeCoding.objects.filter(theme=theme, study=study, removed_at=None)
        back = [
            partial(remove_coding, membership=team.membership("bob"), coding_id=coding.pk, back=True)
            for coding in ThemeCoding.objects.filter(theme=theme, study=study)
        ]
        remove_coding(membership=team.membership("bob"), coding_id=live.pk)
        assert set(kinds(list(together(*back)))) == {"ThemeCoding"}
        assert ThemeCoding.objects.filter(theme=theme, study=study, removed_at=None).count() == 1


def test_two_themes_of_one_title_at_once_are_one(team: Cast) -> None:
    for number in range(ROUNDS):
        write = partial(create_theme, membership=team.membership("alice"), draft=ThemeDraft(f"Theme {number}"))
        assert kinds(list(together(write, write))) == ["DomainError", "Theme"]
