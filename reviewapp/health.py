"""[shell] ``/healthz``: whether this process can serve, for load balancers, health checks and ``make demo``."""

from __future__ import annotations

import logging

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)
BROKER_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """``ok`` when the database and the broker answer; 503 naming the one that does not. Tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("The database does not answer.")
        return HttpResponse("database\n", status=503, content_type="text/plain")
    try:
        with redis.Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
        ) as client:
            client.ping()
    except redis.RedisError:
        logger.exception("The broker does not answer.")
        return HttpResponse("broker\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
