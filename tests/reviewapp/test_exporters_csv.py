"""CSV that a spreadsheet cannot be tricked by."""

from __future__ import annotations

import csv

import pytest

from reviewapp.exporters import BOM, csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "|calc", "\n=1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [("a=b", "a=b"), (None, ""), (-3, "-3"), (2.5, "2.5"), ("", ""), ("Ärzte", "Ärzte")]
)
def test_anything_else_stays(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_lines_read_back_as_rows() -> None:
    rows = [["a", 'says "so"'], ["two\nlines", "x,y"]]
    text = "".join(csv_lines(["one", "two"], rows))
    assert text.startswith(BOM)
    assert list(csv.reader(text[1:].splitlines(keepends=True))) == [["one", "two"], *rows]
