"""Re-enact the worked example, and a small review left half-way, through the app's own importers, rules and services.

No count is set here: the export files, the true fate of each report and the votes come from the seeded generator in
`screening.demo`; everything else follows from the same functions that the pages call.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind, JobState, Role
from reviewapp.models import Job, Membership, Review, User
from reviewapp.services.reviews import ReviewDraft, create_review
from screening.constants import PairVerdict, RetrievalStatus, ScreeningStatus, SourceKind, Stage, Verdict
from screening.demo.generator import build_demo
from screening.demo.small import build_small
from screening.demo.types import DemoCorpus, FullTextReason, Source, SourceFile, Vote
from screening.demo.writers import write_exports
from screening.models import DuplicatePair, ExclusionReason, Record, Report
from screening.queries.duplicates import open_pair_ids
from screening.services.adjudication import adjudicate
from screening.services.decisions import Judgement, submit_decision
from screening.services.duplicates import decide_pair, seek_duplicates, start_duplicate_search
from screening.services.imports import import_file
from screening.services.retrieval import set_retrieval
from screening.services.searches import SearchFacts, create_search
from screening.services.stages import add_reason, retire_reason
from screening.services.uploads import receive_upload

DEMO_SLUG = "demo"
SMALL_SLUG = "back-pain"
PEOPLE = (
    ("alice@example.org", "Alice Moreau", Role.LEAD, False),
    ("bob@example.org", "Bob Adeyemi", Role.REVIEWER, False),
    ("cara@example.org", "Cara Lindqvist", Role.REVIEWER, False),
    ("dan@example.org", "Dan Ito", Role.REVIEWER, True),
    ("olga@example.org", "Olga Petrova", Role.OBSERVER, False),
)
RETRIEVED_NOTE = "Read at the publisher's site; no copy is kept with the demo."
Say = Callable[[str], None]


@dataclass(frozen=True)
class Team:
    """The demo's memberships of one review, by first name."""

    review: Review
    alice: Membership
    bob: Membership
    cara: Membership
    dan: Membership


DRAFTS = {
    DEMO_SLUG: {
        "title": "Role of generative artificial intelligence in personalised medicine",
        "question": "What is the role of generative artificial intelligence in personalised medicine?",
        "population": "Patients or healthcare settings in which personalised medicine is practised",
        "intervention": "Generative models: adversarial networks, variational autoencoders, transformers",
        "comparison": "Conventional statistics, other machine learning, or decisions without AI",
        "outcomes": "Predictive accuracy, patient outcomes, efficiency of drug discovery, ethical aspects",
        "study_designs": "Trials, observational studies, retrospective analyses, computational modelling",
        "inclusion_criteria": "Generative AI is used in the care of single patients\nOriginal, peer-reviewed\nEnglish",
        "exclusion_criteria": "Reviews, editorials, commentaries\nPreprints\nNo transparent methods or incomplete data",
    },
    SMALL_SLUG: {
        "title": "Exercise for chronic low back pain in adults",
        "question": "Does exercise reduce pain in adults with chronic low back pain?",
        "population": "Adults with low back pain for three months or longer",
        "intervention": "Exercise of any kind, supervised or at home",
        "comparison": "No exercise, usual care, or another treatment",
        "outcomes": "Pain and function",
        "study_designs": "Randomised trials and cohort studies",
        "inclusion_criteria": "Adults\nPain for three months or longer\nExercise is what is tested",
        "exclusion_criteria": "Children\nAcute pain or surgery\nReviews and protocols",
    },
}


def load_demo(*, password: str, say: Say) -> list[User]:
    """Make the demo's people and both reviews, each in one transaction; what exists already is kept as it is."""
    people = [_person(email, name, password) for email, name, _, _ in PEOPLE]
    for slug, load in ((DEMO_SLUG, _load_worked_example), (SMALL_SLUG, _load_small_review)):
        if not Review.objects.filter(slug=slug).exists():
            with transaction.atomic():
                load(_team(slug, people), say)
    return people


@transaction.atomic
def _person(email: str, name: str, password: str) -> User:
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(email, password, name=name)


def _team(slug: str, people: list[User]) -> Team:
    draft = ReviewDraft(**DRAFTS[slug])
    lead = create_review(actor=people[0], draft=draft)
    lead.review.slug = slug
    lead.review.save(update_fields=["slug"])
    occasion = Occasion(lead.review, lead.user)
    members = [lead]
    for user, (_, _, role, adjudicates) in list(zip(people, PEOPLE, strict=True))[1:]:
        member = Membership.objects.create(
            review=lead.review, user=user, role=role, can_adjudicate=adjudicates, joined_at=occasion.at
        )
        log_event(occasion, AuditKind.MEMBER_ADDED, member, after={"role": role, "can_adjudicate": adjudicates})
        members.append(member)
    return Team(lead.review, *members[:4])


def _import(team: Team, corpus: DemoCorpus, say: Say) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = write_exports(corpus, Path(folder))
        for file in corpus.files:
            content = ContentFile(paths[file.source.value].read_bytes(), name=file.filename)
            _import_one(team, file, content)
    say(f"  {Record.objects.filter(review=team.review).count()} records imported from {len(corpus.files)} files")


