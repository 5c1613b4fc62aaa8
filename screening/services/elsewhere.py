"""Bring in votes made elsewhere as decisions of named members, and take them back.

A vote becomes the decision of the member its reviewer is said to be, by the app's own rules: it is heard where the
member could still vote, and settles its record like any other. A vote on a duplicate is one on the record that was
kept. Nothing is ever settled without a named member's decision: what cannot be brought in stays a count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.db import connection, transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, StaleError
from reviewapp.jobs import create_job
from reviewapp.models import Job, Membership, User
from screening.constants import (
    AuditKind,
    BatchState,
    JobKind,
    RetrievalStatus,
    ScreeningStatus,
    Stage,
    Verdict,
)
from screening.models import (
    Adjudication,
    Decision,
    ElsewhereVote,
    ExclusionReason,
    ImportBatch,
    Record,
    Report,
    StageSettings,
)
from screening.queries.elsewhere import LEFT_WORDS, changed_since, elsewhere_votes, screening_members
from screening.services.claims import keep_places, leave_places, target_column
from screening.services.settling import Standing, Target, apply_record_statuses, apply_standing

CHUNK = 1000
"""Records (or reports) judged at a time; all in one transaction."""
AT_ONCE = 1000
"""So many votes are brought in while the lead waits; more of them by a worker."""
Row = Record | Report


@dataclass(frozen=True)
class Choices:
    """What a lead says: which member each reviewer of the file is, and which of the review's reasons each of its own
    is. A reviewer left out stays a count; so do the exclusions at full text whose reason is left out."""

    who: Mapping[str, int]
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """Votes that became decisions; and those that stayed counts, by the keys of `LEFT_WORDS`."""

    brought_in: int
    stayed: Mapping[str, int]

    def in_words(self) -> str:
        """For whoever asked for it."""
        said = f"{_votes(self.brought_in)} brought in as decisions of their members."
        left = "; ".join(f"{n:,} {LEFT_WORDS[why]}" for why, n in self.stayed.items())
        return f"{said} These stayed counts: {left}." if left else said


def _votes(count: int) -> str:
    if count == 1:
        return "1 vote was"
    return f"{count:,} votes were" if count else "No votes were"


class _Vote(NamedTuple):
    id: int
    reviewer: str
    verdict: str
    reason: str
    target_id: int


@transaction.atomic
def begin_votes(*, membership: Membership, batch: ImportBatch, choices: Choices) -> Outcome | Job:
    """Keep what the lead says and bring the votes in at once, or, where they are many, make the job that does.

    The caller enqueues the job. Raises DomainError for choices that do not fit the review, StaleError while another
    job brings votes of the same file in.
    """
    batch = _lock_batch(batch)
    _check(membership, choices)
    said = batch.answers.get("votes", {})
    job = Job.objects.filter(pk=said.get("job")).first()
    if job is not None and not job.is_finished:
        raise StaleError("The votes of this file are being brought in already. Wait until that is done.")
    open_votes = elsewhere_votes(batch).filter(decision=None, reviewer__in=choices.who).count()
    new = _make_job(membership, batch) if open_votes > AT_ONCE else None
    batch.answers["votes"] = {**asdict(choices), "job": new.pk if new else None}
    batch.save(update_fields=["answers"])
    return new or bring_in_votes(membership=membership, batch=batch, choices=choices)


def _make_job(membership: Membership, batch: ImportBatch) -> Job:
    label = f"Votes from {batch.filename}"
    return create_job(review=membership.review, actor=membership.user, kind=JobKind.BRING_IN_VOTES, label=label)


def bring_in_of_job(job: Job) -> Outcome | None:
    """Do what `begin_votes` made the job for; None if the file no longer waits for it. Safe to run twice."""
    batch = ImportBatch.objects.filter(search__review_id=job.review_id, answers__votes__job=job.pk).first()
    if batch is None:
        return None
    membership = (
        Membership.objects.select_related("review", "user")
        .filter(review_id=job.review_id, user_id=job.created_by_id, removed_at=None)
        .first()
    )
    if membership is None or not membership.is_lead:
        raise DomainError("Whoever asked for this is no longer a lead of the review.")
    said = batch.answers["votes"]
    return bring_in_votes(membership=membership, batch=batch, choices=Choices(said["who"], said["reasons"]))


@transaction.atomic
def bring_in_votes(*, membership: Membership, batch: ImportBatch, choices: Choices) -> Outcome:
    """Make decisions of the file's votes, settle what they settle, and log one event with totals.

    Votes that have their decision are left alone, so it can be done again when more reports are retrieved or more
    reviewers are known. Raises DomainError if the file is not imported, or choices do not fit the review.
    """
    batch = _lock_batch(batch)
    _check(membership, choices)
    occasion = Occasion(membership.review, membership.user)
    stayed: Counter[str] = Counter()
    brought_in = 0
    for stage in Stage:
        required = _required(membership.review_id, stage)
        for groups in _chunks(batch, choices, stage):
            work = _Work(batch, choices, Targets(stage, required, occasion))
            brought_in += work.do(groups)
            stayed += work.stayed
    if brought_in:
        names = dict(screening_members(membership.review_id))
        who = {name: names[user_id] for name, user_id in choices.who.items()}
        after = {"votes": brought_in, "reviewers": who, "stayed": dict(stayed)}
        log_event(occasion, AuditKind.VOTES_BROUGHT_IN, batch, after=after)
    return Outcome(brought_in, dict(stayed))


def _lock_batch(batch: ImportBatch) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("search").get(pk=batch.pk)
    if batch.state != BatchState.DONE:
        raise DomainError(f"“{batch.filename}” is {batch.get_state_display().lower()}; it has no votes to bring in.")
    return batch


def _check(membership: Membership, choices: Choices) -> None:
    members = {user_id for user_id, _ in screening_members(membership.review_id)}
    if not set(choices.who.values()) <= members:
        raise DomainError("Votes can only be those of a lead or reviewer of this review.", field="who")
    reasons = ExclusionReason.objects.filter(review_id=membership.review_id, retired_at=None)
    if not set(choices.reasons.values()) <= set(reasons.values_list("id", flat=True)):
        raise DomainError("This exclusion reason is not on the review’s list.", field="reasons")


def _required(review_id: int, stage: Stage) -> int:
    return StageSettings.objects.select_for_update().get(review_id=review_id, stage=stage).required


def _chunks(batch: ImportBatch, choices: Choices, stage: Stage) -> Iterator[dict[int, list[_Vote]]]:
    """The open votes of the stage by record, in the order of the records: the order in which they are locked."""
    rows = (
        elsewhere_votes(batch)
        .filter(decision=None, stage=stage, reviewer__in=choices.who)
        .order_by("target_id", "id")
        .values_list("id", "reviewer", "verdict", "reason", "target_id")
    )
    chunk: dict[int, list[_Vote]] = {}
    for target_id, votes in groupby(map(_Vote._make, rows.iterator(chunk_size=5000)), key=lambda vote: vote.target_id):
        chunk[target_id] = list(votes)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


@dataclass(frozen=True)
class Targets:
    """Records at title/abstract or reports at full text: how to lock many, and how to bring them in line."""

    stage: Stage
    required: int
    occasion: Occasion

    @property
    def column(self) -> str:
        """The foreign key of a judgement of them."""
        return target_column(self.stage)

    def lock(self, record_ids: Iterable[int]) -> dict[int, Row]:
        """Record id → the locked record, or its locked live report, in the order of their ids."""
        if self.stage == Stage.TITLE_ABSTRACT:
            records = Record.objects.select_for_update().filter(pk__in=record_ids).order_by("id")
            needed = records.only("id", "review_id", "title_abstract_status", "removal_reason")
            return {record.pk: record for record in needed}
        reports = Report.objects.select_for_update(of=("self",)).filter(record_id__in=record_ids, withdrawn_at=None)
        return {report.record_id: report for report in reports.select_related("record").order_by("id")}

    def decisions(self, rows: Iterable[Row]) -> dict[int, list[Decision]]:
        """Target id → the decisions that stand, oldest first."""
        found: dict[int, list[Decision]] = defaultdict(list)
        keys = {f"{self.column}__in": [row.pk for row in rows]}
        for decision in Decision.objects.filter(superseded_at=None, **keys).order_by("id"):
            found[getattr(decision, self.column)].append(decision)
        return found

    def settle(self, rows: Iterable[tuple[Row, Sequence[Decision]]]) -> None:
        """Bring each target in line with the decisions that stand for it."""
        if self.stage == Stage.TITLE_ABSTRACT:
            stand = [(row, Standing(self.required, decisions)) for row, decisions in rows if isinstance(row, Record)]
            apply_record_statuses([(row, standing.status(self.stage)) for row, standing in stand], self.occasion)
            return
        for row, decisions in rows:
            target = Target(self.stage, row, self.required)
            apply_standing(target, Standing(self.required, decisions), self.occasion)


class _Work:
    """One chunk of records with the votes made on them elsewhere."""

    def __init__(self, batch: ImportBatch, choices: Choices, targets: Targets) -> None:
        self.batch = batch
        self.choices = choices
        self.targets = targets
        self.stayed: Counter[str] = Counter()
        self.new: list[tuple[_Vote, Decision]] = []

    def do(self, groups: Mapping[int, Sequence[_Vote]]) -> int:
        """Bring in what can be; how many."""
        rows = self.targets.lock(groups)
        standing = self.targets.decisions(rows.values())
        for record_id, votes in groups.items():
            row = rows.get(record_id)
            why_not = _why_closed(row)
            if row is None or why_not:
                self.stayed[why_not] += len(votes)
                continue
            for vote in votes:
                self._take(vote, row, standing[row.pk])
        if not self.new:
            return 0
        Decision.objects.bulk_create([decision for _, decision in self.new], batch_size=1000)
        _link([(vote.id, decision.pk) for vote, decision in self.new])
        touched = {getattr(decision, self.targets.column) for _, decision in self.new}
        decisions = [decision for _, decision in self.new]
        keep_places(self.targets.stage, decisions, self.targets.required, self.targets.occasion.at)
        self.targets.settle([(row, standing[row.pk]) for row in rows.values() if row.pk in touched])
        return len(self.new)

    def _take(self, vote: _Vote, row: Row, standing: list[Decision]) -> None:
        user_id = self.choices.who[vote.reviewer]
        reason_id, why_not = self._reason(vote)
        if any(decision.reviewer_id == user_id for decision in standing):
            why_not = "own"
        elif len(standing) >= self.targets.required:
            why_not = "decided"
        if why_not:
            self.stayed[why_not] += 1
            return
        decision = Decision(
            review_id=row.review_id,
            stage=self.targets.stage,
            reviewer_id=user_id,
            verdict=vote.verdict,
            reason_id=reason_id,
            decided_at=self.targets.occasion.at,
            brought_in_from=self.batch,
            **{self.targets.column: row.pk},
        )
        standing.append(decision)
        self.new.append((vote, decision))

    def _reason(self, vote: _Vote) -> tuple[int | None, str]:
        if self.targets.stage == Stage.TITLE_ABSTRACT:
            return None, ""
        if vote.verdict == Verdict.MAYBE:
            return None, "maybe"
        if vote.verdict == Verdict.INCLUDE:
            return None, ""
        reason_id = self.choices.reasons.get(vote.reason.strip())
        return reason_id, "" if reason_id else "reason"


def _why_closed(row: Row | None) -> str:
    """Why no vote on this target is taken any more; empty where one is."""
    if row is None or (isinstance(row, Report) and row.retrieval_status != RetrievalStatus.RETRIEVED):
        return "waiting"
    if isinstance(row, Record):
        if row.removal_reason:
            return "removed"
        return "" if row.title_abstract_status == ScreeningStatus.PENDING else "decided"
    return "" if row.full_text_status == ScreeningStatus.PENDING else "decided"


def _link(pairs: Sequence[tuple[int, int]]) -> None:
    votes, decisions = [vote for vote, _ in pairs], [decision for _, decision in pairs]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{ElsewhereVote._meta.db_table}" AS vote SET decision_id = made.decision '
            "FROM unnest(%s::bigint[], %s::bigint[]) AS made(vote, decision) WHERE vote.id = made.vote",
            [votes, decisions],
        )


@transaction.atomic
def take_back_votes(*, membership: Membership, batch: ImportBatch) -> int:
    """Undo `bring_in_votes` for the whole file: its decisions are superseded and their targets settled anew; how many.

    Raises DomainError while something rests on them: a settled conflict, a member's later decision of their own, or
    work on a report that was sought because of them.
    """
    batch = _lock_batch(batch)
    occasion = Occasion(membership.review, membership.user)
    if changed_since(batch):
        raise DomainError("These votes cannot be taken back: a member has changed one of them since.")
    taken = 0
    for stage in reversed(Stage):
        targets = Targets(stage, _required(membership.review_id, stage), occasion)
        taken += _take_back(batch, targets)
    if not taken:
        raise DomainError("No votes of this file are brought in.")
    log_event(occasion, AuditKind.VOTES_TAKEN_BACK, batch, before={"votes": taken}, after={"votes": 0})
    return taken


def _take_back(batch: ImportBatch, targets: Targets) -> int:
    brought = Decision.objects.filter(brought_in_from=batch, superseded_at=None, stage=targets.stage)
    place = "record_id" if targets.stage == Stage.TITLE_ABSTRACT else "report__record_id"
    ids = sorted(set(brought.values_list(place, flat=True)))
    taken = 0
    for start in range(0, len(ids), CHUNK):
        rows = targets.lock(ids[start : start + CHUNK])
        keys = {f"{targets.column}__in": [row.pk for row in rows.values()]}
        settled = Adjudication.objects.filter(superseded_at=None, **keys)
        if settled.filter(confirmed_at__isnull=False).exists():
            raise DomainError("These votes cannot be taken back: a conflict between them has been settled since.")
        settled.update(superseded_at=targets.occasion.at)
        standing = targets.decisions(rows.values())
        gone = [one for decisions in standing.values() for one in decisions if one.brought_in_from_id == batch.pk]
        Decision.objects.filter(pk__in=[one.pk for one in gone]).update(superseded_at=targets.occasion.at)
        ElsewhereVote.objects.filter(decision__in=[one.pk for one in gone]).update(decision=None)
        leave_places(targets.stage, gone)
        kept = [(row, [d for d in standing[row.pk] if d.brought_in_from_id != batch.pk]) for row in rows.values()]
        try:
            targets.settle(kept)
        except DomainError as error:
            raise DomainError(
                "These votes cannot be taken back: work on full texts that are sought because of them has begun."
            ) from error
        taken += len(gone)
    return taken


def members_by_email(membership: Membership, pairs: Mapping[str, str]) -> dict[str, int]:
    """Reviewer of the file → user id, for e-mails of members who screen. Raises DomainError naming the unknown ones."""
    members = {user_id for user_id, _ in screening_members(membership.review_id)}
    users = {user.email.casefold(): user.pk for user in User.objects.filter(pk__in=members)}
    unknown = [email for email in pairs.values() if email.casefold() not in users]
    if unknown:
        raise DomainError(f"No lead or reviewer of this review has the e-mail {', '.join(unknown)}.")
    return {name: users[email.casefold()] for name, email in pairs.items()}
