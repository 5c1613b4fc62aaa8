"""Models of the extraction app, one module per noun."""

from extraction.models.form import ExtractionForm, FormVersion, VocabularyTerm
from extraction.models.sheet import ExtractedValue, Extraction, GroupEntry
from extraction.models.synthesis import TextBlock, Theme, ThemeCoding
from extraction.models.table import EvidenceTable

__all__ = [
    "EvidenceTable",
    "ExtractedValue",
    "Extraction",
    "ExtractionForm",
    "FormVersion",
    "GroupEntry",
    "TextBlock",
    "Theme",
    "ThemeCoding",
    "VocabularyTerm",
]
