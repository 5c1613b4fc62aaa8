"""From independent assessments to the one that stands: both agree, or a third reviewer decides. The originals stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction

from bias.constants import AssessmentKind, AssessmentState, AuditKind
from bias.instruments.assessed import AnswerKey, Assessed, DomainKey
from bias.instruments.finishing import blocking
from bias.instruments.types import Domain, Part
from bias.models import (
    BiasAssessment,
    BiasJudgement,
    BiasSettings,
    BiasSummary,
    Evaluation,
    SignallingAnswer,
)
from bias.queries.assessed import DOMAIN_FIELDS, OVERALL_FIELDS
from bias.queries.opened import is_opened
from bias.services.assigning import new_assessment
from bias.services.evaluations import lock_evaluation
from bias.services.writing import ANSWER_FIELDS, Changes, Sheet, apply_changes, check_changes
from reviewapp.audit import Occasion, log_event
from reviewapp.constants import Settlement
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.models import Report


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What is to stand. A domain, or the overall judgement of a part, is taken from one of the independent assessments
    (its id) or written anew (`own`, complete); there, answers that `own` leaves out are those on which all agree."""

    domains: Mapping[DomainKey, int] = field(default_factory=dict)
    overall: Mapping[str, int] = field(default_factory=dict)
    own: Changes = field(default_factory=Changes)


@dataclass(frozen=True)
class Comparison:
    """An evaluation whose comparison is open, locked: its independent sheets in the order of their ids, and the row
    that is settled or proposed, if any."""

    evaluation: Evaluation
    settings: BiasSettings
    sheets: list[Sheet]
    settled: BiasAssessment | None

    @property
    def assessors(self) -> set[int]:
        """Who assessed independently."""
        return {sheet.assessment.assessor_id for sheet in self.sheets}


def same_levels(one: Assessed, other: Assessed) -> bool:
    """Whether two assessments agree on every level: domains, overall, and applicability."""
    return all(
        one.levels(part) == other.levels(part)
        and one.overall_of(part).level == other.overall_of(part).level
        and (
            not one.judges_applicability
            or (
                one.applicability_levels(part) == other.applicability_levels(part)
                and one.overall_of(part).applicability == other.overall_of(part).applicability
            )
        )
        for part in one.parts()
    )


def all_agree(sheets: list[Sheet]) -> bool:
    """Whether all independent assessments agree on every level."""
    first, *rest = (sheet.assessed() for sheet in sheets)
    return all(same_levels(first, other) for other in rest)


def _lock(membership: Membership, evaluation_id: int) -> Comparison:
    evaluation = lock_evaluation(membership, evaluation_id)
    settings = BiasSettings.objects.get(review_id=membership.review_id)
    rows = list(
        BiasAssessment.objects.select_for_update(of=("self",)).select_related("custom").filter(evaluation=evaluation)
    )
    own = [row for row in rows if row.kind == AssessmentKind.INDEPENDENT]
    if len(own) < 2 or not is_opened(rows, settings):
        raise StaleError("The comparison is not open: not all assessments are finished.")
    settled = next((row for row in rows if row.kind != AssessmentKind.INDEPENDENT), None)
    return Comparison(evaluation, settings, [Sheet.of(row, evaluation, settings) for row in own], settled)


def kind_for(membership: Membership, assessors: set[int], *, agreed: bool) -> AssessmentKind:
    """As what the member can settle: assessors record a consensus where the review settles so, or where they agree on
    every level; a third reviewer decides. Raises ForbiddenError for everyone else."""
    if membership.user_id in assessors:
        if agreed or membership.review.settlement == Settlement.CONSENSUS:
            return AssessmentKind.CONSENSUS
        raise ForbiddenError("In this review a third reviewer settles what assessors judge differently.")
    if membership.can_adjudicate:
        return AssessmentKind.THIRD_REVIEWER
    raise ForbiddenError("Only the assessors and the adjudicators of this review can settle an assessment.")


