"""How far two assessors agree, by question, by domain and overall, on their own judgements before any settlement.

Percent and unweighted kappa come from screening. Weighted kappa (Cohen 1968) counts a near miss less: levels are taken
as evenly spaced in the order of `judgement.levels_of`. Standard errors are those of an estimate in large samples
(Fleiss, Cohen and Everitt 1969). A figure that is not defined for the data is None; pages show a dash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from bias.constants import Answer
from bias.instruments.judgement import NO, YES
from screening.rules.agreement import Z_95, Table, agreement, cross_table


@dataclass(frozen=True, slots=True)
class Estimate:
    """A kappa with its standard error and 95 % interval, cut at -1 and 1."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LevelAgreement:
    """Agreement of two assessors over ``n`` judgements, ``agreed`` of them the same; ``observed`` runs 0-1."""

    n: int
    agreed: int
    table: Table
    observed: float | None = None
    kappa: Estimate | None = None
    linear: Estimate | None = None
    quadratic: Estimate | None = None


ANSWER_GROUPS = ("yes", "no", Answer.NO_INFORMATION, Answer.NOT_APPLICABLE)
"""Answers by direction: yes and probably yes agree, so do no and probably no."""


def level_agreement(pairs: Iterable[tuple[str, str]], levels: Sequence[str]) -> LevelAgreement:
    """All figures from pairs of levels (first assessor, second assessor); ``levels`` best first.

    Pairs with an open side ("") are left out. Raises KeyError for a level outside ``levels``.
    """
    return _figures(cross_table(_both_given(pairs), tuple(levels)), ordered=True)


def answer_agreement(pairs: Iterable[tuple[str, str]], *, by_direction: bool = False) -> LevelAgreement:
    """Figures from pairs of answers to questions; answers have no order, so nothing is weighted.

    ``by_direction`` counts yes with probably yes and no with probably no. Open sides are left out. Raises KeyError for
    a word that is no answer.
    """
    given = _both_given(pairs)
    if not by_direction:
        return _figures(cross_table(given, tuple(Answer.values)), ordered=False)
    directed = ((_direction(first), _direction(second)) for first, second in given)
    return _figures(cross_table(directed, ANSWER_GROUPS), ordered=False)


def table_agreement(table: Sequence[Sequence[int]]) -> LevelAgreement:
    """The same from a square table of counts over ordered levels. Raises ValueError where it is not one."""
    return _figures(tuple(tuple(row) for row in table), ordered=True)


def _both_given(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(first, second) for first, second in pairs if first and second]


def _direction(answer: str) -> str:
    return "yes" if answer in YES else "no" if answer in NO else answer


def _figures(table: Table, *, ordered: bool) -> LevelAgreement:
    plain = agreement(table)
    agreed = sum(table[i][i] for i in range(len(table)))
    if plain.n == 0:
        return LevelAgreement(n=0, agreed=0, table=table)
    return LevelAgreement(
        n=plain.n,
        agreed=agreed,
        table=table,
        observed=plain.observed,
        kappa=_estimate(plain.kappa, plain.kappa_se),
        linear=_weighted(table, abs) if ordered else None,
        quadratic=_weighted(table, lambda step: step * step) if ordered else None,
    )


def _estimate(value: float | None, se: float | None) -> Estimate | None:
    if value is None or se is None:
        return None
    return Estimate(value=value, se=se, low=max(-1.0, value - Z_95 * se), high=min(1.0, value + Z_95 * se))


def _weighted(table: Table, distance: Callable[[int], int]) -> Estimate | None:
    """Weighted kappa with its standard error. None where chance alone would agree wholly, or with one level only."""
    size = range(len(table))
    n, farthest = sum(map(sum, table)), distance(len(table) - 1)
    rows, cols = [sum(row) for row in table], [sum(col) for col in zip(*table, strict=True)]
    by_chance = sum(distance(i - j) * rows[i] * cols[j] for i in size for j in size)
    if by_chance == 0:
        return None
    weight = [[1 - distance(i - j) / farthest for j in size] for i in size]
    row, col = [r / n for r in rows], [c / n for c in cols]
    expected = 1 - by_chance / (farthest * n * n)
    seen = sum(distance(i - j) * table[i][j] for i in size for j in size)
    kappa = 1 - seen * n / by_chance
    row_weight = [sum(col[j] * weight[i][j] for j in size) for i in size]
    col_weight = [sum(row[i] * weight[i][j] for i in size) for j in size]
    spread = sum(
        table[i][j] / n * (weight[i][j] - (row_weight[i] + col_weight[j]) * (1 - kappa)) ** 2
        for i in size
        for j in size
    )
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    return _estimate(kappa, sqrt(max(0.0, variance)))
