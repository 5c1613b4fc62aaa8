"""Formulas of derived items: a small grammar, read here and worked out with decimals; nothing is ever executed.

    formula   = term (("+" | "-") term)*
    term      = factor (("*" | "/") factor)*
    factor    = "-" factor | number | source | function "(" argument ("," argument)* ")" | "(" formula ")"
    source    = id of an item, or id.part for a part of a range or an estimate: low, high, estimate, se, level
    argument  = formula, or a unit in quotes: "mg"

Functions: sqrt(x); sd_from_se(se, n); sd_from_ci(low, high, n) and sd_from_ci(low, high, n, level);
events(percent, n); convert(x, "from", "to").

Sources of the rules: Cochrane Handbook, section 6.5.2.2: SD = SE × √n, and SD = √n × (upper - lower) / (2 × t), where t
is that of the normal distribution from 60 people on and of Student's distribution with n - 1 degrees below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext
from functools import lru_cache
from statistics import NormalDist

MAX_LENGTH = 500
MAX_NESTED = 30
SIGNIFICANT = 6
"""Digits of a result where the item names no precision."""
SMALL_SAMPLE = 60

_TOKEN = re.compile(r'\s*(?:(\d+(?:\.\d+)?)|([a-z][a-z0-9_]*(?:\.[a-z]+)?)|"([^"]{1,20})"|([-+*/(),]))')
PARTS = frozenset({"low", "high", "estimate", "se", "level"})
_ARGUMENTS: Mapping[str, tuple[int, ...]] = {
    "sqrt": (1,),
    "sd_from_se": (2,),
    "sd_from_ci": (3, 4),
    "events": (2,),
    "convert": (3,),
}


class FormulaError(ValueError):
    """A formula that cannot be read; the words say where it went wrong."""


@dataclass(frozen=True)
class Number:
    """A number written in the formula."""

    value: Decimal


@dataclass(frozen=True)
class Source:
    """The value of an item, or a part of it."""

    item: str
    part: str = ""


@dataclass(frozen=True)
class Unit:
    """A unit in quotes, of `convert`."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function or a sign with what it works on: sqrt, events …, and + - * / and neg."""

    name: str
    arguments: tuple[Node, ...]


Node = Number | Source | Unit | Call
Lookup = Callable[[Source], Decimal | None]
"""What a source holds; None where nothing is reported."""

_LINEAR: Mapping[str, Mapping[str, Decimal]] = {
    "mass": {
        "kg": Decimal(1000),
        "g": Decimal(1),
        "mg": Decimal("1e-3"),
        "µg": Decimal("1e-6"),
        "lb": Decimal("453.59237"),
    },
    "length": {
        "m": Decimal(1),
        "cm": Decimal("1e-2"),
        "mm": Decimal("1e-3"),
        "km": Decimal(1000),
        "in": Decimal("0.0254"),
    },
    "volume": {"l": Decimal(1), "dl": Decimal("0.1"), "ml": Decimal("1e-3")},
    "time": {
        "s": Decimal(1),
        "min": Decimal(60),
        "h": Decimal(3600),
        "d": Decimal(86_400),
        "week": Decimal(604_800),
        "month": Decimal("2629800"),
        "year": Decimal("31557600"),
    },
    "share": {"fraction": Decimal(1), "%": Decimal("1e-2"), "per 1000": Decimal("1e-3")},
    "pressure": {"mmHg": Decimal("133.322387415"), "kPa": Decimal(1000)},
}
"""Unit → how many of the base unit one is; a month is a twelfth of a year of 365.25 days."""
UNITS: Mapping[str, tuple[str, Decimal]] = {
    name: (kind, size) for kind, units in _LINEAR.items() for name, size in units.items()
}


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Node:
    """Read a formula. Raises FormulaError."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"A formula has at most {MAX_LENGTH} characters.")
    reader = _Reader(_tokens(text))
    node = reader.formula(0)
    if reader.kind != "end":
        raise FormulaError(f"“{reader.text}” is not expected here.")
    return node


def sources(node: Node) -> list[Source]:
    """The items a formula names, each once, in order."""
    if isinstance(node, Source):
        return [node]
    if isinstance(node, Call):
        return list(dict.fromkeys(one for argument in node.arguments for one in sources(argument)))
    return []


def evaluate(node: Node, lookup: Lookup) -> Decimal | None:
    """The result; None where a source is missing or the sum has no result (a division by zero, a root below zero)."""
    with localcontext() as context:
        context.prec = 28
        try:
            result = _value(node, lookup)
        except DecimalException:  # division by zero, a number out of bounds: no result, as documented
            return None
        return result if result is None or result.is_finite() else None


def rounded(value: Decimal, precision: int | None) -> str:
    """A result as it is kept: with the item's digits after the point, else with six significant digits."""
    digits = precision if precision is not None else max(0, SIGNIFICANT - 1 - value.adjusted()) if value else 0
    text = format(value.quantize(Decimal(1).scaleb(-min(digits, 20)), ROUND_HALF_UP), "f")
    if precision is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if Decimal(text).is_zero() and precision is None else text


