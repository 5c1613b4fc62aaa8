"""Put answers and judgements into an assessment: what may stand where, what changed, and its rows.

Used by assessing and by settling, inside their transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bias.constants import Answer
from bias.instruments.assessed import AnswerKey, Assessed, DomainKey
from bias.instruments.judgement import (
    APPLICABILITY_LEVELS,
    answers_for,
    applicable_parts,
    applicable_questions,
    levels_of,
)
from bias.instruments.types import Instrument, Part
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer
from bias.queries.assessed import (
    DOMAIN_FIELDS,
    OVERALL_FIELDS,
    answers_by_key,
    assessed_from,
    instrument_for,
    judgements_by_key,
)
from reviewapp.audit import Occasion
from reviewapp.errors import DomainError

ANSWER_FIELDS = ("answer", "comment", "quote", "page", "report")
MAX_TEXT = 10_000
MAX_PAGE = 20
Values = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be written, field by field; what is not named stays as it is, "" empties a field.

    ``answers``: answer (Y PY PN N NI NA), comment, quote, page, report (id). ``judgements``: level, rationale,
    departure_reason, applicability, applicability_rationale. ``overall``, by part: level, reason, applicability,
    applicability_reason, sample_size, internal_validation.
    """

    answers: Mapping[AnswerKey, Values] = field(default_factory=dict)
    judgements: Mapping[DomainKey, Values] = field(default_factory=dict)
    overall: Mapping[str, Values] = field(default_factory=dict)

    def values(self) -> Iterator[tuple[str, str]]:
        """Every value by the name of its field on a page: a:part:question:column:field, d:part:domain:field,
        o:part:field."""
        for answer_key, values in self.answers.items():
            yield from ((":".join(("a", *answer_key, name)), value) for name, value in values.items())
        for domain_key, values in self.judgements.items():
            yield from ((":".join(("d", *domain_key, name)), value) for name, value in values.items())
        for part, values in self.overall.items():
            yield from ((":".join(("o", part, name)), value) for name, value in values.items())

    @classmethod
    def from_values(cls, named: Mapping[str, str]) -> Changes:
        """The reverse of `values`; names of other things are left out. Raises DomainError for a malformed name."""
        answers: dict[AnswerKey, dict[str, str]] = {}
        judgements: dict[DomainKey, dict[str, str]] = {}
        overall: dict[str, dict[str, str]] = {}
        for name, value in named.items():
            match name.split(":"):
                case ["a", part, question, column, what]:
                    answers.setdefault(AnswerKey(part, question, column), {})[what] = value
                case ["d", part, domain, what]:
                    judgements.setdefault(DomainKey(part, domain), {})[what] = value
                case ["o", part, what]:
                    overall.setdefault(part, {})[what] = value
        return cls(answers=answers, judgements=judgements, overall=overall)


@dataclass
class Sheet:
    """One assessment with all its rows, fetched and locked for a write."""

    assessment: BiasAssessment
    evaluation: Evaluation
    settings: BiasSettings
    answers: dict[AnswerKey, SignallingAnswer]
    judgements: dict[DomainKey, BiasJudgement]
    instrument: Instrument

    @classmethod
    def of(cls, assessment: BiasAssessment, evaluation: Evaluation, settings: BiasSettings) -> Sheet:
        """Fetches the rows; two queries, none for an assessment that is not saved yet."""
        saved = assessment.pk is not None
        return cls(
            assessment=assessment,
            evaluation=evaluation,
            settings=settings,
            answers=answers_by_key(SignallingAnswer.objects.filter(assessment=assessment)) if saved else {},
            judgements=judgements_by_key(BiasJudgement.objects.filter(assessment=assessment)) if saved else {},
            instrument=instrument_for(assessment),
        )

    def assessed(self) -> Assessed:
        """As the rules see it."""
        return assessed_from(self.assessment, self.evaluation, self.settings, self.answers, self.judgements)

    def stored(self, name: str) -> str:
        """What stands in a field, by its name on a page; "" for nothing."""
        match name.split(":"):
            case ["a", part, question, column, what]:
                answer = self.answers.get(AnswerKey(part, question, column))
                if what == "report":
                    return str(answer.report_id or "") if answer else ""
                return str(getattr(answer, what, "")) if answer else ""
            case ["d", part, domain, what]:
                return str(getattr(self.judgements.get(DomainKey(part, domain)), what, ""))
            case ["o", part, what]:
                return str(self.assessment.overall.get(part, {}).get(what, ""))
        return ""


def clean(value: str) -> str:
    """One kind of line end, no spaces around."""
    return value.replace("\r\n", "\n").strip()