def _changes(comparison: Comparison, draft: Settled) -> Changes:
    """Every field of the assessment that is to stand."""
    by_id = {sheet.assessment.pk: sheet for sheet in comparison.sheets}
    if (set(draft.domains.values()) | set(draft.overall.values())) - set(by_id):
        raise DomainError("Take over one of the assessments of this evaluation, or write your own.")
    first = comparison.sheets[0].assessed()
    answers: dict[AnswerKey, dict[str, str]] = {}
    judgements: dict[DomainKey, dict[str, str]] = {}
    overall: dict[str, dict[str, str]] = {}
    for part in first.parts():
        for domain in part.domains:
            key = DomainKey(part.key, domain.key)
            source = by_id.get(draft.domains.get(key, 0))
            given = _answers(comparison, part, domain, source)
            for place in given if source is None else ():
                given[place] |= draft.own.answers.get(place, {})
            answers |= given
            own = {name: draft.own.judgements.get(key, {}).get(name, "") for name in DOMAIN_FIELDS}
            row = source.judgements.get(key) if source else None
            judgements[key] = {name: getattr(row, name) for name in DOMAIN_FIELDS} if row else own
        source = by_id.get(draft.overall.get(part.key, 0))
        values = source.assessment.overall.get(part.key, {}) if source else draft.own.overall.get(part.key, {})
        overall[part.key] = {name: str(values.get(name, "")) for name in OVERALL_FIELDS}
    return Changes(answers=answers, judgements=judgements, overall=overall)


def _answers(
    comparison: Comparison, part: Part, domain: Domain, source: Sheet | None
) -> dict[AnswerKey, dict[str, str]]:
    """The answers of one domain: those of the source, else those that all gave."""
    found: dict[AnswerKey, dict[str, str]] = {}
    slots = {slot for sheet in comparison.sheets for slot in sheet.assessed().slots(part, domain)}
    for slot in slots:
        key = AnswerKey(part.key, slot.question.number, slot.column)
        name = ":".join(("a", *key, ""))
        taken = source or comparison.sheets[0]
        given = {what: taken.stored(name + what) for what in ANSWER_FIELDS}
        if source is None and any(sheet.stored(name + "answer") != given["answer"] for sheet in comparison.sheets):
            given = dict.fromkeys(ANSWER_FIELDS, "")
        found[key] = given
    return found


@transaction.atomic
def settle(
    *,
    membership: Membership,
    evaluation_id: int,
    draft: Settled,
    version: int | None = None,
    answers_expected: bool = True,
) -> BiasAssessment:
    """A third reviewer settles the evaluation; an assessor proposes what both agreed, which holds once another of them
    confirms it (`answer_proposal`). The result is a row of its own: OPEN while only proposed, READY once it stands.

    ``version`` is that of the row the page showed, 0 for none, None asks nothing. ``answers_expected`` as in
    finish_assessment. Raises ForbiddenError for who may not settle (one who assessed is never the third reviewer),
    StaleError while the comparison is closed, where it is settled already, or for an older version, and DomainError
    while anything is missing, or where assessors who agree would write other levels than theirs.
    """
    comparison = _lock(membership, evaluation_id)
    agreed = all_agree(comparison.sheets)
    kind = kind_for(membership, comparison.assessors, agreed=agreed)
    row = _row(comparison, membership, kind, version)
    sheet = Sheet.of(row, comparison.evaluation, comparison.settings)
    changes = _changes(comparison, draft)
    reports = Report.objects.filter(study_id=comparison.evaluation.study_id).values_list("pk", flat=True)
    check_changes(sheet, changes, frozenset(map(str, reports)))
    occasion = Occasion(membership.review, membership.user)
    stands = kind == AssessmentKind.THIRD_REVIEWER
    _write(sheet, changes, occasion, ready=stands)
    assessed = replace(sheet.assessed(), answers_expected=answers_expected)
    missing = blocking(assessed)
    if missing:
        raise DomainError(f"Something is still missing. {missing[0].text}")
    fixed = kind == AssessmentKind.CONSENSUS and membership.review.settlement != Settlement.CONSENSUS
    if fixed and not same_levels(assessed, comparison.sheets[0].assessed()):
        raise DomainError("You agree on every level, so these levels stand. A third reviewer could settle others.")
    _log(row, AuditKind.SETTLED if stands else AuditKind.PROPOSED, occasion, _levels(assessed))
    return row


def _row(comparison: Comparison, membership: Membership, kind: AssessmentKind, version: int | None) -> BiasAssessment:
    """The row that will stand, saved, with its writer and kind."""
    row = comparison.settled
    if row is not None and row.state == AssessmentState.READY:
        raise StaleError("This evaluation has been settled meanwhile.")
    if version is not None and version != (row.version if row else 0):
        raise StaleError("Somebody proposed something else meanwhile. Look at it again.")
    if row is None:
        occasion = Occasion(membership.review, membership.user)
        row = new_assessment(comparison.evaluation, membership.user_id, comparison.settings, occasion)
        first = comparison.sheets[0].assessment
        row.instrument, row.custom_id, row.scale = first.instrument, first.custom_id, first.scale
        row.kind = kind
        row.save()
    row.kind, row.assessor = kind, membership.user
    return row


