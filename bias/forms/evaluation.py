"""An evaluation and its assessors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from bias.constants import EvaluationType
from bias.instruments.types import Instrument
from bias.models import Evaluation
from bias.services.evaluations import EvaluationDraft
from reviewapp.models import User

FIELDS = tuple(EvaluationDraft.__dataclass_fields__)


class EvaluationForm(forms.Form):
    """What is said about an evaluation."""

    label = forms.CharField(
        required=False,
        max_length=200,
        label="Model or result",
        help_text="Only where a study has several. For instance the model’s name.",
    )
    evaluation_type = forms.ChoiceField(
        required=False,
        choices=[("", "Not chosen yet"), *EvaluationType.choices],
        label="What the study does with the model",
        help_text="Decides which questions are asked. Needed before assessing.",
    )
    due_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}), label="To finish by")
    weight = forms.FloatField(
        required=False, label="Weight", help_text="Only if the review states weights, for weighted bars."
    )
    out_of_scope = forms.BooleanField(
        required=False,
        label="Outside of what the instrument was made for",
        help_text="The table will say so.",
    )
    scope_reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why it is assessed with it all the same",
    )

    def __init__(self, *args: Any, instrument: Instrument, **more: Any) -> None:
        super().__init__(*args, **more)
        if not instrument.evaluation_types:
            del self.fields["evaluation_type"]

    def draft(self) -> EvaluationDraft:
        """The valid form for the service."""
        data = {"evaluation_type": "", **self.cleaned_data}
        return EvaluationDraft(**{name: data[name] for name in FIELDS})


def initial_of(evaluation: Evaluation) -> dict[str, Any]:
    """What the form shows at first."""
    return {name: getattr(evaluation, name) for name in FIELDS}


class AssessorsForm(forms.Form):
    """The people who assess one evaluation, one field each."""

    def __init__(self, *args: Any, people: Sequence[User], number: int, now: Sequence[int] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [("", "Choose"), *((str(person.pk), str(person)) for person in people)]
        for place in range(number):
            self.fields[f"assessor_{place}"] = forms.ChoiceField(
                choices=choices,
                label=f"Assessor {place + 1}" if number > 1 else "Assessor",
                initial=str(now[place]) if place < len(now) else "",
            )

    def user_ids(self) -> list[int]:
        """The valid form for the service."""
        return [int(value) for value in self.cleaned_data.values()]


class ShareForm(forms.Form):
    """The people to share all open evaluations among."""

    people = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Among")

    def __init__(self, *args: Any, people: Sequence[User], **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(str(person.pk), str(person)) for person in people]
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # declared above
        field.choices = choices
        field.initial = [value for value, _ in choices]

    def user_ids(self) -> list[int]:
        """The valid form for the service."""
        return [int(value) for value in self.cleaned_data["people"]]
