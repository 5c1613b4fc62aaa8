"""Reads about votes made elsewhere: what a file holds, what became of it, and what nobody may read yet.

Blinding: a lead sees totals per reviewer, stage and verdict, never the vote on a record; and what a source wrote about
the votes on a record is shown to no one before its screening is over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Trim

from reviewapp.models import AuditEvent, Job, Membership
from screening.constants import (
    SETTLED_STATUSES,
    AuditKind,
    BatchState,
    RemovalReason,
    RetrievalStatus,
    ScreeningStatus,
    Stage,
    Verdict,
)
from screening.importers.own import tells_outcome
from screening.importers.rayyan import holds_votes, without_votes
from screening.importers.votes import is_vote_column
from screening.models import Decision, ElsewhereVote, ExclusionReason, ImportBatch, Record, Report

LEFT_WORDS = {
    "removed": "on records removed before screening for another reason than being duplicates",
    "waiting": "at full text, on reports that are not retrieved (yet)",
    "decided": "on records or reports that have all the votes they need",
    "own": "on records or reports on which this member has a vote already",
    "reason": "exclusions at full text without a reason from the review’s list",
    "maybe": "maybe at full text, which is no vote here",
}
"""Why a vote that was to be brought in stayed a count."""
PAST = {Verdict.INCLUDE: "included", Verdict.EXCLUDE: "excluded", Verdict.MAYBE: "maybe"}
_COVIDENCE_NAME = re.compile(r"_(included|excluded|irrelevant)_", re.IGNORECASE)


@dataclass(frozen=True)
class StageCounts:
    """Votes of one reviewer at one stage."""

    stage: Stage
    include: int
    maybe: int
    exclude: int
    brought_in: int


@dataclass(frozen=True)
class ElsewhereReviewer:
    """Someone who voted elsewhere, as the file calls them, and the member they are said to be (None: count only)."""

    name: str
    stages: list[StageCounts]
    member_id: int | None
    member_name: str = ""

    def _at(self, stage: Stage) -> StageCounts | None:
        return next((one for one in self.stages if one.stage == stage), None)

    @property
    def title_abstract(self) -> StageCounts | None:
        """Their votes at title and abstract, if any."""
        return self._at(Stage.TITLE_ABSTRACT)

    @property
    def full_text(self) -> StageCounts | None:
        """Their votes at full text, if any."""
        return self._at(Stage.FULL_TEXT)

    @property
    def brought_in(self) -> int:
        """How many of their votes are decisions."""
        return sum(one.brought_in for one in self.stages)

    @property
    def is_done(self) -> bool:
        """Whether all of their votes are brought in."""
        return all(one.brought_in == one.include + one.maybe + one.exclude for one in self.stages)


@dataclass(frozen=True)
class ElsewhereReason:
    """A reason of the file for exclusions at full text, and the review's reason it is said to be."""

    text: str
    count: int
    reason_id: int | None


@dataclass(frozen=True)
class ElsewhereView:
    """Everything a lead is shown of the votes in one file. `left`: (votes, why they stayed a count) the last time;
    without those that wait for their reports."""

    reviewers: list[ElsewhereReviewer]
    reasons: list[ElsewhereReason]
    members: list[tuple[int, str]]
    review_reasons: list[tuple[int, str]]
    brought_in: int
    open: int
    waiting: int
    """Votes at full text whose reports are not retrieved."""
    without_reason: int
    job: Job | None = None
    left: list[tuple[int, str]] = field(default_factory=list)


def elsewhere_votes(batch: ImportBatch) -> QuerySet[Any]:
    """The votes of the file in its order. `target_id`: the record judged, the kept one where it is a duplicate."""
    return ElsewhereVote.objects.filter(batch=batch).annotate(
        target_id=Coalesce("record__duplicate_of_id", "record_id")
    )


def _without_report(votes: QuerySet[Any]) -> QuerySet[Any]:
    retrieved = Report.objects.filter(
        record_id=OuterRef("target_id"), withdrawn_at=None, retrieval_status=RetrievalStatus.RETRIEVED
    )
    at_full_text = votes.filter(stage=Stage.FULL_TEXT)
    waiting: QuerySet[Any] = at_full_text.exclude(Exists(retrieved))
    return waiting


