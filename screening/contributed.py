"""[shell] What screening plugs into pages that span apps."""

from __future__ import annotations


def register() -> None:
    """Register everything; called once by ScreeningConfig.ready()."""
