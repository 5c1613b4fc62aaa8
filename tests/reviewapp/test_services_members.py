"""Changing and removing members: a lead always stays, votes always stay."""

from __future__ import annotations

import pytest
from django.http import Http404

from reviewapp.access import access_member
from reviewapp.constants import AuditKind, Role
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import AuditEvent, Membership
from reviewapp.services.members import LAST_LEAD, Part, change_member, remove_member
from screening.constants import Stage, Verdict
from screening.models import Decision
from screening.services.decisions import Judgement, submit_decision
from tests.factories import Cast, make_record


def change(cast: Cast, who: str, whom: str, part: Part) -> Membership:
    return change_member(membership=cast.membership(who), member=cast.membership(whom), part=part)


def test_a_role_is_changed_and_logged_from_and_to(cast: Cast) -> None:
    change(cast, "alice", "bob", Part(role=Role.LEAD, can_adjudicate=True))
    bob = cast.membership("bob")
    assert (bob.role, bob.can_adjudicate) == (Role.LEAD, True)
    event = AuditEvent.objects.get()
    assert (event.kind, event.object_id, event.object_label) == (AuditKind.MEMBER_CHANGED, bob.pk, "Bob Reviewer")
    assert event.before == {"role": "reviewer", "can_adjudicate": False}
    assert event.after == {"role": "lead", "can_adjudicate": True}


def test_only_the_changed_field_is_logged(cast: Cast) -> None:
    change(cast, "alice", "dan", Part(role=Role.REVIEWER, can_adjudicate=False))
    event = AuditEvent.objects.get()
    assert (event.before, event.after) == ({"can_adjudicate": True}, {"can_adjudicate": False})


def test_no_change_leaves_no_event(cast: Cast) -> None:
    change(cast, "alice", "bob", Part(role=Role.REVIEWER))
    assert not AuditEvent.objects.exists()


def test_an_observer_cannot_adjudicate(cast: Cast) -> None:
    with pytest.raises(DomainError) as caught:
        change(cast, "alice", "olga", Part(role=Role.OBSERVER, can_adjudicate=True))
    assert caught.value.field == "can_adjudicate"


def test_the_last_lead_stays_a_lead(cast: Cast) -> None:
    with pytest.raises(DomainError, match=LAST_LEAD):
        change(cast, "alice", "alice", Part(role=Role.REVIEWER))
    with pytest.raises(DomainError, match=LAST_LEAD):
        remove_member(membership=cast.membership("alice"), member=cast.membership("alice"))
    assert cast.membership("alice").is_lead
    assert not AuditEvent.objects.exists()


def test_the_last_lead_may_become_an_adjudicator_too(cast: Cast) -> None:
    assert change(cast, "alice", "alice", Part(role=Role.LEAD, can_adjudicate=True)).can_adjudicate


def test_one_of_two_leads_may_step_down_or_leave(cast: Cast) -> None:
    change(cast, "alice", "bob", Part(role=Role.LEAD))
    change(cast, "alice", "alice", Part(role=Role.REVIEWER))
    assert cast.membership("alice").role == Role.REVIEWER
    with pytest.raises(DomainError, match=LAST_LEAD):
        remove_member(membership=cast.membership("bob"), member=cast.membership("bob"))


@pytest.mark.parametrize("name", ["bob", "dan", "olga"])
def test_only_leads_change_members(cast: Cast, name: str) -> None:
    with pytest.raises(ForbiddenError):
        change(cast, name, "cara", Part(role=Role.LEAD))
    with pytest.raises(ForbiddenError):
        remove_member(membership=cast.membership(name), member=cast.membership("cara"))


def test_a_lead_demoted_meanwhile_changes_nothing(cast: Cast) -> None:
    change(cast, "alice", "bob", Part(role=Role.LEAD))
    stale_alice = cast.membership("alice")
    change(cast, "bob", "alice", Part(role=Role.REVIEWER))
    with pytest.raises(ForbiddenError):
        remove_member(membership=stale_alice, member=cast.membership("cara"))


def test_removal_ends_access_at_once_and_keeps_the_votes(cast: Cast) -> None:
    submit_decision(
        membership=cast.membership("bob"),
        stage=Stage.TITLE_ABSTRACT,
        target_id=make_record(cast.review).pk,
        judgement=Judgement(Verdict.INCLUDE),
    )
    remove_member(membership=cast.membership("alice"), member=cast.membership("bob"))
    with pytest.raises(Http404):
        access_member(cast.bob, cast.review.pk)
    assert Decision.objects.filter(reviewer=cast.bob, superseded_at=None).count() == 1
    event = AuditEvent.objects.get(kind=AuditKind.MEMBER_REMOVED)
    assert event.before == {"role": "reviewer", "can_adjudicate": False}


def test_removing_twice_is_stale(cast: Cast) -> None:
    bob = cast.membership("bob")
    remove_member(membership=cast.membership("alice"), member=bob)
    with pytest.raises(StaleError):
        remove_member(membership=cast.membership("alice"), member=bob)
    assert AuditEvent.objects.count() == 1