def elsewhere_view(membership: Membership, batch: ImportBatch) -> ElsewhereView | None:
    """For leads, in a fixed number of queries; None for others, and for a file without votes."""
    if not membership.is_lead or batch.state != BatchState.DONE:
        return None
    counts = list(
        ElsewhereVote.objects.filter(batch=batch)
        .order_by()
        .values_list("reviewer", "stage", "verdict")
        .annotate(n=Count("id"), done=Count("decision_id"))
    )
    if not counts:
        return None
    total, done = sum(row[3] for row in counts), sum(row[4] for row in counts)
    said = batch.answers.get("votes", {})
    members = screening_members(membership.review_id)
    reasons = list(
        ExclusionReason.objects.filter(review_id=membership.review_id, retired_at=None).values_list("id", "text")
    )
    wanted = _exclusions(batch)
    return ElsewhereView(
        reviewers=_reviewers(counts, _choices(said.get("who"), members, {row[0] for row in counts}), dict(members)),
        reasons=_reasons({text: n for text, n in wanted.items() if text}, said.get("reasons"), reasons),
        members=members,
        review_reasons=reasons,
        brought_in=done,
        open=total - done,
        waiting=_without_report(elsewhere_votes(batch).filter(decision=None)).count(),
        without_reason=wanted.get("", 0),
        job=Job.objects.filter(pk=said.get("job"), review_id=membership.review_id).first(),
        left=_left(batch),
    )


def screening_members(review_id: int) -> list[tuple[int, str]]:
    """(user id, name) of everyone whose votes can be brought in: leads and reviewers of the review now."""
    members = Membership.objects.filter(review_id=review_id, removed_at=None).select_related("user")
    return [(one.user_id, str(one.user)) for one in members.order_by("user__name", "id") if one.can_screen]


def _exclusions(batch: ImportBatch) -> dict[str, int]:
    """Reason → exclusions at full text that are not brought in."""
    votes = ElsewhereVote.objects.filter(batch=batch, stage=Stage.FULL_TEXT, verdict=Verdict.EXCLUDE, decision=None)
    trimmed = votes.annotate(text=Trim("reason")).order_by("text").values_list("text")
    return dict(trimmed.annotate(n=Count("id")))


def _choices(said: dict[str, int] | None, members: Sequence[tuple[int, str]], names: set[str]) -> dict[str, int | None]:
    """What was said the last time; else the member of exactly this name, where there is one only."""
    if said is not None:
        return {name: said.get(name) for name in names}
    by_name: dict[str, list[int]] = defaultdict(list)
    for user_id, name in members:
        by_name[name.casefold()].append(user_id)
    return {name: found[0] if len(found := by_name[name.casefold()]) == 1 else None for name in names}


def _reviewers(
    counts: Iterable[tuple[str, str, str, int, int]], chosen: dict[str, int | None], members: dict[int, str]
) -> list[ElsewhereReviewer]:
    numbers: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for name, stage, verdict, n, done in counts:
        numbers[name][stage][verdict] += n
        numbers[name][stage]["done"] += done
    return [
        ElsewhereReviewer(
            name,
            [
                StageCounts(stage, at[Verdict.INCLUDE], at[Verdict.MAYBE], at[Verdict.EXCLUDE], at["done"])
                for stage in Stage
                if (at := stages.get(stage)) is not None
            ],
            chosen[name],
            members.get(chosen[name] or 0, ""),
        )
        for name, stages in sorted(numbers.items(), key=lambda pair: (pair[0].casefold(), pair[0]))
    ]


def _reasons(
    wanted: dict[str, int], said: dict[str, int] | None, reasons: Sequence[tuple[int, str]]
) -> list[ElsewhereReason]:
    known = {text.casefold(): reason_id for reason_id, text in reasons}
    return [
        ElsewhereReason(text, n, said[text] if said and text in said else known.get(text.casefold()))
        for text, n in wanted.items()
    ]


def _left(batch: ImportBatch) -> list[tuple[int, str]]:
    events = AuditEvent.objects.filter(
        review_id=batch.search.review_id, object_type=ImportBatch._meta.model_name, object_id=batch.pk
    )
    last = events.filter(kind__in=(AuditKind.VOTES_BROUGHT_IN, AuditKind.VOTES_TAKEN_BACK)).order_by("-id").first()
    if last is None:
        return []
    stayed = last.after.get("stayed", {})
    return [(stayed[why], words) for why, words in LEFT_WORDS.items() if why in stayed and why != "waiting"]


