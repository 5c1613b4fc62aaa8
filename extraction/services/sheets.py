"""Who extracts what: two different members per study, pilot studies first; and when a sheet is ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.db import transaction

from extraction.constants import AuditKind, ExtractionMode, FormState, SheetKind, SheetState
from extraction.models import ExtractedValue, Extraction, ExtractionForm, FormVersion, GroupEntry
from extraction.queries.cells import filled, live_version
from extraction.rules.cells import Missing, missing
from extraction.services.cells import lock_sheet
from extraction.services.values import require_own_open
from reviewapp.audit import Occasion, log_event
from reviewapp.constants import Role
from reviewapp.errors import DomainError, ForbiddenError, StaleError
from reviewapp.models import Membership, User
from screening.models import Study

EXTRACTORS = 2
OWN_KINDS = (SheetKind.INDEPENDENT, SheetKind.CHECK)


class SheetIncompleteError(DomainError):
    """Required items are missing; `missing` lists them."""

    def __init__(self, found: Sequence[Missing]) -> None:
        count = len(found)
        super().__init__(f"{count:,} required {'answer is' if count == 1 else 'answers are'} missing.")
        self.missing = found


def extractors_of(review_id: int) -> list[User]:
    """Members who can extract: leads and reviewers, in the order they joined."""
    memberships = Membership.objects.filter(
        review_id=review_id, removed_at=None, role__in=(Role.LEAD, Role.REVIEWER)
    ).select_related("user")
    return [membership.user for membership in memberships]


def require_lead(membership: Membership) -> None:
    """Raises ForbiddenError for others than leads."""
    if not membership.is_lead:
        raise ForbiddenError("Only a lead of this review can do this.")


def _lock_form(membership: Membership, form_id: int) -> tuple[ExtractionForm, FormVersion]:
    """The form and the version that is filled in now. Raises DomainError where there is none."""
    rows = ExtractionForm.objects.select_for_update().filter(review_id=membership.review_id, retired_at=None)
    form = rows.filter(pk=form_id).first()
    version = live_version(form) if form else None
    if form is None or version is None:
        raise DomainError("This form is not in use yet. Put it on trial or to use first.")
    return form, version


def studies_of(form: ExtractionForm, version: FormVersion) -> list[Study]:
    """Studies to extract, those included first before others; while the form is on trial, only as many as it names."""
    studies = Study.objects.filter(review_id=form.review_id, withdrawn_at=None).order_by("id")
    return list(studies[: form.pilot_studies] if version.state == FormState.PILOT else studies)


def new_sheet(
    form: ExtractionForm, version: FormVersion, study_id: int, user_id: int, place: int, occasion: Occasion
) -> Extraction:
    """A sheet to be filled in; not saved. In a form that is checked, the second person's is the check."""
    checks = form.mode == ExtractionMode.CHECKED and place == EXTRACTORS
    return Extraction(
        review_id=form.review_id,
        form=form,
        version=version,
        study_id=study_id,
        kind=SheetKind.CHECK if checks else SheetKind.INDEPENDENT,
        extractor_id=user_id,
        place=place,
        assigned_at=occasion.at,
        changed_at=occasion.at,
    )


@transaction.atomic
def assign(*, membership: Membership, form_id: int, study_id: int, user_ids: Sequence[int]) -> list[Extraction]:
    """Give a study its two extractors, the first and the second (who checks, where the form is checked).

    Somebody who has begun stays. Returns the new sheets. Raises ForbiddenError for others than leads, DomainError for
    a wrong number, the same person twice, an observer, a study that is not extracted, or a change of who has begun.
    """
    require_lead(membership)
    form, version = _lock_form(membership, form_id)
    if len(user_ids) != EXTRACTORS or len(set(user_ids)) != EXTRACTORS:
        raise DomainError("Choose two different people.", field="people")
    if study_id not in {study.pk for study in studies_of(form, version)}:
        raise DomainError("This study is not extracted with this form now.")
    able = {user.pk for user in extractors_of(membership.review_id)}
    rows = Extraction.objects.select_for_update().filter(form=form, study_id=study_id, kind__in=OWN_KINDS)
    there = {row.place: row for row in rows.select_related("extractor")}
    stay = {place for place, row in there.items() if row.extractor_id == user_ids[place - 1]}
    if {user for place, user in enumerate(user_ids, start=1) if place not in stay} - able:
        raise DomainError("Only leads and reviewers of this review extract.", field="people")
    occasion = Occasion(membership.review, membership.user)
    before = [there[place].extractor_id for place in sorted(there)]
    for place in set(there) - stay:
        if membership.user_id in before:  # the answer would tell whether the other has begun
            raise DomainError("You extract this study yourself: another lead changes its extractors.", field="people")
        _take_off(there[place])
    new = [
        new_sheet(form, version, study_id, user, place, occasion)
        for place, user in enumerate(user_ids, start=1)
        if place not in stay
    ]
    made = Extraction.objects.bulk_create(new)
    if made:
        _log_assigned(form, occasion, {"people": before}, {"people": list(user_ids), "study": study_id})
    return made


