"""What a summary is made from, whether the one that is kept still fits, and how far its building is."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format

from bias.constants import SETTLED_KINDS, AssessmentKind, AssessmentState, JobKind
from bias.instruments.agreement import Estimate, LevelAgreement, level_agreement
from bias.instruments.assessed import DomainKey
from bias.instruments.judgement import levels_of
from bias.instruments.types import Instrument
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, BiasSummary, Evaluation
from bias.queries.assessed import instrument_for
from bias.queries.standing import EvaluationStanding, OverallStanding, standing
from bias.rules.summary_store import unpacked
from bias.rules.summary_types import CONTENT_VERSION, AgreementLine, Protocol, SettledOverall, SettledRow, Summary
from reviewapp.constants import UNFINISHED_JOB_STATES
from reviewapp.models import AuditEvent, Job, User

PROTOCOL_FIELDS = (
    "instrument", "custom_id", "scale", "level_definitions", "overall_rule", "judges_applicability", "assessors",
    "why_this_tool", "pilot_studies",
)  # fmt: skip


@dataclass(frozen=True)
class SummaryState:
    """The summary kept, if any, and whether it is what the judgements say now. ``job``: being built, or failed.

    ``digest`` is that of the summary kept, ``now`` that of the judgements ("" before risk of bias is set up);
    ``ready``: how many evaluations are settled now, of ``evaluations``.
    """

    summary: Summary | None
    digest: str
    now: str
    built_at: dt.datetime | None
    is_stale: bool
    job: Job | None
    ready: int
    evaluations: int

    @property
    def is_building(self) -> bool:
        """A job is under way."""
        return self.job is not None and not self.job.is_finished


@dataclass(frozen=True)
class _Basis:
    """All a summary rests on, as cheap as it can be told: every assessment counts its writes in its version."""

    digest: str
    settled: int
    evaluations: int


def _basis(review_id: int) -> _Basis | None:
    """Three queries. None before risk of bias is set up."""
    settings = BiasSettings.objects.filter(review_id=review_id).values(*PROTOCOL_FIELDS).first()
    if settings is None:
        return None
    live = Evaluation.objects.filter(review_id=review_id, withdrawn_at=None, study__withdrawn_at=None)
    fields = ("pk", "study_id", "study__label", "label", "evaluation_type", "out_of_scope", "scope_reason", "weight")
    evaluations = list(live.order_by("study__label", "study_id", "pk").values_list(*fields))
    alive = {row[0] for row in evaluations}
    ready = BiasAssessment.objects.filter(review_id=review_id, state=AssessmentState.READY)
    rows = [
        row
        for row in ready.order_by("pk").values_list("pk", "evaluation_id", "kind", "version", "assessor_id")
        if row[1] in alive
    ]
    single = settings["assessors"] == 1
    settled = {row[1] for row in rows if single or row[2] in SETTLED_KINDS}
    counted = [row for row in rows if row[1] in settled]
    everything = [CONTENT_VERSION, settings, evaluations, counted]
    text = json.dumps(everything, ensure_ascii=False, sort_keys=True, default=str)
    return _Basis(hashlib.sha256(text.encode()).hexdigest(), len(settled), len(evaluations))


def summary_digest(review_id: int) -> str:
    """SHA-256 of all that the summary rests on; "" before risk of bias is set up. Nothing of what is not settled."""
    basis = _basis(review_id)
    return basis.digest if basis else ""


def summary_state(review_id: int, *, page: int = 0, size: int = 0) -> SummaryState:
    """The summary as kept and as it would be, with a ``size`` only the rows of that page. Five queries."""
    basis = _basis(review_id)
    kept = BiasSummary.objects.filter(review_id=review_id).first()
    built = kept is not None and kept.built_at is not None
    job = Job.objects.filter(review_id=review_id, kind=JobKind.SUMMARY).order_by("-id").first()
    return SummaryState(
        summary=unpacked(kept.content, page=page, size=size) if kept is not None and built else None,
        digest=kept.digest if kept is not None else "",
        now=basis.digest if basis else "",
        built_at=kept.built_at if kept is not None else None,
        is_stale=bool(kept is not None and built and basis and kept.digest != basis.digest),
        job=job,
        ready=basis.settled if basis else 0,
        evaluations=basis.evaluations if basis else 0,
    )


def unfinished_job(review_id: int) -> Job | None:
    """The job that builds the summary, if one waits or runs."""
    unfinished = Job.objects.filter(review_id=review_id, kind=JobKind.SUMMARY, state__in=UNFINISHED_JOB_STATES)
    return unfinished.first()


def watched_reviews() -> list[tuple[int, int]]:
    """(review, its latest event) of every review that has set up risk of bias."""
    latest = AuditEvent.objects.filter(review_id=OuterRef("review_id")).order_by("-id").values("id")[:1]
    return list(BiasSettings.objects.annotate(latest=Subquery(latest)).values_list("review_id", "latest"))


def settled_rows(review_id: int) -> tuple[list[SettledRow], Protocol] | None:
    """What the summary is made of. Some nine queries, whatever the number of rows. None before it is set up.

    Raises InstrumentError where a stored scale or level does not fit its instrument.
    """
    settings = BiasSettings.objects.select_related("custom").filter(review_id=review_id).first()
    if settings is None:
        return None
    stands = standing(review_id)
    settled = [each for each in stands if each.settled]
    names = _names(each for one in settled for each in one.overall.values())
    instrument = instrument_for(settings)
    rows = [_row(each, names) for each in settled if _fits(each, instrument, settings.scale)]
    protocol = Protocol(
        instrument=instrument,
        scale=settings.scale,
        scale_label=settings.get_scale_display(),
        level_definitions=settings.level_definitions,
        overall_rule=settings.overall_rule,
        judges_applicability=settings.judges_applicability,
        assessors=settings.assessors,
        why_this_tool=settings.why_this_tool,
        still_open=len(stands) - len(rows),
        agreement=_agreement(instrument, settings, [each.evaluation_id for each in settled]),
    )
    return rows, protocol


def _fits(each: EvaluationStanding, instrument: Instrument, scale: str) -> bool:
    """Judged with the instrument and scale of now: an older one is never converted, and counts as open."""
    assessed = each.assessed
    return assessed is not None and (assessed.instrument, assessed.scale) == (instrument, scale)


def _names(overall: Iterable[OverallStanding]) -> dict[int, str]:
    ids = {each.by for each in overall if each.by is not None and each.departs}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=ids)}


def _row(each: EvaluationStanding, names: Mapping[int, str]) -> SettledRow:
    return SettledRow(
        key=each.evaluation_id,
        study_id=each.study_id,
        study=each.study_label,
        label=each.label,
        evaluation_type=each.evaluation_type,
        weight=each.weight,
        levels=each.levels,
        applicability=each.applicability,
        overall={part: _overall(one, names) for part, one in each.overall.items()},
        flags=each.flags,
    )


def _overall(one: OverallStanding, names: Mapping[int, str]) -> SettledOverall:
    return SettledOverall(
        judged=one.judged,
        rule=one.rule.level or "",
        also=tuple(one.rule.also),
        reason=one.reason,
        applicability=one.applicability,
        who=names.get(one.by or 0, ""),
        when=_day(one.at),
    )


def _day(moment: str) -> str:
    """A stored moment as a date in words, "" for what is none."""
    try:
        parsed = dt.datetime.fromisoformat(moment)
    except ValueError:
        return ""
    return date_format(timezone.localtime(parsed) if timezone.is_aware(parsed) else parsed, "j F Y")


def _agreement(instrument: Instrument, settings: BiasSettings, evaluation_ids: list[int]) -> tuple[AgreementLine, ...]:
    """Overall and by domain, from the two independent assessments of what is settled. Two queries."""
    if settings.assessors < 2:
        return ()
    pairs: dict[int, list[BiasAssessment]] = defaultdict(list)
    rows = BiasAssessment.objects.filter(
        evaluation__in=evaluation_ids, kind=AssessmentKind.INDEPENDENT, state=AssessmentState.READY,
        instrument=settings.instrument, custom_id=settings.custom_id, scale=settings.scale,
    )  # fmt: skip
    for row in rows.order_by("id"):
        pairs[row.evaluation_id].append(row)
    both = [pair for pair in pairs.values() if len(pair) == 2]
    levels: dict[int, dict[DomainKey, str]] = defaultdict(dict)
    judgements = BiasJudgement.objects.filter(assessment__in=[row.pk for pair in both for row in pair])
    for assessment_id, part, domain, level in judgements.values_list("assessment_id", "part", "domain", "level"):
        levels[assessment_id][DomainKey(part, domain)] = level
    order = levels_of(settings.scale, instrument)
    lines = []
    for each in instrument.parts:
        given = [tuple(str(row.overall.get(each.key, {}).get("level", "")) for row in pair) for pair in both]
        label = f"{each.label}, overall" if len(instrument.parts) > 1 else "Overall"
        lines.append(_line(label, level_agreement(((one, other) for one, other in given), order)))
        for column in each.domains:
            key = DomainKey(each.key, column.key)
            judged = ((levels[one.pk].get(key, ""), levels[other.pk].get(key, "")) for one, other in both)
            lines.append(_line(column.name, level_agreement(judged, order)))
    return tuple(line for line in lines if line.n)


def _line(name: str, figures: LevelAgreement) -> AgreementLine:
    kappa, linear = _interval(figures.kappa), _interval(figures.linear)
    return AgreementLine(name, figures.n, figures.agreed, *kappa, *linear)


def _interval(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