def in_words(formula: str, labels: Mapping[str, str]) -> str:
    """The formula with the items' labels in place of their ids: "sqrt(Sample size) * SE"."""

    def word(match: re.Match[str]) -> str:
        item, _, part = match[0].partition(".")
        label = labels.get(item)
        return match[0] if label is None else f"{label} ({part})" if part else label

    return re.sub(r'(?<![\w."])[a-z][a-z0-9_]*(?:\.[a-z]+)?', word, formula)


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, rest = 0, text.rstrip()
    while place < len(rest):
        match = _TOKEN.match(rest, place)
        if match is None:
            raise FormulaError(f"“{rest[place:].strip()[:20]}” cannot be read.")
        kinds = ("number", "name", "unit", "sign")
        found += [(kind, part) for kind, part in zip(kinds, match.groups(), strict=True) if part is not None]
        place = match.end()
    return [*found, ("end", "the end")]


class _Reader:
    """Reads tokens one after another."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def kind(self) -> str:
        """Kind of the present token."""
        return self._tokens[self._place][0]

    @property
    def text(self) -> str:
        """Text of the present token."""
        return self._tokens[self._place][1]

    def _take(self) -> str:
        text = self.text
        self._place += 1
        return text

    def _sign(self, signs: str) -> bool:
        return self.kind == "sign" and self.text in signs

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise FormulaError(f"“{sign}” is expected before “{self.text}”.")
        self._take()

    def formula(self, depth: int) -> Node:
        """Sums of terms."""
        if depth > MAX_NESTED:
            raise FormulaError("This formula is nested too deeply.")
        node = self._term(depth)
        while self._sign("+-"):
            node = Call(self._take(), (node, self._term(depth)))
        return node

    def _term(self, depth: int) -> Node:
        node = self._factor(depth)
        while self._sign("*/"):
            node = Call(self._take(), (node, self._factor(depth)))
        return node

    def _factor(self, depth: int) -> Node:
        if depth > MAX_NESTED:
            raise FormulaError("This formula is nested too deeply.")
        if self._sign("-"):
            self._take()
            return Call("neg", (self._factor(depth + 1),))
        if self._sign("("):
            self._take()
            node = self.formula(depth + 1)
            self._expect(")")
            return node
        if self.kind == "number":
            return Number(Decimal(self._take()))
        if self.kind == "name":
            name = self._take()
            return self._call(name, depth) if self._sign("(") else _source(name)
        raise FormulaError(f"A number, an item or a function is expected before “{self.text}”.")

    def _call(self, name: str, depth: int) -> Node:
        if name not in _ARGUMENTS:
            raise FormulaError(f"There is no function “{name}”.")
        self._expect("(")
        arguments = [self._argument(depth)]
        while self._sign(","):
            self._take()
            arguments.append(self._argument(depth))
        self._expect(")")
        if len(arguments) not in _ARGUMENTS[name]:
            raise FormulaError(f"“{name}” takes {' or '.join(map(str, _ARGUMENTS[name]))} values.")
        _check_units(name, arguments)
        return Call(name, tuple(arguments))

    def _argument(self, depth: int) -> Node:
        return Unit(self._take()) if self.kind == "unit" else self.formula(depth + 1)


def _source(name: str) -> Source:
    item, _, part = name.partition(".")
    if part and part not in PARTS:
        raise FormulaError(f"There is no part “{part}”: {', '.join(sorted(PARTS))}.")
    return Source(item, part)


def _check_units(name: str, arguments: list[Node]) -> None:
    units = [one for one in arguments if isinstance(one, Unit)]
    if name != "convert":
        if units:
            raise FormulaError("Only “convert” takes units.")
        return
    if len(units) != 2 or isinstance(arguments[0], Unit):
        raise FormulaError('Write it like this: convert(item, "mg", "g").')
    for unit in units:
        if unit.name not in UNITS:
            raise FormulaError(f"The unit “{unit.name}” is not known.")
    if UNITS[units[0].name][0] != UNITS[units[1].name][0]:
        raise FormulaError(f"“{units[0].name}” cannot be converted into “{units[1].name}”.")


def _value(node: Node, lookup: Lookup) -> Decimal | None:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Source):
        return lookup(node)
    if isinstance(node, Unit):
        return None
    if node.name == "convert":
        return _converted(node, lookup)
    values: list[Decimal] = []
    for argument in node.arguments:
        value = _value(argument, lookup)
        if value is None:
            return None
        values.append(value)
    return _FUNCTIONS[node.name](*values)


def _converted(node: Call, lookup: Lookup) -> Decimal | None:
    value = _value(node.arguments[0], lookup)
    before, after = (UNITS[one.name][1] for one in node.arguments if isinstance(one, Unit))
    return None if value is None else value * before / after


def _sqrt(x: Decimal) -> Decimal | None:
    return None if x < 0 else x.sqrt()


def _sd_from_se(se: Decimal, n: Decimal) -> Decimal | None:
    return None if n <= 0 or se < 0 else se * n.sqrt()


def _sd_from_ci(low: Decimal, high: Decimal, n: Decimal, level: Decimal = Decimal(95)) -> Decimal | None:
    if n <= 1 or high < low or not 0 < level < 100:
        return None
    share = 0.5 + float(level) / 200
    divisor = NormalDist().inv_cdf(share) if n >= SMALL_SAMPLE else student_quantile(share, float(n) - 1)
    return n.sqrt() * (high - low) / (2 * Decimal(repr(divisor)))


def _events(percent: Decimal, n: Decimal) -> Decimal | None:
    if not 0 <= percent <= 100 or n < 0:
        return None
    return (percent * n / 100).quantize(Decimal(1), ROUND_HALF_UP)


_FUNCTIONS: Mapping[str, Callable[..., Decimal | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a: -a,
    "sqrt": _sqrt,
    "sd_from_se": _sd_from_se,
    "sd_from_ci": _sd_from_ci,
    "events": _events,
}


def student_quantile(share: float, degrees: float) -> float:
    """The quantile of Student's distribution for a share above one half, by halving; to nine digits."""
    low, high = 0.0, 1.0
    while _student_cdf(high, degrees) < share:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, degrees) < share else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, degrees: float) -> float:
    """P(T ≤ t) for t ≥ 0: Simpson's rule over the angle atan(t / √degrees), where the density is cos^(degrees - 1)."""
    limit, steps = math.atan(t / math.sqrt(degrees)), 400
    height = limit / steps
    weights: list[float] = [
        math.cos(height * k) ** (degrees - 1) * (1 if k in (0, steps) else 4 if k % 2 else 2) for k in range(steps + 1)
    ]
    scale: float = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(math.pi)
    return 0.5 + scale * height / 3 * sum(weights)
