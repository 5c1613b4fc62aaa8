"""The Celery application: `celery -A reviewapp worker`."""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
app = Celery("reviewapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger(__name__)
SWEEPS = ("screening.tasks.take_up_lost_jobs", "bias.tasks.keep_summaries")


class Sweep(bootsteps.StartStopStep):
    """Every JOB_SWEEP_SECONDS, and soon after the worker has (again) reached the broker: look for lost work.

    A worker that is killed, or a broker that loses the last second before it is, must not leave a job waiting until a
    person notices, nor until the broker gives up on the killed worker.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """`parent` is the worker's consumer; its timers end with its connection."""
        seconds = float(app.conf.job_sweep_seconds)
        parent.timer.call_after(min(1.0, seconds), self.send, (seconds,))
        parent.timer.call_repeatedly(seconds, self.send, (seconds,))

    def send(self, seconds: float) -> None:
        """Enqueue the sweeps; one that no worker has time for is forgotten when the next is due."""
        for name in SWEEPS:
            try:
                app.send_task(name, expires=seconds, retry=False)
            except OperationalError as error:  # the worker itself is about to notice
                logger.warning("the broker cannot be reached: %s", error)


app.steps["consumer"].add(Sweep)
