"""The summary from plain rows: counts, sensitivity, footnotes, mixes, and a paragraph in which no number is typed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias.constants import Scale
from bias.instruments.assessed import Assessed, DomainJudgement, DomainKey, OverallJudgement
from bias.instruments.custom import instrument_from
from bias.instruments.flags import flags
from bias.instruments.judgement import ruling
from bias.instruments.registry import INSTRUMENTS
from bias.instruments.types import Instrument
from bias.rules.plain import from_plain
from bias.rules.summary import summarise
from bias.rules.summary_store import packed, unpacked
from bias.rules.summary_types import Protocol, SettledOverall, SettledRow, Summary

PROBAST, PROBAST_AI = INSTRUMENTS["probast-2019"], INSTRUMENTS["probast-ai-2025"]
LMH = ("low", "moderate", "high")


def protocol(instrument: Instrument = PROBAST, scale: str = Scale.REVIEW_LMH, **fields: Any) -> Protocol:
    return Protocol(
        instrument,
        scale,
        "Low / moderate / high",
        **{"judges_applicability": False, "overall_rule": "Worst.", **fields},
    )


def row(number: int, levels: str, overall: str = "", *, kind: str = "devval", **fields: Any) -> SettledRow:
    """`levels` by their first letters, e.g. "lmlh"; overall as well, the worst where it is empty."""
    words = [next(word for word in (*LMH, "unclear") if word.startswith(letter)) for letter in levels]
    scale = Scale.PROBAST_LHU if "u" in levels else fields.pop("scale", Scale.REVIEW_LMH)
    rule = ruling(PROBAST, scale, words, kind)
    judged = next((word for word in (*LMH, "unclear") if overall and word.startswith(overall)), rule.level or "")
    reason = fields.pop("reason", "The sample is large.")
    keys = [DomainKey("", domain.key) for domain in PROBAST.parts[0].domains]
    assessed = Assessed(
        PROBAST,
        scale,
        kind,
        judgements={key: DomainJudgement(word, "Support.") for key, word in zip(keys, words, strict=True)},
        overall={"": OverallJudgement(judged, reason)},
        judges_applicability=False,
        answers_expected=False,
        out_of_scope=fields.pop("out_of_scope", False),
        why_this_tool="Nothing fits better.",
    )
    return SettledRow(
        number,
        fields.pop("study_id", number),
        fields.pop("study", f"Study {number}"),
        evaluation_type=kind,
        levels=dict(zip(keys, words, strict=True)),
        overall={"": SettledOverall(judged, rule.level or "", rule.also, reason, who="Dan Ito", when="3 March 2025")},
        flags=flags(assessed),
        **fields,
    )


def test_counts_sensitivity_and_departures() -> None:
    summary = summarise([row(1, "llll"), row(2, "lmll", "l"), row(3, "mmmh"), row(4, "hmmm", "m")], protocol())
    [part] = summary.parts
    assert part.overall.numbers == (2, 1, 1)
    assert part.by_rule == (1, 1, 2)
    assert [each.numbers for each in part.counts] == [(2, 1, 1), (1, 3, 0), (2, 2, 0), (2, 1, 1)]
    assert part.departures == 2
    assert [line.departs for line in part.rows] == [False, True, False, True]
    assert [line.rule for line in part.rows] == ["low", "moderate", "high", "high"]
    assert part.text.startswith("Of 4 studies, 2 were at low, 1 at moderate and 1 at high risk of bias overall.")
    assert (
        "In 2 the overall judgement departs from the rule, with a reason; by the rule it would be 1, 1 and 2."
        in part.text
    )
    assert "1 for participants, 0 for predictors, 0 for outcome and 1 for analysis" in part.text
    assert not summary.own_scale
    assert "not the instrument's own" in part.text


def test_every_departure_has_its_note_and_the_same_words_share_a_letter() -> None:
    summary = summarise(
        [row(1, "lmll", "l"), row(2, "llml", "l"), row(3, "mmmh", "m", reason="One site only"), row(4, "llll")],
        protocol(),
    )
    [part] = summary.parts
    assert [line.overall.marks for line in part.rows] == [("a",), ("a",), ("b",), ()]
    assert [(note.mark, note.text) for note in part.footnotes] == [
        ("a", "Overall low; by the rule it is moderate. The sample is large. (Dan Ito, 3 March 2025)"),
        ("b", "Overall moderate; by the rule it is high. One site only. (Dan Ito, 3 March 2025)"),
    ]


def test_letters_go_on_after_z() -> None:
    rows = [row(n, "lmll", "l", reason=f"Reason {n}") for n in range(1, 31)]
    [part] = summarise(rows, protocol()).parts
    assert [note.mark for note in part.footnotes][24:29] == ["y", "z", "aa", "ab", "ac"]


def test_a_study_outside_the_scope_has_its_note_at_its_name() -> None:
    [part] = summarise([row(1, "llll", out_of_scope=True)], protocol()).parts
    assert part.rows[0].marks == ("a",)
    assert part.footnotes[0].text == "The study is outside what PROBAST was made for. Nothing fits better."


def test_what_the_rule_leaves_open_counts_as_by_the_rule() -> None:
    """A development without external validation that is low throughout may be high."""
    rows = [row(1, "llll", "h", kind="dev", scale=Scale.PROBAST_LHU)]
    [part] = summarise(rows, protocol(scale=Scale.PROBAST_LHU)).parts
    assert part.departures == 0
    assert part.by_rule == part.overall.numbers == (0, 0, 1)
    assert "follows the rule throughout" in part.text


def test_unclear_stays_unclear_and_the_published_scale_is_named_as_such() -> None:
    summary = summarise([row(1, "lluh"), row(2, "llul")], protocol(scale=Scale.PROBAST_LHU))
    [part] = summary.parts
    assert [each.word for each in summary.levels] == ["Low", "Unclear", "High"]
    assert part.overall.numbers == (0, 1, 1)
    assert summary.own_scale
    assert "Judged with PROBAST (2019) on the scale low, unclear, high." in part.text


def test_the_same_mix_with_different_overall_is_named() -> None:
    rows = [row(1, "lmll", "l", study="Barbiero"), row(2, "lllm", study="Xue"), row(3, "llml", study="Gao")]
    [part] = summarise(rows, protocol()).parts
    [mix] = part.mixes
    assert mix.levels == ("low", "low", "low", "moderate")
    assert [(group.level, group.names) for group in mix.groups] == [
        ("low", ("Barbiero",)),
        ("moderate", ("Xue", "Gao")),
    ]
    assert mix.pairs == 2


def test_weights_count_only_where_every_row_has_one() -> None:
    weighted = summarise([row(1, "llll", weight=3.0), row(2, "hhhh", weight=1.0)], protocol())
    assert weighted.weighted
    assert weighted.parts[0].overall.weights == (3.0, 0.0, 1.0)
    assert weighted.parts[0].overall.numbers == (1, 0, 1)
    assert not summarise([row(1, "llll", weight=3.0), row(2, "hhhh")], protocol()).weighted


def test_several_evaluations_of_a_study_and_open_ones_are_said() -> None:
    rows = [row(1, "llll", study_id=1, label="Model A"), row(2, "hhhh", study_id=1, label="Model B")]
    summary = summarise(rows, protocol(still_open=1))
    assert (summary.studies, summary.evaluations) == (1, 2)
    text = summary.parts[0].text
    assert text.startswith("Of 2 evaluations in 1 study, 1 was at low, 0 at moderate and 1 at high")
    assert text.endswith("1 evaluation is not settled yet and not counted.")
    assert summary.parts[0].rows[0].name == "Study 1: Model A"


def test_nothing_settled_is_no_error() -> None:
    summary = summarise([], protocol(still_open=3))
    assert summary.parts[0].rows == ()
    assert summary.parts[0].text == ""
    assert summary.parts[0].overall.numbers == (0, 0, 0)


def test_two_parts_are_kept_apart_and_only_where_they_apply() -> None:
    quality, risk = PROBAST_AI.parts
    keys = {DomainKey(part.key, domain.key): "low" for part in PROBAST_AI.parts for domain in part.domains}
    both = {part.key: SettledOverall("low", "low") for part in PROBAST_AI.parts}
    rows = [
        SettledRow(1, 1, "Both", evaluation_type="devval", levels=keys, overall=both),
        SettledRow(2, 2, "Validation", evaluation_type="val", levels=keys, overall=both),
    ]
    summary = summarise(rows, protocol(PROBAST_AI, PROBAST_AI.scales[0]))
    assert [part.key for part in summary.parts] == [quality.key, risk.key]
    assert [[line.study for line in part.rows] for part in summary.parts] == [["Both"], ["Both", "Validation"]]
    assert "Of 1 study, 1 was at low" in summary.parts[0].text
    assert "concern about quality overall" in summary.parts[0].text


def test_a_team_without_a_rule_has_no_sensitivity() -> None:
    own = instrument_from(
        {
            "name": "Ours",
            "rule": "judgement",
            "levels": [{"key": "low", "label": "Fine", "meaning": "No flaw."}, {"key": "high", "label": "Poor"}],
            "domains": [{"name": "Sample", "questions": []}],
        }
    )
    rows = [SettledRow(1, 1, "A", levels={DomainKey("", "sample"): "low"}, overall={"": SettledOverall("high")})]
    summary = summarise(rows, protocol(own, Scale.CUSTOM))
    assert summary.parts[0].by_rule == ()
    assert "Of 1 study, 0 were at fine and 1 at poor risk of bias overall." in summary.parts[0].text
    assert (summary.levels[0].word, summary.levels[0].meaning) == ("Fine", "No flaw.")


def test_applicability_has_its_own_columns() -> None:
    keys = [DomainKey("", domain.key) for domain in PROBAST.parts[0].domains]
    base = row(1, "llll")
    judged = replace(
        base,
        applicability={keys[0]: "low", keys[1]: "unclear"},
        overall={"": replace(base.overall[""], applicability="unclear")},
    )
    [part] = summarise([judged], protocol(judges_applicability=True)).parts
    assert [head.code for head in part.concerns] == ["A1", "A2", "A3"]
    assert [each.numbers for each in part.applicability] == [(1, 0, 0), (0, 1, 0), (0, 0, 0), (0, 1, 0)]
    assert [cell.level for cell in part.rows[0].applicability] == ["low", "unclear", ""]
    assert "Concern about applicability overall was low in 0, unclear in 1 and high in 0." in part.text


levels_of_four = st.tuples(*[st.sampled_from("lmh")] * 4).map("".join)


@given(st.lists(st.tuples(levels_of_four, st.sampled_from("lmh")), min_size=1, max_size=30))
def test_all_numbers_add_up_and_survive_storage(given_rows: list[tuple[str, str]]) -> None:
    summary = summarise([row(n, levels, overall) for n, (levels, overall) in enumerate(given_rows)], protocol())
    [part] = summary.parts
    n = len(given_rows)
    assert sum(part.overall.numbers) == sum(part.by_rule) == n
    assert all(each.n == n for each in part.counts)
    assert part.departures == sum(1 for line in part.rows if line.rule != line.overall.level)
    assert part.departures == sum(bool(line.overall.marks) for line in part.rows)
    said = [int(number) for number in re.findall(r"\d+", part.text.split(" overall.")[0])]
    assert said == [n, *part.overall.numbers]
    kept = json.loads(json.dumps(packed(summary)))
    assert unpacked(kept) == summary
    second = unpacked(kept, page=2, size=10)
    assert second is not None
    assert second.parts[0].rows == (part.rows[10:20] or part.rows[:10])
    assert (second.parts[0].row_count, second.parts[0].text) == (n, part.text)
    assert unpacked({**kept, "version": 0}) is None


@pytest.mark.parametrize("data", [{}, {"instrument_key": "x"}])
def test_content_of_another_shape_is_told(data: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        from_plain(Summary, data)
