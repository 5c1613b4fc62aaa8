"""What a person must say of a file before it is read; what is remembered of columns for the next one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp.access import access_lead
from reviewapp.errors import DomainError, StaleError
from reviewapp.forms import show_error
from reviewapp.htmx import Request, render_review
from reviewapp.models import Membership
from screening.access import access_batch, access_mapping
from screening.constants import BatchQuestion, BatchState
from screening.forms.question import EncodingForm, MappingForm
from screening.models import ImportBatch
from screening.queries.questions import remembered_mappings
from screening.services.questions import answer_question, decline_question, forget_mapping
from screening.tasks import import_batch


@require_http_methods(["GET", "POST"])
def batch_question(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """The question that a file waits with, and its answer."""
    membership = access_lead(request.user, review_id)
    batch = access_batch(membership, batch_id)
    if request.method == "GET":
        return _render(request, membership, batch, _form(batch))
    form = _form(batch, request.POST)
    if form is None or request.POST.get("question") != batch.question:
        raise StaleError(f"“{batch.filename}” does not wait for this answer any more; somebody may have given it.")
    if form.is_valid():
        try:
            batch = answer_question(membership=membership, batch=batch, answers=form.answers())
        except StaleError:
            raise
        except DomainError as error:
            show_error(form, error)
        else:
            import_batch.delay_on_commit(batch.job_id)
            messages.success(request, f"Thank you. “{batch.filename}” is being imported.")
            return redirect("screening:batch_detail", review_id, batch.pk)
    return _render(request, membership, batch, form, status=422)


def _form(batch: ImportBatch, data: object = None) -> EncodingForm | MappingForm | None:
    """The form of the open question; None where no question is open."""
    if batch.state != BatchState.ASKING:
        return None
    return (EncodingForm if batch.question == BatchQuestion.ENCODING else MappingForm)(batch.preview, data)


def _render(
    request: Request,
    membership: Membership,
    batch: ImportBatch,
    form: EncodingForm | MappingForm | None,
    status: int = 200,
) -> HttpResponse:
    context = {"batch": batch, "form": form, "remembered": remembered_mappings(membership.review_id)}
    return render_review(request, membership, "screening/batch_question.html", context, status=status)


@require_POST
def batch_decline(request: Request, review_id: int, batch_id: int) -> HttpResponse:
    """Do not import a file that waits for an answer."""
    membership = access_lead(request.user, review_id)
    batch = decline_question(membership=membership, batch=access_batch(membership, batch_id))
    messages.success(request, f"“{batch.filename}” is not imported.")
    return redirect("screening:search_detail", review_id, batch.search_id)


@require_POST
def mapping_forget(request: Request, review_id: int, mapping_id: int) -> HttpResponse:
    """Ask again for the next table with these headings."""
    membership = access_lead(request.user, review_id)
    forget_mapping(membership=membership, mapping=access_mapping(membership, mapping_id))
    messages.success(request, "Forgotten. The next table with these headings asks again.")
    return redirect("screening:search_list", review_id)
