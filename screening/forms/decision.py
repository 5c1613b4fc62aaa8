"""What a reviewer or adjudicator submits."""

from __future__ import annotations

from typing import Any

from django import forms

from reviewapp.errors import DomainError
from screening.constants import Verdict
from screening.services.decisions import Judgement

MAX_NOTE = 5000
"""Characters; the same in the pages' maxlength."""


class NoteField(forms.CharField):
    """Text of several lines. A line end is one character, as a page counts it; browsers send two."""

    def to_python(self, value: Any) -> str:
        """The text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class DecisionForm(forms.Form):
    """A verdict, at full text a reason, and perhaps a note. Whether they fit the stage is the service's rule."""

    verdict = forms.ChoiceField(choices=Verdict.choices)
    reason = forms.IntegerField(required=False, min_value=1)
    note = NoteField(required=False, max_length=MAX_NOTE)
    choose = "Choose include, maybe or exclude."

    def problem(self) -> DomainError:
        """What is wrong with an invalid form, in words. `field` is "note" where it is the note alone."""
        words = [self.choose] if "verdict" in self.errors or "reason" in self.errors else []
        if "note" in self.errors:
            length = len(str(self.fields["note"].to_python(self["note"].value())))
            words.append(f"The note has {length:,} characters; at most {MAX_NOTE:,} can be kept. Shorten it.")
        return DomainError(" ".join(words), field="note" if "note" in self.errors else "verdict")

    def judgement(self) -> Judgement:
        """The valid form as the services take it. A reason left checked beside an inclusion does not count."""
        data: dict[str, Any] = self.cleaned_data
        verdict = Verdict(data["verdict"])
        reason = data["reason"] if verdict == Verdict.EXCLUDE else None
        return Judgement(verdict, reason, data["note"].strip())


class AdjudicationForm(DecisionForm):
    """As DecisionForm, with the rationale required by the service."""

    verdict = forms.ChoiceField(choices=[choice for choice in Verdict.choices if choice[0] != Verdict.MAYBE])
    choose = "Choose include or exclude."
