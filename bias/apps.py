"""[shell] The app's entry in Django's registry."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import import_string


class BiasConfig(AppConfig):
    """Risk of bias: instruments, assessments by two people, consensus, summaries."""

    name = "bias"
    verbose_name = "Risk of bias"

    def ready(self) -> None:
        """Register contributions; by dotted string, since models must be loaded first."""
        import_string("bias.contributed.register")()
