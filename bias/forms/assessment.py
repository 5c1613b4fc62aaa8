"""Values of an assessment as a page sends them: by field name, with the version the page was drawn from."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.http import QueryDict

from bias.services.writing import Changes

STARTS = ("a:", "d:", "o:")
SEEN = "seen:"
LONGEST = 20_000


class VersionForm(forms.Form):
    """The version of an assessment that a page was drawn from."""

    version = forms.IntegerField(min_value=0)


def named_values(data: QueryDict) -> dict[str, str]:
    """The fields of an assessment in what was sent."""
    return {name: value[:LONGEST] for name, value in data.items() if name.startswith(STARTS) and isinstance(value, str)}


def seen_values(data: QueryDict) -> dict[str, str] | None:
    """What the page showed in these fields; None where it does not say."""
    found = {
        name.removeprefix(SEEN): value
        for name, value in data.items()
        if name.startswith(SEEN) and isinstance(value, str)
    }
    return found or None


def changes_from(named: Mapping[str, str]) -> Changes:
    """For the services."""
    return Changes.from_values(named)
