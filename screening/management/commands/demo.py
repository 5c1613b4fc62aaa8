"""`manage.py demo`: the worked example re-enacted, and a small review left half-way. Keeps what is there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from reviewapp.contributions import registry
from reviewapp.models import Review
from screening.queries.flow import flow_counts
from screening.services.demo import DEMO_SLUG, PEOPLE, load_demo


class Command(BaseCommand):
    """Load the demo; a second run changes nothing."""

    help = "Re-enact the worked example through the app's own importers, rules and services."

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to stderr, the accounts to stdout."""
        load_demo(password=settings.DEMO_PASSWORD, say=self.stderr.write)
        worked_example = Review.objects.get(slug=DEMO_SLUG)
        for name in sorted(registry.demo_steps):
            registry.demo_steps[name](worked_example, self.stderr.write)
        counts = flow_counts(worked_example)
        self.stdout.write(
            f"Worked example: {counts.identified} records identified, {counts.removed} removed, "
            f"{counts.records_screened} screened, {counts.new_studies} studies included."
        )
        self.stdout.write(f"Demo accounts (password {settings.DEMO_PASSWORD}):")
        for email, name, role, adjudicates in PEOPLE:
            part = "adjudicator" if adjudicates else role.label.lower()
            self.stdout.write(f"  {email:<20} {name}, {part}")