def _write(sheet: Sheet, changes: Changes, occasion: Occasion, *, ready: bool) -> None:
    apply_changes(sheet, changes, occasion)
    row = sheet.assessment
    row.version += 1
    row.changed_at = occasion.at
    row.state, row.ready_at = (AssessmentState.READY, occasion.at) if ready else (AssessmentState.OPEN, None)
    row.save()


def _levels(assessed: Assessed) -> dict[str, str]:
    """For the log: the levels by their fields' names."""
    found = {}
    for part in assessed.parts():
        for domain in part.domains:
            found[f"d:{part.key}:{domain.key}:level"] = assessed.judgement(part, domain).level
        found[f"o:{part.key}:level"] = assessed.overall_of(part).level
    return found


def _log(row: BiasAssessment, kind: AuditKind, occasion: Occasion, after: Mapping[str, str]) -> None:
    log_event(occasion, kind, row, label=str(row.evaluation), after={**after, "kind": row.kind})


@transaction.atomic
def answer_proposal(
    *, membership: Membership, evaluation_id: int, agree: bool, version: int | None = None
) -> BiasAssessment | None:
    """Another assessor confirms the proposed consensus, which settles the evaluation, or declines it; its proposer can
    take it back. Returns the settled row, None once declined.

    Raises ForbiddenError for who did not assess and for a proposer who would confirm, StaleError if nothing (or
    something newer than ``version``) is proposed.
    """
    comparison = _lock(membership, evaluation_id)
    row = comparison.settled
    if membership.user_id not in comparison.assessors:
        raise ForbiddenError("Only those who assessed this one can answer the proposal.")
    if row is None or row.state == AssessmentState.READY or row.kind != AssessmentKind.CONSENSUS:
        raise StaleError("There is no proposed consensus any more.")
    if version is not None and version != row.version:
        raise StaleError("The proposal was changed meanwhile. Look at it again.")
    if agree and row.assessor_id == membership.user_id:
        raise ForbiddenError("Another assessor must confirm the consensus you proposed.")
    occasion = Occasion(membership.review, membership.user)
    sheet = Sheet.of(row, comparison.evaluation, comparison.settings)
    if not agree:
        _log(row, AuditKind.DECLINED, occasion, _levels(sheet.assessed()))
        SignallingAnswer.objects.filter(assessment=row).delete()  # only proposed, so it never counted
        BiasJudgement.objects.filter(assessment=row).delete()
        row.delete()
        return None
    row.state, row.ready_at, row.changed_at = AssessmentState.READY, occasion.at, occasion.at
    row.version += 1
    row.save(update_fields=["state", "ready_at", "changed_at", "version"])
    _log(row, AuditKind.SETTLED, occasion, _levels(sheet.assessed()))
    return row


def rests_on(row: BiasAssessment) -> bool:
    """Whether a summary has been built from a settled assessment."""
    return BiasSummary.objects.filter(review_id=row.review_id, built_at__gte=row.ready_at).exists()


@transaction.atomic
def undo_settlement(*, membership: Membership, evaluation_id: int, reason: str = "") -> BiasAssessment:
    """Take a settled evaluation up again: what was settled becomes a proposal. Once a summary rests on it, say why.

    Raises ForbiddenError for others than its assessors, who settled it, and leads, StaleError if it is not settled,
    DomainError without a reason where one is needed.
    """
    comparison = _lock(membership, evaluation_id)
    row = comparison.settled
    if row is None or row.state != AssessmentState.READY:
        raise StaleError("This evaluation is not settled.")
    if not (membership.is_lead or membership.user_id in comparison.assessors | {row.assessor_id}):
        raise ForbiddenError("Only its assessors, whoever settled it, and leads can take it up again.")
    if rests_on(row) and not reason.strip():
        raise DomainError("A summary rests on it: say why it is taken up again.", field="reason")
    occasion = Occasion(membership.review, membership.user)
    row.state, row.ready_at, row.changed_at = AssessmentState.OPEN, None, occasion.at
    row.version += 1
    row.save(update_fields=["state", "ready_at", "changed_at", "version"])
    log_event(occasion, AuditKind.UNSETTLED, row, label=str(comparison.evaluation), after={"reason": reason.strip()})
    return row
