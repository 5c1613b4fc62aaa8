"""Estimates ready for pooling elsewhere: standard errors, scales, files, the plot without pooling."""

from __future__ import annotations

import csv
import io
import math
from xml.etree import ElementTree

import pytest

from extraction.exporters.forest import axis_of, forest_svg, words_of
from extraction.exporters.pooling import metafor_csv, revman_csv
from extraction.rules.estimates import FROM_CI, REPORTED, Estimate, Scale, estimate_items, estimates
from extraction.rules.tables_types import Entry
from tests.extraction.evidence import DEFINITION, STUDIES, study


def ratio(value: dict[str, str]) -> list[Estimate]:
    entries = (Entry(1, "model"), Entry(2, "evaluation", 1))
    return list(estimates("auc", [study(9, "=Evil & Co", entries=entries, auc={2: value})], Scale.LOG))


def test_se_from_the_interval_or_as_reported() -> None:
    first, second = estimates("auc", STUDIES, Scale.PLAIN)
    assert first.label == "Rowe 2020, LSTM, Evaluation 1"
    assert first.sei == pytest.approx((0.87 - 0.75) / (2 * 1.959964), rel=1e-6)
    assert (first.source, second.source) == (FROM_CI, REPORTED)
    assert second.sei == 0.05
    assert second.about == "LSTM, External"
    assert [item.id for item in estimate_items(DEFINITION)] == ["auc"]


def test_ratios_go_to_the_logarithm() -> None:
    [one] = ratio({"estimate": "2", "low": "1", "high": "4", "level": "90"})
    assert one.yi == pytest.approx(math.log(2))
    assert one.sei == pytest.approx(math.log(4) / (2 * 1.6448536), rel=1e-6)
    [none] = ratio({"estimate": "0", "low": "-1", "high": "4"})
    assert (none.yi, none.sei) == (None, None)
    [backwards] = ratio({"estimate": "2", "low": "4", "high": "1"})
    assert backwards.sei is None


def test_the_file_for_r_has_unique_slabs_and_na() -> None:
    rows = estimates("auc", STUDIES, Scale.PLAIN)
    text = metafor_csv([*rows, rows[0]], "AUC", Scale.PLAIN, {1: 2020})
    lines = list(csv.DictReader(io.StringIO(text)))
    assert text.startswith("slab,")
    assert [line["slab"] for line in lines][2] == "Rowe 2020, LSTM, Evaluation 1 (2)"
    assert lines[0]["yi"] == "0.81"
    assert float(lines[0]["vi"]) == pytest.approx(float(lines[0]["sei"]) ** 2)
    assert lines[0]["se_reported"] == "NA"
    assert lines[0]["year"] == "2020"


def test_the_file_for_revman_has_both_numbers_and_is_guarded() -> None:
    rows = ratio({"estimate": "2", "low": "1", "high": "4"}) + ratio({"estimate": "3"})
    lines = list(csv.reader(io.StringIO(revman_csv(rows, "Odds ratio", Scale.LOG))))
    assert lines[0] == ["Outcome", "Subgroup", "Study", "ln(estimate)", "SE"]
    assert len(lines) == 2
    assert lines[1][2] == "'=Evil & Co"
    assert float(lines[1][3]) == pytest.approx(math.log(2))


def test_the_plot_is_deterministic_and_not_pooled() -> None:
    rows = estimates("auc", STUDIES, Scale.PLAIN)
    svg = forest_svg(rows, "AUC <of> all", Scale.PLAIN)
    assert svg == forest_svg(rows, "AUC <of> all", Scale.PLAIN)
    root = ElementTree.fromstring(svg)
    squares = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("width") == "8"]
    assert len(squares) == 2
    words = "".join(root.itertext())
    assert "AUC <of> all: reported estimates, not pooled" in words
    assert words_of(rows[0], Scale.PLAIN) == "0.81 (0.75 to 0.87)"
    assert words_of(rows[1], Scale.PLAIN) == "0.7 (0.602 to 0.798, from SE)"


@pytest.mark.parametrize("scale", list(Scale))
def test_axes_hold_what_they_must(scale: Scale) -> None:
    rows = ratio({"estimate": "2", "low": "0.5", "high": "40"})
    axis = axis_of(rows, scale)
    assert axis is not None
    assert axis.low < 0.5 < 40 < axis.high
    assert 2 <= len(axis.ticks()) <= 9
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks())
    assert axis_of([], scale) is None
    assert "no estimate" in forest_svg(ratio({"p": "0.03"}), "x", scale)
