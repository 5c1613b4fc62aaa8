"""One's own assessment: what is written, refused, finished, reopened."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bias.constants import AssessmentState, AuditKind, EvaluationType, Scale
from bias.instruments.assessed import AnswerKey, DomainKey
from bias.models import BiasAssessment, BiasJudgement, BiasSettings, Evaluation, SignallingAnswer
from bias.services.assessments import (
    ConflictError,
    finish_assessment,
    missing_from,
    reopen_assessment,
    save_assessment,
)
from bias.services.evaluations import EvaluationDraft, change_evaluation, withdraw_evaluation
from bias.services.writing import Changes
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.models import Report
from tests.bias.assessing import LMH, complete, finish, make_evaluation, make_settings, own
from tests.factories import Cast, make_report

FIRST = AnswerKey("", "1.1", "validation")
PARTICIPANTS = DomainKey("", "participants")


@pytest.fixture
def evaluation(cast: Cast) -> Evaluation:
    make_settings(cast)
    return make_evaluation(cast)


def save(cast: Cast, who: str, assessment: BiasAssessment, changes: Changes, **more: object) -> None:
    save_assessment(membership=cast.membership(who), assessment_id=assessment.pk, changes=changes, **more)  # type: ignore[arg-type]


def test_one_field_in_at_most_eight_statements(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    for changes in (
        Changes(answers={FIRST: {"answer": "Y"}}),
        Changes(answers={FIRST: {"answer": "N"}}),
        Changes(judgements={PARTICIPANTS: {"level": "low"}}),
        Changes(overall={"": {"level": "low"}}),
    ):
        membership = cast.membership("bob")
        with CaptureQueriesContext(connection) as captured:
            save_assessment(membership=membership, assessment_id=mine.pk, changes=changes)
        statements = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        assert len(statements) <= 8, statements


def test_what_is_written_is_logged_with_what_stood_before(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    save(cast, "bob", mine, Changes(answers={FIRST: {"answer": "Y", "quote": " A cohort.\r\n", "page": "3"}}))
    save(cast, "bob", mine, Changes(answers={FIRST: {"answer": "PY"}}))
    save(cast, "bob", mine, Changes(answers={FIRST: {"answer": "PY"}}))
    row = SignallingAnswer.objects.get()
    assert (row.answer, row.quote, row.page) == ("PY", "A cohort.", "3")
    last, first = AuditEvent.objects.filter(kind=AuditKind.ANSWERED)
    assert last.before == {"a::1.1:validation:answer": "Y"}
    assert last.after == {"a::1.1:validation:answer": "PY"}
    assert first.after["a::1.1:validation:quote"] == "A cohort."
    mine.refresh_from_db()
    assert mine.version == 2, "the same again is no change"


def test_a_field_keeps_what_is_not_named(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    save(cast, "bob", mine, Changes(judgements={PARTICIPANTS: {"level": "high", "rationale": "Controls."}}))
    save(cast, "bob", mine, Changes(judgements={PARTICIPANTS: {"level": ""}}))
    row = BiasJudgement.objects.get()
    assert (row.level, row.rationale) == ("", "Controls.")


@pytest.mark.parametrize(
    "changes",
    [
        Changes(answers={FIRST: {"answer": "maybe"}}),
        Changes(answers={FIRST: {"answer": "NA"}}),
        Changes(answers={AnswerKey("", "4.5", "validation"): {"answer": "Y"}}),
        Changes(answers={AnswerKey("", "1.1", "development"): {"answer": "Y"}}),
        Changes(answers={AnswerKey("evaluation", "1.1"): {"answer": "Y"}}),
        Changes(answers={FIRST: {"mood": "Y"}}),
        Changes(answers={FIRST: {"page": "p" * 21}}),
        Changes(answers={FIRST: {"report": "0"}}),
        Changes(judgements={PARTICIPANTS: {"level": "moderate"}}),
        Changes(judgements={DomainKey("", "analysis"): {"applicability": "low"}}),
        Changes(judgements={DomainKey("", "weather"): {"level": "low"}}),
        Changes(judgements={PARTICIPANTS: {"applicability": "moderate"}}),
        Changes(overall={"": {"level": "moderate"}}),
        Changes(overall={"": {"by": "1"}}),
        Changes(overall={"other": {"level": "low"}}),
    ],
)
def test_what_cannot_stand_there_is_refused(cast: Cast, evaluation: Evaluation, changes: Changes) -> None:
    mine = own(cast, "bob", evaluation)
    with pytest.raises(DomainError):
        save(cast, "bob", mine, changes)
    mine.refresh_from_db()
    assert mine.version == 0


def test_a_quote_comes_from_a_report_of_the_study(cast: Cast, evaluation: Evaluation) -> None:
    mine, report = own(cast, "bob", evaluation), Report.objects.get(study=evaluation.study)
    save(cast, "bob", mine, Changes(answers={FIRST: {"report": str(report.pk)}}))
    with pytest.raises(DomainError):
        save(cast, "bob", mine, Changes(answers={FIRST: {"report": str(make_report(cast.review).pk)}}))


def test_only_ones_own(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    for who in ("cara", "alice", "dan"):
        with pytest.raises(ForbiddenError):
            save(cast, who, mine, complete(mine))
        with pytest.raises(ForbiddenError):
            finish_assessment(membership=cast.membership(who), assessment_id=mine.pk)
        with pytest.raises(ForbiddenError):
            reopen_assessment(membership=cast.membership(who), assessment_id=mine.pk)


def test_the_first_level_fixes_the_protocol(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    save(cast, "bob", mine, Changes(answers={FIRST: {"answer": "Y"}}))
    assert BiasSettings.objects.get().fixed_at is None
    save(cast, "bob", mine, Changes(judgements={PARTICIPANTS: {"level": "low"}}))
    assert BiasSettings.objects.get().fixed_at is not None


def test_an_adapted_scale_is_defined_before_the_first_judgement(cast: Cast) -> None:
    make_settings(cast, scale=Scale.REVIEW_LMH)
    evaluation = make_evaluation(cast)
    mine = own(cast, "bob", evaluation)
    save(cast, "bob", mine, Changes(answers={FIRST: {"answer": "Y"}}))
    with pytest.raises(DomainError, match="completes the settings"):
        save(cast, "bob", mine, Changes(judgements={PARTICIPANTS: {"level": "moderate"}}))
    make_settings(cast, **LMH)
    save(cast, "bob", mine, Changes(judgements={PARTICIPANTS: {"level": "moderate"}}))


def test_a_stale_page_may_write_what_nobody_touched(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    name, other = "a::1.1:validation:answer", "a::1.2:validation:answer"
    save(cast, "bob", mine, Changes.from_values({name: "Y"}), version=0, seen={name: ""})
    save(cast, "bob", mine, Changes.from_values({other: "N"}), version=0, seen={other: ""})
    save(cast, "bob", mine, Changes.from_values({name: "Y"}), version=0, seen={name: ""})
    with pytest.raises(ConflictError) as caught:
        save(cast, "bob", mine, Changes.from_values({name: "NI", other: "N"}), version=0, seen={name: "", other: ""})
    assert caught.value.theirs == {name: "Y"}


def test_finishing_needs_everything_and_a_reason_for_a_departure(cast: Cast, evaluation: Evaluation) -> None:
    mine, membership = own(cast, "bob", evaluation), cast.membership("bob")
    with pytest.raises(DomainError, match="1\\.1"):
        finish_assessment(membership=membership, assessment_id=mine.pk)
    save(cast, "bob", mine, complete(mine))
    sheet = save_assessment(
        membership=membership, assessment_id=mine.pk, changes=Changes(overall={"": {"level": "high"}})
    )
    assert [one.text for one in missing_from(sheet)] == ["Overall high; by the rule it is low. Say why."]
    with pytest.raises(DomainError):
        finish_assessment(membership=membership, assessment_id=mine.pk)
    save(cast, "bob", mine, Changes(overall={"": {"reason": "Tiny data."}}))
    with pytest.raises(StaleError):
        finish_assessment(membership=membership, assessment_id=mine.pk, version=0)
    finish_assessment(membership=membership, assessment_id=mine.pk)
    mine.refresh_from_db()
    assert mine.state == AssessmentState.READY
    assert (mine.overall[""]["by"], bool(mine.overall[""]["at"])) == (cast.bob.pk, True)
    with pytest.raises(StaleError):
        save(cast, "bob", mine, Changes(overall={"": {"reason": "Other."}}))


def test_judgements_from_a_published_table_need_no_answers(cast: Cast, evaluation: Evaluation) -> None:
    mine, membership = own(cast, "bob", evaluation), cast.membership("bob")
    every = complete(mine)
    save(cast, "bob", mine, Changes(judgements=every.judgements, overall=every.overall))
    finish_assessment(membership=membership, assessment_id=mine.pk, answers_expected=False)


def test_reopening_while_the_other_is_at_work(cast: Cast, evaluation: Evaluation) -> None:
    mine = finish(cast, "bob", evaluation)
    reopen_assessment(membership=cast.membership("bob"), assessment_id=mine.pk)
    with pytest.raises(StaleError):
        reopen_assessment(membership=cast.membership("bob"), assessment_id=mine.pk)
    finish(cast, "bob", evaluation)
    finish(cast, "cara", evaluation)
    with pytest.raises(StaleError):
        reopen_assessment(membership=cast.membership("bob"), assessment_id=mine.pk)


def test_another_type_asks_other_questions_and_reopens_what_was_finished(cast: Cast, evaluation: Evaluation) -> None:
    mine = finish(cast, "bob", evaluation)
    draft = EvaluationDraft(evaluation_type=EvaluationType.DEVELOPMENT)
    change_evaluation(membership=cast.membership("alice"), evaluation_id=evaluation.pk, draft=draft)
    mine.refresh_from_db()
    assert mine.state == AssessmentState.OPEN
    assert AuditEvent.objects.get(kind=AuditKind.REOPENED).actor is None
    finish(cast, "bob", evaluation, analysis="high")
    finish(cast, "cara", evaluation, analysis="high")
    with pytest.raises(DomainError, match="rest on the type"):
        change_evaluation(
            membership=cast.membership("alice"),
            evaluation_id=evaluation.pk,
            draft=EvaluationDraft(evaluation_type=EvaluationType.VALIDATION),
        )


def test_nothing_is_written_to_what_is_withdrawn(cast: Cast, evaluation: Evaluation) -> None:
    mine = own(cast, "bob", evaluation)
    withdraw_evaluation(membership=cast.membership("alice"), evaluation_id=evaluation.pk, reason="Twice.")
    with pytest.raises(StaleError):
        save(cast, "bob", mine, complete(mine))
    with pytest.raises(StaleError):
        finish_assessment(membership=cast.membership("bob"), assessment_id=mine.pk)


def test_both_parts_of_probast_ai_are_judged_where_both_apply(cast: Cast) -> None:
    make_settings(cast, instrument="probast-ai-2025")
    evaluation = make_evaluation(cast, evaluation_type=EvaluationType.DEVELOPMENT_VALIDATION)
    row = finish(cast, "bob", evaluation)
    assert set(row.overall) == {"development", "evaluation"}
    assert row.state == AssessmentState.READY
