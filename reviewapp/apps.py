"""Registers what the core itself shows on a review's pages."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import import_string


class ReviewAppConfig(AppConfig):
    """Who, which review, what happened."""

    name = "reviewapp"
    verbose_name = "Reviews"

    def ready(self) -> None:
        """Register contributions; by dotted string, since models must be loaded first."""
        import_string("reviewapp.contributed.register")()
