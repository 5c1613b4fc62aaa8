"""What a lead typed about one item, read as an item: its settings, its answers, the columns of its table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from extraction.constants import ItemType
from extraction.rules.definition import (
    Column,
    Condition,
    Definition,
    DefinitionError,
    Item,
    Operator,
    Option,
    dump_item,
    parse_item,
)
from extraction.rules.definition_types import (
    CONDITION_TYPES,
    NUMBER_TYPES,
    OPTION_TYPES,
    PATTERN_TYPES,
    PRECISION_TYPES,
    UNIT_TYPES,
)
from extraction.rules.derive import FormulaError, parse_formula, sources
from extraction.rules.text import tidy, tidy_line
from reviewapp.errors import DomainError

NewId = Callable[[str], str]
FORMULA_TYPES = frozenset({ItemType.INTEGER, ItemType.NUMBER, ItemType.RANGE, ItemType.ESTIMATE, ItemType.DERIVED})
"""Types that a formula can name."""
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r'"[^"]*"|\b[a-z][a-z0-9_]*')


@dataclass(frozen=True)
class ConditionChoice:
    """One item that a condition can name, with its answers: (id, words)."""

    item: Item
    answers: tuple[tuple[str, str], ...]


def new_item(sent: QueryDict, new_id: NewId) -> Item:
    """A new item from the short form: label, type, answers one a line. Raises DomainError."""
    item_type = _type(sent.get("type", ""))
    labels = _lines(sent.get("answers", "")) if item_type in OPTION_TYPES else []
    options = tuple(Option(new_id("o"), label) for label in labels)
    columns = (Column(new_id("c"), "Column 1"),) if item_type == ItemType.TABLE else ()
    return _checked(Item(new_id("i"), item_type, tidy_line(sent.get("label", "")), options=options, columns=columns))


def changed_item(item: Item, sent: QueryDict, definition: Definition, new_id: NewId) -> Item:
    """The item with the settings that were typed. Raises DomainError, with the field that is wrong."""
    item_type = _type(sent.get("type", item.type))
    changed = Item(
        id=item.id,
        type=item_type,
        label=tidy_line(sent.get("label", "")),
        help=tidy(sent.get("help", "")),
        required=bool(sent.get("required")),
        shown_if=_condition(sent, definition),
        unit=tidy_line(sent.get("unit", "")) if item_type in UNIT_TYPES else "",
        pattern=tidy_line(sent.get("pattern", "")) if item_type in PATTERN_TYPES else "",
        options=_options(item, sent, new_id) if item_type in OPTION_TYPES else (),
        columns=_columns(item, sent, new_id) if item_type == ItemType.TABLE else (),
        formula=_formula(sent, definition, item.id) if item_type == ItemType.DERIVED else "",
    )
    limits: dict[str, object] = {}
    precision = sent.get("precision", "").strip()
    if item_type in PRECISION_TYPES and precision:
        limits["precision"] = _whole(precision)
    for name in ("minimum", "maximum"):
        typed = sent.get(name, "").strip()
        if item_type in NUMBER_TYPES and typed:
            limits[name] = typed
    return _checked(changed, limits)


def condition_choices(definition: Definition, item: Item) -> list[ConditionChoice]:
    """The items that this one's condition can name: others of the same level or above."""
    levels = {"", *definition.path_of_group(definition.group_of(item.id))}
    return [
        ConditionChoice(other, _answers(other))
        for other in definition.items()
        if other.id != item.id and definition.group_of(other.id) in levels
    ]


def formula_in_words(definition: Definition, formula: str) -> str:
    """A formula with labels in braces in place of ids: "{Events} / {Predictors}"; an ambiguous label stays an id."""
    names = _names(definition)

    def named(found: re.Match[str]) -> str:
        return next(("{" + label + "}" for label, item_id in names.items() if item_id == found[0]), found[0])

    return _NAME.sub(named, formula)


def _names(definition: Definition) -> dict[str, str]:
    """Labels that stand for one item only → its id."""
    labels = [item.label for item in definition.items()]
    return {item.label: item.id for item in definition.items() if labels.count(item.label) == 1}


def _answers(item: Item) -> tuple[tuple[str, str], ...]:
    if item.type not in CONDITION_TYPES:
        return ()
    if item.type == ItemType.YES_NO:
        return (("yes", "Yes"), ("no", "No"), ("unclear", "Unclear"))
    return tuple((option.id, option.label) for option in item.options)


def _type(typed: str) -> ItemType:
    if typed not in ItemType.values:
        raise DomainError("Choose a type.", field="type")
    return ItemType(typed)


def _lines(typed: str) -> list[str]:
    return [line for line in map(tidy_line, typed.splitlines()) if line]


def _whole(typed: str) -> int:
    if not typed.isdecimal() or not typed.isascii() or len(typed) > 4:
        raise DomainError("Write how many digits after the point, such as 2.", field="precision")
    return int(typed)


