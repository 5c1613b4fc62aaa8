"""[shell] What the core plugs into a review's pages: its own tabs and the kinds of events it writes."""

from __future__ import annotations

from reviewapp.constants import AuditKind
from reviewapp.contributions import AuditKindGroup, Tab, registry
from reviewapp.models import Membership


def lead_only(membership: Membership) -> bool:
    """Whether the member leads the review."""
    return membership.is_lead


OBJECT_TYPES = (
    ("review", "Review"),
    ("membership", "Member"),
    ("invitation", "Invitation"),
    ("job", "Background work"),
)
TABS = (
    Tab("overview", "Overview", "reviewapp:review_overview", 0),
    Tab("members", "Members", "reviewapp:member_list", 90, prefix="members/"),
    Tab("log", "Log", "reviewapp:log_list", 95, visible=lead_only, prefix="log/"),
    Tab("settings", "Settings", "reviewapp:review_settings", 99, visible=lead_only, prefix="settings/"),
)


def register() -> None:
    """Register everything; called once by ReviewAppConfig.ready()."""
    for tab in TABS:
        registry.tabs[tab.name] = tab
    kinds = [(str(value), str(label)) for value, label in AuditKind.choices if not value.startswith("account.")]
    registry.audit_kinds["reviewapp"] = AuditKindGroup("People and settings", kinds, OBJECT_TYPES)
