"""Plain settled studies for tests of tables, cross-tabulations and texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from extraction.constants import ItemType, Mark
from extraction.rules.definition_types import Definition, Group, Item, Option, Section
from extraction.rules.tables_types import Entry, Kept, Settled

FAMILIES = (Option("gan", "GAN"), Option("vae", "VAE"), Option("lda", "LDA"))
DEFINITION = Definition(
    sections=(
        Section(
            "s1",
            "Study",
            items=(
                Item("design", ItemType.TEXT, "Design"),
                Item("family", ItemType.MULTIPLE, "Model family", options=FAMILIES),
                Item("dose", ItemType.NUMBER, "Dose", unit="mg", precision=2, maximum=Decimal(100)),
                Item("blind", ItemType.YES_NO, "Blind"),
            ),
        ),
        Section(
            "s2",
            "Model",
            group="model",
            items=(Item("name", ItemType.TEXT, "Name"),),
        ),
        Section(
            "s3",
            "Evaluation",
            group="evaluation",
            items=(Item("auc", ItemType.ESTIMATE, "AUC", precision=3),),
        ),
        Section("s4", "Arm", group="arm", items=(Item("n", ItemType.INTEGER, "Participants"),)),
    ),
    groups=(Group("model", "Model"), Group("evaluation", "Evaluation", parent="model"), Group("arm", "Arm")),
)


def study(pk: int, label: str, *, entries: tuple[Entry, ...] = (), **values: Any) -> Settled:
    """A study; `values` by item, those of entries as {entry id: value}."""
    cells: dict[tuple[str, int | None], Kept] = {}
    for item, value in values.items():
        if DEFINITION.group_of(item):
            cells |= {(item, entry): _kept(one) for entry, one in value.items()}
        else:
            cells[(item, None)] = _kept(value)
    return Settled(pk, label, DEFINITION, cells, entries)


def _kept(value: Any) -> Kept:
    return Kept(value, None) if isinstance(value, Mark) else Kept(Mark.VALUE, value)


NESTED = study(
    1,
    "Rowe 2020",
    entries=(
        Entry(10, "model", None, "LSTM"),
        Entry(11, "evaluation", 10),
        Entry(12, "evaluation", 10, "External"),
        Entry(20, "model", None, "CNN"),
        Entry(30, "arm", None, "Control"),
    ),
    design="Cohort",
    family=["gan", "vae"],
    dose="3.10",
    name={10: "LSTM", 20: "CNN"},
    auc={11: {"estimate": "0.81", "low": "0.75", "high": "0.87"}, 12: {"estimate": "0.7", "se": "0.05"}},
    n={30: 12},
)
FLAT = study(2, "Abe 2019", design="RCT", family=["gan"], dose="12", blind="yes")
BARE = study(3, "Zhu 2021", design=Mark.NOT_REPORTED, family=["lda"])
STUDIES = [NESTED, FLAT, BARE]
