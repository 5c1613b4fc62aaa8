"""How far two or more independent reviewers agree, beyond what chance would give.

Input is always what people decided on their own: adjudications and consensus never enter. Every figure that is not
defined for the data (nothing rated, chance agreement of 1, an empty row) is None, which pages show as a dash.

Sources: Cohen 1960 (kappa); Fleiss, Cohen and Everitt 1969 (its large-sample standard error); Cohen 1968 (weights);
Byrt, Bishop and Carlin 1993 (PABAK, prevalence and bias index); Cicchetti and Feinstein 1990 (positive and negative
agreement); Fleiss 1971 (many raters).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

Z_95 = 1.959963984540054
Table = tuple[tuple[int, ...], ...]
Category = TypeVar("Category", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two raters over ``n`` items and ``k`` categories. Proportions run 0-1, kappas -1 to 1.

    ``prevalence_index``, ``bias_index``, ``positive`` and ``negative`` exist for two categories only; the first
    category is the positive one (include). The weighted kappas read the categories as ordered and evenly spaced.
    """

    n: int
    k: int
    table: Table
    observed: float | None = None
    expected: float | None = None
    kappa: float | None = None
    kappa_se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    kappa_linear: float | None = None
    kappa_quadratic: float | None = None
    pabak: float | None = None
    prevalence_index: float | None = None
    bias_index: float | None = None
    positive: float | None = None
    negative: float | None = None


@dataclass(frozen=True, slots=True)
class FleissAgreement:
    """Agreement of a constant number of raters per item (Fleiss 1971)."""

    n: int
    raters: int
    observed: float | None
    expected: float | None
    kappa: float | None


def agreement(table: Sequence[Sequence[int]]) -> Agreement:
    """All two-rater figures from a square table of counts: rows the first rater, columns the second, same order.

    Raises ValueError when the table is not square or a count is negative.
    """
    cells = _checked(table)
    k, n = len(cells), sum(map(sum, cells))
    if n == 0:
        return Agreement(n=0, k=k, table=cells)
    rows, cols = _margins(cells)
    agreed = sum(cells[i][i] for i in range(k))
    by_chance = sum(r * c for r, c in zip(rows, cols, strict=True))
    observed = agreed / n
    kappa = None if by_chance == n * n else (agreed * n - by_chance) / (n * n - by_chance)
    se = None if kappa is None else _standard_error(cells, kappa)
    binary = _binary_figures(cells) if k == 2 else (None, None, None, None)
    return Agreement(
        n=n,
        k=k,
        table=cells,
        observed=observed,
        expected=by_chance / n**2,
        kappa=kappa,
        kappa_se=se,
        ci_low=None if kappa is None or se is None else max(-1.0, kappa - Z_95 * se),
        ci_high=None if kappa is None or se is None else min(1.0, kappa + Z_95 * se),
        kappa_linear=_weighted(cells, abs),
        kappa_quadratic=_weighted(cells, lambda step: step * step),
        pabak=None if k < 2 else (k * observed - 1) / (k - 1),
        prevalence_index=binary[0],
        bias_index=binary[1],
        positive=binary[2],
        negative=binary[3],
    )


def cross_table(pairs: Iterable[tuple[Category, Category]], categories: Sequence[Category]) -> Table:
    """The square table of counts for pairs of judgements. Raises KeyError for one outside ``categories``."""
    place = {category: index for index, category in enumerate(categories)}
    cells = [[0] * len(place) for _ in place]
    for first, second in pairs:
        cells[place[first]][place[second]] += 1
    return tuple(tuple(row) for row in cells)


def chance_corrected(observed: float, expected: float) -> float | None:
    """(observed - expected) / (1 - expected): kappa from two printed proportions. None when expected is 1."""
    return None if expected >= 1 else (observed - expected) / (1 - expected)


def fleiss(counts: Sequence[Sequence[int]]) -> FleissAgreement:
    """Fleiss' kappa from one row per item and one column per category: how many raters chose it.

    Raises ValueError when rows differ in raters or have fewer than two: then report pairwise kappas instead.
    """
    if not counts:
        return FleissAgreement(n=0, raters=0, observed=None, expected=None, kappa=None)
    raters, n = sum(counts[0]), len(counts)
    if raters < 2 or any(sum(row) != raters for row in counts) or any(cell < 0 for row in counts for cell in row):
        raise ValueError("every item needs the same number of raters, two or more")
    agreeing = sum(cell * (cell - 1) for row in counts for cell in row)
    observed = agreeing / (n * raters * (raters - 1))
    totals = [sum(column) for column in zip(*counts, strict=True)]
    by_chance = sum(total * total for total in totals)
    expected = by_chance / (n * raters) ** 2
    kappa = None if by_chance == (n * raters) ** 2 else chance_corrected(observed, expected)
    return FleissAgreement(n=n, raters=raters, observed=observed, expected=expected, kappa=kappa)


def pooled_observed(tables: Iterable[Sequence[Sequence[int]]]) -> float | None:
    """Share of agreeing judgements over several pairs of raters together, where pairs vary; None with no items."""
    agreed = total = 0
    for table in tables:
        agreed += sum(table[i][i] for i in range(len(table)))
        total += sum(map(sum, table))
    return agreed / total if total else None


def _checked(table: Sequence[Sequence[int]]) -> Table:
    cells = tuple(tuple(row) for row in table)
    if not cells or any(len(row) != len(cells) for row in cells):
        raise ValueError("the table of two raters must be square")
    if any(cell < 0 for row in cells for cell in row):
        raise ValueError("a count cannot be negative")
    return cells


def _margins(cells: Table) -> tuple[list[int], list[int]]:
    return [sum(row) for row in cells], [sum(column) for column in zip(*cells, strict=True)]


def _standard_error(cells: Table, kappa: float) -> float | None:
    """Large-sample standard error of kappa for an estimate, not under independence (Fleiss, Cohen, Everitt 1969)."""
    n, size = sum(map(sum, cells)), range(len(cells))
    rows, cols = _margins(cells)
    p = [[cells[i][j] / n for j in size] for i in size]
    row, col = [r / n for r in rows], [c / n for c in cols]
    expected = sum(row[i] * col[i] for i in size)
    keep = 1 - kappa
    on = sum(p[i][i] * (1 - (row[i] + col[i]) * keep) ** 2 for i in size)
    off = keep**2 * sum(p[i][j] * (col[i] + row[j]) ** 2 for i in size for j in size if i != j)
    variance = (on + off - (kappa - expected * keep) ** 2) / (n * (1 - expected) ** 2)
    return sqrt(max(0.0, variance))


def _weighted(cells: Table, distance: Callable[[int], int]) -> float | None:
    """Weighted kappa as one minus seen over expected disagreement, each cell weighed by its distance."""
    n, size = sum(map(sum, cells)), range(len(cells))
    rows, cols = _margins(cells)
    seen = sum(distance(i - j) * cells[i][j] for i in size for j in size) * n
    by_chance = sum(distance(i - j) * rows[i] * cols[j] for i in size for j in size)
    return None if by_chance == 0 else 1 - seen / by_chance


def _binary_figures(cells: Table) -> tuple[float, float, float | None, float | None]:
    (a, b), (c, d) = cells
    n = a + b + c + d
    positive = 2 * a / (2 * a + b + c) if 2 * a + b + c else None
    negative = 2 * d / (2 * d + b + c) if 2 * d + b + c else None
    return abs(a - d) / n, abs(b - c) / n, positive, negative
