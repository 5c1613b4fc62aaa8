"""What a lead says about duplicates: thresholds in percent, and the order of sources."""

from __future__ import annotations

from typing import Any

from django import forms

from reviewapp.numbers import as_number
from screening.queries.duplicate_settings import FLOOR, SettingsView

_LEAST = 100 * FLOOR


class DuplicateSettingsForm(forms.Form):
    """Thresholds in percent (1 to 100), the order as ids parted by commas, and the version of the settings seen."""

    certain = forms.FloatField(min_value=_LEAST, max_value=100)
    doubtful = forms.FloatField(min_value=_LEAST, max_value=100)
    order = forms.CharField(required=False)
    seen = forms.CharField(required=False)

    def clean_order(self) -> list[int]:
        """The ids; what is no number is left out."""
        numbers = (as_number(part.strip()) for part in str(self.cleaned_data["order"]).split(","))
        return [number for number in numbers if number is not None]

    def clean(self) -> dict[str, Any]:
        """The lower threshold may not lie above the other."""
        cleaned = super().clean() or {}
        certain, doubtful = cleaned.get("certain"), cleaned.get("doubtful")
        if certain is not None and doubtful is not None and doubtful > certain:
            self.add_error("certain", "This must be at least as high as the threshold for asking a person.")
        return cleaned

    @property
    def probabilities(self) -> dict[str, float]:
        """Both thresholds as probabilities; call after is_valid."""
        return {name: round(self.cleaned_data[name] / 100, 4) for name in ("certain", "doubtful")}


def initial_of(view: SettingsView) -> dict[str, str]:
    """The settings that hold, as the form takes them."""
    return {
        "certain": f"{100 * view.thresholds.certain:g}",
        "doubtful": f"{100 * view.thresholds.doubtful:g}",
        "order": ",".join(map(str, view.order)),
        "seen": view.version,
    }