def _options(item: Item, sent: QueryDict, new_id: NewId) -> tuple[Option, ...]:
    """Answers as typed: one whose words were cleared is gone, new ones stand below. `up` moves one a place up."""
    known = {option.id: option for option in item.options}
    kept = [
        replace(known[option_id], label=tidy_line(label))
        for option_id, label in zip(sent.getlist("option_id"), sent.getlist("option_label"), strict=False)
        if option_id in known and tidy_line(label)
    ]
    options = [*kept, *(Option(new_id("o"), label) for label in _lines(sent.get("answers", "")))]
    labels = [option.label.casefold() for option in options]
    twice = next((option.label for option in options if labels.count(option.label.casefold()) > 1), None)
    if twice is not None:
        raise DomainError(f"The answer “{twice}” stands twice.", field="answers")
    place = next((n for n, option in enumerate(options) if option.id == sent.get("option_up")), 0)
    if place:
        options.insert(place - 1, options.pop(place))
    return tuple(options)


def _columns(item: Item, sent: QueryDict, new_id: NewId) -> tuple[Column, ...]:
    """Columns as typed; one whose title was cleared is gone, a new one has no id yet."""
    known = {column.id: column for column in item.columns}
    columns: list[Column] = []
    for column_id, label, kind, unit, answers in _column_rows(sent):
        title = tidy_line(label)
        if not title:
            continue
        column_type = _type(kind)
        former = known.get(column_id)
        options = _column_options(former, answers, new_id) if column_type == ItemType.SINGLE else ()
        unit = tidy_line(unit) if column_type in UNIT_TYPES else ""
        columns.append(Column(former.id if former else new_id("c"), title, column_type, unit, options))
    return tuple(columns)


def _column_rows(sent: QueryDict) -> Iterator[tuple[str, ...]]:
    names = ("column_id", "column_label", "column_type", "column_unit", "column_answers")
    return zip(*(sent.getlist(name) for name in names), strict=False)


def _column_options(former: Column | None, answers: str, new_id: NewId) -> tuple[Option, ...]:
    """Answers of a column, parted by semicolons; one that was there keeps its id."""
    known = {option.label: option for option in former.options} if former else {}
    labels = dict.fromkeys(label for label in map(tidy_line, answers.split(";")) if label)
    return tuple(known.get(label) or Option(new_id("o"), label) for label in labels)


def _condition(sent: QueryDict, definition: Definition) -> Condition | None:
    other = definition.item(sent.get("shown_item", ""))
    if other is None:
        return None
    operator = sent.get("shown_operator", "")
    answers = {answer for answer, _ in _answers(other)}
    values = tuple(value for value in sent.getlist("shown_values") if value in answers)
    if operator == Operator.REPORTED or not answers:
        return Condition(other.id, Operator.REPORTED)
    if not values:
        raise DomainError(f"Tick the answers to “{other.label}” that this item hangs on.", field="shown_item")
    return Condition(other.id, Operator.IS_NOT if operator == Operator.IS_NOT else Operator.IS, values)


def _formula(sent: QueryDict, definition: Definition, item_id: str) -> str:
    """The formula with ids; labels in braces are looked up."""
    names = _names(definition)

    def known(found: re.Match[str]) -> str:
        label = tidy_line(found[1])
        if label not in names:
            raise DomainError(f"There is no item “{label}”, or more than one.", field="formula")
        return names[label]

    formula = _IN_BRACES.sub(known, tidy_line(sent.get("formula", "")))
    if not formula:
        return ""
    try:
        named = sources(parse_formula(formula))
    except FormulaError as error:
        raise DomainError(str(error), field="formula") from error
    for source in named:
        item = definition.item(source.item)
        if item is None or item.type not in FORMULA_TYPES or item.id == item_id:
            raise DomainError(f"“{item.label if item else source.item}” cannot be reckoned with.", field="formula")
    return formula


def _checked(item: Item, limits: dict[str, object] | None = None) -> Item:
    """The item once its settings fit each other. `limits` are as typed."""
    try:
        return parse_item(dump_item(item) | (limits or {}))
    except DefinitionError as error:
        field = error.path.rpartition(".")[2].partition("[")[0]
        words = {"label": "Give the item a label.", "minimum": _limit_words(error), "maximum": _limit_words(error)}
        raise DomainError(
            words.get(field) or f"{error.message[:1].upper()}{error.message[1:]}.", field=field
        ) from error


def _limit_words(error: DefinitionError) -> str:
    if "above" in error.message:
        return "The smallest value is above the largest."
    return "Write a number, such as 12 or 3.5."


def shown_values(item: Item) -> Sequence[str]:
    """The answers that an item's condition names."""
    return item.shown_if.values if item.shown_if else ()
