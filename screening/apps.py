"""Registers what screening plugs into pages that span apps."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import import_string


class ScreeningConfig(AppConfig):
    """From a search's export file to the included studies, and the flow diagram."""

    name = "screening"
    verbose_name = "Screening"

    def ready(self) -> None:
        """Register contributions; by dotted string, since models must be loaded first."""
        import_string("screening.contributed.register")()
