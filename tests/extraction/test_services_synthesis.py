"""Tables, themes, codings and texts: who may write, stale pages, undo, one event per write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction.constants import AuditKind
from extraction.models import EvidenceTable, TextBlock, Theme, ThemeCoding
from extraction.queries.themes import codings_of, removed_codings, theme_overview, uncovered_studies
from extraction.rules.tables import dump_layout
from extraction.rules.tables_types import Layout, TableColumn
from extraction.services.tables import change_table, create_table, remove_table
from extraction.services.texts import TextDraft, change_text, create_text, remove_text
from extraction.services.themes import (
    Passage,
    ThemeDraft,
    change_theme,
    code_study,
    create_theme,
    remove_coding,
    retire_theme,
)
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent, Membership
from screening.models import Report
from tests.extraction.synthesis_rows import make_included, make_settled_form, make_theme
from tests.factories import Cast

LAYOUT = dump_layout(Layout((TableColumn("design"),)))


@pytest.fixture
def alice(cast: Cast) -> Membership:
    return cast.membership("alice")


@pytest.fixture
def bob(cast: Cast) -> Membership:
    return cast.membership("bob")


def events(kind: str) -> int:
    return AuditEvent.objects.filter(kind=kind).count()


@pytest.fixture
def table(cast: Cast, alice: Membership) -> EvidenceTable:
    form = make_settled_form(cast)
    return create_table(membership=alice, form_id=form.pk, title="  Table  1 ", layout=LAYOUT)


def test_a_lead_lays_out_a_table_and_a_stale_page_is_refused(alice: Membership, table: EvidenceTable) -> None:
    assert table.title == "Table 1"
    other = dump_layout(Layout((TableColumn("dose"),)))
    change_table(membership=alice, table_id=table.pk, edits=0, title="Table 1", layout=other)
    with pytest.raises(StaleError):
        change_table(membership=alice, table_id=table.pk, edits=0, title="Mine", layout=LAYOUT)
    table.refresh_from_db()
    assert (table.title, table.layout, table.edits) == ("Table 1", other, 1)
    change_table(membership=alice, table_id=table.pk, edits=1, title="Table 1", layout=other)
    assert events(AuditKind.TABLE_CHANGED) == 2
    event = AuditEvent.objects.filter(kind=AuditKind.TABLE_CHANGED).order_by("-pk").first()
    assert event is not None
    assert (event.before, event.after) == ({"columns": ["Design"]}, {"columns": ["Dose"]})


def test_a_table_is_taken_off_and_put_back(alice: Membership, table: EvidenceTable) -> None:
    for _ in range(2):
        remove_table(membership=alice, table_id=table.pk)
    with pytest.raises(StaleError):
        change_table(membership=alice, table_id=table.pk, edits=1, title="x", layout=LAYOUT)
    remove_table(membership=alice, table_id=table.pk, back=True)
    assert EvidenceTable.objects.get().removed_at is None
    assert events(AuditKind.TABLE_CHANGED) == 3


def test_tables_need_a_title_and_a_form_of_the_review(cast: Cast, alice: Membership, table: EvidenceTable) -> None:
    with pytest.raises(DomainError, match="title"):
        create_table(membership=alice, form_id=table.form_id, title=" ", layout=LAYOUT)
    mallory = Membership.objects.select_related("review", "user").get(user=cast.mallory)
    with pytest.raises(DomainError, match="form of this review"):
        create_table(membership=mallory, form_id=table.form_id, title="x", layout=LAYOUT)
    with pytest.raises(StaleError):
        remove_table(membership=mallory, table_id=table.pk)


def test_a_theme_has_its_title_once_per_section(alice: Membership) -> None:
    theme = create_theme(membership=alice, draft=ThemeDraft("Imaging", "Results"))
    with pytest.raises(DomainError, match="already"):
        create_theme(membership=alice, draft=ThemeDraft("imaging", "Results"))
    other = create_theme(membership=alice, draft=ThemeDraft("Imaging", "Discussion"))
    assert (theme.position, other.position) == (1, 2)
    with pytest.raises(DomainError, match="already"):
        change_theme(membership=alice, theme_id=other.pk, draft=ThemeDraft("IMAGING", "Results"))
    change_theme(membership=alice, theme_id=other.pk, draft=ThemeDraft("Images", "Results", position=0))
    assert [section.title for section in theme_overview(alice.review_id).sections] == ["Results"]
    assert [theme.title for theme in theme_overview(alice.review_id).sections[0].themes] == ["Images", "Imaging"]
    assert events(AuditKind.THEME_CHANGED) == 3


def test_a_retired_theme_covers_nothing_and_comes_back_with_its_studies(cast: Cast, alice: Membership) -> None:
    study, theme = make_included(cast, "Abe 2019"), make_theme(cast)
    code_study(membership=alice, theme_id=theme.pk, study_id=study.pk, passage=Passage())
    assert not uncovered_studies(cast.review.pk).exists()
    retire_theme(membership=alice, theme_id=theme.pk)
    assert list(uncovered_studies(cast.review.pk)) == [study]
    with pytest.raises(DomainError, match="taken off"):
        code_study(membership=alice, theme_id=theme.pk, study_id=study.pk, passage=Passage())
    retire_theme(membership=alice, theme_id=theme.pk, back=True)
    assert not uncovered_studies(cast.review.pk).exists()
    retire_theme(membership=alice, theme_id=theme.pk)
    make_theme(cast)
    with pytest.raises(DomainError, match="already"):
        retire_theme(membership=alice, theme_id=theme.pk, back=True)


def test_coding_keeps_the_passage_its_report_and_what_stood_before(cast: Cast, bob: Membership) -> None:
    study, theme = make_included(cast, "Abe 2019"), make_theme(cast)
    first = code_study(
        membership=bob, theme_id=theme.pk, study_id=study.pk, passage=Passage(quote=" as we saw ", page="4")
    )
    assert (first.quote, first.page, first.report) == ("as we saw", "4", Report.objects.get(study=study))
    code_study(membership=bob, theme_id=theme.pk, study_id=study.pk, passage=Passage(quote="as we saw", page="4"))
    again = code_study(membership=bob, theme_id=theme.pk, study_id=study.pk, passage=Passage(quote="better"))
    assert [one.pk for one in codings_of(theme)] == [again.pk]
    assert ThemeCoding.objects.get(pk=first.pk).quote == "as we saw"
    assert not removed_codings(theme)
    assert events(AuditKind.STUDY_CODED) == 2
    remove_coding(membership=bob, coding_id=again.pk)
    assert [one.study for one in removed_codings(theme)][:1] == [study]
    remove_coding(membership=bob, coding_id=again.pk, back=True)
    remove_coding(membership=bob, coding_id=first.pk, back=True)
    assert [one.pk for one in codings_of(theme)] == [again.pk]


def test_only_included_studies_and_their_own_reports_are_coded(cast: Cast, bob: Membership) -> None:
    study, other, theme = make_included(cast, "Abe 2019"), make_included(cast, "Zhu 2021"), make_theme(cast)
    foreign = Report.objects.get(study=other)
    with pytest.raises(DomainError, match="does not belong"):
        code_study(membership=bob, theme_id=theme.pk, study_id=study.pk, passage=Passage(report_id=foreign.pk))
    with pytest.raises(DomainError, match="included study"):
        code_study(membership=bob, theme_id=theme.pk, study_id=0, passage=Passage())
    with pytest.raises(DomainError, match="20 characters"):
        code_study(membership=bob, theme_id=theme.pk, study_id=study.pk, passage=Passage(page="x" * 21))


def test_a_text_is_changed_once_per_page_and_comes_back(cast: Cast, bob: Membership) -> None:
    block = create_text(membership=bob, draft=TextDraft("Models", "One\r\ntwo\x00 "))
    assert block.body == "One\ntwo"
    change_text(membership=bob, text_id=block.pk, edits=0, draft=TextDraft("Models", "Three", make_theme(cast).pk))
    with pytest.raises(StaleError):
        change_text(membership=bob, text_id=block.pk, edits=0, draft=TextDraft("Models", "Four"))
    remove_text(membership=bob, text_id=block.pk)
    remove_text(membership=bob, text_id=block.pk, back=True)
    block.refresh_from_db()
    assert (block.body, block.removed_at) == ("Three", None)
    assert events(AuditKind.TEXT_CHANGED) == 4
    with pytest.raises(DomainError, match="20,000"):
        create_text(membership=bob, draft=TextDraft("x", "y" * 20_001))
    theirs = Theme.objects.create(
        review=cast.other_review, title="T", position=1, created_by=cast.mallory, created_at=block.changed_at
    )
    with pytest.raises(DomainError, match="theme of this review"):
        create_text(membership=bob, draft=TextDraft("x", theme_id=theirs.pk))


def test_who_may_write(cast: Cast, table: EvidenceTable) -> None:
    theme, study = make_theme(cast), make_included(cast, "Abe 2019")
    coding = code_study(membership=cast.membership("bob"), theme_id=theme.pk, study_id=study.pk, passage=Passage())
    block = create_text(membership=cast.membership("bob"), draft=TextDraft("x"))
    leads: list[Callable[[Membership], object]] = [
        lambda m: create_table(membership=m, form_id=table.form_id, title="x", layout=LAYOUT),
        lambda m: change_table(membership=m, table_id=table.pk, edits=0, title="x", layout=LAYOUT),
        lambda m: remove_table(membership=m, table_id=table.pk),
        lambda m: create_theme(membership=m, draft=ThemeDraft("x")),
        lambda m: change_theme(membership=m, theme_id=theme.pk, draft=ThemeDraft("x")),
        lambda m: retire_theme(membership=m, theme_id=theme.pk),
    ]
    writers: list[Callable[[Membership], object]] = [
        lambda m: code_study(membership=m, theme_id=theme.pk, study_id=study.pk, passage=Passage()),
        lambda m: remove_coding(membership=m, coding_id=coding.pk),
        lambda m: create_text(membership=m, draft=TextDraft("x")),
        lambda m: change_text(membership=m, text_id=block.pk, edits=0, draft=TextDraft("x")),
        lambda m: remove_text(membership=m, text_id=block.pk),
    ]
    before = AuditEvent.objects.count()
    for name, refused in (("bob", leads), ("olga", leads + writers)):
        for write in refused:
            with pytest.raises(ForbiddenError):
                write(cast.membership(name))
    assert AuditEvent.objects.count() == before
    assert TextBlock.objects.count() == 1
