"""The review's log as its lead may read it: filtered, blinded, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from reviewapp.contributions import registry
from reviewapp.models import AuditEvent, Membership, User

SYSTEM = "the system"
NOTHING = "–"
FIELD_WORDS = {"can_adjudicate": "May adjudicate"}
"""Where the column's own name is not what people say."""


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


def log_lines(events: Iterable[AuditEvent]) -> list[LogLine]:
    """The events in words. No queries beyond fetching `events`."""
    words, columns = kind_words(), _model_columns()
    return [_line(event, words, columns) for event in events]


def _line(event: AuditEvent, words: dict[str, str], columns: dict[str, type[models.Model]]) -> LogLine:
    model = columns.get(event.object_type)
    order = [field.name for field in model._meta.fields] if model else []
    names = {*event.before, *event.after}  # the database keeps no order of its own
    ordered = sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))
    changes = (
        Change(
            _field_words(model, name),
            _value_words(model, name, event.before.get(name)),
            _value_words(model, name, event.after.get(name)),
        )
        for name in ordered
    )
    return LogLine(
        at=event.at,
        who=SYSTEM if event.actor is None else str(event.actor),
        what=words.get(event.kind, event.kind.replace(".", " ").replace("_", " ").capitalize()),
        label=event.object_label,
        kind=event.kind,
        object_type=event.object_type,
        object_id=event.object_id,
        has_before=bool(event.before),
        changes=tuple(change for change in changes if change.before != change.after),
    )


def _model_columns() -> dict[str, type[models.Model]]:
    return {model._meta.model_name or "": model for model in apps.get_models()}


def _field(model: type[models.Model] | None, name: str) -> models.Field[Any, Any] | None:
    if model is None:
        return None
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if isinstance(found, models.Field) else None


def _field_words(model: type[models.Model] | None, name: str) -> str:
    found = _field(model, name)
    words = FIELD_WORDS.get(name) or str(found.verbose_name if found is not None else name.replace("_", " "))
    return words[:1].upper() + words[1:]


def _value_words(model: type[models.Model] | None, name: str, value: Any) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value_words(model, name, item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value_words(None, key, item)}" for key, item in value.items())
    found = _field(model, name)
    choices = dict(found.flatchoices) if found is not None and found.choices else {}
    return str(choices.get(value, value))
