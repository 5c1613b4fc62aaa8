"""The templates hold together, and ask for all that their sources name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from extraction.constants import ItemType
from extraction.rules.definition import dump, parse
from extraction.rules.templates import TEMPLATES
from extraction.rules.values import clean


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_a_template_is_a_whole_definition(key: str) -> None:
    definition = TEMPLATES[key].definition
    assert parse(dump(definition)) == definition
    assert all(item.options for item in definition.items() if item.type in (ItemType.SINGLE, ItemType.MULTIPLE))


@pytest.mark.shared
def test_every_cell_of_the_worked_example_fits_its_item(shared_dir: Path) -> None:
    definition = TEMPLATES["generative"].definition
    with (shared_dir / "domain" / "seed" / "studies.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 27
    for column in ("study_design", "underlying_model", "applied_model", "focused_application"):
        item = definition.item(column)
        assert item is not None
        for row in rows:
            assert clean(item, row[column]) == row[column]
        if item.options:
            assert {row[column] for row in rows} == {option.label for option in item.options}
    family = definition.item("model_family")
    assert family is not None
    words = {row["model_family_derived"].removesuffix(" hybrid") for row in rows}
    assert {word for text in words for word in text.split("+")} == {option.label for option in family.options}


@pytest.mark.shared
def test_items_that_the_sources_name_are_asked(shared_dir: Path) -> None:
    source = json.loads((shared_dir / "domain" / "charms_fields.json").read_text(encoding="utf-8"))
    asked = {item.id for item in TEMPLATES["generative"].definition.items()}
    renamed = {"application_domain": "focused_application", "ethics_regulatory": "ethics_regulation"}
    named = {renamed.get(field["key"], field["key"]) for field in source["seed_profile"] if field["type"] != "auto"}
    assert named <= asked
    fields = sum(len(domain["fields"]) for domain in source["domains"])
    assert len(list(TEMPLATES["charms"].definition.items())) >= fields
    assert TEMPLATES["charms"].definition.path_of_group("evaluation") == ["model", "evaluation"]
