"""Agreement figures against hand-worked numbers, against published ones, and at the edges where they are undefined."""

from __future__ import annotations

import json
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules.agreement import agreement, chance_corrected, cross_table, fleiss, pooled_observed


def test_two_by_two_by_hand():
    # 24 of 30 agree; by chance (12*14 + 18*16)/900 = 456/900; kappa = (720 - 456)/(900 - 456).
    found = agreement([[10, 2], [4, 14]])
    assert (found.n, found.k) == (30, 2)
    assert found.observed == pytest.approx(0.8)
    assert found.expected == pytest.approx(456 / 900)
    assert found.kappa == pytest.approx(264 / 444)
    assert found.pabak == pytest.approx(0.6)
    assert found.prevalence_index == pytest.approx(4 / 30)
    assert found.bias_index == pytest.approx(2 / 30)
    assert found.positive == pytest.approx(20 / 26)
    assert found.negative == pytest.approx(28 / 34)
    assert found.kappa_linear == pytest.approx(found.kappa)
    assert found.kappa_quadratic == pytest.approx(found.kappa)


def test_interval_stays_between_minus_one_and_one():
    found = agreement([[9, 1], [0, 2]])
    assert found.ci_high == 1.0
    assert found.ci_low is not None
    assert found.kappa is not None
    assert -1 <= found.ci_low < found.kappa


def test_nothing_rated_leaves_every_figure_empty():
    found = agreement([[0, 0], [0, 0]])
    assert found.n == 0
    assert {found.observed, found.expected, found.kappa, found.ci_low, found.pabak, found.positive} == {None}


def test_chance_agreement_of_one_leaves_kappa_empty():
    found = agreement([[0, 0], [0, 25]])
    assert (found.observed, found.expected, found.pabak) == (1.0, 1.0, 1.0)
    assert {found.kappa, found.kappa_se, found.ci_low, found.ci_high, found.kappa_linear, found.positive} == {None}
    assert found.negative == 1.0


def test_one_category_cannot_disagree():
    found = agreement([[7]])
    assert (found.observed, found.kappa, found.pabak) == (1.0, None, None)


def test_three_categories_have_no_binary_figures():
    found = agreement([[3, 0, 1], [0, 3, 0], [0, 1, 3]])
    assert {found.prevalence_index, found.bias_index, found.positive, found.negative} == {None}
    assert found.pabak == pytest.approx((3 * 9 / 11 - 1) / 2)


@pytest.mark.parametrize("table", [[], [[1, 2]], [[1, -1], [0, 1]]])
def test_a_table_that_is_none_is_refused(table):
    with pytest.raises(ValueError):
        agreement(table)


@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k),
                                                   min_size=k, max_size=k)))  # fmt: skip
def test_figures_stay_in_their_ranges_and_are_never_nan(table):
    found = agreement(table)
    kappas = (found.kappa, found.ci_low, found.ci_high, found.pabak, found.kappa_linear, found.kappa_quadratic)
    assert all(figure is None or -1 - 1e-9 <= figure <= 1 + 1e-9 for figure in kappas)
    shares = (found.observed, found.expected, found.positive, found.negative)
    assert all(figure is None or 0 <= figure <= 1 for figure in shares)
    transposed = agreement([list(column) for column in zip(*table, strict=True)])
    assert (found.kappa is None) == (transposed.kappa is None)
    assert found.kappa is None or isclose(found.kappa, transposed.kappa, abs_tol=1e-12)


def test_cross_table_counts_pairs_in_the_order_given():
    pairs = [("in", "in"), ("in", "out"), ("out", "out"), ("in", "out")]
    assert cross_table(pairs, ["in", "out"]) == ((1, 2), (0, 1))
    with pytest.raises(KeyError):
        cross_table([("in", "perhaps")], ["in", "out"])


def test_fleiss_by_hand():
    # Two raters, three items, two agree: P = 2/3; shares 1/2 and 1/2, so P_e = 1/2 and kappa = 1/3.
    found = fleiss([[2, 0], [0, 2], [1, 1]])
    assert (found.n, found.raters) == (3, 2)
    assert found.kappa == pytest.approx(1 / 3)


def test_fleiss_where_it_is_undefined():
    assert fleiss([]).kappa is None
    assert fleiss([[3, 0], [3, 0]]).kappa is None
    with pytest.raises(ValueError, match="same number"):
        fleiss([[2, 0], [1, 2]])
    with pytest.raises(ValueError, match="two or more"):
        fleiss([[1, 0], [0, 1]])


def test_pooled_share_over_changing_pairs():
    assert pooled_observed([[[1, 1], [0, 2]], [[4, 0], [2, 0]]]) == pytest.approx(0.7)
    assert pooled_observed([]) is None


def test_chance_corrected_from_printed_proportions():
    assert chance_corrected(0.7191, 0.5531) == pytest.approx(0.3714, abs=5e-5)
    assert chance_corrected(1, 1) is None


NAMES = {
    "po": "observed", "pe": "expected", "kappa": "kappa", "kappa_se": "kappa_se", "pabak": "pabak",
    "prevalence_index": "prevalence_index", "bias_index": "bias_index", "ppos": "positive", "pneg": "negative",
    "kappa_linear": "kappa_linear", "kappa_quadratic": "kappa_quadratic",
}  # fmt: skip


@pytest.mark.shared
def test_published_and_constructed_examples(shared_dir):
    examples = json.loads((shared_dir / "domain/agreement_examples.json").read_text())
    kinds = {example["kind"] for example in examples}
    assert kinds == {"two raters", "fleiss", "po/pe only"}
    for example in examples:
        if example["kind"] == "two raters":
            found = agreement(example["table"])
            wanted = {NAMES[key]: value for key, value in example.items() if key in NAMES}
            assert {name: getattr(found, name) for name in wanted} == pytest.approx(wanted, abs=1e-6), example["name"]
            assert [found.ci_low, found.ci_high] == pytest.approx(example["kappa_ci95"], abs=1e-6), example["name"]
        elif example["kind"] == "fleiss":
            many = fleiss(example["counts"])
            wanted = [example["P_bar"], example["P_e"], example["kappa"]]
            assert [many.observed, many.expected, many.kappa] == pytest.approx(wanted, abs=1e-6), example["name"]
        else:
            assert chance_corrected(example["po"], example["pe"]) == pytest.approx(example["kappa"], abs=1e-4)
