"""The page behind an invitation's link."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from reviewapp.constants import InvitationState
from reviewapp.errors import StaleError
from reviewapp.models import Invitation, User
from reviewapp.queries.members import find_invitation, invitation_state, is_live_member
from reviewapp.services.invitations import CLOSED, AlreadyMemberError, accept_invitation

UNKNOWN = "This link is not one of ours. Perhaps it was cut off on its way: copy the whole link from the e-mail."


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the invitation (GET) and joins the review (POST). A signed-out visitor is asked to sign in first.

    404 for an unknown link; 410 for one that was used, has expired or was revoked.
    """
    invitation = find_invitation(token)
    if invitation is None:
        return _closed(request, UNKNOWN, status=404)
    user = request.user
    if isinstance(user, User) and is_live_member(user, invitation.review_id):
        messages.info(request, "You are already a member of this review.")
        return redirect("reviewapp:review_overview", invitation.review_id)
    state = invitation_state(invitation, timezone.now())
    if state != InvitationState.OPEN:
        return _closed(request, CLOSED[state], status=410)
    if not isinstance(user, User):
        return render(request, "reviewapp/invitation_entrance.html", {"next": request.path})
    if request.method != "POST":
        return render(request, "reviewapp/invitation_accept.html", {"invitation": invitation})
    return _accept(request, user, invitation)


def _accept(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    try:
        accept_invitation(actor=user, invitation=invitation)
    except AlreadyMemberError as error:
        messages.info(request, error.message)
    except StaleError as error:
        return _closed(request, error.message, status=410)
    else:
        messages.success(request, "Welcome. You are now a member of this review.")
    return redirect("reviewapp:review_overview", invitation.review_id)


def _closed(request: HttpRequest, text: str, *, status: int) -> HttpResponse:
    return render(request, "reviewapp/invitation_closed.html", {"text": text}, status=status)
