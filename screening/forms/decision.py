"""What a reviewer or adjudicator submits."""

from __future__ import annotations

from typing import Any

from django import forms

from screening.constants import Verdict
from screening.services.decisions import Judgement


class DecisionForm(forms.Form):
    """A verdict, at full text a reason, and perhaps a note. Whether they fit the stage is the service's rule."""

    verdict = forms.ChoiceField(choices=Verdict.choices)
    reason = forms.IntegerField(required=False, min_value=1)
    note = forms.CharField(required=False, max_length=5000)

    def judgement(self) -> Judgement:
        """The valid form as the services take it. A reason left checked beside an inclusion does not count."""
        data: dict[str, Any] = self.cleaned_data
        verdict = Verdict(data["verdict"])
        reason = data["reason"] if verdict == Verdict.EXCLUDE else None
        return Judgement(verdict, reason, data["note"].strip())


class AdjudicationForm(DecisionForm):
    """As DecisionForm, with the rationale required by the service."""

    verdict = forms.ChoiceField(choices=[choice for choice in Verdict.choices if choice[0] != Verdict.MAYBE])
