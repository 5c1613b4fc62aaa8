"""The worked example: its table against the rule, the five departures, and the mixes that end differently."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from bias.constants import Level, Scale
from bias.instruments.assessed import Assessed, DomainJudgement, DomainKey, OverallJudgement
from bias.instruments.flags import FlagId, MixRow, flags, same_mix
from bias.instruments.judgement import overall
from bias.instruments.registry import INSTRUMENTS

PROBAST = INSTRUMENTS["probast-2019"]
DOMAINS = ("participants", "predictors", "outcome", "analysis")
LMH = (Level.LOW, Level.MODERATE, Level.HIGH)
pytestmark = pytest.mark.shared


@pytest.fixture
def table(shared_dir: Path) -> list[dict[str, str]]:
    with (shared_dir / "domain" / "seed" / "probast.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def view(row: dict[str, str], *, reason: str = "") -> Assessed:
    return Assessed(
        instrument=PROBAST,
        scale=Scale.REVIEW_LMH,
        evaluation_type="devval",
        judgements={DomainKey("", key): DomainJudgement(level=row[key], rationale="Table 2.") for key in DOMAINS},
        overall={"": OverallJudgement(level=row["overall"], reason=reason)},
        judges_applicability=False,
        answers_expected=False,
    )


def by_rule(row: dict[str, str]) -> Level | None:
    return overall(Scale.REVIEW_LMH, [row[key] for key in DOMAINS])


def test_four_fourteen_nine_as_judged_and_three_eleven_thirteen_by_rule(table: list[dict[str, str]]) -> None:
    assert len(table) == 27
    judged, ruled = Counter(row["overall"] for row in table), Counter(by_rule(row) for row in table)
    assert [judged[level] for level in LMH] == [4, 14, 9]
    assert [ruled[level] for level in LMH] == [3, 11, 13]


def test_the_five_departures(table: list[dict[str, str]]) -> None:
    departing = {
        row["ref"]: flag.text for row in table for flag in flags(view(row)) if flag.id == FlagId.OVERALL_DEPARTS
    }
    milder = "Overall moderate; by the rule it is high."
    assert departing == {
        "11": milder,
        "15": "Overall low; by the rule it is moderate.",
        "16": milder,
        "22": milder,
        "28": milder,
    }


def test_departures_match_the_list_of_findings(table: list[dict[str, str]], shared_dir: Path) -> None:
    findings = json.loads((shared_dir / "domain" / "seed" / "inconsistencies.json").read_text(encoding="utf-8"))
    rows = findings if isinstance(findings, list) else findings["findings"]
    listed = {
        row["id"].removeprefix("R2-"): (row["stated"], row["computed"]) for row in rows if row["id"].startswith("R2-")
    }
    assert listed == {row["ref"]: (row["overall"], by_rule(row)) for row in table if row["overall"] != by_rule(row)}


def test_the_same_mixes_with_different_overalls(table: list[dict[str, str]]) -> None:
    rows = [MixRow(row["ref"], tuple(row[key] for key in DOMAINS), row["overall"]) for row in table]
    found = {mix.levels: mix for mix in same_mix(rows, Scale.REVIEW_LMH)}
    low, moderate, high = LMH
    assert {levels: dict(mix.by_overall) for levels, mix in found.items()} == {
        (moderate, moderate, moderate, high): {moderate: ("11", "16", "28"), high: ("19",)},
        (low, low, low, moderate): {low: ("15",), moderate: ("12",)},
    }
    assert found[moderate, moderate, moderate, high].pairs == (("11", "19"), ("16", "19"), ("28", "19"))
    assert found[low, low, low, moderate].pairs == (("15", "12"),)


def test_no_answers_no_flags_about_answers(table: list[dict[str, str]]) -> None:
    about_answers = {FlagId.LOW_WITH_NO, FlagId.LOW_WITH_NI, FlagId.HIGH_WITHOUT_NO}
    assert not [flag for row in table for flag in flags(view(row)) if flag.id in about_answers]
    assert all(any(flag.id == FlagId.SCALE_ADAPTED for flag in flags(view(row))) for row in table)
