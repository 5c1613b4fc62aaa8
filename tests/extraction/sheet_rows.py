"""A small form with every kind of thing that sheets care about, its sheets, and short ways to fill them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from extraction.constants import ExtractionMode, FormState
from extraction.models import Extraction, ExtractionForm, FormVersion, GroupEntry
from extraction.rules.cells import Key
from extraction.services.consensus import open_consensus
from extraction.services.groups import add_entry
from extraction.services.sheets import assign, mark_ready
from extraction.services.values import Given, save_value, save_values
from reviewapp.models import Membership
from screening.models import Study
from tests.factories import Cast

DEFINITION: dict[str, Any] = {
    "sections": [
        {
            "id": "s_study",
            "title": "Study",
            "items": [
                {
                    "id": "design",
                    "type": "single",
                    "label": "Design",
                    "required": True,
                    "options": [{"id": "cohort", "label": "Cohort"}, {"id": "trial", "label": "Trial"}],
                },
                {
                    "id": "arms",
                    "type": "integer",
                    "label": "Number of arms",
                    "required": True,
                    "shown_if": {"item": "design", "operator": "is", "values": ["trial"]},
                },
                {"id": "country", "type": "text", "label": "Country"},
                {"id": "scan", "type": "file", "label": "Scan"},
                {"id": "n", "type": "integer", "label": "Sample size", "required": True, "minimum": "1"},
                {"id": "se", "type": "number", "label": "SE"},
                {"id": "sd", "type": "derived", "label": "SD", "formula": "sd_from_se(se, n)", "precision": 2},
            ],
        },
        {
            "id": "s_model",
            "title": "Model",
            "group": "model",
            "items": [
                {"id": "family", "type": "text", "label": "Family", "required": True},
                {"id": "share", "type": "number", "label": "Share, %"},
                {"id": "cases", "type": "derived", "label": "Cases", "formula": "events(share, n)"},
            ],
        },
        {
            "id": "s_eval",
            "title": "Evaluation",
            "group": "eval",
            "items": [{"id": "auc", "type": "number", "label": "AUC", "minimum": "0", "maximum": "1"}],
        },
    ],
    "groups": [
        {"id": "model", "title": "Model", "minimum": 1},
        {"id": "eval", "title": "Evaluation", "parent": "model", "maximum": 3},
    ],
}


def make_form(
    cast: Cast, *, name: str = "Main form", state: str = FormState.IN_USE, mode: str = ExtractionMode.DOUBLE
) -> ExtractionForm:
    """A form that is filled in, with DEFINITION."""
    now = timezone.now()
    form = ExtractionForm.objects.create(
        review=cast.review, name=name, mode=mode, created_by=cast.alice, created_at=now
    )
    FormVersion.objects.create(
        form=form,
        number=1,
        state=state,
        definition=DEFINITION,
        created_by=cast.alice,
        created_at=now,
        published_at=now,
    )
    return form


def make_studies(cast: Cast, count: int) -> list[Study]:
    """Included studies."""
    now = timezone.now()
    return Study.objects.bulk_create(
        Study(review=cast.review, label=f"Study {number:03d}", created_at=now) for number in range(1, count + 1)
    )


def make_pair(cast: Cast, form: ExtractionForm, study: Study) -> tuple[Extraction, Extraction]:
    """Bob's and Cara's sheets of a study."""
    people = [cast.bob.pk, cast.cara.pk]
    first, second = assign(membership=cast.membership("alice"), form_id=form.pk, study_id=study.pk, user_ids=people)
    return first, second


def fill(member: Membership, sheet: Extraction, models: tuple[str, ...] = ("LSTM",), **values: Any) -> list[GroupEntry]:
    """Fill a sheet so that it can be ready: one model per name, whose family is its name."""
    made = [add_entry(membership=member, sheet_id=sheet.pk, group="model", label=label) for label in models]
    given: dict[Key, Given] = {
        (item, None): Given(value=value) for item, value in {"design": "cohort", "n": "100", **values}.items()
    }
    families: dict[Key, Given] = {("family", entry.pk): Given(value=entry.label) for entry in made}
    save_values(membership=member, sheet_id=sheet.pk, values={**given, **families})
    return made


def both_ready(cast: Cast, form: ExtractionForm, study: Study, **second: Any) -> tuple[Extraction, Extraction]:
    """Two ready sheets; what is named differs on the second."""
    pair = make_pair(cast, form, study)
    fill(cast.membership("bob"), pair[0], country="Spain")
    fill(cast.membership("cara"), pair[1], **{"country": "Spain", **second})
    mark_ready(membership=cast.membership("bob"), sheet_id=pair[0].pk)
    mark_ready(membership=cast.membership("cara"), sheet_id=pair[1].pk)
    return pair


def open_sheet(cast: Cast) -> dict[str, int]:
    """What URLs of sheets name: a form, a study, and Bob's open sheet with an entry."""
    form, [study] = make_form(cast, name="A form with an open sheet"), make_studies(cast, 1)
    sheet, _ = make_pair(cast, form, study)
    entry = add_entry(membership=cast.membership("bob"), sheet_id=sheet.pk, group="model", label="LSTM")
    scan = Given(value={"sha256": "0" * 64, "name": "scan.pdf", "size": 3})
    outcome = save_value(membership=cast.membership("bob"), sheet_id=sheet.pk, key=("scan", None), given=scan)
    value_id = outcome.saved["scan", None].pk
    ids = {"form_id": form.pk, "study_id": study.pk, "sheet_id": sheet.pk, "entry_id": entry.pk}
    return ids | {"value_id": value_id}


def open_comparison(cast: Cast) -> dict[str, int]:
    """What URLs of comparisons name: a form, a study with two ready sheets, and their consensus sheet."""
    form, [study] = make_form(cast, name="A form with a comparison"), make_studies(cast, 1)
    both_ready(cast, form, study, country="Portugal")
    sheet = open_consensus(membership=cast.membership("bob"), form_id=form.pk, study_id=study.pk)
    return {"form_id": form.pk, "study_id": study.pk, "sheet_id": sheet.pk}
