"""Evidence tables: layout, shapes, order, notes, abbreviations."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from extraction.rules.abbreviations import check, find_short
from extraction.rules.definition_types import Definition, Item, Option
from extraction.rules.tables import build_table, dump_layout, parse_layout, relabelled
from extraction.rules.tables_types import Footnote, Layout, Shape, Table, TableColumn
from tests.extraction.evidence import DEFINITION, STUDIES


def columns(*items: str) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(item) for item in items)


def built(layout: Layout) -> Table:
    return build_table("Table 1", layout, DEFINITION, STUDIES)


def grid(table: Table) -> list[list[str]]:
    return [[str(cell) for cell in row.cells] for group in table.groups for row in group.rows]


def test_one_row_per_study_with_repeated_values_in_one_cell() -> None:
    table = built(Layout(columns("design", "family", "dose", "name")))
    assert [str(cell) for cell in table.headings] == ["Study", "Design", "Model family", "Dose (mg)", "Name"]
    assert grid(table) == [
        ["Abe 2019", "RCT", "GAN", "12", "–"],
        ["Rowe 2020", "Cohort", "GAN; VAE", "3.10", "LSTM; CNN"],
        ["Zhu 2021", "Not reported", "LDA", "–", "–"],
    ]
    assert [row.cells[3].number for group in table.groups for row in group.rows][:2] == [Decimal(12), Decimal("3.10")]


def test_long_has_one_row_per_entry_and_groups_beside_each_other_below_each_other() -> None:
    table = built(Layout(columns("design", "name", "auc", "n"), shape=Shape.LONG))
    assert grid(table)[1:5] == [
        ["Rowe 2020", "Cohort", "LSTM", "0.81 (95% CI 0.75 to 0.87)", "–"],
        ["Rowe 2020", "Cohort", "LSTM", "0.7, SE 0.05", "–"],
        ["Rowe 2020", "Cohort", "CNN", "–", "–"],
        ["Rowe 2020", "Cohort", "–", "–", "12"],
    ]
    assert len(grid(table)) == 6


def test_wide_has_one_column_per_entry() -> None:
    table = built(Layout(columns("design", "name", "auc"), shape=Shape.WIDE))
    assert [str(cell) for cell in table.headings] == [
        "Study",
        "Design",
        "Model 1: Name",
        "Model 2: Name",
        "Evaluation 1: AUC",
        "Evaluation 2: AUC",
    ]
    assert grid(table)[0] == ["Abe 2019", "RCT", "–", "–", "–", "–"]
    assert grid(table)[1][2:4] == ["LSTM", "CNN"]


@pytest.mark.parametrize(
    ("sort_by", "descending", "expected"),
    [
        ("", False, ["Abe 2019", "Rowe 2020", "Zhu 2021"]),
        ("", True, ["Zhu 2021", "Rowe 2020", "Abe 2019"]),
        ("dose", False, ["Rowe 2020", "Abe 2019", "Zhu 2021"]),
        ("dose", True, ["Abe 2019", "Rowe 2020", "Zhu 2021"]),
        ("design", False, ["Rowe 2020", "Abe 2019", "Zhu 2021"]),
    ],
)
def test_sorted_by_number_or_words_with_empty_ones_last(sort_by: str, descending: bool, expected: list[str]) -> None:
    table = built(Layout(columns("design"), sort_by=sort_by, descending=descending))
    assert [row[0] for row in grid(table)] == expected


def test_grouped_in_the_order_of_the_form() -> None:
    table = built(Layout(columns("design"), group_by="family"))
    assert [group.heading for group in table.groups] == ["GAN", "LDA", "GAN; VAE"]
    assert table.group_title == "Model family"
    bare = built(Layout(columns("design"), group_by="blind"))
    assert [group.heading for group in bare.groups] == ["Yes", "No value"]


def test_footnotes_have_marks_where_they_belong() -> None:
    notes = (
        Footnote("About one cell", "design", 2),
        Footnote("About a column", "dose"),
        Footnote("About a row", study=3),
        Footnote("About it all"),
    )
    table = built(Layout(columns("design", "dose"), footnotes=notes))
    assert [str(cell) for cell in table.headings] == ["Study", "Design", "Dose (mg) [b]"]
    assert grid(table)[0] == ["Abe 2019", "RCT [a]", "12"]
    assert grid(table)[2][0] == "Zhu 2021 [c]"
    assert table.footnotes[-1] == ("", "About it all")


def test_a_column_that_left_the_form_is_said() -> None:
    table = built(Layout(columns("design", "gone")))
    assert table.gone == ("gone",)
    assert len(table.headings) == 2


def test_abbreviations_used_unused_and_undefined() -> None:
    layout = Layout(columns("design", "family"), abbreviations=(("GAN", "adversarial"), ("CNN", "convolutional")))
    table = built(layout)
    assert table.abbreviations == (("GAN", "adversarial"),)
    assert table.unused == ("CNN",)
    assert table.undefined == ("LDA", "RCT", "VAE")
    assert table.notes[-1] == "Abbreviations: GAN, adversarial."


def test_a_compound_is_explained_by_its_parts_and_a_plural_by_its_singular() -> None:
    found = check(["CVAE-GAN, GANs and Dr. VAE; mRNA", "not Cohort"], {"GAN": "g", "VAE": "v", "mRNA": "m"})
    assert found.undefined == ("CVAE-GAN",)
    assert [short for short, _ in found.used] == ["GAN", "mRNA", "VAE"]
    assert not check(["Cohort iPad 3D Dr. X-ray"], {}).undefined
    assert list(find_short(["LLaMA-2 (EHRs)"])) == ["LLaMA-2", "EHR"]


def test_answers_are_called_as_in_the_newest_version() -> None:
    sections = [
        replace(section, items=tuple(_renamed(item) for item in section.items)) for section in DEFINITION.sections
    ]
    newer = Definition(tuple(sections), DEFINITION.groups)
    studies = [replace(study, definition=relabelled(study.definition, newer)) for study in STUDIES]
    table = build_table("T", Layout(columns("family", "design")), newer, studies)
    assert [row[1] for row in grid(table)] == ["Adversarial", "Adversarial; Variational", "Variational"]
    assert relabelled(DEFINITION, DEFINITION) == DEFINITION
    assert relabelled(DEFINITION, Definition()) == DEFINITION


def _renamed(item: Item) -> Item:
    """GAN has another name; LDA was merged into VAE, which has another name too."""
    if item.id != "family":
        return item
    return replace(item, options=(Option("gan", "Adversarial"), Option("vae", "Variational", ("lda",))))


def test_a_layout_read_and_written_is_the_same() -> None:
    layout = Layout(
        (TableColumn("design", "Design of the study"), TableColumn("dose")),
        group_by="family",
        sort_by="dose",
        descending=True,
        shape=Shape.WIDE,
        footnotes=(Footnote("n", "dose", 2),),
        abbreviations=(("GAN", "g"),),
    )
    assert parse_layout(dump_layout(layout)) == layout
    assert parse_layout({}) == Layout()
    assert parse_layout({"shape": "round"}) == replace(Layout(), shape=Shape.JOINED)
