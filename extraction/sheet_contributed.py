"""[shell] What sheets and comparisons plug into pages that span apps; part of extraction.contributed."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from extraction.queries.audit import ASSIGNED_WORDS, SHEET_WORDS, without_open_sheets
from extraction.queries.opened import own_open, to_compare
from reviewapp.contributions import Todo, registry
from reviewapp.models import Membership

OBJECT_TYPES = (("extraction", "Sheet"),)


def todos(membership: Membership) -> Iterator[Todo]:
    """Comparisons to settle and sheets to fill in."""
    if not membership.can_screen:
        return
    compare = to_compare(membership).count()
    if compare:
        words = "extraction to settle" if compare == 1 else "extractions to settle"
        url = reverse("extraction:comparison_index", args=[membership.review_id])
        yield Todo(f"{compare:,} {words}", compare, url, "Settle")
    fill = own_open(membership).count()
    if fill:
        words = "study to extract" if fill == 1 else "studies to extract"
        yield Todo(f"{fill:,} {words}", fill, reverse("extraction:sheet_next", args=[membership.review_id]), "Extract")


def register() -> None:
    """Register what is said of sheets; called by extraction.contributed.register()."""
    registry.todos["extraction"] = todos
    registry.audit_words["extraction.sheets"] = SHEET_WORDS
    registry.audit_words["extraction.assigned"] = ASSIGNED_WORDS
    registry.audit_blinds["extraction"] = without_open_sheets
