"""Agreement of two assessors on levels and answers. Reference figures were computed with statsmodels 0.15."""

from __future__ import annotations

import json
from math import isclose
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bias.constants import Scale
from bias.instruments.agreement import Estimate, answer_agreement, level_agreement, table_agreement
from bias.instruments.judgement import levels_of

LMH = levels_of(Scale.REVIEW_LMH)
MAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]
THREE = [[10, 3, 1], [2, 6, 4], [0, 2, 9]]
SE_ROUNDING = 1e-6
"""A variance of zero comes out as some 1e-17, whose root is 1e-8."""


def near(estimate: Estimate | None, value: float, se: float) -> None:
    assert estimate is not None
    assert estimate.value == pytest.approx(value, abs=1e-6)
    assert estimate.se == pytest.approx(se, abs=1e-6)
    assert estimate.low == pytest.approx(value - 1.959964 * se, abs=1e-5)
    assert estimate.high == pytest.approx(value + 1.959964 * se, abs=1e-5)


@pytest.mark.parametrize(
    ("table", "plain", "linear", "quadratic"),
    [
        (MAMMOGRAMS, (0.472789, 0.072715), (0.568399, 0.067556), (0.671371, 0.068114)),
        (THREE, (0.514754, 0.113451), (0.613033, 0.099397), (0.707741, 0.093359)),
    ],
)
def test_kappas_with_their_errors(table, plain, linear, quadratic) -> None:
    found = table_agreement(table)
    near(found.kappa, *plain)
    near(found.linear, *linear)
    near(found.quadratic, *quadratic)


def test_pairs_become_a_table_and_open_sides_are_left_out() -> None:
    pairs = [("low", "low"), ("low", "moderate"), ("high", "high"), ("", "high"), ("low", ""), ("", "")]
    found = level_agreement(pairs, LMH)
    assert (found.n, found.agreed) == (3, 2)
    assert found.table == ((1, 1, 0), (0, 0, 0), (0, 0, 1))
    assert found.observed == pytest.approx(2 / 3)


def test_a_near_miss_weighs_less_than_a_far_one() -> None:
    base = [("low", "low"), ("moderate", "moderate"), ("high", "high")] * 4
    near_miss = level_agreement([*base, ("low", "moderate")], LMH)
    far_miss = level_agreement([*base, ("low", "high")], LMH)
    assert near_miss.observed == far_miss.observed
    assert near_miss.linear is not None
    assert near_miss.quadratic is not None
    assert far_miss.linear is not None
    assert far_miss.quadratic is not None
    assert near_miss.linear.value > far_miss.linear.value
    assert near_miss.quadratic.value > near_miss.linear.value > far_miss.quadratic.value


@pytest.mark.parametrize("pairs", [[], [("", "low")]])
def test_nothing_judged_gives_no_figures(pairs: list[tuple[str, str]]) -> None:
    found = level_agreement(pairs, LMH)
    assert (found.n, found.observed, found.kappa, found.linear, found.quadratic) == (0, None, None, None, None)


def test_one_level_throughout_leaves_kappa_undefined() -> None:
    found = level_agreement([("low", "low")] * 5, LMH)
    assert found.observed == 1.0
    assert (found.kappa, found.linear, found.quadratic) == (None, None, None)


def test_full_agreement_is_one_and_has_no_width() -> None:
    found = level_agreement([("low", "low"), ("high", "high")], LMH)
    for estimate in (found.kappa, found.linear, found.quadratic):
        assert estimate is not None
        assert (estimate.value, estimate.se, estimate.low, estimate.high) == (1.0, 0.0, 1.0, 1.0)


def test_answers_by_direction() -> None:
    pairs = [("Y", "PY"), ("N", "PN"), ("NI", "NI"), ("Y", "N"), ("NA", "NA"), ("", "Y")]
    assert (answer_agreement(pairs).agreed, answer_agreement(pairs).n) == (2, 5)
    directed = answer_agreement(pairs, by_direction=True)
    assert (directed.agreed, directed.n) == (4, 5)
    assert directed.linear is None, "answers have no order"
    assert directed.quadratic is None


def test_strangers_are_refused() -> None:
    with pytest.raises(KeyError):
        level_agreement([("low", "unclear")], LMH)
    with pytest.raises(KeyError):
        answer_agreement([("Y", "yes")])
    with pytest.raises(KeyError):
        answer_agreement([("Y", "maybe")], by_direction=True)
    with pytest.raises(ValueError, match="square"):
        table_agreement([[1, 2]])


PAIRS = st.lists(st.tuples(st.sampled_from(LMH), st.sampled_from(LMH)), min_size=1, max_size=40)


@given(PAIRS)
@example([("low", "low"), *[("high", "low")] * 4])
def test_bounds_symmetry_and_the_two_level_case(pairs: list[tuple[str, str]]) -> None:
    found = level_agreement(pairs, LMH)
    swapped = level_agreement([(second, first) for first, second in pairs], LMH)
    for one, other in ((found.linear, swapped.linear), (found.quadratic, swapped.quadratic)):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert isclose(one.value, other.value, abs_tol=1e-9)
            assert isclose(one.se, other.se, abs_tol=SE_ROUNDING)
            assert -1 <= one.low <= one.value + 1e-12
            assert one.value - 1e-12 <= one.high <= 1
    two = [pair for pair in pairs if "moderate" not in pair]
    merged = level_agreement(two, ("low", "high"))
    if merged.kappa is not None and merged.linear is not None and merged.quadratic is not None:
        assert isclose(merged.kappa.value, merged.linear.value, abs_tol=1e-9)
        assert isclose(merged.kappa.se, merged.quadratic.se, abs_tol=SE_ROUNDING), "with two levels all kappas are one"


@pytest.mark.shared
def test_the_examples_of_two_raters(shared_dir: Path) -> None:
    rows = json.loads((shared_dir / "domain" / "agreement_examples.json").read_text(encoding="utf-8"))
    examples = [row for row in rows if row["kind"] == "two raters"]
    assert len(examples) == 6
    for row in examples:
        found = table_agreement(row["table"])
        assert found.n == row["n"]
        assert found.observed == pytest.approx(row["po"], abs=1e-6)
        assert found.kappa is not None
        assert found.kappa.value == pytest.approx(row["kappa"], abs=1e-6), row["name"]
        assert found.kappa.se == pytest.approx(row["kappa_se"], abs=1e-6), row["name"]
        assert [found.kappa.low, found.kappa.high] == pytest.approx(row["kappa_ci95"], abs=1e-5)
        for name, estimate in (("kappa_linear", found.linear), ("kappa_quadratic", found.quadratic)):
            assert estimate is not None
            if name in row:
                assert estimate.value == pytest.approx(row[name], abs=1e-6), row["name"]
    assert any("kappa_linear" in row for row in examples)
