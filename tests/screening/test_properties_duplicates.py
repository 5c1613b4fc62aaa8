"""What must hold of duplicates whatever is done in whatever order, on real rows: copies of two reports that differ here
and there, votes and full texts on them, and anything that persons may do to their pairs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reviewapp.errors import DomainError
from screening.constants import PairVerdict, PairZone, RetrievalStatus, ScreeningStatus, Stage
from screening.constants import Verdict as V
from screening.models import Decision, DuplicatePair, ImportBatch, Record, Report
from screening.queries.duplicate_settings import match_settings, settings_preview, settings_view
from screening.queries.duplicate_sources import duplicate_summary
from screening.queries.duplicates import match_inputs, open_pair_ids
from screening.queries.flow import flow_counts
from screening.rules.flow_checks import adds_up, check_flow
from screening.rules.matching import MatchSettings, cluster, find_pairs, make_veto_check
from screening.services.decisions import Judgement, submit_decision
from screening.services.duplicate_settings import change_settings
from screening.services.duplicates import (
    decide_pair,
    mark_duplicate,
    reopen_pair,
    start_duplicate_search,
    store_pairs,
)
from screening.services.marks import mark_while_screening, withdraw_mark
from screening.services.retrieval import set_retrieval
from tests.factories import Cast, make_cast, make_search
from tests.screening.duplicate_rows import FACTS, OTHER, copy, seek

pytestmark = pytest.mark.django_db
seeds = st.integers(0, 10_000)
some = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
THRESHOLDS = ((0.85, 0.05), (0.97, 0.5), (0.3, 0.02), (1, 1))


@contextmanager
def undone() -> Iterator[None]:
    """Each example starts from the same empty review."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class World:
    """One review with some records, all searched for duplicates; `choose` decides everything."""

    def __init__(self, seed: int, *, worked: bool = True) -> None:
        self.choose = random.Random(seed)
        self.cast = make_cast()
        searches = [make_search(self.cast.review, source=name) for name in ("Embase", "PubMed", "PubMed")]
        for _ in range(self.choose.randint(4, 8)):
            copy(self.cast, search=self.choose.choice(searches), **self.variant())
        if worked:
            self.screen()

    def variant(self) -> dict[str, Any]:
        """A description of one of two reports, complete or not, right or not."""
        pick = self.choose.choice
        fields: dict[str, Any] = dict(pick([FACTS, FACTS, FACTS, OTHER]))
        fields["doi"] = pick(["", "", "10.1000/one", "10.1000/one", "10.1000/two"])
        fields["pages"] = pick([fields["pages"], fields["pages"], "300-309", ""])
        fields["year"] = pick([2019, 2019, 2020, None])
        fields["title"] = pick([fields["title"], fields["title"], fields["title"] + ". Part II"])
        fields["abstract"] = pick([fields["abstract"], ""])
        return fields

    def screen(self) -> None:
        """Votes on some records; the reports of some that are included are retrieved."""
        for record in Record.objects.filter(review=self.cast.review).order_by("id"):
            if self.choose.random() < 0.6:
                verdict = self.choose.choice([V.INCLUDE, V.INCLUDE, V.EXCLUDE])
                for name in ("bob", "cara")[: self.choose.choice([1, 2, 2])]:
                    submit_decision(
                        membership=self.cast.membership(name),
                        stage=Stage.TITLE_ABSTRACT,
                        target_id=record.pk,
                        judgement=Judgement(verdict),
                    )
        for report in Report.objects.filter(review=self.cast.review, withdrawn_at=None).order_by("id"):
            if self.choose.random() < 0.4:
                status = RetrievalStatus.RETRIEVED
                set_retrieval(membership=self.cast.membership("bob"), report_id=report.pk, status=status, note="")

    def pair(self) -> DuplicatePair | None:
        pairs = list(DuplicatePair.objects.filter(review=self.cast.review).order_by("id"))
        return self.choose.choice(pairs) if pairs else None

    def two_records(self) -> list[Record]:
        return self.choose.sample(list(Record.objects.filter(review=self.cast.review).order_by("id")), 2)

    def act(self) -> None:
        """Anything that a person may do, allowed or refused; what is refused changes nothing."""
        try:
            with transaction.atomic():
                self.choose.choice([self.decide, self.decide, self.reopen, self.reopen, self.mark, self.move])()
        except DomainError:
            pass

    def decide(self) -> None:
        verdict = self.choose.choice([PairVerdict.SAME, PairVerdict.DISTINCT])
        if pair := self.pair():
            decide_pair(membership=self.cast.membership("alice"), pair=pair, verdict=verdict)

    def reopen(self) -> None:
        if pair := self.pair():
            reopen_pair(membership=self.cast.membership("alice"), pair=pair)

    def mark(self) -> None:
        a, b = self.two_records()
        who = self.cast.membership(self.choose.choice(["alice", "bob"]))
        marked = mark_while_screening(membership=who, record=a, of=b)
        if self.choose.random() < 0.3:
            withdraw_mark(membership=who, pair=marked)

    def move(self) -> None:
        certain, doubtful = self.choose.choice(THRESHOLDS)
        order = [search.pk for search in settings_view(self.cast.review.pk).sources]
        self.choose.shuffle(order)
        move_to(self.cast, certain, doubtful, order)

    # ---- what is looked at
    def votes(self) -> list[dict[str, Any]]:
        return list(Decision.objects.filter(review=self.cast.review).order_by("id").values())

    def snapshot(self) -> dict[str, Any]:
        """Everything that releasing must restore."""
        review = self.cast.review
        return {
            "records": list(
                Record.objects.filter(review=review)
                .order_by("id")
                .values_list("id", "duplicate_of_id", "removal_reason", "title_abstract_status", "borrowed")
            ),
            "reports": list(
                Report.objects.filter(review=review, withdrawn_at=None)
                .order_by("id")
                .values_list("id", "record_id", "retrieval_status", "full_text_status")
            ),
            "votes": self.votes(),
            "flow": flow_counts(review),
            "waiting": open_pair_ids(review.pk),
            "verdicts": list(
                DuplicatePair.objects.filter(review=review)
                .exclude(verdict=PairVerdict.UNLIKELY)
                .order_by("id")
                .values_list("id", "verdict", "decided_by")
            ),
        }

    def groups(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for record_id, link in Record.objects.filter(review=self.cast.review).values_list("id", "duplicate_of_id"):
            found.setdefault(link or record_id, []).append(record_id)
        return [group for group in found.values() if len(group) > 1]


def move_to(cast: Cast, certain: float, doubtful: float, order: list[int] | None = None) -> None:
    view = settings_view(cast.review.pk)
    change_settings(
        membership=cast.membership("alice"),
        certain=certain,
        doubtful=doubtful,
        source_order=view.order if order is None else order,
        seen=view.version,
    )


def check_everything(world: World) -> None:
    review = world.cast.review
    counts = flow_counts(review)
    assert adds_up(check_flow(counts))
    summary = duplicate_summary(review.pk)
    assert summary.removed == counts.duplicates == sum(len(group) - 1 for group in world.groups())
    assert counts.duplicates_within == summary.within
    assert min(source.across for source in summary.sources) >= 0
    chains = Record.objects.filter(review=review, duplicate_of__duplicate_of__isnull=False)
    assert not chains.exists()
    live = Report.objects.filter(review=review, withdrawn_at=None)
    assert not live.filter(record__duplicate_of__isnull=False).exists()
    screened = Record.objects.filter(review=review, removal_reason="", title_abstract_status=ScreeningStatus.INCLUDED)
    assert live.count() == screened.count()
    check_groups(world)


def check_groups(world: World) -> None:
    """Nothing told apart is in one group; nothing the rules forbid, unless a person joined the group, or the very two
    were found to be the same."""
    review = world.cast.review
    forbidden = make_veto_check(match_inputs(Record.objects.filter(review=review)))
    pairs = {(pair.first_id, pair.second_id): pair for pair in DuplicatePair.objects.filter(review=review)}
    for group in world.groups():
        inside = [pairs[two] for two in combinations(sorted(group), 2) if two in pairs]
        assert all(pair.verdict != PairVerdict.DISTINCT for pair in inside)
        if any(pair.verdict == PairVerdict.SAME and pair.decided_by_id for pair in inside):
            continue
        assert not any(pair.vetoed for pair in inside)
        found = {(pair.first_id, pair.second_id) for pair in inside if pair.verdict == PairVerdict.SAME}
        assert not any(forbidden(*two) for two in combinations(sorted(group), 2) if two not in found)


@some
@given(seed=seeds)
def test_votes_survive_and_numbers_add_up_whatever_is_done(seed: int) -> None:
    with undone():
        world = World(seed)
        votes = world.votes()
        seek(world.cast)
        check_everything(world)
        for _ in range(8):
            world.act()
            check_everything(world)
            assert world.votes() == votes
        ImportBatch.objects.filter(search__review=world.cast.review).update(compared_at=None)
        persons = DuplicatePair.objects.filter(review=world.cast.review).exclude(decided_by=None, marked_by=None)
        before = list(persons.order_by("id").values())
        seek(world.cast)
        assert list(persons.order_by("id").values()) == before
        check_everything(world)


@some
@example(seed=1456)  # a report withdrawn meanwhile must not decide which record is kept afterwards
@example(seed=0)  # a sure pair that stood against a person's decision is merged again
@given(seed=seeds)
def test_adding_then_releasing_restores_everything(seed: int) -> None:
    with undone():
        world = World(seed)
        seek(world.cast)
        alice = world.cast.membership("alice")
        before = world.snapshot()
        pairs = DuplicatePair.objects.filter(review=world.cast.review)
        steps = [there_and_back(world, pair) for pair in pairs]
        a, b = sorted(world.two_records(), key=lambda record: record.pk)
        if not pairs.filter(first=a, second=b, verdict=PairVerdict.SAME).exists():
            steps.append(lambda: mark_duplicate(membership=alice, record=a, of=b))
        for joined in steps:
            try:
                with transaction.atomic():
                    merged = joined()
            except DomainError:
                continue
            reopen_pair(membership=alice, pair=merged)
            after = world.snapshot()
            for name, value in before.items():
                assert (name, after[name]) == (name, value)


def there_and_back(world: World, pair: DuplicatePair) -> Callable[[], DuplicatePair]:
    """The first step: an automatic merge is released, an open pair decided as the same."""
    alice = world.cast.membership("alice")
    if pair.verdict == PairVerdict.SAME:
        return lambda: reopen_pair(membership=alice, pair=pair)
    return lambda: decide_pair(membership=alice, pair=pair, verdict=PairVerdict.SAME)


@some
@given(seed=seeds)
def test_thresholds_there_and_back_restore_everything_and_previews_are_right(seed: int) -> None:
    with undone():
        world = World(seed)
        seek(world.cast)
        usual = match_settings(world.cast.review.pk)
        before = world.snapshot()
        for certain, doubtful in THRESHOLDS:
            said = settings_preview(world.cast.review.pk, MatchSettings(certain, doubtful))
            move_to(world.cast, certain, doubtful)
            assert said.removed_then == Record.objects.filter(duplicate_of__isnull=False).count()
            check_everything(world)
        move_to(world.cast, usual.certain, usual.doubtful)
        assert world.snapshot() == before


@some
@given(seed=seeds)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    """Neither for what is found, nor for what is stored and kept."""
    with undone():
        world = World(seed)
        records = match_inputs(Record.objects.filter(review=world.cast.review))
        found = find_pairs(records, settings=MatchSettings(doubtful=0.01))
        outcomes = []
        for _ in range(3):
            world.choose.shuffle(records)
            again = find_pairs(records, settings=MatchSettings(doubtful=0.01))
            assert again == found
            world.choose.shuffle(again)
            assert cluster(again) == cluster(found)
            with undone():
                job = start_duplicate_search(membership=world.cast.membership("alice"))
                store_pairs(job=job, found=again, compared=[])
                links = Record.objects.filter(review=world.cast.review).order_by("id")
                verdicts = Counter(DuplicatePair.objects.values_list("first_id", "second_id", "verdict", "zone"))
                outcomes.append((list(links.values_list("id", "duplicate_of_id")), verdicts))
        assert outcomes[0] == outcomes[1] == outcomes[2]


def test_the_worlds_hold_what_the_properties_are_about() -> None:
    """Merges, doubts, vetoes, votes on copies and reports of copies. Else the tests above would prove nothing."""
    seen: Counter[str] = Counter()
    for seed in range(12):
        with undone():
            world = World(seed)
            seek(world.cast)
            seen["merged"] += bool(world.groups())
            seen["open"] += bool(open_pair_ids(world.cast.review.pk))
            seen["vetoed"] += DuplicatePair.objects.filter(vetoed=True).exists()
            seen["doubtful"] += DuplicatePair.objects.filter(zone=PairZone.DOUBTFUL).exists()
            seen["voted copy"] += Decision.objects.filter(record__duplicate_of__isnull=False).exists()
            seen["withdrawn"] += Report.objects.filter(withdrawn_at__isnull=False).exists()
            seen["retrieved"] += Report.objects.filter(retrieval_status=RetrievalStatus.RETRIEVED).exists()
    assert len(seen) == 7
    assert min(seen.values()) >= 2, seen
