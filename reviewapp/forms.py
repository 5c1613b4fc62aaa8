"""Forms of the core app."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from reviewapp.constants import Role, Settlement
from reviewapp.contributions import registry
from reviewapp.errors import DomainError
from reviewapp.models import Membership, Review, User
from reviewapp.queries.log import LogFilter, log_people, object_type_words
from reviewapp.services.members import Part
from reviewapp.services.reviews import ReviewDraft, draft_of, fingerprint

if TYPE_CHECKING:
    ReviewModelForm = forms.ModelForm[Review]
    UserModelForm = forms.ModelForm[User]
else:  # Django's form classes take no parameters at run time
    ReviewModelForm = UserModelForm = forms.ModelForm

ROLE_HELP = "Leads manage the review, reviewers screen and extract, observers read."
ADJUDICATOR_HELP = "Settles conflicts between other people's decisions; never on something they voted on themselves."
PICOS_HELP = {
    "population": "Whom or what the studies are about.",
    "intervention": "What is done, or what people are exposed to.",
    "comparison": "What it is compared with.",
    "outcomes": "What is measured.",
    "study_designs": "Which kinds of study count.",
}


def show_error(form: forms.BaseForm, error: DomainError) -> None:
    """Put a service's objection where the person can act on it: at its field, if the form has it."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


class ReviewForm(ReviewModelForm):
    """What a review says about itself."""

    settlement = forms.ChoiceField(
        choices=Settlement.choices,
        initial=Settlement.THIRD_REVIEWER,
        widget=forms.RadioSelect,
        label="When reviewers disagree",
    )

    class Meta:
        model = Review
        fields = tuple(ReviewDraft.__dataclass_fields__)
        labels = {"question": "Review question", "study_designs": "Study designs"}
        help_texts = {
            "title": "As it will stand on the published review. You can change it later.",
            "question": "In one or two sentences.",
            "inclusion_criteria": "One criterion a line. Reviewers see them while screening.",
            "exclusion_criteria": "One criterion a line.",
            **PICOS_HELP,
        }
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("question", *PICOS_HELP)}

    def clean(self) -> dict[str, Any]:
        """One kind of line end, so that a change is only what a person changed; a title is one line."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in cleaned.items():
            cleaned[name] = value.replace("\r\n", "\n").strip() if isinstance(value, str) else value
        if cleaned.get("title"):
            cleaned["title"] = " ".join(cleaned["title"].split())
        return cleaned

    def draft(self) -> ReviewDraft:
        """The cleaned form for the services."""
        return ReviewDraft(**{name: self.cleaned_data[name] for name in ReviewDraft.__dataclass_fields__})


class ReviewSettingsForm(ReviewForm):
    """ReviewForm that knows which state of the review its reader saw."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, review: Review) -> ReviewSettingsForm:
        """The form filled with what the review says now."""
        return cls(initial={**asdict(draft_of(review)), "seen": fingerprint(review)})


class PartForm(forms.Form):
    """A role in a review and the adjudicator's flag."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.REVIEWER, help_text=ROLE_HELP)
    can_adjudicate = forms.BooleanField(required=False, label="May adjudicate", help_text=ADJUDICATOR_HELP)

    @classmethod
    def of(cls, member: Membership) -> PartForm:
        """The form filled with what the member is now."""
        return cls(initial={"role": member.role, "can_adjudicate": member.can_adjudicate})

    def part(self) -> Part:
        """The cleaned form for the services."""
        return Part(role=self.cleaned_data["role"], can_adjudicate=self.cleaned_data["can_adjudicate"])


class InvitationForm(PartForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ["email", "role", "can_adjudicate"]


class LogFilterForm(forms.Form):
    """Which events of the log to show; every field may be empty."""

    person = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(required=False, label="What happened")
    object_type = forms.ChoiceField(required=False, label="To what")
    object_id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, label="Its number")
    first_day = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, membership: Membership) -> None:
        super().__init__(data)
        people = [(user.pk, str(user)) for user in log_people(membership)]
        groups = [(group.label, list(group.kinds)) for group in registry.audit_kinds.values()]
        self._choose("person", [("", "Anyone"), *people])
        self._choose("kind", [("", "Anything"), *groups])
        self._choose("object_type", [("", "Anything"), *object_type_words().items()])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """The days must be in order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", "This day is before the first one.")
        return cleaned

    def is_filtered(self) -> bool:
        """Whether a valid form asks for less than everything."""
        return any(value not in (None, "") for value in self.cleaned_data.values())

    def wanted(self) -> LogFilter:
        """The cleaned form for the query."""
        cleaned = self.cleaned_data
        last: dt.date | None = cleaned["last_day"]
        return LogFilter(
            person_id=cleaned["person"],
            kind=cleaned["kind"],
            object_type=cleaned["object_type"],
            object_id=cleaned["object_id"],
            first_at=_midnight(cleaned["first_day"]),
            before_at=_midnight(last + dt.timedelta(days=1)) if last else None,
        )


def _midnight(day: dt.date | None) -> dt.datetime | None:
    """Where the day begins, in the server's time zone."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)) if day else None


class NameForm(UserModelForm):
    """One's own name."""

    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Your name"}
        help_texts = {"name": "As your team knows you."}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
