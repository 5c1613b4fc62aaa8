"""[shell] The app's entry in Django's registry."""

from __future__ import annotations

from django.apps import AppConfig


class ExtractionConfig(AppConfig):
    """Forms, extraction by two people, consensus, evidence tables, themes."""

    name = "extraction"
    verbose_name = "Extraction"