def _take_off(sheet: Extraction) -> None:
    """Take an untouched sheet away. Raises DomainError once something stands on it."""
    touched = ExtractedValue.objects.filter(extraction=sheet).exists()
    if touched or sheet.state == SheetState.READY or GroupEntry.objects.filter(extraction=sheet).exists():
        raise DomainError(f"{sheet.extractor} has begun and cannot be replaced here.", field="people")
    sheet.delete()


def _log_assigned(
    form: ExtractionForm, occasion: Occasion, before: dict[str, object], after: dict[str, object]
) -> None:
    log_event(occasion, AuditKind.ASSIGNED, form, before=before, after=after)


@transaction.atomic
def assign_evenly(*, membership: Membership, form_id: int, user_ids: Collection[int] | None = None) -> int:
    """Give every study that lacks extractors those with the least to do, in turn; returns how many sheets were given.

    Studies included first come first: they are those of the trial. `user_ids`: whom to share among; all leads and
    reviewers without. First and second places are shared evenly too. Safe to press twice.
    Raises ForbiddenError for others than leads, DomainError with fewer than two people.
    """
    require_lead(membership)
    form, version = _lock_form(membership, form_id)
    able = [user.pk for user in extractors_of(membership.review_id)]
    people = [pk for pk in able if user_ids is None or pk in user_ids]
    if len(people) < EXTRACTORS:
        raise DomainError("At least two people are needed.", field="people")
    have: dict[int, dict[int, int]] = {study.pk: {} for study in studies_of(form, version)}
    load: Counter[int] = Counter()
    firsts: Counter[int] = Counter()
    rows = Extraction.objects.filter(form=form, kind__in=OWN_KINDS).values_list("study_id", "place", "extractor_id")
    for study_id, place, user_id in rows:
        have.get(study_id, {})[place] = user_id
        load[user_id] += 1
        firsts[user_id] += place == 1
    occasion = Occasion(membership.review, membership.user)
    new: list[Extraction] = []
    for study_id, places in have.items():
        for place in (number for number in (1, EXTRACTORS) if number not in places):
            free = [pk for pk in people if pk not in places.values()]
            if not free:
                continue
            chosen = min(free, key=lambda pk: (load[pk], firsts[pk] if place == 1 else -firsts[pk], people.index(pk)))
            places[place] = chosen
            load[chosen] += 1
            firsts[chosen] += place == 1
            new.append(new_sheet(form, version, study_id, chosen, place, occasion))
    Extraction.objects.bulk_create(new)
    if new:
        _log_assigned(form, occasion, {}, {"people": people, "studies": sorted({row.study_id for row in new})})
    return len(new)


@transaction.atomic
def mark_ready(*, membership: Membership, sheet_id: int) -> Extraction:
    """Say that one's own sheet is complete: it is locked, and once both are ready, the comparison opens.

    Raises SheetIncompleteError with what is missing, and as values.save_value.
    """
    held = lock_sheet(pk=sheet_id, review_id=membership.review_id)
    require_own_open(membership, held.row)
    found = missing(filled([held.row])[0].sheet)
    if found:
        raise SheetIncompleteError(found)
    occasion = Occasion(membership.review, membership.user)
    sheet = held.row
    sheet.state, sheet.ready_at, sheet.changed_at = SheetState.READY, occasion.at, occasion.at
    sheet.save(update_fields=["state", "ready_at", "changed_at"])
    log_event(occasion, AuditKind.SHEET_READY, sheet, label=str(sheet.study))
    return sheet


