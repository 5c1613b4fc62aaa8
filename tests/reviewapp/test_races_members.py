"""Two people change a team at once, on two connections, against real PostgreSQL."""

from __future__ import annotations

import pytest

from reviewapp.constants import AuditKind, Role
from reviewapp.errors import DomainError, StaleError
from reviewapp.models import AuditEvent, Invitation, Membership, Review
from reviewapp.services.invitations import accept_invitation, invite_member
from reviewapp.services.members import Part, change_member
from reviewapp.services.reviews import ReviewDraft, create_review
from tests.factories import Cast, make_cast, make_user
from tests.screening.test_races_decisions import together

ROUNDS = 15
REVIEWER = Part(role=Role.REVIEWER)


@pytest.fixture
def team(transactional_db: None) -> Cast:
    return make_cast()


def test_one_person_accepts_twice_at_once(team: Cast) -> None:
    for number in range(ROUNDS):
        sent = invite_member(membership=team.membership("alice"), email=f"e{number}@example.org", part=REVIEWER)
        eve = make_user("Eve")
        accept = lambda eve=eve, sent=sent: accept_invitation(actor=eve, invitation=sent.invitation)  # noqa: E731
        outcomes = together(accept, accept)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyMemberError", "Membership"]
        assert Membership.objects.filter(user=eve).count() == 1
    assert AuditEvent.objects.filter(kind=AuditKind.INVITATION_ACCEPTED).count() == ROUNDS


def test_two_people_accept_one_link_at_once(team: Cast) -> None:
    for number in range(ROUNDS):
        sent = invite_member(membership=team.membership("alice"), email=f"e{number}@example.org", part=REVIEWER)
        people = make_user("Eve"), make_user("Frank")
        outcomes = together(
            *(lambda who=who, sent=sent: accept_invitation(actor=who, invitation=sent.invitation) for who in people)
        )
        assert sorted(type(outcome) is StaleError for outcome in outcomes) == [False, True]
        assert Membership.objects.filter(user__in=people).count() == 1


def test_the_same_address_invited_twice_at_once_has_one_open_link(team: Cast) -> None:
    alice = team.membership("alice")
    for number in range(ROUNDS):
        email = f"e{number}@example.org"
        invite = lambda email=email: invite_member(membership=alice, email=email, part=REVIEWER)  # noqa: E731
        outcomes = together(invite, invite)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert Invitation.objects.filter(email=email, revoked_at=None).count() == 1


def test_two_leads_who_demote_each_other_leave_one(team: Cast) -> None:
    for _ in range(ROUNDS):
        Membership.objects.filter(review=team.review, user__in=[team.alice, team.bob]).update(role=Role.LEAD)
        alice, bob = team.membership("alice"), team.membership("bob")
        outcomes = together(
            lambda a=alice, b=bob: change_member(membership=a, member=b, part=REVIEWER),
            lambda a=alice, b=bob: change_member(membership=b, member=a, part=REVIEWER),
        )
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1
        assert Membership.objects.filter(review=team.review, role=Role.LEAD).count() == 1


def test_reviews_of_one_title_created_at_once(team: Cast) -> None:
    for number in range(ROUNDS):
        title = f"Sleep and work {number}"
        create = lambda title=title: create_review(actor=team.alice, draft=ReviewDraft(title=title))  # noqa: E731
        outcomes = together(create, create, create)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert Review.objects.filter(title=title).count() == 3