def _import_one(team: Team, file: SourceFile, content: ContentFile[bytes]) -> None:
    facts = SearchFacts(
        source=file.source.value,
        kind=SourceKind.DATABASE,
        platform=file.platform,
        strategy='("generative AI" OR "generative adversarial network*" OR "variational autoencoder*") AND '
        '("precision medicine" OR "personali?ed treatment")'
        if team.review.slug == DEMO_SLUG
        else '("low back pain" OR lumbago) AND (exercise OR "physical training")',
        date_run=dt.date(2025, 2, 3),
        reported_count=file.records,
    )
    search = create_search(membership=team.alice, facts=facts)
    batch = receive_upload(membership=team.alice, search=search, file=content, filename=file.filename)
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    _close_job(batch.job)


def _close_job(job: Job | None) -> None:
    """The work was done here, at once, instead of by a worker."""
    now = timezone.now()
    Job.objects.filter(pk=job.pk if job else 0).update(state=JobState.DONE, started_at=now, finished_at=now)


def _find_duplicates(team: Team, corpus: DemoCorpus, say: Say) -> None:
    job = start_duplicate_search(membership=team.alice)
    counts = seek_duplicates(job=job, report=lambda done, total: None)
    _close_job(job)
    keys = report_keys(team.review, corpus)
    decided = 0
    while waiting := open_pair_ids(team.review.pk):
        pair = DuplicatePair.objects.get(pk=waiting[0])
        same = keys[pair.first_id] == keys[pair.second_id]
        decide_pair(membership=team.alice, pair=pair, verdict=PairVerdict.SAME if same else PairVerdict.DISTINCT)
        decided += 1
    say(f"  {counts['removed']} duplicates found automatically; {decided} doubtful pairs decided by the lead")


def report_keys(review: Review, corpus: DemoCorpus) -> dict[int, str]:
    """Key of the generated report behind each imported record, by the record's place in its source's file."""
    rows = Record.objects.filter(review=review).values_list("pk", "search__source", "position")
    return {pk: corpus.position(Source(source), position - 1) for pk, source, position in rows}


def _judgement(vote: Vote, reasons: Mapping[str, int]) -> Judgement:
    return Judgement(Verdict[vote.verdict], reasons[vote.reason.value] if vote.reason else None, vote.note)


def _screen(team: Team, corpus: DemoCorpus, say: Say) -> None:
    keys = report_keys(team.review, corpus)
    records = Record.objects.filter(review=team.review, removal_reason="").order_by("id")
    for record_id in records.values_list("pk", flat=True):
        _vote(team, Stage.TITLE_ABSTRACT, record_id, corpus, keys[record_id])
    say(f"  {records.count()} records screened by two reviewers, conflicts settled by a third")


def _vote(team: Team, stage: Stage, target_id: int, corpus: DemoCorpus, key: str) -> None:
    votes = (corpus.title_abstract if stage == Stage.TITLE_ABSTRACT else corpus.full_text)[key]
    reasons = dict(ExclusionReason.objects.filter(review=team.review).values_list("text", "pk"))
    status = ScreeningStatus.PENDING
    for membership, vote in ((team.bob, votes.first), (team.cara, votes.second)):
        submitted = submit_decision(
            membership=membership, stage=stage, target_id=target_id, judgement=_judgement(vote, reasons)
        )
        status = submitted.status
    if status == ScreeningStatus.CONFLICT and votes.ruling is not None:
        ruling = votes.ruling
        reason = reasons[ruling.reason.value] if ruling.reason else None
        judgement = Judgement(Verdict[ruling.verdict], reason, ruling.rationale)
        adjudicate(membership=team.dan, stage=stage, target_id=target_id, judgement=judgement)


def _retrieve_and_assess(team: Team, corpus: DemoCorpus, say: Say) -> None:
    keys = report_keys(team.review, corpus)
    reports = Report.objects.filter(review=team.review, withdrawn_at=None).order_by("id")
    for report_id, record_id in list(reports.values_list("pk", "record_id")):
        note = corpus.retrieval_notes.get(keys[record_id], "")
        status = RetrievalStatus.NOT_RETRIEVED if note else RetrievalStatus.RETRIEVED
        set_retrieval(membership=team.bob, report_id=report_id, status=status, note=note or RETRIEVED_NOTE)
        if status == RetrievalStatus.RETRIEVED:
            _vote(team, Stage.FULL_TEXT, report_id, corpus, keys[record_id])
    say(f"  {reports.count()} reports sought and assessed")


def _load_worked_example(team: Team, say: Say) -> None:
    say("Re-enacting the worked example ...")
    corpus = build_demo()
    for reason in FullTextReason:
        add_reason(membership=team.alice, text=reason.value)
    own = {reason.value for reason in FullTextReason}
    others = ExclusionReason.objects.filter(review=team.review, retired_at=None).exclude(text__in=own)
    for reason_id in list(others.values_list("pk", flat=True)):
        retire_reason(membership=team.alice, reason_id=reason_id)
    _import(team, corpus, say)
    _find_duplicates(team, corpus, say)
    _screen(team, corpus, say)
    _retrieve_and_assess(team, corpus, say)


def _load_small_review(team: Team, say: Say) -> None:
    say("Preparing a small review, left half-way ...")
    small = build_small()
    _import(team, small.corpus, say)
    _find_duplicates(team, small.corpus, say)
    keys = report_keys(team.review, small.corpus)
    records = Record.objects.filter(review=team.review, removal_reason="").order_by("id")
    for record_id in records.values_list("pk", flat=True):
        for membership, vote in zip((team.bob, team.cara), small.votes.get(keys[record_id], (None, None)), strict=True):
            if vote is not None:
                submit_decision(
                    membership=membership,
                    stage=Stage.TITLE_ABSTRACT,
                    target_id=record_id,
                    judgement=_judgement(vote, {}),
                )
