"""What a form asks: sections, repeating groups and items, as data.

A definition is stored as JSON in FormVersion.definition. Ids are short strings given once by the service and never used
again within a form, so that a value is never shown under another item. Shape of the JSON (what has its default is left
out by `dump`):

    {"sections": [{"id": "s3kd…", "title": "Study", "help": "", "group": "",
                   "items": [{"id": "i8fq…", "type": "single", "label": "Design", "required": true,
                              "options": [{"id": "o1…", "label": "Cohort"}],
                              "shown_if": {"item": "i2…", "operator": "is", "values": ["o7…"]},
                              "columns": [{"id": "c1…", "label": "Arm", "type": "text"}],
                              "minimum": "0", "maximum": "100", "precision": 2, "unit": "mg",
                              "pattern": "NCT########", "formula": "i5… / i6…"}]}],
     "groups": [{"id": "g1…", "title": "Model", "parent": "", "minimum": 0, "maximum": null}]}

A section belongs to the study (`group` empty) or to a repeating group: its items are then asked once per entry of the
group. A group within a group is asked once per entry of its parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from extraction.constants import ItemType
from extraction.rules.definition_types import (
    COLUMN_TYPES,
    CONDITION_TYPES,
    ID,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_ITEMS,
    MAX_OPTIONS,
    MAX_PRECISION,
    MAX_TEXT,
    NUMBER_TYPES,
    OPTION_TYPES,
    PATTERN_TYPES,
    PRECISION_TYPES,
    UNIT_TYPES,
    Column,
    Condition,
    Definition,
    DefinitionError,
    Group,
    Item,
    Json,
    Operator,
    Option,
    Section,
)

__all__ = [
    "Column",
    "Condition",
    "Definition",
    "DefinitionError",
    "Group",
    "Item",
    "Json",
    "Operator",
    "Option",
    "Section",
    "dump",
    "dump_item",
    "parse",
    "parse_item",
]


def parse(data: object) -> Definition:
    """Read a definition from its JSON and check that it holds together; DefinitionError names the place."""
    body = _object(data, "form", {"sections", "groups"})
    groups = tuple(_group(entry, f"groups[{n}]") for n, entry in enumerate(_list(body, "groups", "form")))
    sections = tuple(_section(entry, f"sections[{n}]") for n, entry in enumerate(_list(body, "sections", "form")))
    definition = Definition(sections, groups)
    _check_ids(definition)
    _check_groups(definition)
    _check_conditions(definition)
    return definition


def dump(definition: Definition) -> Json:
    """The JSON of a definition: parse(dump(x)) == x."""
    return {
        "sections": [_dump_section(section) for section in definition.sections],
        "groups": [
            _without_defaults(
                {"id": g.id, "title": g.title, "parent": g.parent, "minimum": g.minimum or None, "maximum": g.maximum}
            )
            for g in definition.groups
        ],
    }


def dump_item(item: Item) -> Json:
    """The JSON of one item."""
    condition = item.shown_if
    return _without_defaults(
        {
            "id": item.id,
            "type": str(item.type.value),
            "label": item.label,
            "help": item.help,
            "required": item.required,
            "shown_if": condition
            and {"item": condition.item, "operator": condition.operator.value, "values": list(condition.values)},
            "unit": item.unit,
            "precision": item.precision,
            "minimum": _dump_decimal(item.minimum),
            "maximum": _dump_decimal(item.maximum),
            "pattern": item.pattern,
            "options": _dump_options(item.options),
            "columns": [
                _without_defaults(
                    {
                        "id": c.id,
                        "label": c.label,
                        "type": str(c.type.value),
                        "unit": c.unit,
                        "options": _dump_options(c.options),
                    }
                )
                for c in item.columns
            ],
            "formula": item.formula,
        }
    )


def parse_item(data: object, path: str = "item") -> Item:
    """Read one item; what it names elsewhere in the form is not looked at."""
    body = _object(data, path, set(Item.__dataclass_fields__))
    item_type = _type(body.get("type"), f"{path}.type")
    item = Item(
        id=_id(body, path),
        type=item_type,
        label=_text(body, "label", path, required=True),
        help=_text(body, "help", path),
        required=_bool(body, "required", path),
        shown_if=_condition(body.get("shown_if"), f"{path}.shown_if"),
        unit=_text(body, "unit", path),
        precision=_integer(body.get("precision"), f"{path}.precision", MAX_PRECISION),
        minimum=_decimal(body.get("minimum"), f"{path}.minimum"),
        maximum=_decimal(body.get("maximum"), f"{path}.maximum"),
        pattern=_text(body, "pattern", path),
        options=_options(body, path),
        columns=tuple(_column(c, f"{path}.columns[{n}]") for n, c in enumerate(_list(body, "columns", path))),
        formula=_text(body, "formula", path),
    )
    _check_item(item, path)
    return item


def _check_item(item: Item, path: str) -> None:
    """Settings fit the type."""
    if item.options and item.type not in OPTION_TYPES:
        raise DefinitionError(f"{path}.options", "only choices have options")
    if item.columns and item.type != ItemType.TABLE:
        raise DefinitionError(f"{path}.columns", "only tables have columns")
    if item.formula and item.type != ItemType.DERIVED:
        raise DefinitionError(f"{path}.formula", "only derived items have a formula")
    if item.unit and item.type not in UNIT_TYPES:
        raise DefinitionError(f"{path}.unit", "only numbers have a unit")
    if item.precision is not None and item.type not in PRECISION_TYPES:
        raise DefinitionError(f"{path}.precision", "only numbers have a precision")
    if (item.minimum is not None or item.maximum is not None) and item.type not in NUMBER_TYPES:
        raise DefinitionError(f"{path}.minimum", "only numbers have a smallest and a largest value")
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        raise DefinitionError(f"{path}.minimum", "the smallest value is above the largest")
    if item.pattern and item.type not in PATTERN_TYPES:
        raise DefinitionError(f"{path}.pattern", "only short text has a pattern")


def _check_ids(definition: Definition) -> None:
    """No id stands twice, at any level."""
    seen: set[str] = set()
    found: list[tuple[str, str]] = [(g.id, f"groups[{n}]") for n, g in enumerate(definition.groups)]
    count = 0
    for s, section in enumerate(definition.sections):
        found.append((section.id, f"sections[{s}]"))
        for i, item in enumerate(section.items):
            count += 1
            path = f"sections[{s}].items[{i}]"
            found.append((item.id, path))
            found += [(one, f"{path}.options") for option in item.options for one in (option.id, *option.stands_for)]
            for column in item.columns:
                found.append((column.id, f"{path}.columns"))
                found += [(option.id, f"{path}.columns") for option in column.options]
    for one, path in found:
        if one in seen:
            raise DefinitionError(f"{path}.id", f"“{one}” is used twice")
        seen.add(one)
    if count > MAX_ITEMS:
        raise DefinitionError("sections", f"a form has at most {MAX_ITEMS} items")


def _check_groups(definition: Definition) -> None:
    """Parents exist, no circle, not too deep; sections name groups that exist."""
    known = {group.id for group in definition.groups}
    parents = {group.id: group.parent for group in definition.groups}
    for n, group in enumerate(definition.groups):
        if group.parent and group.parent not in known:
            raise DefinitionError(f"groups[{n}].parent", f"there is no group “{group.parent}”")
        depth, above = 1, group.parent
        while above:
            depth += 1
            if depth > MAX_DEPTH:
                raise DefinitionError(f"groups[{n}].parent", f"groups stand within groups at most {MAX_DEPTH} deep")
            above = parents.get(above, "")
    for n, section in enumerate(definition.sections):
        if section.group and section.group not in known:
            raise DefinitionError(f"sections[{n}].group", f"there is no group “{section.group}”")


def _check_conditions(definition: Definition) -> None:
    """A condition names another item of the same level or above, and never in a circle."""
    for s, section in enumerate(definition.sections):
        levels = {"", *definition.path_of_group(section.group)}
        for i, item in enumerate(section.items):
            if item.shown_if is None:
                continue
            path = f"sections[{s}].items[{i}].shown_if"
            other = definition.item(item.shown_if.item)
            if other is None:
                raise DefinitionError(path, f"there is no item “{item.shown_if.item}”")
            if definition.group_of(other.id) not in levels:
                raise DefinitionError(path, f"“{other.label}” is asked in another repeating group")
            if item.shown_if.operator != Operator.REPORTED and other.type not in CONDITION_TYPES:
                raise DefinitionError(path, f"“{other.label}” offers no answers to choose from")
            _refuse_circle(definition, item, path)


def _refuse_circle(definition: Definition, item: Item, path: str) -> None:
    seen = {item.id}
    current: Item | None = item
    while current is not None and current.shown_if is not None:
        current = definition.item(current.shown_if.item)
        if current is not None and current.id in seen:
            raise DefinitionError(path, f"whether “{item.label}” is shown would hang on itself")
        if current is not None:
            seen.add(current.id)


def _section(data: object, path: str) -> Section:
    body = _object(data, path, set(Section.__dataclass_fields__))
    return Section(
        id=_id(body, path),
        title=_text(body, "title", path, required=True),
        help=_text(body, "help", path),
        group=_text(body, "group", path),
        items=tuple(parse_item(entry, f"{path}.items[{n}]") for n, entry in enumerate(_list(body, "items", path))),
    )


def _group(data: object, path: str) -> Group:
    body = _object(data, path, set(Group.__dataclass_fields__))
    minimum = _integer(body.get("minimum", 0), f"{path}.minimum", MAX_ENTRIES) or 0
    maximum = _integer(body.get("maximum"), f"{path}.maximum", MAX_ENTRIES)
    if maximum is not None and maximum < max(minimum, 1):
        raise DefinitionError(f"{path}.maximum", "the largest number of entries is below the smallest")
    title = _text(body, "title", path, required=True)
    return Group(_id(body, path), title, _text(body, "parent", path), minimum, maximum)


def _column(data: object, path: str) -> Column:
    body = _object(data, path, set(Column.__dataclass_fields__))
    column_type = _type(body.get("type", ItemType.TEXT.value), f"{path}.type")
    if column_type not in COLUMN_TYPES:
        raise DefinitionError(f"{path}.type", f"a column cannot be “{column_type.label}”")
    options = _options(body, path)
    if options and column_type != ItemType.SINGLE:
        raise DefinitionError(f"{path}.options", "only choices have options")
    unit = _text(body, "unit", path)
    return Column(_id(body, path), _text(body, "label", path, required=True), column_type, unit, options)


def _condition(data: object, path: str) -> Condition | None:
    if data is None:
        return None
    body = _object(data, path, {"item", "operator", "values"})
    try:
        operator = Operator(body.get("operator", Operator.IS.value))
    except ValueError as error:
        raise DefinitionError(f"{path}.operator", "is not known") from error
    values = _list(body, "values", path)
    if not all(isinstance(value, str) for value in values):
        raise DefinitionError(f"{path}.values", "answers are given by their ids")
    return Condition(_text(body, "item", path, required=True), operator, tuple(values))


def _options(body: Mapping[str, Any], path: str) -> tuple[Option, ...]:
    entries = _list(body, "options", path)
    if len(entries) > MAX_OPTIONS:
        raise DefinitionError(f"{path}.options", f"at most {MAX_OPTIONS} options")
    options: list[Option] = []
    for n, entry in enumerate(entries):
        place = f"{path}.options[{n}]"
        one = _object(entry, place, {"id", "label", "stands_for"})
        merged = _list(one, "stands_for", place)
        if not all(isinstance(other, str) for other in merged):
            raise DefinitionError(f"{place}.stands_for", "options are given by their ids")
        options.append(Option(_id(one, place), _text(one, "label", place, required=True), tuple(merged)))
    return tuple(options)


def _object(data: object, path: str, allowed: set[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise DefinitionError(path, "is not an object")
    unknown = sorted(str(key) for key in data if key not in allowed)
    if unknown:
        raise DefinitionError(path, f"“{unknown[0]}” is not known")
    return data


def _list(body: Mapping[str, Any], name: str, path: str) -> Sequence[Any]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise DefinitionError(f"{path}.{name}", "is not a list")
    return value


def _id(body: Mapping[str, Any], path: str) -> str:
    value = body.get("id")
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise DefinitionError(f"{path}.id", "is missing, or is not a short word of small letters and digits")
    return value


def _text(body: Mapping[str, Any], name: str, path: str, *, required: bool = False) -> str:
    value = body.get(name, "")
    place = f"{path}.{name}"
    if not isinstance(value, str):
        raise DefinitionError(place, "is not text")
    if required and not value.strip():
        raise DefinitionError(place, "is empty")
    if len(value) > MAX_TEXT:
        raise DefinitionError(place, f"is longer than {MAX_TEXT:,} characters")
    if any(not (character.isprintable() or character in "\n\t") for character in value):
        raise DefinitionError(place, "holds a character that cannot be printed")
    return value


def _bool(body: Mapping[str, Any], name: str, path: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise DefinitionError(f"{path}.{name}", "is neither true nor false")
    return value


def _integer(value: object, path: str, maximum: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
        raise DefinitionError(path, f"is not a whole number from 0 to {maximum:,}")
    return value


def _decimal(value: object, path: str) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(value) if isinstance(value, str) and len(value) <= 40 else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > 30:
        raise DefinitionError(path, "is not a number written as text")
    return number


def _type(value: object, path: str) -> ItemType:
    try:
        return ItemType(str(value))
    except ValueError as error:
        raise DefinitionError(path, f"there is no type “{value}”") from error


def _dump_section(section: Section) -> Json:
    return _without_defaults(
        {
            "id": section.id,
            "title": section.title,
            "help": section.help,
            "group": section.group,
            "items": [dump_item(item) for item in section.items],
        }
    )


def _dump_options(options: tuple[Option, ...]) -> list[Json]:
    return [
        _without_defaults({"id": option.id, "label": option.label, "stands_for": list(option.stands_for)})
        for option in options
    ]


def _dump_decimal(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _without_defaults(body: Json) -> Json:
    """Leave out what is empty: text, lists, None and False; a 0 stays."""
    return {
        key: value for key, value in body.items() if value is not None and value is not False and value not in ("", [])
    }
