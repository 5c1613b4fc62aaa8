"""The demo's assessment of risk of bias ends at the published table, and the summary says what follows from it."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from bias.constants import AssessmentKind, AssessmentState
from bias.demo.assessments import DOMAINS, LEVELS, judgements, published
from bias.instruments.assessed import DomainKey
from bias.models import BiasAssessment
from bias.queries.standing import EvaluationStanding, standing
from bias.queries.summary import summary_state
from bias.services.demo import load_bias_demo
from reviewapp.contributions import registry
from reviewapp.models import AuditEvent, Review
from screening.demo.generator import build_demo
from screening.models import Study


def keys_of_studies(review: Review) -> dict[int, str]:
    """By DOI where the record has one, else by title: not the way the demo itself goes."""
    reports = build_demo().reports
    by_doi = {report.doi.lower(): report.key for report in reports if report.doi}
    by_title = {report.title.lower(): report.key for report in reports}
    rows = Study.objects.filter(review=review).values_list("pk", "reports__record__doi", "reports__record__title")
    return {pk: by_doi[doi.lower()] if doi else by_title[title.lower()] for pk, doi, title in rows}


@pytest.fixture
def demo(db: None) -> Review:
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    return Review.objects.get(slug="demo")


def test_the_demo_ends_at_the_published_table(demo: Review) -> None:
    rows = [row for row in standing(demo.pk) if row.settled]
    keys, facts = keys_of_studies(demo), published()
    assert len(rows) == len(facts) == 27
    for row in rows:
        fact = facts[keys[row.study_id]]
        assert tuple(row.levels[DomainKey("", domain)] for domain in DOMAINS) == fact.levels
        assert row.overall[""].judged == fact.overall
        assert row.overall[""].departs == (fact.overall != fact.worst)
    departing = [row for row in rows if row.overall[""].departs]
    assert len(departing) == 5
    assert all(row.overall[""].reason for row in departing)
    kinds = Counter(row.assessment_kind for row in rows)
    assert kinds == {AssessmentKind.CONSENSUS: 14, AssessmentKind.THIRD_REVIEWER: 13}
    own = BiasAssessment.objects.filter(review=demo, kind=AssessmentKind.INDEPENDENT, state=AssessmentState.READY)
    assert own.count() == 54

    state = summary_state(demo.pk)
    assert state.summary is not None
    assert not state.is_stale
    [part] = state.summary.parts
    assert (part.overall.numbers, part.by_rule, part.departures) == ((4, 14, 9), (3, 11, 13), 5)
    assert "4 were at low, 14 at moderate and 9 at high risk of bias overall" in part.text
    assert "by the rule it would be 3, 11 and 13" in part.text
    assert len([note for note in part.footnotes if "by the rule" in note.text]) >= 2
    assert sorted(mix.pairs for mix in part.mixes) == [1, 3]
    assert not state.summary.own_scale
    overall = next(line for line in state.summary.agreement if line.name == "Overall")
    assert overall.n == 27
    assert 0 < overall.agreed < 27

    before = AuditEvent.objects.count()
    began = time.monotonic()
    load_bias_demo(demo, lambda text: None)
    assert time.monotonic() - began < 2
    assert AuditEvent.objects.count() == before


def _published_rows(shared_dir: Path) -> dict[str, dict[str, str]]:
    with (shared_dir / "domain" / "seed" / "probast.csv").open(encoding="utf-8", newline="") as file:
        return {f"R{row['ref']}": row for row in csv.DictReader(file)}


@pytest.mark.shared
def test_the_settled_table_is_the_seed_row_by_row(demo: Review, shared_dir: Path) -> None:
    seed, keys = _published_rows(shared_dir), keys_of_studies(demo)
    summary = summary_state(demo.pk).summary
    assert summary is not None
    [part] = summary.parts
    table = {keys[row.study_id]: [*(cell.level for cell in row.domains), row.overall.level] for row in part.rows}
    assert table == {key: [row[name] for name in (*DOMAINS, "overall")] for key, row in seed.items()}


def test_first_judgements_differ_in_some_and_never_in_what_is_settled() -> None:
    cases = judgements()
    assert judgements() == cases
    assert 0 < sum(not case.agreed for case in cases) < len(cases)
    for case in cases:
        assert case.settled == published()[case.key]
        assert {*case.first.levels, *case.second.levels} <= set(LEVELS)
        for judged in (case.first, case.second):
            assert judged.reason or judged.overall == judged.worst


def test_another_review_is_left_alone(demo: Review) -> None:
    other = Review.objects.get(slug="back-pain")
    events = AuditEvent.objects.count()
    load_bias_demo(other, lambda text: None)
    assert AuditEvent.objects.count() == events
    assert not standing(other.pk)
    assert isinstance(standing(demo.pk)[0], EvaluationStanding)
    assert registry.demo_steps["bias"] is load_bias_demo
