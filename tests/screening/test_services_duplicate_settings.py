"""Thresholds and source order: moved by a lead, followed by what no person decided, and by nothing else."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent
from screening.constants import AuditKind, JobKind, PairVerdict, PairZone, RetrievalStatus
from screening.models import DuplicatePair, DuplicateSettings, ImportBatch, Record
from screening.queries.duplicate_settings import settings_preview, settings_view
from screening.queries.duplicate_sources import duplicate_summary
from screening.queries.duplicates import merged_pairs, open_pair_ids
from screening.queries.records import record_view
from screening.rules.matching import DEFAULT, MatchSettings
from screening.services import duplicate_settings as service
from screening.services.clusters import APART
from screening.services.duplicate_settings import AppliedSettings, change_settings
from screening.services.duplicates import decide_pair, reopen_pair
from screening.tasks import apply_duplicate_settings
from tests.factories import Cast, make_cast, make_record, make_records, make_search
from tests.screening.duplicate_rows import FACTS, automatic, copy, include, kept, pair, regroup, seek

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def change(
    cast: Cast, certain: float = 0.85, doubtful: float = 0.05, *, order: tuple[int, ...] = (), who: str = "alice"
) -> AppliedSettings:
    return change_settings(
        membership=cast.membership(who),
        certain=certain,
        doubtful=doubtful,
        source_order=order,
        seen=settings_view(cast.review.pk).version,
    )


def verdicts(*pairs: DuplicatePair) -> list[str]:
    found = dict(DuplicatePair.objects.values_list("id", "verdict"))
    return [found[one.pk] for one in pairs]


# ---- what the finder stores


def test_an_unlikely_pair_is_stored_and_shown_nowhere(cast: Cast) -> None:
    """The same title, authors and volume on other pages: with these thresholds too unlike to be shown."""
    copy(cast)
    copy(cast, pages="300-311")
    copy(cast, doi="10.1000/a1")
    change(cast, 1, 1)
    counts = seek(cast)
    unlikely = DuplicatePair.objects.filter(verdict=PairVerdict.UNLIKELY)
    assert {row.vetoed for row in unlikely} == {True}
    assert {row.zone for row in unlikely} == {PairZone.DISTINCT}
    assert all(0.01 <= (row.probability or 0) < 1 and row.reasons for row in unlikely)
    assert (counts["certain"], counts["doubtful"]) == (1, 0)
    assert open_pair_ids(cast.review.pk) == []
    assert merged_pairs(cast.review.pk).count() == 1
    summary = duplicate_summary(cast.review.pk)
    assert (summary.automatic, summary.waiting, summary.apart, summary.by_person) == (1, 0, 0, 0)
    record = unlikely[0].second
    assert all(row.verdict != PairVerdict.UNLIKELY for row in record_view(cast.membership("alice"), record).pairs)


def test_what_is_less_probable_than_the_floor_is_not_stored(cast: Cast) -> None:
    copy(cast)
    copy(cast, year=2012, volume="3", pages="5")
    seek(cast)
    assert not DuplicatePair.objects.exists()


def test_an_unlikely_pair_can_neither_be_decided_nor_taken_back(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    unlikely = pair(cast, a, b, zone="distinct", verdict=PairVerdict.UNLIKELY, decided_at=cast.review.created_at)
    bob = cast.membership("bob")
    with pytest.raises(StaleError, match="no longer asked about"):
        decide_pair(membership=bob, pair=unlikely, verdict=PairVerdict.SAME)
    assert reopen_pair(membership=bob, pair=unlikely).verdict == PairVerdict.UNLIKELY
    assert not AuditEvent.objects.filter(object_type="duplicatepair").exists()


# ---- moving the thresholds


def test_pairs_follow_the_thresholds_there_and_back(cast: Cast) -> None:
    a, b, c, d, e, f = make_records(cast.review, 6)
    sure = automatic(cast, a, b, 0.97)
    open_ = pair(cast, c, d, probability=0.6)
    unlikely = pair(
        cast,
        e,
        f,
        probability=0.03,
        zone=PairZone.DISTINCT,
        verdict=PairVerdict.UNLIKELY,
        decided_at=cast.review.created_at,
    )
    regroup(cast)
    change(cast, 0.5, 0.02)
    assert verdicts(sure, open_, unlikely) == ["same", "same", "open"]
    assert len(set(kept(c, d))) == 1
    change(cast, 0.99, 0.7)
    assert verdicts(sure, open_, unlikely) == ["open", "unlikely", "unlikely"]
    assert kept(a, b, c, d) == [a.pk, b.pk, c.pk, d.pk]
    change(cast)
    assert verdicts(sure, open_, unlikely) == ["same", "open", "unlikely"]
    zones = dict(DuplicatePair.objects.values_list("id", "zone"))
    assert [zones[one.pk] for one in (sure, open_, unlikely)] == ["certain", "doubtful", "distinct"]


def test_what_persons_said_never_changes(cast: Cast) -> None:
    a, b, c, d, e, f, g, h = make_records(cast.review, 8)
    bob = cast.membership("bob")
    same = decide_pair(membership=bob, pair=pair(cast, a, b, probability=0.2), verdict=PairVerdict.SAME)
    apart = decide_pair(membership=bob, pair=pair(cast, c, d, probability=0.8), verdict=PairVerdict.DISTINCT)
    released = automatic(cast, e, f)
    regroup(cast)
    reopen_pair(membership=bob, pair=released)
    marked = pair(cast, g, h, probability=0.9, marked_by=cast.bob, marked_at=cast.review.created_at)
    before = list(DuplicatePair.objects.order_by("id").values())
    for certain, doubtful in ((0.1, 0.05), (1, 1), (0.5, 0.5)):
        change(cast, certain, doubtful)
        assert verdicts(same, apart, released, marked) == ["same", "distinct", "distinct", "open"]
    assert list(DuplicatePair.objects.order_by("id").values()) == before
    assert kept(a, b, c, d, e, f)[:2] in ([a.pk, a.pk], [b.pk, b.pk])


def test_past_decisions_stand_on_the_next_search_after_the_settings_changed(cast: Cast) -> None:
    copy(cast, doi="10.1000/a")
    copy(cast, doi="10.1000/a")
    seek(cast)
    reopen_pair(membership=cast.membership("bob"), pair=DuplicatePair.objects.get())
    change(cast, 0.3, 0.02)
    ImportBatch.objects.update(compared_at=None)
    assert seek(cast)["removed"] == 0
    assert DuplicatePair.objects.get().verdict == PairVerdict.DISTINCT


def test_the_next_search_uses_the_new_thresholds(cast: Cast) -> None:
    change(cast, 1, 0.9)
    copy(cast)
    copy(cast, title=FACTS["title"].replace("evening", "evenings"), year=2020)
    assert seek(cast)["removed"] == 0
    assert DuplicatePair.objects.get().verdict == PairVerdict.OPEN


def test_a_vetoed_pair_is_never_merged_by_the_system(cast: Cast) -> None:
    a, b = make_records(cast.review, 2)
    vetoed = pair(cast, a, b, probability=0.95, vetoed=True)
    change(cast, 0.1, 0.05)
    assert verdicts(vetoed) == ["open"]


def test_full_texts_under_work_keep_a_pair_open_at_any_threshold(cast: Cast) -> None:
    a, b = copy(cast), copy(cast)
    for record in (a, b):
        include(cast, record, retrieval_status=RetrievalStatus.RETRIEVED)
    question = pair(cast, a, b, probability=0.6)
    change(cast, 0.5, 0.05)
    change(cast, 0.4, 0.05)
    question.refresh_from_db()
    assert question.verdict == PairVerdict.OPEN
    assert question.reasons == [APART]
    assert kept(a, b) == [a.pk, b.pk]


def test_one_event_with_before_and_after_and_none_for_nothing(cast: Cast) -> None:
    search = make_search(cast.review)
    change(cast, 0.9, 0.1)
    change(cast, 0.9, 0.1)
    event = AuditEvent.objects.get(kind=AuditKind.DUPLICATE_SETTINGS_CHANGED)
    assert event.before == {"certain": DEFAULT.certain, "doubtful": DEFAULT.doubtful, "source_order": [search.pk]}
    assert event.after == {"certain": 0.9, "doubtful": 0.1, "source_order": [search.pk]}
    assert event.actor == cast.alice


@pytest.mark.parametrize(
    ("certain", "doubtful", "field"),
    [
        (0.5, 0.6, "certain"),
        (0.5, 0.001, "doubtful"),
        (1.1, 0.5, "certain"),
        (0.5, float("nan"), "doubtful"),
        (float("nan"), 0.5, "certain"),
    ],
)
def test_thresholds_that_do_not_fit_are_refused(cast: Cast, certain: float, doubtful: float, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        change(cast, certain, doubtful)
    assert refused.value.field == field
    assert not DuplicateSettings.objects.exists()


def test_only_leads(cast: Cast) -> None:
    for name in ("bob", "dan", "olga"):
        with pytest.raises(ForbiddenError):
            change(cast, who=name)


def test_the_second_lead_hears_of_the_first(cast: Cast) -> None:
    seen = settings_view(cast.review.pk).version
    change(cast, 0.9, 0.1)
    with pytest.raises(StaleError):
        change_settings(membership=cast.membership("alice"), certain=0.5, doubtful=0.2, source_order=[], seen=seen)
    assert settings_view(cast.review.pk).thresholds == MatchSettings(certain=0.9, doubtful=0.1)


# ---- source order


def test_the_preferred_source_is_kept_among_equals(cast: Cast) -> None:
    one, two = make_search(cast.review), make_search(cast.review)
    a, b = copy(cast, search=one), copy(cast, search=two)
    automatic(cast, a, b)
    regroup(cast)
    assert kept(a, b) == [a.pk, a.pk]
    change(cast, order=(two.pk, one.pk))
    assert kept(a, b) == [b.pk, b.pk]
    three = make_search(cast.review)
    assert settings_view(cast.review.pk).order == [two.pk, one.pk, three.pk]
    change(cast, order=(three.pk, 999_999))
    assert settings_view(cast.review.pk).order == [three.pk, two.pk, one.pk]


def test_the_fuller_record_is_kept_whatever_the_order(cast: Cast) -> None:
    one, two = make_search(cast.review), make_search(cast.review)
    full, bare = copy(cast, search=one), copy(cast, search=two, abstract="", journal="")
    automatic(cast, full, bare)
    change(cast, order=(two.pk, one.pk))
    assert kept(full, bare) == [full.pk, full.pk]


# ---- the preview


def test_the_preview_says_what_then_happens_and_changes_nothing(cast: Cast) -> None:
    a, b, c, d, e, f, g = (copy(cast) for _ in range(7))
    automatic(cast, a, b, 0.9)
    pair(cast, b, c, probability=0.7)
    pair(cast, d, e, probability=0.3)
    apart = pair(cast, f, g, probability=0.5)
    regroup(cast)
    decide_pair(membership=cast.membership("bob"), pair=apart, verdict=PairVerdict.DISTINCT)
    for thresholds in (MatchSettings(0.6, 0.2), MatchSettings(0.95, 0.5), MatchSettings(0.2, 0.1), DEFAULT):
        rows = list(DuplicatePair.objects.order_by("id").values()), kept(a, b, c, d, e)
        said = settings_preview(cast.review.pk, thresholds)
        assert (list(DuplicatePair.objects.order_by("id").values()), kept(a, b, c, d, e)) == rows
        change(cast, thresholds.certain, thresholds.doubtful)
        assert said.removed_then == Record.objects.filter(duplicate_of__isnull=False).count()
        after = settings_preview(cast.review.pk, thresholds)
        assert [zone.then for zone in said.zones] == [zone.now for zone in after.zones]
        assert (after.difference, after.moved, after.by_person) == (0, False, 1)
        assert sum(one.total for one in said.bins) == sum(zone.then for zone in said.zones) == 3


def test_the_preview_does_not_chain_what_must_stay_apart(cast: Cast) -> None:
    a, b = copy(cast, doi="10.1000/one"), copy(cast, doi="10.1000/one")
    c = copy(cast, doi="10.1000/two", title="Evening light and sleep: a cohort study", pages="300-309")
    automatic(cast, a, b)
    pair(cast, a, c, probability=0.6)
    regroup(cast)
    said = settings_preview(cast.review.pk, MatchSettings(0.5, 0.05))
    assert said.difference == 0
    change(cast, 0.5)
    assert kept(c) == [c.pk]


def test_the_edges_show_the_nearest_pairs_first(cast: Cast) -> None:
    records = make_records(cast.review, 24)
    values = [0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.82, 0.84]
    for place, value in enumerate(values):
        pair(cast, records[2 * place], records[2 * place + 1], probability=value)
    pair(cast, records[0], records[2], probability=0.81, vetoed=True)
    certain, doubtful = settings_preview(cast.review.pk, MatchSettings(0.7, 0.5)).edges
    assert [row.probability for row in certain.above] == [0.7, 0.75, 0.8, 0.82, 0.84]
    assert [row.probability for row in certain.below] == [0.65, 0.6, 0.55, 0.5, 0.4]
    assert [row.probability for row in doubtful.above] == [0.5, 0.55, 0.6, 0.65, 0.7]
    assert [row.probability for row in doubtful.below] == [0.4, 0.3, 0.2]


# ---- many pairs: in the background


def test_many_pairs_follow_in_a_job(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 1)
    a, b, c, d = make_records(cast.review, 4)
    first, second = pair(cast, a, b, probability=0.6), pair(cast, c, d, probability=0.3)
    job = change(cast, 0.5).job
    assert job is not None
    assert job.kind == JobKind.APPLY_DUPLICATE_SETTINGS
    assert verdicts(first, second) == ["open", "open"]
    assert settings_view(cast.review.pk).job == job
    for _ in range(2):
        apply_duplicate_settings(job.pk)
    assert verdicts(first, second) == ["same", "open"]
    job.refresh_from_db()
    assert job.message == "1 record more is removed as a duplicate."
    assert AuditEvent.objects.get(kind=AuditKind.DUPLICATE_SETTINGS_APPLIED).after == {"removed": 1, "released": 0}
    assert settings_view(cast.review.pk).job is None


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_leave_no_mixture() -> None:
    cast = make_cast()
    records = make_records(cast.review, 20)
    pairs = [pair(cast, records[2 * n], records[2 * n + 1], probability=(n + 1) / 11) for n in range(10)]
    for turn in range(5):
        version, heard, gate = settings_view(cast.review.pk).version, [], threading.Barrier(2)

        def move(certain: float, version: str, heard: list[str], gate: threading.Barrier) -> None:
            try:
                membership = cast.membership("alice")
                gate.wait(10)
                change_settings(
                    membership=membership, certain=certain, doubtful=certain / 2, source_order=[], seen=version
                )
                heard.append("stored")
            except StaleError:
                heard.append("stale")
            finally:
                connection.close()

        threads = [
            threading.Thread(target=move, args=(value, version, heard, gate))
            for value in (0.4 + turn / 100, 0.8 + turn / 100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(heard) == ["stale", "stored"]
        thresholds = settings_view(cast.review.pk).thresholds
        expected = [str(thresholds.zone(one.probability or 0, vetoed=False)) for one in pairs]
        assert list(DuplicatePair.objects.order_by("id").values_list("zone", flat=True)) == expected


def test_a_record_of_another_review_is_not_touched(cast: Cast) -> None:
    mine = pair(cast, *make_records(cast.review, 2), probability=0.6)
    a, b = make_record(cast.other_review), make_record(cast.other_review)
    foreign = DuplicatePair.objects.create(
        review=cast.other_review, first=a, second=b, probability=0.6, zone=PairZone.DOUBTFUL, verdict=PairVerdict.OPEN
    )
    change(cast, 0.5)
    assert verdicts(mine, foreign) == ["same", "open"]
