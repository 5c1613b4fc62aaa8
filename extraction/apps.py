"""[shell] Registers what extraction plugs into pages that span apps."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import import_string


class ExtractionConfig(AppConfig):
    """Forms, extraction by two people, consensus, evidence tables, themes."""

    name = "extraction"
    verbose_name = "Extraction"

    def ready(self) -> None:
        """Register contributions; by dotted string, since models must be loaded first."""
        import_string("extraction.contributed.register")()
