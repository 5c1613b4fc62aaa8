"""Conflicts: the queue, one conflict with both votes unnamed, and its settling."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from reviewapp.access import access_screener
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.htmx import Request, render_review, status_of
from reviewapp.models import Membership
from screening.constants import Stage
from screening.forms.decision import AdjudicationForm
from screening.models import ExclusionReason
from screening.queries.conflicts import conflict_items, conflict_page, sees_conflicts, waiting_conflicts
from screening.queries.reports import live_file
from screening.services.adjudication import adjudicate, answer_consensus, propose_consensus

PAGE_SIZE = 50


def _access(request: Request, review_id: int) -> Membership:
    membership = access_screener(request.user, review_id)
    if not sees_conflicts(membership):
        raise ForbiddenError("Conflicts are settled by the adjudicators of this review. A lead can make you one.")
    return membership


@require_GET
def conflict_index(request: Request, review_id: int) -> HttpResponse:
    """Where the Conflicts tab leads: the first stage with something to settle."""
    membership = _access(request, review_id)
    waiting = [stage for stage in Stage if waiting_conflicts(membership, stage).exists()]
    return redirect("screening:conflict_list", review_id, next(iter(waiting), Stage.TITLE_ABSTRACT))


@require_GET
def conflict_list(request: Request, review_id: int, stage: Stage) -> HttpResponse:
    """All conflicts of a stage that this member may settle."""
    membership = _access(request, review_id)
    page = Paginator(conflict_items(membership, stage), PAGE_SIZE).get_page(request.GET.get("page"))
    items = [(target if stage == Stage.TITLE_ABSTRACT else target.record).as_shown() for target in page]
    rows = list(zip(page, items, strict=True))
    other = next(one for one in Stage if one != stage)
    context = {
        "stage": stage,
        "page": page,
        "rows": rows,
        "count": waiting_conflicts(membership, stage).count(),
        "other_stage": other,
        "other_count": waiting_conflicts(membership, other).count(),
    }
    return render_review(request, membership, "screening/conflict_list.html", context)


def _render_conflict(
    request: Request, membership: Membership, stage: Stage, target_id: int, problem: DomainError | None = None
) -> HttpResponse:
    conflict = conflict_page(membership, stage, target_id)
    if conflict is None:
        raise problem or Http404("No such conflict.")
    report = conflict.item.report
    context = {
        "conflict": conflict,
        "stage": stage,
        "problem": problem,
        "form": AdjudicationForm(request.POST or None),
        "file": live_file(report) if report else None,
        "reasons": ExclusionReason.objects.filter(review_id=membership.review_id, retired_at=None),
        "left": waiting_conflicts(membership, stage).count(),
    }
    status = status_of(problem) if problem else 200
    return render_review(request, membership, "screening/conflict_detail.html", context, status=status)


@require_GET
def conflict_detail(request: Request, review_id: int, stage: Stage, target_id: int) -> HttpResponse:
    """One conflict: what was judged, and both votes as A and B."""
    return _render_conflict(request, _access(request, review_id), stage, target_id)


@require_POST
def conflict_settle(request: Request, review_id: int, stage: Stage, target_id: int) -> HttpResponse:
    """The third reviewer's verdict, or one reviewer's proposal of a consensus."""
    membership = _access(request, review_id)
    conflict = conflict_page(membership, stage, target_id)
    if conflict is None:
        raise StaleError("This conflict is not, or not any more, yours to settle.")
    form = AdjudicationForm(request.POST)
    if not form.is_valid():
        return _render_conflict(request, membership, stage, target_id, form.problem())
    settle = adjudicate if conflict.may_adjudicate else propose_consensus
    try:
        settle(membership=membership, stage=stage, target_id=target_id, judgement=form.judgement())
    except DomainError as problem:
        return _render_conflict(request, membership, stage, target_id, problem)
    done = "The conflict is settled." if conflict.may_adjudicate else "Your proposal waits for its answer."
    messages.success(request, done)
    return _go_on(membership, stage, target_id)


@require_POST
def conflict_answer(request: Request, review_id: int, stage: Stage, target_id: int) -> HttpResponse:
    """Confirm or decline a proposed consensus."""
    membership = _access(request, review_id)
    agree = {"agree": True, "decline": False}.get(request.POST.get("answer", ""))
    try:
        answer_consensus(membership=membership, stage=stage, target_id=target_id, agree=agree)
    except (ForbiddenError, StaleError):
        raise
    except DomainError as problem:
        return _render_conflict(request, membership, stage, target_id, problem)
    messages.success(request, "The conflict is settled." if agree else "The proposal has been declined.")
    return (
        _go_on(membership, stage, target_id)
        if agree
        else redirect("screening:conflict_detail", review_id, stage, target_id)
    )


def _go_on(membership: Membership, stage: Stage, target_id: int) -> HttpResponse:
    """To the next conflict after this one, else to the list."""
    following = waiting_conflicts(membership, stage).filter(pk__gt=target_id).values_list("pk", flat=True).first()
    if following is None:
        return redirect("screening:conflict_list", membership.review_id, stage)
    return redirect("screening:conflict_detail", membership.review_id, stage, following)
