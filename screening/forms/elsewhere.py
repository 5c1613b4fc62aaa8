"""Who the reviewers of a file are here, and which of the review's reasons its reasons are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from screening.queries.elsewhere import ElsewhereReason, ElsewhereReviewer, ElsewhereView

COUNT_ONLY = "Screened elsewhere: count only"
NO_REASON = "None of these: count only"


def field_name(kind: str, text: str) -> str:
    """Of the select for a reviewer or reason, whatever characters stand in it."""
    return f"{kind}-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


class VotesForm(forms.Form):
    """One select for each reviewer of the file, and one for each of its reasons for exclusion at full text."""

    def __init__(self, view: ElsewhereView, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.view = view
        for reviewer in view.reviewers:
            choices = [("", COUNT_ONLY), *view.members]
            self._add("who", reviewer.name, choices, reviewer.member_id)
        for reason in view.reasons:
            self._add("reason", reason.text, [("", NO_REASON), *view.review_reasons], reason.reason_id)

    def _add(self, kind: str, text: str, choices: list[Any], chosen: int | None) -> None:
        self.fields[field_name(kind, text)] = forms.TypedChoiceField(
            choices=choices, coerce=int, empty_value=None, required=False, initial=chosen, label=text
        )

    @property
    def reviewers(self) -> list[tuple[ElsewhereReviewer, BoundField]]:
        """Each reviewer with their select."""
        return [(reviewer, self[field_name("who", reviewer.name)]) for reviewer in self.view.reviewers]

    @property
    def reasons(self) -> list[tuple[ElsewhereReason, BoundField]]:
        """Each reason with its select."""
        return [(reason, self[field_name("reason", reason.text)]) for reason in self.view.reasons]

    def who(self) -> dict[str, int]:
        """Reviewer of the file → user id, of those who are members."""
        return self._chosen("who", [reviewer.name for reviewer in self.view.reviewers])

    def chosen_reasons(self) -> dict[str, int]:
        """Reason of the file → reason of the review, of those that were found there."""
        return self._chosen("reason", [reason.text for reason in self.view.reasons])

    def _chosen(self, kind: str, texts: list[str]) -> dict[str, int]:
        found = {text: self.cleaned_data.get(field_name(kind, text)) for text in texts}
        return {text: chosen for text, chosen in found.items() if chosen is not None}
