"""The review's log as its lead may read it: filtered, blinded, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from reviewapp.contributions import AuditWords, registry
from reviewapp.models import AuditEvent, Membership, User

SYSTEM = "the system"
NOTHING = "–"
FIELD_WORDS = {"can_adjudicate": "May adjudicate"}
"""Where the column's own name is not what people say."""
NO_WORDS = AuditWords(object_types=())
Lookup = Callable[[Collection[int]], Mapping[int, str]]


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which events to show; None and "" mean any. The days are inclusive, in the server's time zone."""

    person_id: int | None = None
    kind: str = ""
    object_type: str = ""
    object_id: int | None = None
    first_at: dt.datetime | None = None
    before_at: dt.datetime | None = None


@dataclass(frozen=True)
class Change:
    """One value of an event, in words: what it was, what it became."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class LogLine:
    """One event as a sentence: `what` was done by `who` to `label`, and what changed."""

    at: dt.datetime
    who: str
    what: str
    label: str
    kind: str
    object_type: str
    object_id: int | None
    has_before: bool
    changes: tuple[Change, ...]

    @property
    def day(self) -> dt.date:
        """The day of the event in the server's time zone."""
        return timezone.localdate(self.at)


def log_events(membership: Membership, wanted: LogFilter | None = None) -> QuerySet[AuditEvent]:
    """Events of the review, newest first, with their actors. Every app hides what this member may not know yet."""
    events = AuditEvent.objects.filter(review_id=membership.review_id).select_related("actor")
    wanted = wanted or LogFilter()
    conditions: dict[str, Any] = {
        "actor_id": wanted.person_id,
        "kind": wanted.kind or None,
        "object_type": wanted.object_type or None,
        "object_id": wanted.object_id,
        "at__gte": wanted.first_at,
        "at__lt": wanted.before_at,
    }
    events = events.filter(**{name: value for name, value in conditions.items() if value is not None})
    for blind in registry.audit_blinds.values():
        events = blind(events, membership)
    return events


def log_people(membership: Membership) -> QuerySet[User]:
    """All who are or were members of the review, by name."""
    return User.objects.filter(memberships__review_id=membership.review_id).order_by("name", "id")


def kind_words() -> dict[str, str]:
    """Words for every kind of event that an app has registered."""
    return {value: words for group in registry.audit_kinds.values() for value, words in group.kinds}


def object_type_words() -> dict[str, str]:
    """Words for every type of object that events are about."""
    return {value: words for group in registry.audit_kinds.values() for value, words in group.object_types}


def log_lines(events: Iterable[AuditEvent], *, with_changes: bool = True) -> list[LogLine]:
    """The events in words. Beyond fetching `events`: one query for each kind of row that their values name."""
    listed, kinds = list(events), kind_words()
    dictionary = _Dictionary(listed) if with_changes else None
    return [_line(event, kinds, dictionary) for event in listed]


def _line(event: AuditEvent, kinds: dict[str, str], dictionary: _Dictionary | None) -> LogLine:
    changes = dictionary.changes(event) if dictionary else ()
    return LogLine(
        at=event.at,
        who=SYSTEM if event.actor is None else str(event.actor),
        what=kinds.get(event.kind, event.kind.replace(".", " ").replace("_", " ").capitalize()),
        label=event.object_label,
        kind=event.kind,
        object_type=event.object_type,
        object_id=event.object_id,
        has_before=bool(event.before),
        changes=tuple(change for change in changes if change.before != change.after),
    )


class _Dictionary:
    """Words for the names and values in some events: from their objects' columns, and from what apps registered."""

    def __init__(self, events: Sequence[AuditEvent]) -> None:
        self._models = {model._meta.model_name or "": model for model in apps.get_models()}
        self._words = {name: words for words in registry.audit_words.values() for name in words.object_types}
        wanted: dict[Lookup, set[int]] = {}
        for event in events:
            for name, lookup in self._of(event.object_type).rows.items():
                ids = {*_ids(event.before.get(name)), *_ids(event.after.get(name))}
                wanted.setdefault(lookup, set()).update(ids)
        self._rows = {lookup: lookup(ids) for lookup, ids in wanted.items() if ids}

    def _of(self, object_type: str) -> AuditWords:
        return self._words.get(object_type, NO_WORDS)

    def changes(self, event: AuditEvent) -> Iterator[Change]:
        """All values of the event, in the order of the object's columns."""
        model = self._models.get(event.object_type)
        order = [field.name for field in model._meta.fields] if model else []
        names = {*event.before, *event.after}  # the database keeps no order of its own
        for name in sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name)):
            before, after = (
                self._value(event.object_type, name, side.get(name)) for side in (event.before, event.after)
            )
            yield Change(self._name(event.object_type, name), before, after)

    def _name(self, object_type: str, name: str) -> str:
        found = _field(self._models.get(object_type), name)
        own = str(found.verbose_name if found is not None else name.replace("_", " "))
        words = self._of(object_type).names.get(name) or FIELD_WORDS.get(name) or own
        return words[:1].upper() + words[1:]

    def _value(self, object_type: str, name: str, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return NOTHING
        if isinstance(value, bool):
            return "yes" if value else "no"
        lookup = self._of(object_type).rows.get(name)
        if lookup is not None and (ids := _ids(value)):
            return "; ".join(self._rows[lookup].get(pk, f"no. {pk}") for pk in ids)
        if isinstance(value, list):
            return ", ".join(self._value(object_type, name, item) for item in value)
        if isinstance(value, dict):
            return ", ".join(f"{key}: {self._value('', key, item)}" for key, item in value.items())
        return str(self._choices(object_type, name).get(value, value))

    def _choices(self, object_type: str, name: str) -> Mapping[Any, Any]:
        found = _field(self._models.get(object_type), name)
        own = dict(found.flatchoices) if found is not None and found.choices else {}
        return self._of(object_type).choices.get(name, own)


def _ids(value: Any) -> list[int]:
    """The ids in a value that names rows: one, or a list of them."""
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, int) and not isinstance(item, bool)]


def _field(model: type[models.Model] | None, name: str) -> models.Field[Any, Any] | None:
    if model is None:
        return None
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) else None
