"""[shell] The app's entry in Django's registry."""

from __future__ import annotations

from django.apps import AppConfig


class BiasConfig(AppConfig):
    """Risk of bias: instruments, assessments by two people, consensus, summaries."""

    name = "bias"
    verbose_name = "Risk of bias"
