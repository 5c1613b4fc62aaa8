"""What can go wrong with the bundled servers; every message says what to do next."""

from __future__ import annotations


class EmbeddedError(RuntimeError):
    """A bundled server cannot be started or kept running; the message is meant for the person at the terminal."""


class AlreadyRunning(EmbeddedError):
    """Another process holds the same state directory."""