def check_changes(sheet: Sheet, changes: Changes, reports: frozenset[str]) -> None:
    """Raises DomainError for what cannot stand there: an unknown place or field, a level the scale does not have, an
    answer the question does not allow, a report of another study, a text that is too long."""
    parts = {part.key: part for part in applicable_parts(sheet.instrument, sheet.evaluation.evaluation_type)}
    for name, value in changes.values():
        if len(value) > (MAX_PAGE if name.endswith(":page") else MAX_TEXT):
            raise DomainError("This text is too long.", field=name)
    for answer_key, values in changes.answers.items():
        _check_answer(sheet, parts, answer_key, values, reports)
    for domain_key, values in changes.judgements.items():
        part = _part(parts, domain_key.part)
        domain = next((one for one in part.domains if one.key == domain_key.domain), None)
        if domain is None or not set(values) <= set(DOMAIN_FIELDS):
            raise DomainError("There is no such domain in this instrument.")
        if values.get("applicability") and not domain.applicability_prompt:
            raise DomainError("Applicability is not judged in this domain.")
        _check_levels(sheet, values)
    for key, values in changes.overall.items():
        _part(parts, key)
        if not set(values) <= set(OVERALL_FIELDS):
            raise DomainError("There is no such field.")
        _check_levels(sheet, values)


def _part(parts: Mapping[str, Part], key: str) -> Part:
    if key not in parts:
        raise DomainError("This part is not assessed for this type of evaluation.")
    return parts[key]


def _check_answer(
    sheet: Sheet, parts: Mapping[str, Part], key: AnswerKey, values: Values, reports: frozenset[str]
) -> None:
    _part(parts, key.part)
    slots = applicable_questions(sheet.instrument, key.part, sheet.evaluation.evaluation_type)
    slot = next((one for one in slots if (one.question.number, one.column) == (key.question, key.column)), None)
    if slot is None or not set(values) <= set(ANSWER_FIELDS):
        raise DomainError("This question is not asked for this type of evaluation.")
    answer = values.get("answer", "")
    if answer and (answer not in Answer.values or answer not in answers_for(sheet.instrument, slot.question)):
        raise DomainError(f"Question {key.question} cannot have this answer.")
    if values.get("report") and values["report"] not in reports:
        raise DomainError("Choose a report of this study.")


def _check_levels(sheet: Sheet, values: Values) -> None:
    level, concern = values.get("level", ""), values.get("applicability", "")
    if level and level not in levels_of(sheet.assessment.scale, sheet.instrument):
        raise DomainError("This level is not one of the scale.")
    if concern and concern not in APPLICABILITY_LEVELS:
        raise DomainError("Concern about applicability is low, unclear or high.")


def apply_changes(sheet: Sheet, changes: Changes, occasion: Occasion) -> tuple[dict[str, str], dict[str, str]]:
    """Write the changes into the rows of a saved assessment; returns (before, after) of the fields that changed.

    At most two upserts; the assessment's own row is changed in memory only, the caller saves it.
    """
    wanted = {name: clean(value) for name, value in changes.values()}
    before = {name: sheet.stored(name) for name in wanted}
    after = {name: value for name, value in wanted.items() if value != before[name]}
    if not after:
        return {}, {}
    _write_answers(sheet, {key: row for key, row in changes.answers.items() if _touched("a", key, after)}, occasion)
    _write_judgements(sheet, {k: row for k, row in changes.judgements.items() if _touched("d", k, after)}, occasion)
    overall = {part: dict(value) for part, value in sheet.assessment.overall.items()}
    for part, values in changes.overall.items():
        if _touched("o", (part,), after):
            stamp: dict[str, Any] = {"by": occasion.actor.pk if occasion.actor else None, "at": occasion.at.isoformat()}
            cleaned = {name: clean(value) for name, value in values.items()}
            overall[part] = {**overall.get(part, {}), **cleaned, **stamp}
    sheet.assessment.overall = overall
    return {name: before[name] for name in after}, after


def _touched(kind: str, key: tuple[str, ...], after: Mapping[str, str]) -> bool:
    start = ":".join((kind, *key)) + ":"
    return any(name.startswith(start) for name in after)


def _write_answers(sheet: Sheet, changes: Mapping[AnswerKey, Values], occasion: Occasion) -> None:
    rows = []
    for key, values in changes.items():
        row = sheet.answers.get(key) or SignallingAnswer(
            assessment=sheet.assessment, part=key.part, question=key.question, column=key.column
        )
        for name, value in values.items():
            if name == "report":
                row.report_id = int(value) if value else None
            else:
                setattr(row, name, clean(value))
        row.changed_at = occasion.at
        sheet.answers[key] = row
        rows.append(row)
    _upsert(SignallingAnswer, rows, ["part", "question", "column"], ["answer", "comment", "quote", "page", "report"])


def _write_judgements(sheet: Sheet, changes: Mapping[DomainKey, Values], occasion: Occasion) -> None:
    rows = []
    for key, values in changes.items():
        row = sheet.judgements.get(key) or BiasJudgement(assessment=sheet.assessment, part=key.part, domain=key.domain)
        for name, value in values.items():
            setattr(row, name, clean(value))
        row.changed_at = occasion.at
        sheet.judgements[key] = row
        rows.append(row)
    _upsert(BiasJudgement, rows, ["part", "domain"], list(DOMAIN_FIELDS))


def _upsert(model: type[Any], rows: list[Any], unique: list[str], fields: list[str]) -> None:
    if not rows:
        return
    for row in rows:
        row.pk = None  # the unique key finds it
    model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["assessment", *unique],
        update_fields=[*fields, "changed_at"],
    )
