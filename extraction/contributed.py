"""[shell] What extraction plugs into pages that span apps."""

from __future__ import annotations

from extraction import sheet_contributed, synthesis_contributed
from extraction.constants import AuditKind, ExtractionMode, FormState
from reviewapp.contributions import AuditKindGroup, AuditWords, Tab, registry

TAB = Tab("extraction", "Extraction", "extraction:sheet_index", 62, prefix="extraction/")
OBJECT_TYPES = (
    ("extractionform", "Extraction form"),
    ("formversion", "Version of a form"),
    ("vocabularyterm", "Term of a vocabulary"),
)
FORM_WORDS = AuditWords(
    object_types=("extractionform", "formversion", "vocabularyterm"),
    names={
        "change": "Change",
        "from": "Begun with",
        "moved": "Sheets moved",
        "reopened": "Sheets opened again",
        "carried": "Values carried over",
        "asked": "Values asked again",
        "item": "Item",
        "answer": "Answer",
    },
    choices={
        "mode": {value: str(label) for value, label in ExtractionMode.choices},
        "state": {value: str(label) for value, label in FormState.choices},
    },
)


def register() -> None:
    """Register everything; called once by ExtractionConfig.ready()."""
    registry.tabs[TAB.name] = TAB
    kinds = [(str(value), str(label)) for value, label in AuditKind.choices]
    registry.audit_kinds["extraction"] = AuditKindGroup(
        "Extraction", kinds, OBJECT_TYPES + sheet_contributed.OBJECT_TYPES + synthesis_contributed.OBJECT_TYPES
    )
    sheet_contributed.register()
    synthesis_contributed.register()
    registry.audit_words["extraction.forms"] = FORM_WORDS
