"""`manage.py export_records REVIEW --format ris --box included --votes -o FILE`: the file that the page downloads."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.access import access_review_by_name
from reviewapp.audit import Occasion
from reviewapp.errors import DomainError
from reviewapp.models import Review
from screening.exporters.registry import EXPORTERS
from screening.queries.exports import Selection, export_options, export_rows, filter_words, selection_of, voter_names
from screening.queries.flow import box_records
from screening.queries.records import RecordFilter, record_list
from screening.services.exports import ExportFacts, log_export


class Command(BaseCommand):
    """Write a review's records to a file or to the standard output."""

    help = "Export the records of a review, or of one box of its flow. Votes only on settled records."

    def add_arguments(self, parser: CommandParser) -> None:
        """REVIEW: slug or number. --box: as in the address of the flow's lists, e.g. `included` or `db_excluded`."""
        parser.add_argument("review", help="slug or number of the review")
        parser.add_argument("--format", choices=list(EXPORTERS), default="ris")
        parser.add_argument("--box", default="", help="only the records behind this box of the flow, e.g. included")
        parser.add_argument("--votes", action="store_true", help="with votes, reasons and notes on settled records")
        parser.add_argument("-o", "--output", type=Path, help="the file to write (default: standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for an unknown review or box, a selection without records, and an unwritable file."""
        review = _review(options["review"])
        selection = _selection(review, options["box"])
        exporter, votes = EXPORTERS[options["format"]], options["votes"]
        words = f"Flow: {options['box']}" if options["box"] else filter_words(RecordFilter())
        facts = ExportFacts(selection=words, count=len(selection.ids), format=exporter.label, votes=votes)
        voters = voter_names(review.pk) if votes else {}
        try:
            with _opened(options["output"]) as file:
                log_export(occasion=Occasion(review, None), review=review, facts=facts)
                rows = export_rows(selection, voters, notes=True)
                for piece in exporter.write(rows, export_options(voters, notes=True)):
                    file.write(piece)
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"{len(selection.ids):,} records, {exporter.label}")


def _review(name: str) -> Review:
    try:
        return access_review_by_name(name)
    except Review.DoesNotExist as error:
        raise CommandError(f"There is no review “{name}”.") from error


def _selection(review: Review, box: str) -> Selection:
    records = box_records(review.pk, box) if box else record_list(review.pk, RecordFilter())
    if records is None:
        raise CommandError(f"The flow has no box “{box}”.")
    return selection_of(review.pk, records)


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    """The file, or the standard output as bytes."""
    if path is None:
        yield sys.stdout.buffer
        return
    with path.open("wb") as file:
        yield file
