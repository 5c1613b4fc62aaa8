"""Themes and which studies belong to them: planned by a lead, coded by everyone who extracts; nothing is deleted."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max

from extraction.constants import AuditKind
from extraction.models import Theme, ThemeCoding
from reviewapp.audit import Occasion, log_event
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership
from screening.models import Report, Study

MAX_QUOTE = 5_000
TWICE = "This section has a theme of this title already."


@dataclass(frozen=True)
class ThemeDraft:
    """What a theme is called, where it stands, and what it is about. `position` None: at the end."""

    title: str
    section: str = ""
    text: str = ""
    planned: bool = True
    position: int | None = None


@dataclass(frozen=True)
class Passage:
    """Where a report says that its study belongs to the theme."""

    quote: str = ""
    report_id: int | None = None
    page: str = ""
    note: str = ""


def _require_lead(membership: Membership) -> None:
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review plans the themes.")


def _require_coder(membership: Membership) -> None:
    if not membership.can_screen:
        raise ForbiddenError("Observers can read this review, but not change it.")


def _title(draft: ThemeDraft) -> str:
    title = " ".join(draft.title.split())
    if not title or len(title) > 200:
        raise DomainError("Give the theme a title of at most 200 characters.", field="title")
    return title


@transaction.atomic
def create_theme(*, membership: Membership, draft: ThemeDraft) -> Theme:
    """A theme, at the end or at a place of the list. Raises DomainError for a title that its section has already."""
    _require_lead(membership)
    occasion = Occasion(membership.review, membership.user)
    last = Theme.objects.filter(review=membership.review, retired_at=None).aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            theme = Theme.objects.create(
                review=membership.review,
                title=_title(draft),
                section=" ".join(draft.section.split()),
                text=draft.text.strip(),
                planned=draft.planned,
                position=last + 1 if draft.position is None else draft.position,
                created_by=membership.user,
                created_at=occasion.at,
            )
    except IntegrityError as error:
        raise DomainError(TWICE, field="title") from error
    log_event(occasion, AuditKind.THEME_CHANGED, theme, after=_told(theme))
    return theme


def _told(theme: Theme) -> dict[str, object]:
    names = ("title", "section", "text", "planned", "position")
    return {name: getattr(theme, name) for name in names}


def _locked(membership: Membership, theme_id: int) -> Theme:
    theme = Theme.objects.select_for_update().filter(review_id=membership.review_id, pk=theme_id).first()
    if theme is None:
        raise StaleError("This theme is not here any more.")
    return theme


@transaction.atomic
def change_theme(*, membership: Membership, theme_id: int, draft: ThemeDraft) -> Theme:
    """Another title, section, text or place. Raises DomainError for a title that its section has already."""
    _require_lead(membership)
    theme = _locked(membership, theme_id)
    before = _told(theme)
    theme.title, theme.section, theme.text = _title(draft), " ".join(draft.section.split()), draft.text.strip()
    theme.planned = draft.planned
    theme.position = theme.position if draft.position is None else draft.position
    after = _told(theme)
    changed = [name for name in after if before[name] != after[name]]
    if not changed:
        return theme
    try:
        with transaction.atomic():
            theme.save(update_fields=changed)
    except IntegrityError as error:
        raise DomainError(TWICE, field="title") from error
    log_event(
        Occasion(membership.review, membership.user),
        AuditKind.THEME_CHANGED,
        theme,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return theme


@transaction.atomic
def retire_theme(*, membership: Membership, theme_id: int, back: bool = False) -> Theme:
    """Take a theme off the list with its codings, or (`back`) put it on again with them. Safe to press twice.

    Raises DomainError if another theme has taken its title meanwhile.
    """
    _require_lead(membership)
    theme = _locked(membership, theme_id)
    if (theme.retired_at is None) == back:
        return theme
    occasion = Occasion(membership.review, membership.user)
    theme.retired_at = None if back else occasion.at
    try:
        with transaction.atomic():
            theme.save(update_fields=["retired_at"])
    except IntegrityError as error:
        raise DomainError(TWICE, field="title") from error
    log_event(occasion, AuditKind.THEME_CHANGED, theme, after={"change": "Put back" if back else "Taken off the list"})
    return theme


@transaction.atomic
def code_study(*, membership: Membership, theme_id: int, study_id: int, passage: Passage) -> ThemeCoding:
    """Say that a study belongs to a theme, and where that stands; coded again, the new passage supersedes the old.

    Raises DomainError for a study or report of another review and for a theme that was taken off.
    """
    _require_coder(membership)
    theme = _locked(membership, theme_id)
    if theme.retired_at is not None:
        raise DomainError("This theme was taken off the list.")
    study = Study.objects.filter(review_id=membership.review_id, pk=study_id, withdrawn_at=None).first()
    if study is None:
        raise DomainError("Choose an included study.", field="study")
    fields = _passage(passage, study)
    occasion = Occasion(membership.review, membership.user)
    coding = ThemeCoding.objects.select_for_update().filter(theme=theme, study=study, removed_at=None).first()
    before = {name: getattr(coding, name) for name in fields} if coding else {}
    if coding is not None:
        if before == fields:
            return coding
        coding.removed_at = occasion.at
        coding.save(update_fields=["removed_at"])
    coding = ThemeCoding.objects.create(
        theme=theme, study=study, coded_by=membership.user, coded_at=occasion.at, **fields
    )
    log_event(occasion, AuditKind.STUDY_CODED, coding, before=before, after=fields)
    return coding


def _passage(passage: Passage, study: Study) -> dict[str, object]:
    """The columns of a passage. Raises DomainError for a report of another study and for what is too long."""
    reports = Report.objects.filter(study=study, withdrawn_at=None)
    if passage.report_id is not None and not reports.filter(pk=passage.report_id).exists():
        raise DomainError("This report does not belong to the study.", field="report")
    if len(passage.quote) > MAX_QUOTE or len(passage.note) > MAX_QUOTE:
        raise DomainError(f"Write at most {MAX_QUOTE:,} characters.", field="quote")
    if len(passage.page) > 20:
        raise DomainError("Write the page with at most 20 characters.", field="page")
    report_id = passage.report_id
    if report_id is None and passage.quote.strip():
        only = list(reports.values_list("pk", flat=True)[:2])
        report_id = only[0] if len(only) == 1 else None
    return {
        "quote": passage.quote.replace("\x00", "").strip(),
        "report_id": report_id,
        "page": passage.page.replace("\x00", "").strip(),
        "note": passage.note.replace("\x00", "").strip(),
    }


@transaction.atomic
def remove_coding(*, membership: Membership, coding_id: int, back: bool = False) -> ThemeCoding:
    """Take a study out of a theme, or (`back`) undo that. Safe to press twice; one coded anew meanwhile stays."""
    _require_coder(membership)
    # everyone who codes to a theme locks the theme, so that nobody puts the study in between asking and writing
    Theme.objects.select_for_update().filter(review_id=membership.review_id, codings=coding_id).first()
    rows = ThemeCoding.objects.select_for_update(of=("self",)).select_related("theme", "study")
    coding = rows.filter(pk=coding_id, theme__review_id=membership.review_id).first()
    if coding is None:
        raise StaleError("This is not here any more.")
    again = ThemeCoding.objects.filter(theme=coding.theme, study=coding.study, removed_at=None).exists()
    if (coding.removed_at is None) == back or (back and again):
        return coding
    occasion = Occasion(membership.review, membership.user)
    coding.removed_at = None if back else occasion.at
    coding.save(update_fields=["removed_at"])
    after = {"change": "Put into the theme again" if back else "Taken out of the theme"}
    log_event(occasion, AuditKind.STUDY_CODED, coding, after=after)
    return coding
