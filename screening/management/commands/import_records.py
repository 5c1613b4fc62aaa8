"""`manage.py import_records REVIEW SEARCH FILE…`: what the page does, from the command line, without a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.access import access_review_by_name
from reviewapp.constants import JobState, Role
from reviewapp.errors import DomainError
from reviewapp.models import Membership, Review
from reviewapp.numbers import as_number
from screening.models import Search
from screening.queries.imports import batch_line
from screening.services.uploads import receive_upload
from screening.tasks import import_batch


class Command(BaseCommand):
    """Import export files into a search and print each receipt."""

    help = "Import export files into a search of a review, as the page does; prints read = stored + rejected."

    def add_arguments(self, parser: CommandParser) -> None:
        """REVIEW: slug or number. SEARCH: number, or the source's name where only one search has it."""
        parser.add_argument("review", help="slug or number of the review")
        parser.add_argument("search", help="number of the search, or the name of its source")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--as", dest="email", default="", help="e-mail of the lead who imports (default: the first)"
        )
        parser.add_argument("--also-elsewhere", action="store_true", help="import a file that another search has, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when any file was not imported; the others are."""
        membership = _lead(_review(options["review"]), options["email"])
        search = _search(membership.review, options["search"])
        failed = 0
        for path in options["files"]:
            try:
                self.stdout.write(_import(membership, search, path, also_elsewhere=options["also_elsewhere"]))
            except (DomainError, OSError) as error:
                failed += 1
                self.stderr.write(self.style.ERROR(f"{path}: {error}"))
        if failed:
            raise CommandError(f"{failed} of {len(options['files'])} files were not imported.")


def _review(name: str) -> Review:
    try:
        return access_review_by_name(name)
    except Review.DoesNotExist as error:
        raise CommandError(f"There is no review “{name}”.") from error


def _lead(review: Review, email: str) -> Membership:
    leads = Membership.objects.select_related("user", "review").filter(review=review, role=Role.LEAD, removed_at=None)
    membership = (leads.filter(user__email__iexact=email) if email else leads).first()
    if membership is None:
        raise CommandError("Only a lead of the review imports files; there is none by that name.")
    return membership


def _search(review: Review, name: str) -> Search:
    searches = Search.objects.filter(review=review)
    number = as_number(name)
    found = list(searches.filter(source__iexact=name) if number is None else searches.filter(pk=number))
    if len(found) != 1:
        known = "; ".join(f"{search.pk} {search}" for search in searches) or "none yet"
        raise CommandError(f"“{name}” names {len(found)} searches of this review. Its searches: {known}.")
    return found[0]


def _import(membership: Membership, search: Search, path: Path, *, also_elsewhere: bool) -> str:
    with path.open("rb") as stream:
        batch = receive_upload(
            membership=membership,
            search=search,
            file=File(stream, name=path.name),
            filename=path.name,
            also_elsewhere=also_elsewhere,
        )
    job = batch.job
    if job is None:
        raise DomainError("The file has been taken over by another import.")
    import_batch(job.pk)
    job.refresh_from_db()
    if job.state != JobState.DONE:
        raise DomainError(job.error or job.get_state_display())
    line = batch_line(batch)
    return f"{path.name}: {line.batch.format_label}, read {line.read} = stored {line.stored} + rejected {line.rejected}"
