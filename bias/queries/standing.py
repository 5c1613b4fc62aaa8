"""What stands for each evaluation: the settled judgement, what the rule says beside it, and what readers should know.

Everything a summary, a table or a figure rests on. Nothing of an assessment that is not settled is in here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState, Level
from bias.instruments.assessed import Assessed, DomainKey
from bias.instruments.flags import Flag, flags
from bias.instruments.judgement import Ruling, overall_applicability, ruling
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer
from bias.queries.assessed import answers_by_key, assessed_from, judgements_by_key


@dataclass(frozen=True, slots=True)
class OverallStanding:
    """The overall judgement of one part beside the rule. ``departs``: the rule does not allow the level.

    ``by`` is the id of whoever judged, ``at`` when (ISO 8601).
    """

    part: str
    judged: str
    rule: Ruling
    departs: bool
    reason: str = ""
    applicability: str = ""
    applicability_rule: Level | None = None
    applicability_reason: str = ""
    by: int | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationStanding:
    """One live evaluation. ``assessed`` is None until it is settled; then all that was settled is in it.

    ``levels`` and ``applicability`` are by (part, domain), only of what is judged; ``overall`` is by part.
    ``assessment_kind`` is "independent" where the review asks for one assessor only.
    """

    evaluation_id: int
    study_id: int
    study_label: str
    label: str
    evaluation_type: str
    weight: float | None
    out_of_scope: bool
    scope_reason: str
    pilot: bool = False
    assessment_id: int | None = None
    assessment_kind: str = ""
    version: int = 0
    settled_at: dt.datetime | None = None
    assessed: Assessed | None = None
    levels: Mapping[DomainKey, str] = field(default_factory=dict)
    applicability: Mapping[DomainKey, str] = field(default_factory=dict)
    overall: Mapping[str, OverallStanding] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether there is anything to show."""
        return self.assessed is not None

    @property
    def name(self) -> str:
        """Study and, where it has one, the label of the model or result."""
        return f"{self.study_label}: {self.label}" if self.label else self.study_label


def pilot_study_ids(evaluations: list[Evaluation], settings: BiasSettings) -> frozenset[int]:
    """The studies on which the team calibrates: those whose evaluations were added first."""
    by_age = dict.fromkeys(row.study_id for row in sorted(evaluations, key=lambda row: row.pk))
    return frozenset(list(by_age)[: settings.pilot_studies])


def live_evaluations(review_id: int) -> list[Evaluation]:
    """The evaluations that count, with their studies, by the studies' labels. One query."""
    rows = Evaluation.objects.filter(review_id=review_id, withdrawn_at=None, study__withdrawn_at=None)
    return list(rows.select_related("study"))


def settled_assessments(review_id: int, settings: BiasSettings) -> dict[int, BiasAssessment]:
    """What stands, by evaluation: the settled assessment; with one assessor per study, that one's own. One query."""
    ready = BiasAssessment.objects.filter(review_id=review_id, state=AssessmentState.READY).select_related("custom")
    if settings.assessors > 1:
        ready = ready.filter(kind__in=SETTLED_KINDS)
    found: dict[int, BiasAssessment] = {}
    several: set[int] = set()
    for row in ready:
        if row.kind != AssessmentKind.INDEPENDENT:
            found[row.evaluation_id] = row
        elif row.evaluation_id in found or row.evaluation_id in several:
            several.add(row.evaluation_id)  # two people judged it before the settings changed: it needs settling
            if found.get(row.evaluation_id, row).kind == AssessmentKind.INDEPENDENT:
                found.pop(row.evaluation_id, None)
        else:
            found[row.evaluation_id] = row
    return found


def standing(review_id: int) -> list[EvaluationStanding]:
    """What stands for each live evaluation, by the studies' labels. Five queries, whatever the number of rows.

    Empty before the review has settings for risk of bias. Raises InstrumentError where a stored scale or level does
    not fit its instrument, which the services prevent.
    """
    settings = BiasSettings.objects.filter(review_id=review_id).first()
    if settings is None:
        return []
    evaluations = live_evaluations(review_id)
    settled = settled_assessments(review_id, settings)
    ids = [row.pk for row in settled.values()]
    answers: dict[int, list[SignallingAnswer]] = defaultdict(list)
    for answer in SignallingAnswer.objects.filter(assessment__in=ids):
        answers[answer.assessment_id].append(answer)
    judgements: dict[int, list[BiasJudgement]] = defaultdict(list)
    for judgement in BiasJudgement.objects.filter(assessment__in=ids):
        judgements[judgement.assessment_id].append(judgement)
    pilots = pilot_study_ids(evaluations, settings)
    found = []
    for evaluation in evaluations:
        assessment = settled.get(evaluation.pk)
        more: dict[str, Any] = {}
        if assessment is not None:
            assessed = assessed_from(
                assessment,
                evaluation,
                settings,
                answers_by_key(answers[assessment.pk]),
                judgements_by_key(judgements[assessment.pk]),
            )
            more = _settled(assessment, assessed)
        found.append(_standing(evaluation, pilot=evaluation.study_id in pilots, more=more))
    return found


def _standing(evaluation: Evaluation, *, pilot: bool, more: dict[str, Any]) -> EvaluationStanding:
    return EvaluationStanding(
        evaluation_id=evaluation.pk,
        study_id=evaluation.study_id,
        study_label=evaluation.study.label,
        label=evaluation.label,
        evaluation_type=evaluation.evaluation_type,
        weight=evaluation.weight,
        out_of_scope=evaluation.out_of_scope,
        scope_reason=evaluation.scope_reason,
        pilot=pilot,
        **more,
    )


def _settled(assessment: BiasAssessment, assessed: Assessed) -> dict[str, Any]:
    judged = assessed.judgements
    return {
        "assessment_id": assessment.pk,
        "assessment_kind": assessment.kind,
        "version": assessment.version,
        "settled_at": assessment.ready_at,
        "assessed": assessed,
        "levels": {key: row.level for key, row in judged.items() if row.level},
        "applicability": {key: row.applicability for key, row in judged.items() if row.applicability},
        "overall": overall_standings(assessment, assessed),
        "flags": flags(assessed),
    }


def overall_standings(assessment: BiasAssessment, assessed: Assessed) -> dict[str, OverallStanding]:
    """The overall judgements of an assessment beside the rule, by part."""
    found = {}
    for part in assessed.parts():
        judged, stored = assessed.overall_of(part), assessment.overall.get(part.key, {})
        rule = ruling(assessed.instrument, assessed.scale, assessed.levels(part), assessed.evaluation_type)
        concerns = assessed.applicability_levels(part) if assessed.judges_applicability else ()
        found[part.key] = OverallStanding(
            part=part.key,
            judged=judged.level,
            rule=rule,
            departs=rule.departs(judged.level),
            reason=judged.reason,
            applicability=judged.applicability,
            applicability_rule=overall_applicability(concerns),
            applicability_reason=judged.applicability_reason,
            by=stored.get("by"),
            at=stored.get("at", ""),
        )
    return found