def unnamed_counts(batch: ImportBatch) -> dict[str, int]:
    """Final states of the file for which no reviewer is named, "included at full text" → records: said, nobody's votes.

    Where only the name of one of Covidence's files says the state, it is that of all its records.
    """
    counted = batch.field_counts.get("elsewhere", [])
    found = {
        f"{PAST[Verdict(verdict.lower())]} at {Stage(stage.lower()).label.lower()}": n for stage, verdict, n in counted
    }
    name = _COVIDENCE_NAME.search(batch.filename)
    if not found and name and "Covidence" in batch.format_label and batch.state == BatchState.DONE:
        state = name.group(1).lower()
        words = "excluded at title and abstract" if state == "irrelevant" else f"{state} at full text"
        found = {words: Record.objects.filter(batch=batch).count()}
    return found


def unnamed_verdicts(batch: ImportBatch) -> list[str]:
    """`unnamed_counts` in words."""
    return [f"{n:,} {words}" for words, n in unnamed_counts(batch).items()]


@dataclass(frozen=True)
class BroughtInFile:
    """A file whose votes are decisions of members, and how many stand."""

    batch_id: int
    filename: str
    decisions: int


def brought_in_files(review_id: int) -> list[BroughtInFile]:
    """Files from which votes were brought in, in the order of their upload; one query."""
    rows = (
        Decision.objects.filter(review_id=review_id, superseded_at=None, brought_in_from__isnull=False)
        .order_by("brought_in_from_id")
        .values_list("brought_in_from_id", "brought_in_from__filename")
        .annotate(n=Count("id"))
    )
    return [BroughtInFile(*row) for row in rows]


def hidden_votes(records: Collection[Record]) -> set[int]:
    """Ids of those records whose source wrote about votes or outcomes, and whose screening is not over: their notes,
    other fields and source's entry are shown to no one (notes: after `without_votes`). In two queries.

    A duplicate is as open as the record it is a duplicate of. Removed before screening is over, too.
    """
    voted = set(ElsewhereVote.objects.filter(record__in=records).values_list("record_id", flat=True))
    return _still_open([record for record in records if record.pk in voted or _writes_votes(record)])


def blind_notes(records: Collection[Record]) -> dict[int, str]:
    """Record id → its notes without the votes in them, of those whose screening is not over; for exports. At most one
    query. The other records' notes may be read as they are."""
    holders = [record for record in records if holds_votes(record.notes)]
    hidden = _still_open(holders)
    return {record.pk: without_votes(record.notes) for record in holders if record.pk in hidden}


def _still_open(records: Collection[Record]) -> set[int]:
    kept = {record.duplicate_of_id or record.pk for record in records}
    over = set(Record.objects.filter(_OVER, pk__in=kept).values_list("id", flat=True)) if kept else set()
    return {record.pk for record in records if (record.duplicate_of_id or record.pk) not in over}


def _writes_votes(record: Record) -> bool:
    if holds_votes(record.notes) or holds_votes(record.raw):
        return True
    return any(is_vote_column(str(name)) or tells_outcome(str(name), str(value)) for name, value in record.other)


_OVER = (
    Q(removal_reason__in=[RemovalReason.AUTOMATION, RemovalReason.OTHER])
    | Q(title_abstract_status=ScreeningStatus.EXCLUDED)
    | Q(title_abstract_status=ScreeningStatus.INCLUDED)
    & (
        Q(report__full_text_status__in=SETTLED_STATUSES)
        | Q(report__retrieval_status=RetrievalStatus.NOT_RETRIEVED)
        | Q(report__withdrawn_at__isnull=False)
    )
)


def changed_since(batch: ImportBatch) -> bool:
    """Whether a member has put a decision of their own in the place of one that was brought in from the file."""
    own = Decision.objects.filter(reviewer_id=OuterRef("reviewer_id"), superseded_at=None, brought_in_from=None)
    brought = Decision.objects.filter(brought_in_from=batch, superseded_at__isnull=False)
    same_record = own.filter(record_id=OuterRef("record_id"), id__gt=OuterRef("id"))
    same_report = own.filter(report_id=OuterRef("report_id"), id__gt=OuterRef("id"))
    later = brought.annotate(
        other=Coalesce(Subquery(same_record.values("id")[:1]), Subquery(same_report.values("id")[:1]))
    )
    return later.filter(other__isnull=False, id__lt=F("other")).exists()
