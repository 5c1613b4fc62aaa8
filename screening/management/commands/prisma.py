"""`manage.py prisma REVIEW --format json|csv|svg`: the flow that the review's page shows."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.access import access_review_by_name
from reviewapp.models import Review
from screening.exporters.flow_csv import flow_csv
from screening.exporters.flow_json import flow_json
from screening.exporters.flow_svg import flow_svg
from screening.queries.flow import flow_counts


class Command(BaseCommand):
    """Print a review's PRISMA 2020 flow."""

    help = "Print a review's PRISMA 2020 flow, derived from its decisions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """REVIEW and the format."""
        parser.add_argument("review", help="The review's short name or number.")
        parser.add_argument("--format", choices=["json", "csv", "svg"], default="json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for an unknown review."""
        try:
            review = access_review_by_name(options["review"])
        except Review.DoesNotExist as error:
            raise CommandError(f"There is no review “{options['review']}”.") from error
        counts = flow_counts(review)
        texts = {
            "json": lambda: json.dumps(flow_json(counts), indent=1, ensure_ascii=False),
            "csv": lambda: flow_csv(counts).rstrip("\n"),
            "svg": lambda: flow_svg(counts, title=f"PRISMA 2020 flow diagram: {review}"),
        }
        self.stdout.write(texts[options["format"]]())
