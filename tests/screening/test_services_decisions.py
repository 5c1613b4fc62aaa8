"""Decisions: what is stored, what settles, what is refused."""

from __future__ import annotations

import pytest

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, RetrievalStatus, ScreeningStatus, Stage, Verdict
from screening.models import Adjudication, Claim, Decision, ExclusionReason, Record, Report, Study
from screening.services.adjudication import adjudicate, answer_consensus, propose_consensus
from screening.services.decisions import Judgement, Submitted, submit_decision, undo_decision
from tests.factories import Cast, make_cast, make_record, make_report

INCLUDE, EXCLUDE, MAYBE = (Judgement(verdict) for verdict in (Verdict.INCLUDE, Verdict.EXCLUDE, Verdict.MAYBE))


def vote(cast: Cast, name: str, target: Record | Report, judgement: Judgement) -> Submitted:
    stage = Stage.TITLE_ABSTRACT if isinstance(target, Record) else Stage.FULL_TEXT
    return submit_decision(membership=cast.membership(name), stage=stage, target_id=target.pk, judgement=judgement)


def because(cast: Cast, text: str = "Wrong population") -> Judgement:
    return Judgement(Verdict.EXCLUDE, ExclusionReason.objects.get(review=cast.review, text=text).pk)


def events(kind: str) -> int:
    return AuditEvent.objects.filter(kind=kind).count()


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (INCLUDE, INCLUDE, ScreeningStatus.INCLUDED),
        (INCLUDE, MAYBE, ScreeningStatus.INCLUDED),
        (MAYBE, MAYBE, ScreeningStatus.INCLUDED),
        (EXCLUDE, EXCLUDE, ScreeningStatus.EXCLUDED),
        (INCLUDE, EXCLUDE, ScreeningStatus.CONFLICT),
        (EXCLUDE, MAYBE, ScreeningStatus.CONFLICT),
    ],
)
def test_two_decisions_settle_a_record(
    cast: Cast, first: Judgement, second: Judgement, status: ScreeningStatus
) -> None:
    record = make_record(cast.review)
    assert vote(cast, "bob", record, first).status == ScreeningStatus.PENDING
    assert vote(cast, "cara", record, second).status == status
    record.refresh_from_db()
    assert record.title_abstract_status == status
    assert Report.objects.filter(record=record, withdrawn_at=None).exists() is (status == ScreeningStatus.INCLUDED)
    assert events(AuditKind.DECISION_SUBMITTED) == 2


def test_the_same_decision_twice_is_one(cast: Cast) -> None:
    record = make_record(cast.review)
    first = vote(cast, "bob", record, INCLUDE)
    assert vote(cast, "bob", record, INCLUDE).decision == first.decision
    assert Decision.objects.count() == 1
    assert events(AuditKind.DECISION_SUBMITTED) == 1


def test_a_change_supersedes_and_keeps_the_former_decision(cast: Cast) -> None:
    record = make_record(cast.review)
    former = vote(cast, "bob", record, INCLUDE).decision
    vote(cast, "bob", record, EXCLUDE)
    former.refresh_from_db()
    assert former.superseded_at is not None
    assert list(Decision.objects.filter(superseded_at=None).values_list("verdict", flat=True)) == [Verdict.EXCLUDE]
    event = AuditEvent.objects.get(kind=AuditKind.DECISION_SUBMITTED, before__verdict="include")
    assert event.after["verdict"] == "exclude"


def test_a_third_decision_is_refused(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, INCLUDE)
    vote(cast, "cara", record, INCLUDE)
    with pytest.raises(StaleError):
        vote(cast, "alice", record, EXCLUDE)
    assert Decision.objects.count() == 2


def test_an_abandoned_place_can_be_taken(cast: Cast) -> None:
    record = make_record(cast.review)
    for slot, name in enumerate(("alice", "bob"), start=1):
        Claim.objects.create(
            review=cast.review,
            stage=Stage.TITLE_ABSTRACT,
            record=record,
            reviewer=getattr(cast, name),
            slot=slot,
            claimed_at=cast.review.created_at,
        )
    vote(cast, "bob", record, INCLUDE)
    vote(cast, "cara", record, INCLUDE)
    assert set(Claim.objects.filter(voted=True).values_list("reviewer__name", flat=True)) == {
        "Bob Reviewer",
        "Cara Reviewer",
    }


def test_observers_do_not_vote(cast: Cast) -> None:
    record = make_record(cast.review)
    with pytest.raises(ForbiddenError):
        vote(cast, "olga", record, INCLUDE)


