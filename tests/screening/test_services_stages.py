"""Settings of the stages and reasons: defaults, and what the log keeps of each change."""

from __future__ import annotations

import pytest

from reviewapp.errors import DomainError
from reviewapp.models import AuditEvent, Review
from screening.constants import DEFAULT_EXCLUSION_REASONS, DEFAULT_REQUIRED, MAX_REQUIRED, AuditKind, Stage
from screening.models import ExclusionReason, StageSettings
from screening.services.stages import (
    BARE_REASONS,
    add_reason,
    create_defaults,
    move_reason,
    retire_reason,
    set_required,
)
from tests.factories import Cast


def reasons(cast: Cast) -> list[tuple[str, int]]:
    live = ExclusionReason.objects.filter(review=cast.review, retired_at=None)
    return list(live.values_list("text", "position"))


def test_a_new_review_has_two_reviewers_per_stage_and_reasons_in_order(cast: Cast) -> None:
    review = Review.objects.create(title="New", slug="new", created_by=cast.alice, created_at=cast.review.created_at)
    create_defaults(review, cast.alice)
    stages = dict(StageSettings.objects.filter(review=review).values_list("stage", "required"))
    assert stages == dict.fromkeys(Stage, DEFAULT_REQUIRED)
    assert DEFAULT_REQUIRED == 2
    texts = ExclusionReason.objects.filter(review=review).values_list("text", flat=True)
    assert tuple(texts) == tuple(DEFAULT_EXCLUSION_REASONS)
    assert not BARE_REASONS & {text.lower() for text in texts}


@pytest.mark.parametrize("number", [1, 3, MAX_REQUIRED])
def test_a_change_of_reviewers_is_logged_once(cast: Cast, number: int) -> None:
    for _ in range(2):
        set_required(membership=cast.membership("alice"), stage=Stage.FULL_TEXT, required=number)
    [event] = AuditEvent.objects.all()
    assert (event.kind, event.before, event.after) == (
        AuditKind.STAGE_CHANGED,
        {"required": 2},
        {"required": number},
    )


@pytest.mark.parametrize("number", [0, MAX_REQUIRED + 1])
def test_a_number_out_of_range_is_refused(cast: Cast, number: int) -> None:
    with pytest.raises(DomainError, match=f"Between 1 and {MAX_REQUIRED}"):
        set_required(membership=cast.membership("alice"), stage=Stage.FULL_TEXT, required=number)
    assert not AuditEvent.objects.exists()


def test_moves_keep_positions_without_gaps_and_are_logged(cast: Cast) -> None:
    alice = cast.membership("alice")
    third = add_reason(membership=alice, text="Wrong outcomes")
    move_reason(membership=alice, reason_id=third.pk, up=True)
    assert reasons(cast) == [("Wrong population", 1), ("Wrong outcomes", 2), ("Wrong study design", 3)]
    event = AuditEvent.objects.latest("id")
    assert event.before == {"reasons": ["Wrong population", "Wrong study design", "Wrong outcomes"]}
    assert event.after == {"reasons": ["Wrong population", "Wrong outcomes", "Wrong study design"]}


@pytest.mark.parametrize(("place", "up"), [(0, True), (1, False)])
def test_at_the_edge_nothing_moves_and_nothing_is_logged(cast: Cast, place: int, up: bool) -> None:
    before = reasons(cast)
    reason = ExclusionReason.objects.get(review=cast.review, text=before[place][0])
    move_reason(membership=cast.membership("alice"), reason_id=reason.pk, up=up)
    assert reasons(cast) == before
    assert not AuditEvent.objects.exists()


def test_a_retired_reason_does_not_disturb_the_order_of_the_others(cast: Cast) -> None:
    alice = cast.membership("alice")
    third, fourth = (add_reason(membership=alice, text=text) for text in ("Wrong outcomes", "Wrong setting"))
    retire_reason(membership=alice, reason_id=third.pk)
    move_reason(membership=alice, reason_id=fourth.pk, up=True)
    assert reasons(cast) == [("Wrong population", 1), ("Wrong setting", 2), ("Wrong study design", 3)]
    again = add_reason(membership=alice, text="WRONG OUTCOMES")
    assert again.pk == third.pk
    assert [text for text, _ in reasons(cast)][-1] == "Wrong outcomes"
    with pytest.raises(DomainError, match="not on the list"):
        retire_reason(membership=alice, reason_id=0)
