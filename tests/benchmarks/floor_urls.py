"""The site's URLs plus a floor: the least that a page which stores one thing and shows the next can cost here.

Session, sign-in, CSRF, the site's own middlewares, a template with one record, three queries (the user's, the
membership's, the record's) and one INSERT; no lock, no claim, no audit, no rule.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from reviewapp.models import Membership
from reviewapp.urls import urlpatterns as site
from screening.models import Record
from screening.queries.screening import SHOWN_FIELDS

TABLE = "CREATE TABLE benchmark_floor (id bigserial PRIMARY KEY, user_id bigint, record_id bigint, verdict text)"


@require_POST
def floor(request: HttpRequest, review_id: int, record_id: int) -> HttpResponse:
    """Store one row and show the record after `record_id`."""
    member = Membership.objects.filter(review_id=review_id, user_id=request.user.pk, removed_at=None).first()
    record = Record.objects.filter(review_id=review_id, pk__gt=record_id).order_by("pk").only(*SHOWN_FIELDS).first()
    if member is None or record is None:
        raise Http404
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO benchmark_floor (user_id, record_id, verdict) VALUES (%s, %s, %s)",
            [request.user.pk, record_id, request.POST["verdict"]],
        )
    return render(request, "benchmarks/floor.html", {"record": record, "review_id": review_id})


urlpatterns = [*site, path("benchmark/<int:review_id>/<int:record_id>/", floor)]
