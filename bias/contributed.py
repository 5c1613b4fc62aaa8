"""[shell] What risk of bias plugs into pages that span apps."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from bias.access import bias_settings
from bias.constants import AuditKind
from bias.models import BiasSettings
from bias.queries.audit import AUDIT_WORDS, without_open_assessments
from bias.queries.evaluations import list_totals, own_open, to_compare
from bias.services.demo import load_bias_demo
from reviewapp.contributions import AuditKindGroup, Panel, SettingsPage, Tab, Todo, registry
from reviewapp.models import Membership
from screening.models import Study

OBJECT_TYPES = (
    ("biassettings", "Risk of bias settings"),
    ("custominstrument", "Own instrument"),
    ("evaluation", "Evaluation"),
    ("biasassessment", "Risk of bias assessment"),
    ("biassummary", "Risk of bias summary"),
)


def is_visible(membership: Membership) -> bool:
    """Once there is something to assess, or the instrument is chosen."""
    studies = Study.objects.filter(review_id=membership.review_id, withdrawn_at=None)
    return studies.exists() or BiasSettings.objects.filter(review_id=membership.review_id).exists()


def todos(membership: Membership) -> Iterator[Todo]:
    """Comparisons to settle and assessments to finish."""
    if not membership.can_screen:
        return
    compare = to_compare(membership).count()
    if compare:
        words = "assessment of risk of bias to settle" if compare == 1 else "assessments of risk of bias to settle"
        url = reverse("bias:comparison_index", args=[membership.review_id])
        yield Todo(f"{compare:,} {words}", compare, url, "Settle")
    finish = own_open(membership).count()
    if finish:
        words = "assessment of risk of bias to finish" if finish == 1 else "assessments of risk of bias to finish"
        url = reverse("bias:assessment_next", args=[membership.review_id])
        yield Todo(f"{finish:,} {words}", finish, url, "Assess")


def panel(membership: Membership) -> dict[str, object]:
    """How far the assessment is, for the overview; nothing before the instrument is chosen."""
    settings = bias_settings(membership)
    return {"bias_totals": list_totals(membership, settings) if settings else None}


def register() -> None:
    """Register everything; called once by BiasConfig.ready()."""
    registry.tabs["bias"] = Tab("bias", "Risk of bias", "bias:evaluation_list", 65, visible=is_visible, prefix="bias/")
    registry.todos["bias"] = todos
    registry.panels["bias"] = Panel("bias", 30, "bias/fragments/overview.html", panel)
    registry.settings_pages["bias"] = SettingsPage(
        "bias",
        "Risk of bias",
        "The instrument, its scale, and who assesses.",
        "bias:bias_settings",
        30,
    )
    kinds = [(str(value), str(label)) for value, label in AuditKind.choices]
    registry.audit_kinds["bias"] = AuditKindGroup("Risk of bias", kinds, OBJECT_TYPES)
    registry.audit_words |= {f"bias.{name}": words for name, words in AUDIT_WORDS.items()}
    registry.audit_blinds["bias"] = without_open_assessments
    registry.demo_steps["bias"] = load_bias_demo
