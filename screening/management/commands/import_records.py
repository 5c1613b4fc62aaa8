"""`manage.py import_records REVIEW SEARCH FILE…`: what the page does, from the command line, without a worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
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
from screening.queries.imports import batch_line, check_search, receipt_view, rejected_rows
from screening.services.arrivals import Arrival, Destination, receive_files
from screening.services.elsewhere import Choices, bring_in_votes, members_by_email
from screening.services.imports import local_path
from screening.services.questions import Answers, answer_beforehand, decline_question
from screening.tasks import import_batch


class Command(BaseCommand):
    """Import export files into a search and print each receipt."""

    help = "Import export files into a search of a review, as the page does; prints read = stored + rejected."

    def add_arguments(self, parser: CommandParser) -> None:
        """REVIEW: slug or number. SEARCH: number, or the source's name where only one search has it. FILE: or a ZIP."""
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
        """FILE may be a ZIP of files. Raises CommandError when any file was not imported; the others are."""
        membership = _lead(_review(options["review"]), options["email"])
        search = _search(membership.review, options["search"])
        who, answers = _who(membership, options["votes"]), told(options)
        to = Destination(membership=membership, search=search, also_elsewhere=options["also_elsewhere"])
        sent = failed = 0
        for path in options["files"]:
            for arrival in _arrivals(to, path):
                sent += 1
                try:
                    batch = _import(membership, arrival, answers)
                    self._tell(arrival.name, batch)
                    if who:
                        self.stdout.write(f"{arrival.name}: {_bring_in(membership, batch, who)}")
                except DomainError as error:
                    failed += 1
                    self.stderr.write(self.style.ERROR(f"{arrival.name}: {error}"))
        self.stdout.write(f"{search}: {' '.join(check_search(search).sentences)}")
        if failed:
            raise CommandError(f"{failed} of {sent} files were not imported.")

    def _tell(self, name: str, batch: ImportBatch) -> None:
        self.stdout.write(f"{name}: {_in_words(batch)}")
        for line in _receipt_lines(batch):
            self.stdout.write(f"  {line}")


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


def _columns(batch: ImportBatch, answers: Answers) -> tuple[str, ...]:
    """The headings of a table whose columns nobody knows, under which a mapping is remembered. None of a file that
    cannot be read: its import will say why."""
    try:
        with local_path(batch.file) as path:
            detection = detect(path, batch.filename)
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


def _arrivals(to: Destination, path: Path) -> Iterator[Arrival]:
    """What becomes of the file, or of each file in an archive; a file that is not there is refused like any other."""
    try:
        with path.open("rb") as stream:
            yield from receive_files(to, [File(stream, name=path.name)])
    except OSError as error:
        yield Arrival(name=str(path), refusal=str(error))


def _import(membership: Membership, arrival: Arrival, answers: Answers) -> ImportBatch:
    """The imported batch. Raises DomainError in the page's words for one that was refused or could not be imported."""
    batch = arrival.batch
    if batch is None or batch.job is None:
        raise DomainError(arrival.refusal or "The file has been taken over by another import.")
    columns = _columns(batch, answers) if answers.mapping else ()
    if batch.archive and not columns:  # one mapping for a whole archive is meant for the tables that need it
        answers = replace(answers, mapping={})
    if answers.encoding or answers.mapping:
        answer_beforehand(membership=membership, batch=batch, answers=answers, columns=columns)
    import_batch(batch.job.pk)
    batch.job.refresh_from_db()
    if batch.job.state != JobState.DONE:
        raise DomainError(batch.job.error or batch.job.get_state_display())
    batch.refresh_from_db()
    if batch.state == BatchState.ASKING:
        _refuse_question(membership, batch)
    return batch


def _receipt_lines(batch: ImportBatch) -> Iterator[str]:
    """What the receipt's page says beyond the counts."""
    receipt = receipt_view(batch)
    yield f"SHA-256 {batch.sha256}, {batch.encoding}"
    yield "fields: " + (", ".join(f"{field.label} {field.count}" for field in receipt.shown if field.count) or "none")
    if receipt.not_shown:
        yield "kept, not shown: " + ", ".join(f"{field.label} {field.count}" for field in receipt.not_shown)
    for remark in batch.warnings:
        yield (f"remark, line {remark['line']}: " if remark.get("line") else "remark: ") + str(remark.get("message"))
    for row in rejected_rows(batch).defer("raw").iterator():
        yield f"rejected, line {row.line}: {row.reason}"


def _in_words(batch: ImportBatch) -> str:
    line = batch_line(batch)
    words = f"{line.batch.format_label}, read {line.read} = stored {line.stored} + rejected {line.rejected}"
    elsewhere = ", ".join(unnamed_verdicts(batch))
    return f"{words}; screened elsewhere: {elsewhere}, no reviewer named" if elsewhere else words
