"""Cross-tabulations: hybrids once or in each, totals of studies, gaps, order."""

from __future__ import annotations

from extraction.charts import crosstab_figure
from extraction.rules.crosstabs import Counting, CrossLayout, CrossTab, Look, build_crosstab, dump_cross, parse_cross
from tests.extraction.evidence import DEFINITION, STUDIES


def built(layout: CrossLayout) -> CrossTab:
    table = build_crosstab(layout, DEFINITION, STUDIES)
    assert table is not None
    return table


def counts(table: CrossTab) -> dict[str, list[int]]:
    return {row.label: [len(cell) for cell in row.cells] for row in table.rows}


def test_a_hybrid_counts_in_each_of_its_values() -> None:
    table = built(CrossLayout("family"))
    assert counts(table) == {"GAN": [2], "VAE": [1], "LDA": [1]}
    assert table.totals == (3,)
    assert table.hybrids == (1,)
    assert "1 study has several values of one item and is counted in each of them" in table.caption


def test_or_once_in_a_class_of_its_own() -> None:
    table = built(CrossLayout("family", counting=Counting.ONCE))
    assert counts(table) == {"GAN": [1], "VAE": [0], "LDA": [1], "GAN + VAE": [1]}
    assert "counted once, in a class of its own" in table.caption


def test_two_items_with_gaps_and_totals_of_studies() -> None:
    table = built(CrossLayout("family", "design"))
    assert table.columns == ("Cohort", "RCT", "Not reported")
    assert counts(table) == {"GAN": [1, 1, 0], "VAE": [1, 0, 0], "LDA": [0, 0, 1]}
    assert table.totals == (1, 1, 1)
    assert [len(row.studies) for row in table.rows] == [2, 1, 1]
    assert ("VAE", "RCT") in table.gaps
    assert len(table.gaps) == 5


def test_studies_without_a_value_are_a_class_but_no_gap() -> None:
    table = built(CrossLayout("blind", "family"))
    assert [row.label for row in table.rows] == ["Yes", "No", "Unclear", "No value"]
    assert not any("No value" in gap for gap in table.gaps)
    assert ("No", "GAN") in table.gaps


def test_an_item_that_is_gone() -> None:
    assert build_crosstab(CrossLayout("gone"), DEFINITION, STUDIES) is None
    assert counts(built(CrossLayout("family", "gone"))) == counts(built(CrossLayout("family")))


def test_figures_hold_the_numbers_of_the_table() -> None:
    table = built(CrossLayout("family", "design"))
    heat = crosstab_figure(table, Look.HEAT)
    assert heat["data"][0]["z"] == list(counts(table).values())
    bars = crosstab_figure(table, Look.BARS)
    assert [trace["x"] for trace in bars["data"]] == [
        list(column) for column in zip(*counts(table).values(), strict=True)
    ]
    bubbles = crosstab_figure(table, Look.BUBBLE)["data"][0]
    assert list(zip(bubbles["y"], bubbles["x"], bubbles["text"], strict=True)) == [
        (0, 0, "1"),
        (0, 1, "1"),
        (1, 0, "1"),
        (2, 2, "1"),
    ]


def test_a_layout_read_and_written_is_the_same() -> None:
    layout = CrossLayout("family", "design", Counting.ONCE, Look.BUBBLE)
    assert parse_cross(dump_cross(layout)) == layout
    assert parse_cross({"counting": "x", "look": 3}) == CrossLayout("")
