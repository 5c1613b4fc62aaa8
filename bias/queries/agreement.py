"""How far two assessors agreed, over their own judgements before any settlement: overall, by domain, by question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bias.constants import AssessmentKind
from bias.instruments.agreement import LevelAgreement, answer_agreement, level_agreement
from bias.instruments.assessed import AnswerKey, Assessed, DomainKey
from bias.instruments.judgement import APPLICABILITY_LEVELS, levels_of
from bias.instruments.types import Instrument
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, SignallingAnswer
from bias.queries.assessed import answers_by_key, assessed_from, instrument_for, judgements_by_key
from bias.queries.evaluations import live, pilot_ids
from bias.queries.opened import with_progress
from bias.queries.pages import COLUMN_LABELS
from reviewapp.models import Membership

Pair = tuple[Assessed, Assessed]
STUDIES = (("all", "All studies"), ("pilot", "Calibration"), ("rest", "After calibration"))


@dataclass(frozen=True)
class AgreementRow:
    """Agreement on one thing."""

    label: str
    text: str
    figures: LevelAgreement


@dataclass(frozen=True)
class AgreementPage:
    """All tables; ``left_out``: pairs judged with another instrument or scale than today's."""

    studies: str
    pairs: int
    left_out: int
    overall: tuple[AgreementRow, ...]
    domains: tuple[AgreementRow, ...]
    applicability: tuple[AgreementRow, ...]
    questions: tuple[AgreementRow, ...]


def agreement_page(membership: Membership, settings: BiasSettings, studies: str) -> AgreementPage:
    """Agreement over evaluations that are settled; for leads and adjudicators also those with an open comparison. Some
    six queries. ``studies``: all, pilot or rest."""
    evaluations = with_progress(live(membership.review_id)).filter(opened=True, begun=2)
    if not (membership.is_lead or membership.can_adjudicate):
        evaluations = evaluations.filter(settled=True)
    pilots = pilot_ids(membership.review_id, settings)
    if studies == "pilot":
        evaluations = evaluations.filter(study__in=pilots)
    elif studies == "rest":
        evaluations = evaluations.exclude(study__in=pilots)
    every = _pairs({row.pk: row for row in evaluations}, settings)
    instrument = instrument_for(settings)
    pairs = [pair for pair in every if all(_today(one, instrument, settings) for one in pair)]
    return AgreementPage(
        studies=studies,
        pairs=len(pairs),
        left_out=len(every) - len(pairs),
        overall=_overall(instrument, settings, pairs),
        domains=_domains(instrument, settings, pairs),
        applicability=_applicability(instrument, settings, pairs),
        questions=_questions(instrument, pairs),
    )


def _today(assessed: Assessed, instrument: Instrument, settings: BiasSettings) -> bool:
    return assessed.instrument == instrument and assessed.scale == settings.scale


def _pairs(evaluations: dict[int, object], settings: BiasSettings) -> list[Pair]:
    """Both assessments of each evaluation, in the order of their ids."""
    rows = BiasAssessment.objects.filter(evaluation__in=evaluations, kind=AssessmentKind.INDEPENDENT)
    assessments = list(rows.select_related("custom", "evaluation").order_by("evaluation_id", "id"))
    ids = [row.pk for row in assessments]
    answers: dict[int, list[SignallingAnswer]] = defaultdict(list)
    for answer in SignallingAnswer.objects.filter(assessment__in=ids):
        answers[answer.assessment_id].append(answer)
    judgements: dict[int, list[BiasJudgement]] = defaultdict(list)
    for judgement in BiasJudgement.objects.filter(assessment__in=ids):
        judgements[judgement.assessment_id].append(judgement)
    by_evaluation: dict[int, list[Assessed]] = defaultdict(list)
    for row in assessments:
        by_evaluation[row.evaluation_id].append(
            assessed_from(
                row,
                row.evaluation,
                settings,
                answers_by_key(answers[row.pk]),
                judgements_by_key(judgements[row.pk]),
            )
        )
    return [(pair[0], pair[1]) for pair in by_evaluation.values() if len(pair) == 2]


def _overall(instrument: Instrument, settings: BiasSettings, pairs: list[Pair]) -> tuple[AgreementRow, ...]:
    levels = levels_of(settings.scale, instrument)
    found = []
    for part in instrument.parts:
        given = [(one.overall_of(part), other.overall_of(part)) for one, other in pairs]
        risk = level_agreement(((one.level, other.level) for one, other in given), levels)
        found.append(AgreementRow(_named(part.label, "overall"), "", risk))
        if settings.judges_applicability and any(domain.applicability_prompt for domain in part.domains):
            concern = level_agreement(
                ((one.applicability, other.applicability) for one, other in given), APPLICABILITY_LEVELS
            )
            found.append(AgreementRow("Applicability, overall", part.label if part.key else "", concern))
    return tuple(found)


def _named(label: str, what: str) -> str:
    return f"{label}, {what}"


def _domains(instrument: Instrument, settings: BiasSettings, pairs: list[Pair]) -> tuple[AgreementRow, ...]:
    levels = levels_of(settings.scale, instrument)
    return tuple(
        AgreementRow(
            domain.name,
            part.label if part.key else "",
            level_agreement(_levels(pairs, DomainKey(part.key, domain.key), "level"), levels),
        )
        for part in instrument.parts
        for domain in part.domains
    )


def _applicability(instrument: Instrument, settings: BiasSettings, pairs: list[Pair]) -> tuple[AgreementRow, ...]:
    if not settings.judges_applicability:
        return ()
    return tuple(
        AgreementRow(
            domain.name,
            part.label if part.key else "",
            level_agreement(_levels(pairs, DomainKey(part.key, domain.key), "applicability"), APPLICABILITY_LEVELS),
        )
        for part in instrument.parts
        for domain in part.domains
        if domain.applicability_prompt
    )


def _levels(pairs: list[Pair], key: DomainKey, name: str) -> Iterable[tuple[str, str]]:
    for one, other in pairs:
        yield (
            str(getattr(one.judgements.get(key), name, "")),
            str(getattr(other.judgements.get(key), name, "")),
        )


def _questions(instrument: Instrument, pairs: list[Pair]) -> tuple[AgreementRow, ...]:
    found = []
    for part in instrument.parts:
        for domain in part.domains:
            for question in domain.questions:
                for column in question.columns:
                    key = AnswerKey(part.key, question.number, column)
                    figures = answer_agreement(
                        ((one.answers.get(key, ""), other.answers.get(key, "")) for one, other in pairs),
                        by_direction=True,
                    )
                    if not figures.n:
                        continue  # not asked in any of these evaluations
                    words = [part.label if part.key else "", COLUMN_LABELS.get(column, column)]
                    label = " · ".join([question.number, *filter(None, words)])
                    found.append(AgreementRow(label, question.text, figures))
    return tuple(found)
