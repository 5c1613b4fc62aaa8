"""Votes made elsewhere become decisions of named members by the app's own rules, or stay counts."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewapp.errors import DomainError
from reviewapp.models import AuditEvent, Job
from screening.constants import (
    AuditKind,
    BatchState,
    JobKind,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    Stage,
    Verdict,
)
from screening.models import (
    Adjudication,
    Claim,
    Decision,
    ElsewhereVote,
    ExclusionReason,
    ImportBatch,
    Record,
    Report,
    StageSettings,
    Study,
)
from screening.queries.elsewhere import brought_in_files
from screening.queries.flow import flow_counts
from screening.queries.overview import pair_agreements
from screening.rules.flow_checks import adds_up, check_flow
from screening.services import elsewhere
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from screening.services.elsewhere import Choices, Outcome, begin_votes, bring_in_of_job, bring_in_votes, take_back_votes
from screening.services.imports import import_file, withdraw_import
from screening.services.retrieval import set_retrieval
from screening.services.uploads import receive_upload
from tests.factories import Cast, make_cast, make_duplicate, make_records, make_search
from tests.screening.test_races_decisions import together

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
IN, OUT, MAYBE = Verdict.INCLUDE, Verdict.EXCLUDE, Verdict.MAYBE


def bring_file(cast: Cast, text: str, name: str = "votes.csv") -> ImportBatch:
    """Import a file as the page does, without a worker."""
    batch = receive_upload(
        membership=cast.membership("alice"),
        search=make_search(cast.review),
        file=ContentFile(text.encode(), name=name),
        filename=name,
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    return batch


def vote(record: Record, name: str, verdict: Verdict, stage: Stage = TA, reason: str = "") -> ElsewhereVote:
    return ElsewhereVote.objects.create(
        batch=record.batch, record=record, reviewer=name, stage=stage, verdict=verdict, reason=reason
    )


def bring(cast: Cast, batch: ImportBatch, reasons: dict[str, int] | None = None, **who: str) -> Outcome:
    choices = Choices({name: getattr(cast, member).pk for name, member in who.items()}, reasons or {})
    return bring_in_votes(membership=cast.membership("alice"), batch=batch, choices=choices)


def status(record: Record) -> str:
    return Record.objects.get(pk=record.pk).title_abstract_status


def retrieve(cast: Cast, record: Record) -> Report:
    report = Report.objects.get(record=record)
    return set_retrieval(membership=cast.membership("alice"), report_id=report.pk, status=RetrievalStatus.RETRIEVED)


def test_an_import_keeps_its_votes_the_last_one_of_a_reviewer_counts(cast: Cast) -> None:
    batch = bring_file(
        cast,
        "title,year,reviewer,stage,verdict,reason\n"
        "One,2020,Anna,abstract,include,\n"
        "One,2020,Ben,full text,exclude,Wrong population\n"
        "One,2020,Anna,abstract,maybe,\n",
    )
    record = Record.objects.get(batch=batch)
    found = ElsewhereVote.objects.filter(batch=batch).values_list("record_id", "reviewer", "stage", "verdict", "reason")
    assert list(found) == [
        (record.pk, "Ben", FT, OUT, "Wrong population"),
        (record.pk, "Anna", TA, MAYBE, ""),
    ]
    assert record.title_abstract_status == ScreeningStatus.PENDING
    assert not Decision.objects.exists()


def test_withdrawing_an_import_takes_its_votes_away(cast: Cast) -> None:
    batch = bring_file(cast, "title,year,reviewer,verdict\nOne,2020,Anna,include\n")
    assert ElsewhereVote.objects.count() == 1
    withdraw_import(membership=cast.membership("alice"), batch=batch)
    assert not ElsewhereVote.objects.exists()


def test_verdicts_without_a_name_are_counted_in_the_receipt_and_become_nothing(cast: Cast) -> None:
    batch = bring_file(cast, "title,year,decision\nOne,2020,included\nTwo,2020,excluded\n")
    assert batch.field_counts["elsewhere"] == [["TITLE_ABSTRACT", "EXCLUDE", 1], ["TITLE_ABSTRACT", "INCLUDE", 1]]
    assert not ElsewhereVote.objects.exists()
    assert set(Record.objects.values_list("title_abstract_status", flat=True)) == {ScreeningStatus.PENDING}


def test_votes_become_decisions_and_settle_their_records(cast: Cast) -> None:
    agreed, split, alone, out = make_records(cast.review, 4)
    for record, anna, ben in ((agreed, IN, MAYBE), (split, IN, OUT), (out, OUT, OUT)):
        vote(record, "Anna", anna)
        vote(record, "Ben", ben)
    vote(alone, "Anna", IN)
    outcome = bring(cast, agreed.batch, Anna="alice", Ben="bob")
    assert outcome == Outcome(7, {})
    assert [status(record) for record in (agreed, split, alone, out)] == ["included", "conflict", "pending", "excluded"]
    assert list(Report.objects.values_list("record_id", "retrieval_status")) == [(agreed.pk, RetrievalStatus.SOUGHT)]
    decision = Decision.objects.get(record=alone)
    assert (decision.reviewer, decision.verdict, decision.brought_in_from_id) == (cast.alice, IN, agreed.batch_id)
    assert decision.decided_at is not None
    slots = Claim.objects.filter(record=agreed, voted=True).order_by("slot").values_list("slot", "reviewer_id")
    assert list(slots) == [(1, cast.alice.pk), (2, cast.bob.pk)]
    [event] = AuditEvent.objects.filter(kind=AuditKind.VOTES_BROUGHT_IN)
    assert (event.object_id, event.after["votes"]) == (agreed.batch_id, 7)
    assert event.after["reviewers"] == {"Anna": "Alice Lead", "Ben": "Bob Reviewer"}
    [agreement] = pair_agreements(cast.review.pk, TA)
    assert (agreement.figures.n, agreement.agreed) == (2, 2)
    assert [(one.batch_id, one.decisions) for one in brought_in_files(cast.review.pk)] == [(agreed.batch_id, 7)]


def test_doing_it_again_changes_nothing_and_logs_nothing(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", IN)
    bring(cast, record.batch, Anna="bob")
    assert bring(cast, record.batch, Anna="bob") == Outcome(0, {})
    assert Decision.objects.count() == 1
    assert AuditEvent.objects.filter(kind=AuditKind.VOTES_BROUGHT_IN).count() == 1


def test_who_is_no_member_stays_a_count(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", IN)
    vote(record, "Stranger", IN)
    assert bring(cast, record.batch, Anna="bob") == Outcome(1, {})
    assert ElsewhereVote.objects.get(reviewer="Stranger").decision is None
    assert status(record) == ScreeningStatus.PENDING


def test_never_over_a_members_own_vote(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    submit_decision(membership=cast.membership("bob"), stage=TA, target_id=record.pk, judgement=Judgement(OUT))
    vote(record, "Ben", IN)
    assert bring(cast, record.batch, Ben="bob") == Outcome(0, {"own": 1})
    assert [d.verdict for d in Decision.objects.filter(superseded_at=None)] == [OUT]


def test_never_on_settled_or_full_records(cast: Cast) -> None:
    settled, three = make_records(cast.review, 2)
    for name in ("bob", "cara"):
        submit_decision(membership=cast.membership(name), stage=TA, target_id=settled.pk, judgement=Judgement(OUT))
    vote(settled, "Anna", IN)
    for name in ("Anna", "Ben", "Cy"):
        vote(three, name, IN)
    assert bring(cast, settled.batch, Anna="alice", Ben="bob", Cy="cara") == Outcome(2, {"decided": 2})
    assert status(settled) == ScreeningStatus.EXCLUDED
    assert set(Decision.objects.filter(record=three).values_list("reviewer", flat=True)) == {cast.alice.pk, cast.bob.pk}


@pytest.mark.parametrize("settled", [ScreeningStatus.INCLUDED, ScreeningStatus.EXCLUDED, ScreeningStatus.CONFLICT])
def test_a_status_that_stands_is_never_touched(cast: Cast, settled: ScreeningStatus) -> None:
    [record] = make_records(cast.review, 1, title_abstract_status=settled)
    vote(record, "Anna", IN)
    assert bring(cast, record.batch, Anna="alice") == Outcome(0, {"decided": 1})
    assert status(record) == settled


def test_a_place_someone_opened_and_left_is_taken_one_of_a_voter_is_not(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    for slot, user in ((1, cast.cara), (2, cast.dan)):
        Claim.objects.create(
            review=cast.review, stage=TA, record=record, reviewer=user, slot=slot, claimed_at=timezone.now()
        )
    vote(record, "Anna", IN)
    vote(record, "Ben", IN)
    assert bring(cast, record.batch, Anna="alice", Ben="bob").brought_in == 2
    assert set(Claim.objects.values_list("reviewer_id", "voted")) == {(cast.alice.pk, True), (cast.bob.pk, True)}


def test_a_vote_on_a_duplicate_is_one_on_the_record_that_was_kept(cast: Cast) -> None:
    [kept] = make_records(cast.review, 1)
    copy = make_duplicate(kept)
    vote(copy, "Anna", IN)
    vote(kept, "Anna", OUT)
    assert bring(cast, copy.batch, Anna="bob") == Outcome(1, {})
    assert Decision.objects.get().record_id == kept.pk
    assert bring(cast, kept.batch, Anna="bob") == Outcome(0, {"own": 1})


def test_a_record_removed_for_another_reason_gets_no_vote(cast: Cast) -> None:
    [record] = make_records(cast.review, 1, removal_reason=RemovalReason.OTHER)
    vote(record, "Anna", IN)
    assert bring(cast, record.batch, Anna="bob") == Outcome(0, {"removed": 1})


def test_full_text_votes_wait_for_the_report_and_can_be_brought_in_later(cast: Cast) -> None:
    reason = ExclusionReason.objects.get(review=cast.review, text="Wrong population")
    record, other = make_records(cast.review, 2)
    for name in ("Anna", "Ben"):
        for one in (record, other):
            vote(one, name, IN)
        vote(record, name, OUT, FT, "wrong pop.")
        vote(other, name, IN, FT)
    who = {"Anna": "alice", "Ben": "bob"}
    assert bring(cast, record.batch, {"wrong pop.": reason.pk}, **who) == Outcome(4, {"waiting": 4})
    retrieve(cast, record)
    retrieve(cast, other)
    assert bring(cast, record.batch, {"wrong pop.": reason.pk}, **who) == Outcome(4, {})
    excluded, included = Report.objects.get(record=record), Report.objects.get(record=other)
    assert (excluded.full_text_status, excluded.study) == (ScreeningStatus.EXCLUDED, None)
    assert included.full_text_status == ScreeningStatus.INCLUDED
    assert Study.objects.get().pk == included.study_id
    assert set(excluded.decisions.values_list("reason_id", flat=True)) == {reason.pk}


def test_full_text_votes_the_review_cannot_hold_stay_counts(cast: Cast) -> None:
    [record] = make_records(cast.review, 1, title_abstract_status=ScreeningStatus.INCLUDED)
    Report.objects.create(
        review=cast.review, record=record, retrieval_status=RetrievalStatus.RETRIEVED, created_at=timezone.now()
    )
    vote(record, "Anna", OUT, FT)
    vote(record, "Ben", MAYBE, FT)
    vote(record, "Cy", OUT, FT, "unknown")
    outcome = bring(cast, record.batch, Anna="alice", Ben="bob", Cy="cara")
    assert outcome == Outcome(0, {"reason": 2, "maybe": 1})


@pytest.mark.parametrize("who", ["olga", "mallory"])
def test_only_those_who_screen_here(cast: Cast, who: str) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", IN)
    with pytest.raises(DomainError, match="lead or reviewer"):
        bring(cast, record.batch, Anna=who)


def test_only_reasons_of_this_review(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    foreign = ExclusionReason.objects.filter(review=cast.other_review).first()
    assert foreign is not None
    with pytest.raises(DomainError, match="not on the review"):
        bring(cast, record.batch, {"x": foreign.pk}, Anna="bob")


def test_taking_back_leaves_everything_as_before(cast: Cast) -> None:
    agreed, split = make_records(cast.review, 2)
    for record, anna, ben in ((agreed, IN, IN), (split, IN, OUT)):
        vote(record, "Anna", anna)
        vote(record, "Ben", ben)
    bring(cast, agreed.batch, Anna="alice", Ben="bob")
    assert take_back_votes(membership=cast.membership("alice"), batch=agreed.batch) == 4
    assert [status(record) for record in (agreed, split)] == ["pending", "pending"]
    assert not Decision.objects.filter(superseded_at=None).exists()
    assert Decision.objects.count() == 4, "nothing is deleted"
    assert not Claim.objects.exists()
    assert Report.objects.get().withdrawn_at is not None
    assert not ElsewhereVote.objects.exclude(decision=None).exists()
    assert AuditEvent.objects.filter(kind=AuditKind.VOTES_TAKEN_BACK).count() == 1
    assert bring(cast, agreed.batch, Anna="alice", Ben="bob").brought_in == 4
    assert Report.objects.get().withdrawn_at is None


def test_taking_back_keeps_the_votes_of_others(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", OUT)
    bring(cast, record.batch, Anna="alice")
    submit_decision(membership=cast.membership("bob"), stage=TA, target_id=record.pk, judgement=Judgement(OUT))
    assert status(record) == ScreeningStatus.EXCLUDED
    take_back_votes(membership=cast.membership("alice"), batch=record.batch)
    assert status(record) == ScreeningStatus.PENDING
    assert [d.reviewer_id for d in Decision.objects.filter(superseded_at=None)] == [cast.bob.pk]


def test_taking_back_full_text_withdraws_the_study(cast: Cast) -> None:
    [record] = make_records(cast.review, 1, title_abstract_status=ScreeningStatus.INCLUDED)
    Report.objects.create(
        review=cast.review, record=record, retrieval_status=RetrievalStatus.RETRIEVED, created_at=timezone.now()
    )
    vote(record, "Anna", IN, FT)
    vote(record, "Ben", IN, FT)
    bring(cast, record.batch, Anna="alice", Ben="bob")
    assert Study.objects.filter(withdrawn_at=None).count() == 1
    assert take_back_votes(membership=cast.membership("alice"), batch=record.batch) == 2
    assert not Study.objects.filter(withdrawn_at=None).exists()
    assert Report.objects.get().full_text_status == ScreeningStatus.PENDING


def test_what_rests_on_them_forbids_taking_back(cast: Cast) -> None:
    [split] = make_records(cast.review, 1)
    vote(split, "Anna", IN)
    vote(split, "Ben", OUT)
    bring(cast, split.batch, Anna="alice", Ben="bob")
    adjudicate(
        membership=cast.membership("dan"), stage=TA, target_id=split.pk, judgement=Judgement(OUT, note="Not adults.")
    )
    with pytest.raises(DomainError, match="conflict between them has been settled"):
        take_back_votes(membership=cast.membership("alice"), batch=split.batch)
    assert status(split) == ScreeningStatus.EXCLUDED


def test_a_later_vote_of_ones_own_forbids_taking_back(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Ben", IN)
    bring(cast, record.batch, Ben="bob")
    submit_decision(membership=cast.membership("bob"), stage=TA, target_id=record.pk, judgement=Judgement(OUT))
    with pytest.raises(DomainError, match="changed one of them"):
        take_back_votes(membership=cast.membership("alice"), batch=record.batch)


def test_a_retrieved_report_forbids_taking_back(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", IN)
    vote(record, "Ben", IN)
    bring(cast, record.batch, Anna="alice", Ben="bob")
    retrieve(cast, record)
    with pytest.raises(DomainError, match="work on full texts"):
        take_back_votes(membership=cast.membership("alice"), batch=record.batch)
    assert Decision.objects.filter(superseded_at=None).count() == 2, "all or nothing"


def test_nothing_to_take_back(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    with pytest.raises(DomainError, match="No votes of this file"):
        take_back_votes(membership=cast.membership("alice"), batch=record.batch)


def test_many_votes_are_a_job_and_the_job_can_run_twice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "AT_ONCE", 1)
    monkeypatch.setattr(elsewhere, "CHUNK", 2)
    records = make_records(cast.review, 5)
    for record in records:
        vote(record, "Anna", OUT)
        vote(record, "Ben", OUT)
    choices = Choices({"Anna": cast.alice.pk, "Ben": cast.bob.pk})
    job = begin_votes(membership=cast.membership("alice"), batch=records[0].batch, choices=choices)
    assert isinstance(job, Job)
    assert (job.kind, job.label) == (JobKind.BRING_IN_VOTES, f"Votes from {records[0].batch.filename}")
    with pytest.raises(DomainError, match="already"):
        begin_votes(membership=cast.membership("alice"), batch=records[0].batch, choices=choices)
    assert bring_in_of_job(job) == Outcome(10, {})
    assert bring_in_of_job(job) == Outcome(0, {})
    assert {status(record) for record in records} == {ScreeningStatus.EXCLUDED}


def test_a_few_votes_are_brought_in_at_once_and_the_choices_are_remembered(cast: Cast) -> None:
    [record] = make_records(cast.review, 1)
    vote(record, "Anna", OUT)
    choices = Choices({"Anna": cast.bob.pk})
    assert begin_votes(membership=cast.membership("alice"), batch=record.batch, choices=choices) == Outcome(1, {})
    record.batch.refresh_from_db()
    assert record.batch.answers["votes"] == {"who": {"Anna": cast.bob.pk}, "reasons": {}, "job": None}


def test_the_flow_still_adds_up(cast: Cast) -> None:
    records = make_records(cast.review, 6)
    for record, anna, ben in zip(records, (IN, IN, OUT, OUT, MAYBE, IN), (IN, OUT, OUT, IN, IN, IN), strict=True):
        vote(record, "Anna", anna)
        vote(record, "Ben", ben)
        vote(record, "Anna", IN, FT)
        vote(record, "Ben", IN, FT)
    who = {"Anna": "alice", "Ben": "bob"}
    bring(cast, records[0].batch, None, **who)
    counts = flow_counts(cast.review)
    assert (counts.records_screened, counts.records_excluded, counts.dbr_sought_reports) == (6, 1, 3)
    retrieve(cast, records[0])
    bring(cast, records[0].batch, None, **who)
    counts = flow_counts(cast.review)
    assert (counts.dbr_assessed, counts.new_studies, counts.new_reports) == (1, 1, 1)
    assert adds_up(check_flow(counts))


def test_a_vote_cast_while_votes_are_brought_in_is_never_lost_nor_one_too_many(transactional_db: None) -> None:
    """Dan votes on records whose two places Anna's and Ben's votes are taking."""
    cast = make_cast()
    records = make_records(cast.review, 30)
    for record in records:
        vote(record, "Anna", OUT)
        vote(record, "Ben", OUT)
    choices = Choices({"Anna": cast.alice.pk, "Ben": cast.bob.pk})
    lead, dan = cast.membership("alice"), cast.membership("dan")

    def vote_here() -> list[DomainError]:
        refused = []
        for record in records:
            try:
                submit_decision(membership=dan, stage=TA, target_id=record.pk, judgement=Judgement(OUT))
            except DomainError as error:
                refused.append(error)
        return refused

    brought, refused = together(
        lambda: bring_in_votes(membership=lead, batch=records[0].batch, choices=choices), vote_here
    )
    assert isinstance(brought, Outcome), brought
    assert isinstance(refused, list), refused
    assert {status(record) for record in records} == {ScreeningStatus.EXCLUDED}
    assert {record.decisions.filter(superseded_at=None).count() for record in records} == {2}
    assert {record.claims.filter(voted=True).count() for record in records} == {2}
    assert brought.brought_in + len(records) - len(refused) == 2 * len(records)
    assert sum(brought.stayed.values()) == len(records) - len(refused)


def anonymous(review_id: int) -> list[Any]:
    """Records and reports that are settled or in conflict without enough decisions of persons or an adjudication."""
    found: list[Any] = []
    for model, stage, field in ((Record, TA, "title_abstract_status"), (Report, FT, "full_text_status")):
        required = StageSettings.objects.get(review_id=review_id, stage=stage).required
        for row in model.objects.filter(review_id=review_id).exclude(**{field: ScreeningStatus.PENDING}):
            live = row.decisions.filter(superseded_at=None)
            adjudicated = Adjudication.objects.filter(confirmed_at__isnull=False, superseded_at=None)
            key = {"record": row} if isinstance(row, Record) else {"report": row}
            if live.values("reviewer").distinct().count() < required and not adjudicated.filter(**key).exists():
                found.append(row)
    return found


VERDICT = st.sampled_from([None, IN, OUT, MAYBE])
WHO = st.sampled_from([None, "alice", "bob", "cara"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(st.tuples(VERDICT, VERDICT, VERDICT), min_size=1, max_size=5),
    mapping=st.tuples(WHO, WHO, WHO),
)
def test_never_an_anonymous_state_and_always_what_voting_here_would_give(
    cast: Cast, table: list[tuple[Verdict | None, ...]], mapping: tuple[str | None, ...]
) -> None:
    """The same votes brought in, and cast one by one by the same members on like records, leave the same states."""
    names = ("Anna", "Ben", "Cy")
    brought, cast_here = make_records(cast.review, len(table)), make_records(cast.review, len(table))
    for index, column in product(range(len(table)), range(3)):
        verdict, who = table[index][column], mapping[column]
        if verdict is None:
            continue
        vote(brought[index], names[column], verdict)
        if who is None:
            continue
        mine = Decision.objects.filter(record=cast_here[index], reviewer=getattr(cast, who), superseded_at=None)
        if not mine.exists():
            judgement = Judgement(verdict)
            try:
                submit_decision(
                    membership=cast.membership(who), stage=TA, target_id=cast_here[index].pk, judgement=judgement
                )
            except DomainError:
                continue
    chosen: dict[str, Any] = {name: who for name, who in zip(names, mapping, strict=True) if who}
    outcome = bring(cast, brought[0].batch, **chosen)
    assert [status(record) for record in brought] == [status(record) for record in cast_here]
    here = Decision.objects.filter(record__in=cast_here).count()
    assert outcome.brought_in == here
    votes = ElsewhereVote.objects.filter(batch=brought[0].batch)
    mapped = votes.filter(reviewer__in=chosen).count()
    assert outcome.brought_in + sum(outcome.stayed.values()) == mapped
    assert not anonymous(cast.review.pk)
    assert not Decision.objects.filter(brought_in_from__isnull=False).exclude(reviewer_id__gt=0).exists()
    assert not votes.filter(decision__isnull=False).exclude(decision__verdict=F("verdict")).exists()


@pytest.mark.shared
def test_a_real_rayyan_file_from_end_to_end(cast: Cast, shared_dir: Path) -> None:
    text = (shared_dir / "formats" / "public" / "rayyan_10.csv").read_text()
    batch = bring_file(cast, text, "rayyan_10.csv")
    outcome = bring(cast, batch, Emily="alice")
    assert outcome.brought_in == ElsewhereVote.objects.filter(batch=batch).count() > 0
    assert not anonymous(cast.review.pk)
