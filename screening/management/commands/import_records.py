"""`manage.py import_records REVIEW SEARCH FILE…`: what the page does, from the command line, without a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.access import access_review_by_name
from reviewapp.constants import JobState, Role
from reviewapp.errors import DomainError
from reviewapp.models import Membership, Review
from reviewapp.numbers import as_number
from screening.constants import BatchQuestion, BatchState
from screening.importers import ImportFileError, detect
from screening.importers.encodings import with_encoding
from screening.importers.reading import preview
from screening.management.told import add_told_options, told, unknown_columns, unknown_encoding
from screening.models import ImportBatch, Search
from screening.queries.elsewhere import elsewhere_view, unnamed_verdicts
from screening.queries.imports import batch_line
from screening.services.elsewhere import Choices, bring_in_votes, members_by_email
from screening.services.questions import Answers, answer_beforehand, decline_question
from screening.services.uploads import receive_upload
from screening.tasks import import_batch


@dataclass(frozen=True, kw_only=True)
class How:
    """What the options say of every file."""

    answers: Answers
    also_elsewhere: bool


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
        parser.add_argument(
            "--votes",
            default="",
            metavar="NAME=E-MAIL,…",
            help="who the reviewers in the file are here; their votes become these members' decisions, e.g. "
            "Anna=alice@example.org,Ben=bob@example.org",
        )
        add_told_options(parser)
        parser.add_argument("--also-elsewhere", action="store_true", help="import a file that another search has, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when any file was not imported; the others are."""
        membership = _lead(_review(options["review"]), options["email"])
        search = _search(membership.review, options["search"])
        who = _who(membership, options["votes"])
        how = How(answers=told(options), also_elsewhere=options["also_elsewhere"])
        failed = 0
        for path in options["files"]:
            try:
                batch = _import(membership, search, path, how)
                self.stdout.write(f"{path.name}: {_in_words(batch)}")
                if who:
                    self.stdout.write(f"{path.name}: {_bring_in(membership, batch, who)}")
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


def _who(membership: Membership, votes: str) -> dict[str, int]:
    pairs = [pair.rpartition("=") for pair in votes.split(",") if pair.strip()]
    wrong = [name + email for name, equals, email in pairs if not (name.strip() and equals and email.strip())]
    if wrong:
        raise CommandError(f"--votes takes NAME=E-MAIL, parted by commas; “{wrong[0]}” is not that.")
    try:
        return members_by_email(membership, {name.strip(): email.strip() for name, _, email in pairs})
    except DomainError as error:
        raise CommandError(error.message) from error


def _bring_in(membership: Membership, batch: ImportBatch, who: dict[str, int]) -> str:
    """Reasons of the file count where the review has one of the same text."""
    view = elsewhere_view(membership, batch)
    if view is None:
        return "no votes of named reviewers."
    reasons = {reason.text: reason.reason_id for reason in view.reasons if reason.reason_id is not None}
    known = {reviewer.name for reviewer in view.reviewers}
    unknown = sorted(set(who) - known)
    choices = Choices({name: user_id for name, user_id in who.items() if name in known}, reasons)
    words = bring_in_votes(membership=membership, batch=batch, choices=choices).in_words()
    return f"{words} No votes by {', '.join(unknown)}: it names {', '.join(sorted(known))}." if unknown else words


def _columns(path: Path, answers: Answers) -> tuple[str, ...]:
    """The headings of a table whose columns nobody knows, under which a mapping is remembered. None of a file that
    cannot be read: its import will say why."""
    try:
        detection = detect(path, path.name)
        if answers.encoding:
            detection = with_encoding(path, detection, answers.encoding)
        return preview(path, detection).columns if detection.needs_mapping else ()
    except ImportFileError:
        return ()


def _refuse_question(membership: Membership, batch: ImportBatch) -> None:
    """A command cannot wait for an answer: the file is not imported. Raises DomainError with the option to use."""
    asks_mapping = batch.question == BatchQuestion.MAPPING
    words = unknown_columns(batch.preview["columns"]) if asks_mapping else unknown_encoding(batch.preview)
    decline_question(membership=membership, batch=batch, error=words)
    raise DomainError(words)


def _import(membership: Membership, search: Search, path: Path, how: How) -> ImportBatch:
    with path.open("rb") as stream:
        batch = receive_upload(
            membership=membership,
            search=search,
            file=File(stream, name=path.name),
            filename=path.name,
            also_elsewhere=how.also_elsewhere,
        )
    job = batch.job
    if job is None:
        raise DomainError("The file has been taken over by another import.")
    answers = how.answers
    if answers.encoding or answers.mapping:
        columns = _columns(path, answers) if answers.mapping else ()
        answer_beforehand(membership=membership, batch=batch, answers=answers, columns=columns)
    import_batch(job.pk)
    job.refresh_from_db()
    if job.state != JobState.DONE:
        raise DomainError(job.error or job.get_state_display())
    batch.refresh_from_db()
    if batch.state == BatchState.ASKING:
        _refuse_question(membership, batch)
    return batch


def _in_words(batch: ImportBatch) -> str:
    line = batch_line(batch)
    words = f"{line.batch.format_label}, read {line.read} = stored {line.stored} + rejected {line.rejected}"
    elsewhere = ", ".join(unnamed_verdicts(batch))
    return f"{words}; screened elsewhere: {elsewhere}, no reviewer named" if elsewhere else words