@transaction.atomic
def reopen(*, membership: Membership, sheet_id: int) -> Extraction:
    """Take one's own "ready" back, while the other is not ready. Raises StaleError once the comparison is open."""
    study_sheets = Extraction.objects.select_for_update().filter(
        review_id=membership.review_id, kind__in=OWN_KINDS, study__extractions=sheet_id
    )
    rows = list(study_sheets.order_by("pk"))
    sheet = next((row for row in rows if row.pk == sheet_id), None)
    if sheet is None or sheet.extractor_id != membership.user_id:
        raise ForbiddenError("This sheet is not yours.")
    pair = [row for row in rows if row.form_id == sheet.form_id]
    if is_opened(pair):
        raise StaleError("Both sheets are ready and can be compared: they stay as they are.")
    if sheet.state == SheetState.OPEN:
        return sheet
    checking = [row for row in pair if row.kind == SheetKind.CHECK and row.pk != sheet.pk]
    if checking and GroupEntry.objects.filter(extraction__in=checking).exists():
        raise StaleError("The check of this sheet has begun.")
    if checking and ExtractedValue.objects.filter(extraction__in=checking).exists():
        raise StaleError("The check of this sheet has begun.")
    occasion = Occasion(membership.review, membership.user)
    sheet.state, sheet.ready_at, sheet.changed_at = SheetState.OPEN, None, occasion.at
    sheet.save(update_fields=["state", "ready_at", "changed_at"])
    log_event(occasion, AuditKind.SHEET_REOPENED, sheet, label=str(sheet.study))
    return sheet


def is_opened(pair: Collection[Extraction]) -> bool:
    """Whether the comparison of a study is open: both sheets are there and ready."""
    return len(pair) == EXTRACTORS and all(row.state == SheetState.READY for row in pair)


@transaction.atomic
def begin_check(*, membership: Membership, sheet_id: int) -> bool:
    """Fill the check sheet with what the first extractor wrote, once that is ready; True if it was filled now.

    The second person then corrects it; what they change differs in the comparison. Raises DomainError before that.
    """
    held = lock_sheet(pk=sheet_id, review_id=membership.review_id)
    require_own_open(membership, held.row)
    check = held.row
    if check.kind != SheetKind.CHECK:
        return False
    first = Extraction.objects.select_for_update().filter(form=check.form, study=check.study, place=1).first()
    if first is None or first.state != SheetState.READY:
        raise DomainError("The first extractor has not finished yet. You check what they found when they have.")
    begun = GroupEntry.objects.filter(extraction=check).exists()
    if begun or ExtractedValue.objects.filter(extraction=check).exists():
        return False
    copied = copy_sheet(first, check, Occasion(membership.review, membership.user))
    return copied > 0


def copy_sheet(source: Extraction, target: Extraction, occasion: Occasion) -> int:
    """Copy entries and live values to an empty sheet; returns how many rows. Copied entries match their source."""
    [whole] = filled([source])
    new_ids: dict[int, int] = {}
    for entry in whole.sheet.entries.values():  # parents come first
        match = entry.match or f"a{entry.id}"
        GroupEntry.objects.filter(pk=entry.id, match="").update(match=match)
        row = GroupEntry.objects.create(
            extraction=target,
            group=entry.group,
            parent_id=new_ids[entry.parent] if entry.parent is not None else None,
            label=entry.label,
            position=entry.position,
            match=match,
        )
        new_ids[entry.id] = row.pk
    rows = [row for key, row in whole.cells.items() if key[1] is None or key[1] in new_ids]
    copies = [
        ExtractedValue(
            extraction=target,
            item=row.item,
            entry_id=new_ids[row.entry_id] if row.entry_id is not None else None,
            mark=row.mark,
            value=row.value,
            comment=row.comment,
            report_id=row.report_id,
            page=row.page,
            quote=row.quote,
            origin=row.origin,
            version_id=target.version_id,
            entered_by_id=row.entered_by_id,
            entered_at=occasion.at,
        )
        for row in rows
    ]
    ExtractedValue.objects.bulk_create(copies, batch_size=2_000)
    return len(new_ids) + len(copies)
