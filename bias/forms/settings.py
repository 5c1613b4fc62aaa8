"""Settings of risk of bias: one choice names the instrument together with its scale, so that no other pair exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from bias.constants import MAX_ASSESSORS, Level, Scale
from bias.instruments.judgement import level_label, levels_of
from bias.instruments.registry import CUSTOM_KEY, INSTRUMENTS
from bias.models import BiasSettings, CustomInstrument
from bias.services.settings import MAX_PILOT, QUESTION_FIELDS, SettingsDraft, stamp_of

QUESTION_WORDS = {
    "population": ("For whom", "The people the model is meant for."),
    "setting": ("Where", "Care setting, country."),
    "predictors": ("From what", "The kinds of predictors."),
    "outcome": ("What is predicted", "The outcome and over which time."),
    "moment": ("When", "The moment at which the model is meant to be used."),
    "use": ("What for", "The decision it is meant to help."),
}
ADAPTED = (Scale.REVIEW_LMH, Scale.REVIEW_LMHU)
DEFINED = (Level.LOW, Level.MODERATE, Level.UNCLEAR, Level.HIGH)
"""Levels of the adapted scales."""


def tool_choices(own: Sequence[CustomInstrument]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Instrument and scale, as "key|scale|own id", in groups: as published, adapted, the team's own."""
    published = [(f"{key}|{one.scales[0]}|", f"{one.name} ({one.version})") for key, one in INSTRUMENTS.items()]
    adapted = [
        (f"{key}|{scale}|", f"{one.name} ({one.version}), {_words(scale)}")
        for key, one in INSTRUMENTS.items()
        for scale in one.scales[1:]
    ]
    groups = [("As published", published), ("With a scale of this review", adapted)]
    if own:
        groups.append(("The team’s own", [(f"{CUSTOM_KEY}|{Scale.CUSTOM}|{one.pk}", str(one)) for one in own]))
    return groups


def _words(scale: Scale) -> str:
    return " / ".join(level_label(level).lower() for level in levels_of(scale))


class SettingsForm(forms.Form):
    """All settings; those of an adapted scale are asked by `meaning_<level>` and `overall_rule`."""

    tool = forms.ChoiceField(label="Instrument and scale", help_text="Links to the official wording are on each page.")
    overall_rule = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="How the overall level follows from the domains",
        help_text="For a scale of this review. For instance: the worst domain decides.",
    )
    judges_applicability = forms.BooleanField(
        required=False,
        label="Judge applicability too",
        help_text="Whether participants, predictors and outcome fit the review question. Where the instrument has it.",
    )
    assessors = forms.IntegerField(
        min_value=1,
        max_value=MAX_ASSESSORS,
        label="Independent assessors",
        help_text="Two is the rule. They see nothing of each other before both have finished.",
    )
    pilot_studies = forms.IntegerField(
        min_value=0,
        max_value=MAX_PILOT,
        label="Studies for calibration",
        help_text="Assessed first, by everyone in the same way; talk about them before going on.",
    )
    why_this_tool = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why this instrument",
        help_text="Needed where studies lie outside of what it was made for.",
    )
    reason = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), label="Why the protocol is amended"
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, settings: BiasSettings | None, own: Sequence[CustomInstrument]) -> None:
        super().__init__(data, initial=initial_of(settings))
        self.settings = settings
        tool = self.fields["tool"]
        assert isinstance(tool, forms.ChoiceField)  # declared above
        tool.choices = tool_choices(own)
        for level in DEFINED:
            meanings = settings.level_definitions if settings else {}
            self.fields[f"meaning_{level}"] = forms.CharField(
                required=False, max_length=1000, label=str(level.label), initial=meanings.get(level, "")
            )
        for name in QUESTION_FIELDS:
            label, text = QUESTION_WORDS[name]
            self.fields[f"question_{name}"] = forms.CharField(
                required=False,
                max_length=1000,
                label=label,
                help_text=text,
                initial=(settings.question if settings else {}).get(name, ""),
            )
        if settings is None or settings.fixed_at is None:
            del self.fields["reason"]

    @property
    def meanings(self) -> list[forms.BoundField]:
        """Fields for what each level means."""
        return [self[f"meaning_{level}"] for level in DEFINED]

    @property
    def question_fields(self) -> list[forms.BoundField]:
        """Fields of step 1."""
        return [self[f"question_{name}"] for name in QUESTION_FIELDS]

    def draft(self) -> SettingsDraft:
        """The valid form for the service."""
        data = self.cleaned_data
        key, scale, own = data["tool"].split("|")
        return SettingsDraft(
            instrument=key,
            scale=scale,
            custom_id=int(own) if own else None,
            level_definitions={level: data[f"meaning_{level}"] for level in DEFINED} if scale in ADAPTED else {},
            overall_rule=data["overall_rule"] if scale in ADAPTED else "",
            judges_applicability=data["judges_applicability"],
            assessors=data["assessors"],
            pilot_studies=data["pilot_studies"],
            question={name: data[f"question_{name}"] for name in QUESTION_FIELDS},
            why_this_tool=data["why_this_tool"],
        )


def initial_of(settings: BiasSettings | None) -> dict[str, Any]:
    """What the form shows at first."""
    row = settings or BiasSettings(instrument="probast-2019", scale=Scale.PROBAST_LHU)
    return {
        "tool": f"{row.instrument}|{row.scale}|{row.custom_id or ''}",
        "overall_rule": row.overall_rule,
        "judges_applicability": row.judges_applicability,
        "assessors": row.assessors,
        "pilot_studies": row.pilot_studies,
        "why_this_tool": row.why_this_tool,
        "seen": stamp_of(settings),
    }
