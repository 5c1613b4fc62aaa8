"""Errors that a person can do something about. Views turn each kind into one HTTP status."""

from __future__ import annotations


class DomainError(Exception):
    """A rule of the review forbids the action. The message is for the person: plain words, how to go on. (422)"""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class StaleError(DomainError):
    """The page was drawn from a state that has changed since; the action was not carried out. (409)"""


class ForbiddenError(DomainError):
    """A member of the review whose role does not allow the action. (403)"""
