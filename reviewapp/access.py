"""Fetch and authorise in one call, always within the review.

A stranger gets Http404 (the review's existence is nobody's business), a member without the role ForbiddenError.
Views call one of these first; nothing else fetches a Review or Membership for a request.
"""

from __future__ import annotations

from django.http import Http404

from reviewapp.errors import ForbiddenError
from reviewapp.models import Invitation, Job, Membership, Review, User
from reviewapp.numbers import as_number


def access_member(user: User, review_id: int) -> Membership:
    """The user's live membership with its review, in one query. Raises Http404 for strangers."""
    membership = (
        Membership.objects.select_related("review")
        .filter(review_id=review_id, user_id=user.pk, removed_at=None)
        .first()
    )
    if membership is None:
        raise Http404("No such review.")
    membership.user = user
    return membership


def access_lead(user: User, review_id: int) -> Membership:
    """As access_member, for leads. Raises ForbiddenError for other members."""
    membership = access_member(user, review_id)
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can do this.")
    return membership


def access_screener(user: User, review_id: int) -> Membership:
    """As access_member, for leads and reviewers. Raises ForbiddenError for observers."""
    membership = access_member(user, review_id)
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")
    return membership


def access_job(membership: Membership, job_id: int) -> Job:
    """A job of the member's review. Raises Http404."""
    job = Job.objects.filter(review_id=membership.review_id, pk=job_id).first()
    if job is None:
        raise Http404("No such job.")
    return job


def access_invitation(membership: Membership, invitation_id: int) -> Invitation:
    """An invitation into the member's review. Raises Http404."""
    invitation = Invitation.objects.filter(review_id=membership.review_id, pk=invitation_id).first()
    if invitation is None:
        raise Http404("No such invitation.")
    return invitation


def access_membership(membership: Membership, membership_id: int) -> Membership:
    """Another live membership of the same review. Raises Http404."""
    other = (
        Membership.objects.select_related("user", "review")
        .filter(review_id=membership.review_id, pk=membership_id, removed_at=None)
        .first()
    )
    if other is None:
        raise Http404("No such member.")
    return other


def access_review_by_name(name: str) -> Review:
    """A review by its slug, else by its number, for management commands. Raises Review.DoesNotExist."""
    review = Review.objects.filter(slug=name).first()
    return review or Review.objects.get(pk=as_number(name) or 0)  # no review has the number 0
