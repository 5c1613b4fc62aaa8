"""Frozen dataclasses as plain values that JSON holds, and back."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
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
    wanted: Any = kind
    read = _reader(wanted)
    found: T = read(data) if read is not None else data
    return found


Reader = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> Reader | None:
    """How a kind is read, worked out once; None for what stays as it is."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return _dataclass_reader(kind, [(name, _reader(hint)) for name, hint in hints.items()])
    if get_origin(kind) is tuple:
        each = _reader(get_args(kind)[0])
        return tuple if each is None else lambda data: tuple(map(each, data))
    if get_origin(kind) is types.UnionType:
        inner = _reader(next(one for one in get_args(kind) if one is not type(None)))
        return None if inner is None else lambda data: None if data is None else inner(data)
    return None


def _dataclass_reader(kind: type, columns: list[tuple[str, Reader | None]]) -> Reader:
    def read(data: Any) -> Any:
        return kind(*[data[name] if inner is None else inner(data[name]) for name, inner in columns])

    return read
