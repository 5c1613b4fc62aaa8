"""Frozen dataclasses as plain values that JSON holds, and back."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def as_plain(value: Any) -> Any:
    """Dataclasses as dicts by their fields' names, tuples as lists; everything else as it is."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [as_plain(each) for each in value]
    return value


def from_plain(kind: type[T], data: Any) -> T:
    """The dataclass that `as_plain` was given. Knows dataclasses, tuples of one kind, optional and plain values.

    Raises KeyError or TypeError for data of another shape.
    """
    found: T = _read(kind, data)
    return found


_HINTS: dict[type, dict[str, Any]] = {}


def _read(kind: Any, data: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _HINTS.setdefault(kind, get_type_hints(kind))
        return kind(**{name: _read(hint, data[name]) for name, hint in hints.items()})
    if get_origin(kind) is tuple:
        each = get_args(kind)[0]
        if each in (str, int, float):
            return tuple(data)
        return tuple(_read(each, one) for one in data)
    if get_origin(kind) is types.UnionType:
        inner = next(one for one in get_args(kind) if one is not type(None))
        return None if data is None else _read(inner, data)
    return data
