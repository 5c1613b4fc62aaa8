"""A team's own instrument, made in the browser: levels, domains and questions as plain fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from bias.constants import Level
from bias.instruments.custom import MAX_DOMAINS
from reviewapp.errors import DomainError
from reviewapp.numbers import as_number

LEVEL_ROWS = 5
FIRST_DOMAINS = 3
START = {"levels": [{"key": "low"}, {"key": "moderate"}, {"key": "high"}], "domains": []}
DOMAIN_PLACE = re.compile(r"domains\[(\d+)\]")


class InstrumentForm(forms.Form):
    """Fields `level_<n>_…` and `domain_<n>_…`; questions are lines, each "question | guidance"."""

    name = forms.CharField(max_length=120, label="Name")
    scope = forms.CharField(required=False, max_length=2000, label="What it is made for")
    link = forms.URLField(required=False, max_length=500, label="Link to its description", assume_scheme="https")
    rule = forms.ChoiceField(
        choices=[("worst", "The worst domain decides"), ("judgement", "No rule: the assessors judge")],
        widget=forms.RadioSelect,
        initial="worst",
        label="Overall level",
    )

    def __init__(self, data: Any = None, *, definition: Mapping[str, Any] | None = None) -> None:
        given: Mapping[str, Any] = definition or START
        super().__init__(
            data, initial={name: given[name] for name in ("name", "scope", "link", "rule") if name in given}
        )
        wanted = as_number(str(data.get("domains", ""))) if data else None
        self.domains = min(MAX_DOMAINS, wanted or max(FIRST_DOMAINS, len(given["domains"]) + 1))
        for place in range(LEVEL_ROWS):
            self._level(place, given["levels"][place] if place < len(given["levels"]) else {})
        for place in range(self.domains):
            self._domain(place, given["domains"][place] if place < len(given["domains"]) else {})

    def _level(self, place: int, row: Mapping[str, Any]) -> None:
        start = f"level_{place}_"
        kinds = [("", "Not used"), *Level.choices]
        self.fields[start + "key"] = forms.ChoiceField(
            required=False, choices=kinds, label=f"Level {place + 1}", initial=row.get("key", "")
        )
        self.fields[start + "label"] = forms.CharField(
            required=False, max_length=40, label="Your word for it", initial=row.get("label", "")
        )
        self.fields[start + "meaning"] = forms.CharField(
            required=False, max_length=2000, label="What it means", initial=row.get("meaning", "")
        )

    def _domain(self, place: int, row: Mapping[str, Any]) -> None:
        start = f"domain_{place}_"
        questions = row.get("questions", [])
        lines = "\n".join(" | ".join(filter(None, (one["text"], one.get("guidance", "")))) for one in questions)
        texts = {
            "name": ("Name", row.get("name", "")),
            "prompt": ("What the level is about", row.get("prompt", "")),
            "applicability_prompt": ("Question on applicability, if it is judged", row.get("applicability_prompt", "")),
        }
        for name, (label, value) in texts.items():
            self.fields[start + name] = forms.CharField(required=False, max_length=2000, label=label, initial=value)
        self.fields[start + "questions"] = forms.CharField(
            required=False,
            max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 3}),
            label="Questions, one a line",
            initial=lines,
            help_text="Worded so that yes is good. Guidance may follow after a bar: question | guidance.",
        )
        self.fields[start + "na"] = forms.BooleanField(
            required=False,
            label="“Not applicable” is an answer here",
            initial=any(one.get("na_allowed") for one in questions),
        )

    @property
    def level_rows(self) -> list[list[forms.BoundField]]:
        """The levels, best first."""
        return [[self[f"level_{n}_{name}"] for name in ("key", "label", "meaning")] for n in range(LEVEL_ROWS)]

    @property
    def domain_rows(self) -> list[list[forms.BoundField]]:
        """The domains in order."""
        names = ("name", "prompt", "questions", "na", "applicability_prompt")
        return [[self[f"domain_{place}_{name}"] for name in names] for place in range(self.domains)]

    def _filled(self) -> list[int]:
        return [place for place in range(self.domains) if self.cleaned_data[f"domain_{place}_name"].strip()]

    def definition(self) -> dict[str, Any]:
        """The valid form as a definition; rows without a name (or kind) are left out."""
        data = self.cleaned_data
        levels = [
            {name: data[f"level_{place}_{name}"].strip() for name in ("key", "label", "meaning")}
            for place in range(LEVEL_ROWS)
            if data[f"level_{place}_key"]
        ]
        domains = [
            {
                **{what: data[f"domain_{n}_{what}"].strip() for what in ("name", "prompt", "applicability_prompt")},
                "questions": _questions(data[f"domain_{n}_questions"], na_allowed=data[f"domain_{n}_na"]),
            }
            for n in self._filled()
        ]
        plain = {name: data[name].strip() for name in ("name", "scope", "link", "rule")}
        return {**plain, "levels": levels, "domains": domains}

    def clean(self) -> dict[str, Any]:
        """A domain without a name that has anything else in it is not dropped unseen."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for place in range(self.domains):
            start = f"domain_{place}_"
            rest = (cleaned.get(start + name) for name in ("prompt", "questions", "applicability_prompt"))
            if not cleaned.get(start + "name") and any(rest):
                self.add_error(start + "name", "Give this domain a name.")
        return cleaned

    def show(self, problem: DomainError) -> None:
        """Put an objection where it belongs: at the domain's name, at a field of this form, else above."""
        place = problem.field or ""
        found = DOMAIN_PLACE.match(place)
        if found:
            field: str | None = f"domain_{self._filled()[int(found.group(1))]}_name"
        else:
            field = place if place in self.fields else "level_0_key" if place.startswith("levels") else None
        self.add_error(field, problem.message)


def _questions(text: str, *, na_allowed: bool) -> list[dict[str, Any]]:
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        words, _, guidance = line.partition("|")
        found.append({"text": words.strip(), "guidance": guidance.strip(), "na_allowed": na_allowed})
    return found
