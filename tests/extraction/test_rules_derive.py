"""Formulas: read, worked out with decimals, refused in words; derived values of a sheet."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction.constants import Mark
from extraction.rules.cells import Entry, Sheet, derived_values, missing, progress
from extraction.rules.definition import parse
from extraction.rules.derive import (
    UNITS,
    FormulaError,
    Source,
    evaluate,
    in_words,
    parse_formula,
    rounded,
    sources,
    student_quantile,
)
from extraction.rules.shown import Answer
from tests.extraction.sheet_rows import DEFINITION

VALUES = {"a": "12", "b": "0.5", "zero": "0", "ci.low": "1.2", "ci.high": "3.4", "n": "25"}


def work_out(formula: str) -> str | None:
    def look(source: Source) -> Decimal | None:
        text = VALUES.get(f"{source.item}.{source.part}" if source.part else source.item)
        return None if text is None else Decimal(text)

    result = evaluate(parse_formula(formula), look)
    return None if result is None else rounded(result, None)


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("(1 + 2) * -a", "-36"),
        ("10 - 4 - 3", "3"),
        ("100 / 10 / 5", "2"),
        ("sqrt(a * 3)", "6"),
        ("ci.high - ci.low", "2.2"),
        ("a / 7", "1.71429"),
        ("a / zero", None),
        ("sqrt(0 - a)", None),
        ("a + absent", None),
        ("sd_from_se(b, n)", "2.5"),
        ("sd_from_se(b, zero)", None),
        # Handbook 6.5.2.2: 25 people, t with 24 degrees of freedom 2.0639: 5 × (34.2 - 30.0) / 4.128 = 5.09
        ("sd_from_ci(30.0, 34.2, 25)", "5.08746"),
        ("sd_from_ci(1, 2, 100)", "2.55107"),
        ("sd_from_ci(1, 2, 100, 90)", "3.03978"),
        ("sd_from_ci(2, 1, 100)", None),
        ("events(12.4, 250)", "31"),
        ("events(112, 250)", None),
        ('convert(a, "mg", "g")', "0.012"),
        ('convert(a, "month", "year")', "1"),
        ('convert(b, "fraction", "%")', "50"),
        ("0.1 + 0.2", "0.3"),
    ],
)
def test_results(formula: str, result: str | None) -> None:
    assert work_out(formula) == result


@pytest.mark.parametrize(
    "formula",
    [
        "", "1 +", "(1", "1)", "a b", "pow(2)", "sqrt()", "sqrt(1, 2)", "a.middle", "__import__", "a ** 2", "a; b",
        'convert(a, "mg", "m")', 'convert(a, "mg", "stone")', 'sqrt("mg")', '"mg"', "A", "1e5",
        "(" * 40 + "1" + ")" * 40, "-" * 60 + "1", "1+" * 300 + "1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(formula: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(formula)


@given(st.text(alphabet='abn.0123456789+-*/(), "mg', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        node = parse_formula(text)
    except FormulaError:
        return
    evaluate(node, lambda source: Decimal(3))
    assert all(isinstance(source, Source) for source in sources(node))


@given(st.decimals(min_value=1, max_value=1_000_000, places=3), st.sampled_from(sorted(UNITS)))
def test_units_there_and_back(number: Decimal, unit: str) -> None:
    other = next(name for name, (kind, _) in UNITS.items() if kind == UNITS[unit][0])
    there = parse_formula(f'convert(convert({number}, "{unit}", "{other}"), "{other}", "{unit}")')
    back = evaluate(there, lambda source: None)
    assert back is not None
    assert abs(back - number) < Decimal("1e-12") * number


@pytest.mark.parametrize(("degrees", "value"), [(1, 12.7062), (9, 2.262157), (24, 2.063899), (58, 2.001717)])
def test_quantiles_of_student(degrees: int, value: float) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(value, rel=1e-5)


def test_rounding_keeps_the_items_digits() -> None:
    assert [rounded(Decimal("2.005"), 2), rounded(Decimal("20"), 2), rounded(Decimal("1234567"), None)] == [
        "2.01",
        "20.00",
        "1234567",
    ]


def test_the_formula_in_words() -> None:
    words = in_words("sd_from_ci(ci.low, ci.high, n) * 2", {"ci": "Mean", "n": "Sample size"})
    assert words == "sd_from_ci(Mean (low), Mean (high), Sample size) * 2"


def answers(**values: object) -> dict[tuple[str, int | None], Answer]:
    return {(item, None): Answer(Mark.VALUE, value) for item, value in values.items()}


def test_a_sheet_derives_per_entry_and_says_what_is_missing() -> None:
    entries = {1: Entry(1, "model", None, "LSTM"), 2: Entry(2, "model", None)}
    cells = answers(n=200, se="2", design="trial") | {("share", 1): Answer(Mark.VALUE, "10")}
    sheet = Sheet(parse(DEFINITION), entries, cells)
    assert derived_values(sheet) == {("sd", None): "28.28", ("cases", 1): "20", ("cases", 2): None}
    assert [one.words for one in missing(sheet)] == ["Number of arms", "Family (LSTM)", "Family (Model 1)"]
    assert progress(sheet) == (2, 5)


def test_formulas_that_go_in_circles_have_no_value() -> None:
    items = [{"id": "x", "type": "derived", "label": "X", "formula": "y + 1"}]
    items.append({"id": "y", "type": "derived", "label": "Y", "formula": "x + 1"})
    sheet = Sheet(parse({"sections": [{"id": "s", "title": "S", "items": items}], "groups": []}), {})
    assert derived_values(sheet) == {("x", None): None, ("y", None): None}
