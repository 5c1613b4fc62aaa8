"""Members of a review and the invitations that lead adds them by."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp.access import access_invitation, access_lead, access_member, access_membership
from reviewapp.constants import INVITATION_VALID_DAYS
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.forms import InvitationForm, PartForm, show_error
from reviewapp.htmx import Request, render_review
from reviewapp.mail import send_invitation
from reviewapp.models import Invitation, Membership
from reviewapp.queries.members import live_members, unanswered_invitations
from reviewapp.services.invitations import SentInvitation, invite_member, revoke_invitation
from reviewapp.services.members import Part, change_member, remove_member

PAGE_SIZE = 50
LINK_COOKIE = "invitation-link"
LINK_SECONDS = 120


@never_cache
@require_GET
def member_list(request: Request, review_id: int) -> HttpResponse:
    """Who is in the review; for leads, who is invited, and right after inviting the link, once."""
    membership = access_member(request.user, review_id)
    link = request.get_signed_cookie(LINK_COOKIE, "", salt=str(review_id), max_age=LINK_SECONDS)
    context = {"link": link if membership.is_lead else ""}
    response = _render_list(request, membership, InvitationForm(), context)
    response.delete_cookie(LINK_COOKIE, path=request.path)
    return response


def _render_list(
    request: Request, membership: Membership, form: InvitationForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    page = Paginator(live_members(membership), PAGE_SIZE).get_page(request.GET.get("page"))
    invitations = list(unanswered_invitations(membership)[:PAGE_SIZE]) if membership.is_lead else []
    full = {"page": page, "invitations": invitations, "form": form, "now": timezone.now(), **context}
    full["valid_days"] = INVITATION_VALID_DAYS
    return render_review(request, membership, "reviewapp/member_list.html", full, status=status)


@require_POST
def invitation_create(request: Request, review_id: int) -> HttpResponse:
    """Invite someone by e-mail."""
    membership = access_lead(request.user, review_id)
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            sent = invite_member(membership=membership, email=form.cleaned_data["email"], part=form.part())
        except ForbiddenError:
            raise
        except DomainError as error:
            show_error(form, error)
        else:
            return _deliver(request, sent)
    return _render_list(request, membership, form, {}, status=422)


@require_POST
def invitation_resend(request: Request, review_id: int, invitation_id: int) -> HttpResponse:
    """A new link for the same address and role; the former link ends."""
    membership = access_lead(request.user, review_id)
    former = access_invitation(membership, invitation_id)
    if former.accepted_at is not None:
        raise StaleError(f"{former.email} has accepted the invitation in the meantime.")
    part = Part(role=former.role, can_adjudicate=former.can_adjudicate)
    return _deliver(request, invite_member(membership=membership, email=former.email, part=part))


def _deliver(request: Request, sent: SentInvitation) -> HttpResponse:
    """E-mail the link, and hand it to the lead's own browser for the next page: the server keeps only its hash."""
    link = request.build_absolute_uri(reverse("reviewapp:invitation_accept", args=[sent.token]))
    transaction.on_commit(partial(_mail, request, sent.invitation, link))
    review_id = sent.invitation.review_id
    response = redirect("reviewapp:member_list", review_id)
    response.set_signed_cookie(
        LINK_COOKIE,
        link,
        salt=str(review_id),
        max_age=LINK_SECONDS,
        path=reverse("reviewapp:member_list", args=[review_id]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def _mail(request: Request, invitation: Invitation, link: str) -> None:
    if send_invitation(invitation, link):
        messages.success(request, f"An invitation is on its way to {invitation.email}.")
    else:
        messages.warning(
            request, f"The e-mail to {invitation.email} could not be sent. Copy the link below and send it yourself."
        )


@require_POST
def invitation_revoke(request: Request, review_id: int, invitation_id: int) -> HttpResponse:
    """End an invitation's link."""
    membership = access_lead(request.user, review_id)
    invitation = revoke_invitation(membership=membership, invitation=access_invitation(membership, invitation_id))
    messages.success(request, f"The invitation of {invitation.email} has been withdrawn; its link no longer works.")
    return redirect("reviewapp:member_list", review_id)


@require_http_methods(["GET", "POST"])
def member_change(request: Request, review_id: int, member_id: int) -> HttpResponse:
    """A member's role and flag."""
    membership = access_lead(request.user, review_id)
    member = access_membership(membership, member_id)
    form = PartForm(request.POST) if request.method == "POST" else PartForm.of(member)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            change_member(membership=membership, member=member, part=form.part())
        except (ForbiddenError, StaleError):
            raise
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, f"{member.user}'s part in the review has been changed.")
            return redirect("reviewapp:member_list", review_id)
    context = {"member": member, "form": form}
    return render_review(request, membership, "reviewapp/member_change.html", context, status=status)


@require_POST
def member_remove(request: Request, review_id: int, member_id: int) -> HttpResponse:
    """End a member's access; what they did stays."""
    membership = access_lead(request.user, review_id)
    member = remove_member(membership=membership, member=access_membership(membership, member_id))
    if member.pk == membership.pk:
        messages.success(request, f"You have left “{membership.review}”.")
        return redirect("reviewapp:review_list")
    messages.success(request, f"{member.user} is no longer a member. What they did in the review stays.")
    return redirect("reviewapp:member_list", review_id)
