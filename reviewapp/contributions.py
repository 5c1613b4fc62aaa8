"""What each app plugs into pages that span apps, like Django's checks registry.

The core knows none of the other apps; they register here in their AppConfig.ready(). Registering the same name again
replaces the former entry, so that a reload is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from reviewapp.models import AuditEvent, Membership, Review, User


@dataclass(frozen=True)
class Tab:
    """One entry of a review's navigation. `url_name` takes the review's id."""

    name: str
    label: str
    url_name: str
    order: int
    visible: Callable[[Membership], bool] = lambda membership: True
    prefix: str = ""
    """What follows /reviews/<id>/ on the pages this tab stands for; empty for the overview."""
    more_prefixes: tuple[str, ...] = ()
    """Further pages that this tab stands for, e.g. those of single records."""

    def fit(self, rest: str) -> int:
        """How well the tab stands for a page, by what follows /reviews/<id>/ in its address; -1 for not at all."""
        return max((len(p) for p in (self.prefix, *self.more_prefixes) if rest.startswith(p)), default=-1)


@dataclass(frozen=True)
class Todo:
    """Something that waits for this member: "12 records to screen"."""

    text: str
    count: int
    url: str
    action: str


@dataclass(frozen=True)
class Panel:
    """One part of a review's overview page: a template and what it needs."""

    name: str
    order: int
    template: str
    context: Callable[[Membership], dict[str, object]]


@dataclass(frozen=True)
class AuditKindGroup:
    """Kinds of events an app writes and the types of objects they are about, for the log: (value, words)."""

    label: str
    kinds: Sequence[tuple[str, str]]
    object_types: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class AuditWords:
    """How the log says the values of an app's events, by their names in `before` and `after`.

    Values named as a column of the event's object need no entry: the column knows its words and choices.
    """

    object_types: Sequence[str]
    names: Mapping[str, str] = field(default_factory=dict)
    """Name of a value → what people call it."""
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name of a value → stored code → words."""
    rows: Mapping[str, Callable[[Collection[int]], Mapping[int, str]]] = field(default_factory=dict)
    """Name of a value that holds the id of a row, or a list of ids → words for such ids, in one query."""


@dataclass(frozen=True)
class SettingsPage:
    """A page of settings that the review's own settings page leads to. `url_name` takes the review's id."""

    name: str
    label: str
    text: str
    url_name: str
    order: int


@dataclass(frozen=True)
class Suggestion:
    """One thing of a study that another part of the review could look at, e.g. a model that was extracted."""

    study_id: int
    label: str
    detail: str = ""


@dataclass
class Registry:
    """All that has been contributed. Tests may make their own."""

    tabs: dict[str, Tab] = field(default_factory=dict)
    panels: dict[str, Panel] = field(default_factory=dict)
    todos: dict[str, Callable[[Membership], Iterable[Todo]]] = field(default_factory=dict)
    review_setup: dict[str, Callable[[Review, User], None]] = field(default_factory=dict)
    audit_blinds: dict[str, Callable[[QuerySet[AuditEvent], Membership], QuerySet[AuditEvent]]] = field(
        default_factory=dict
    )
    audit_kinds: dict[str, AuditKindGroup] = field(default_factory=dict)
    audit_words: dict[str, AuditWords] = field(default_factory=dict)
    setup_steps: dict[str, str] = field(default_factory=dict)
    """Name → URL name (taking the review's id) of a page that a lead sees after creating a review."""
    settings_pages: dict[str, SettingsPage] = field(default_factory=dict)
    evaluation_suggestions: dict[str, Callable[[Review], Iterable[Suggestion]]] = field(default_factory=dict)
    """Name → what of the included studies could be assessed for risk of bias, one by one."""
    demo_steps: dict[str, Callable[[Review, Callable[[str], None]], None]] = field(default_factory=dict)
    """Name → what an app adds to a review of the demo that has just been made or is there already, and tells on the
    way. Called in the order of the names; a second call changes nothing."""

    def ordered_tabs(self, membership: Membership) -> list[Tab]:
        """The tabs this member sees, in order."""
        return sorted((tab for tab in self.tabs.values() if tab.visible(membership)), key=lambda tab: tab.order)

    def ordered_panels(self) -> list[Panel]:
        """Overview panels in order."""
        return sorted(self.panels.values(), key=lambda panel: panel.order)

    def ordered_settings_pages(self) -> list[SettingsPage]:
        """Further pages of settings in order."""
        return sorted(self.settings_pages.values(), key=lambda page: page.order)


registry = Registry()