def test_a_record_of_another_review_is_out_of_reach(cast: Cast) -> None:
    record = make_record(cast.other_review)
    with pytest.raises(StaleError):
        vote(cast, "bob", record, INCLUDE)


def test_undo_reopens_the_record_and_withdraws_its_report(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, INCLUDE)
    vote(cast, "cara", record, INCLUDE)
    assert undo_decision(membership=cast.membership("cara"), stage=Stage.TITLE_ABSTRACT) == record.pk
    record.refresh_from_db()
    assert record.title_abstract_status == ScreeningStatus.PENDING
    assert record.report.withdrawn_at is not None
    assert vote(cast, "cara", record, MAYBE).status == ScreeningStatus.INCLUDED
    assert Report.objects.get(record=record).withdrawn_at is None
    assert Decision.objects.filter(record=record).count() == 3


def test_undo_is_refused_once_the_full_text_has_been_retrieved(cast: Cast) -> None:
    record = make_record(cast.review)
    vote(cast, "bob", record, INCLUDE)
    vote(cast, "cara", record, INCLUDE)
    Report.objects.filter(record=record).update(retrieval_status=RetrievalStatus.RETRIEVED)
    with pytest.raises(DomainError, match="full text"):
        undo_decision(membership=cast.membership("cara"), stage=Stage.TITLE_ABSTRACT)
    assert Decision.objects.filter(superseded_at=None).count() == 2


def test_undo_without_a_decision_says_so(cast: Cast) -> None:
    with pytest.raises(DomainError, match="no decision"):
        undo_decision(membership=cast.membership("bob"), stage=Stage.TITLE_ABSTRACT)


def test_full_text_exclusion_needs_a_reason_of_the_review(cast: Cast) -> None:
    report = make_report(cast.review)
    with pytest.raises(DomainError, match="reason"):
        vote(cast, "bob", report, EXCLUDE)
    foreign = ExclusionReason.objects.filter(review=cast.other_review).first()
    assert foreign is not None
    with pytest.raises(DomainError, match="not on the review's list"):
        vote(cast, "bob", report, Judgement(Verdict.EXCLUDE, foreign.pk))
    with pytest.raises(DomainError, match="maybe"):
        vote(cast, "bob", report, MAYBE)
    assert not Decision.objects.exists()


def test_two_excluders_with_different_reasons_are_in_conflict(cast: Cast) -> None:
    report = make_report(cast.review)
    vote(cast, "bob", report, because(cast))
    assert vote(cast, "cara", report, because(cast, "Wrong study design")).status == ScreeningStatus.CONFLICT


def test_an_included_report_forms_a_study_and_undo_withdraws_it(cast: Cast) -> None:
    report = make_report(cast.review)
    vote(cast, "bob", report, INCLUDE)
    vote(cast, "cara", report, INCLUDE)
    study = Study.objects.get()
    assert study.label == "Rowe 2020"
    undo_decision(membership=cast.membership("bob"), stage=Stage.FULL_TEXT)
    study.refresh_from_db()
    report.refresh_from_db()
    assert study.withdrawn_at is not None
    assert report.study is None


def test_studies_of_one_author_and_year_get_letters(cast: Cast) -> None:
    for _ in range(2):
        report = make_report(cast.review)
        vote(cast, "bob", report, INCLUDE)
        vote(cast, "cara", report, INCLUDE)
    assert list(Study.objects.values_list("label", flat=True)) == ["Rowe 2020", "Rowe 2020b"]


def test_a_report_not_retrieved_is_not_judged(cast: Cast) -> None:
    report = make_report(cast.review, retrieved=False)
    with pytest.raises(StaleError, match="not been retrieved"):
        vote(cast, "bob", report, INCLUDE)


class TestAdjudication:
    """A third reviewer settles; the votes stay."""

    def conflict(self, cast: Cast) -> Record:
        record = make_record(cast.review)
        vote(cast, "bob", record, INCLUDE)
        vote(cast, "cara", record, EXCLUDE)
        return record

    def settle(self, cast: Cast, name: str, record: Record, judgement: Judgement) -> Adjudication:
        return adjudicate(
            membership=cast.membership(name),
            stage=Stage.TITLE_ABSTRACT,
            target_id=record.pk,
            judgement=judgement,
        )

    def test_settles_and_leaves_the_votes(self, cast: Cast) -> None:
        record = self.conflict(cast)
        before = list(Decision.objects.values())
        self.settle(cast, "dan", record, Judgement(Verdict.INCLUDE, note="Adults are included."))
        record.refresh_from_db()
        assert record.title_abstract_status == ScreeningStatus.INCLUDED
        assert list(Decision.objects.values()) == before
        assert Report.objects.filter(record=record, withdrawn_at=None).exists()
        assert events(AuditKind.ADJUDICATED) == 1

    def test_needs_a_rationale_and_no_maybe(self, cast: Cast) -> None:
        record = self.conflict(cast)
        with pytest.raises(DomainError, match="why"):
            self.settle(cast, "dan", record, Judgement(Verdict.INCLUDE, note="  "))
        with pytest.raises(DomainError, match="include or exclude"):
            self.settle(cast, "dan", record, Judgement(Verdict.MAYBE, note="Hm."))

    def test_nobody_adjudicates_what_they_voted_on(self, cast: Cast) -> None:
        record = make_record(cast.review)
        vote(cast, "bob", record, INCLUDE)
        vote(cast, "dan", record, EXCLUDE)
        with pytest.raises(ForbiddenError, match="voted"):
            self.settle(cast, "dan", record, Judgement(Verdict.INCLUDE, note="I was right."))

    def test_reviewers_without_the_flag_do_not(self, cast: Cast) -> None:
        with pytest.raises(ForbiddenError):
            self.settle(cast, "alice", self.conflict(cast), Judgement(Verdict.INCLUDE, note="Yes."))

    def test_twice_is_stale(self, cast: Cast) -> None:
        record = self.conflict(cast)
        self.settle(cast, "dan", record, Judgement(Verdict.EXCLUDE, note="Children only."))
        with pytest.raises(StaleError):
            self.settle(cast, "dan", record, Judgement(Verdict.INCLUDE, note="No, adults."))

    def test_settled_votes_cannot_be_undone(self, cast: Cast) -> None:
        record = self.conflict(cast)
        self.settle(cast, "dan", record, Judgement(Verdict.EXCLUDE, note="Children only."))
        with pytest.raises(DomainError, match="settled"):
            undo_decision(membership=cast.membership("bob"), stage=Stage.TITLE_ABSTRACT)


class TestConsensus:
    """The reviewers who disagree propose and confirm."""

    @pytest.fixture
    def team(self, db: None) -> Cast:
        return make_cast(settlement="consensus")

    def conflict(self, cast: Cast) -> Record:
        record = make_record(cast.review)
        vote(cast, "bob", record, INCLUDE)
        vote(cast, "cara", record, EXCLUDE)
        return record

    def test_holds_once_the_other_confirms(self, team: Cast) -> None:
        record = self.conflict(team)
        target = {"stage": Stage.TITLE_ABSTRACT, "target_id": record.pk}
        agreed = Judgement(Verdict.INCLUDE, note="We read the methods together.")
        propose_consensus(membership=team.membership("bob"), judgement=agreed, **target)
        record.refresh_from_db()
        assert record.title_abstract_status == ScreeningStatus.CONFLICT
        with pytest.raises(ForbiddenError, match="Another reviewer"):
            answer_consensus(membership=team.membership("bob"), agree=True, **target)
        with pytest.raises(ForbiddenError):
            answer_consensus(membership=team.membership("alice"), agree=True, **target)
        answer_consensus(membership=team.membership("cara"), agree=True, **target)
        record.refresh_from_db()
        assert record.title_abstract_status == ScreeningStatus.INCLUDED
        assert Decision.objects.filter(superseded_at=None).count() == 2

    def test_declined_leaves_the_conflict(self, team: Cast) -> None:
        record = self.conflict(team)
        target = {"stage": Stage.TITLE_ABSTRACT, "target_id": record.pk}
        agreed = Judgement(Verdict.EXCLUDE, note="Wrong population.")
        propose_consensus(membership=team.membership("bob"), judgement=agreed, **target)
        answer_consensus(membership=team.membership("cara"), agree=False, **target)
        record.refresh_from_db()
        assert record.title_abstract_status == ScreeningStatus.CONFLICT
        propose_consensus(membership=team.membership("cara"), judgement=agreed, **target)

    def test_is_refused_where_a_third_reviewer_decides(self, cast: Cast) -> None:
        record = self.conflict(cast)
        with pytest.raises(ForbiddenError, match="third reviewer"):
            propose_consensus(
                membership=cast.membership("bob"),
                stage=Stage.TITLE_ABSTRACT,
                target_id=record.pk,
                judgement=Judgement(Verdict.INCLUDE, note="Yes."),
            )
