"""Forms of a review: the list, one form's versions, its vocabulary, and what publishing a draft would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from extraction.constants import FormState, SheetState
from extraction.models import ExtractedValue, Extraction, ExtractionForm, FormVersion, VocabularyTerm
from extraction.rules.changes import Cell, Changes, Fate, Outcome, affected, asked_of_all, compare, fate
from extraction.rules.definition import Definition, Item, parse

LIVE_STATES = (FormState.PILOT, FormState.IN_USE)


@dataclass(frozen=True)
class FormLine:
    """One form of the list."""

    form: ExtractionForm
    live: FormVersion | None
    draft: FormVersion | None
    items: int
    sheets: int


@dataclass(frozen=True)
class VersionLine:
    """One version and how it differs from the one before."""

    version: FormVersion
    changes: Changes | None
    items: int
    sheets: int


@dataclass(frozen=True)
class Ask:
    """What publishing does to the values of one item."""

    item: Item
    carried: int = 0
    asked: int = 0
    resting: int = 0


@dataclass(frozen=True)
class Effect:
    """What publishing a draft does to the sheets there are."""

    changes: Changes
    lines: tuple[Ask, ...]
    new_items: tuple[Item, ...]
    sheets: int
    """All sheets of the form."""
    sheets_asked: int
    """Of those, sheets that are asked for something."""
    ready_asked: int
    """Of those, sheets that are ready now."""


def forms_of(review_id: int) -> QuerySet[ExtractionForm]:
    """The forms of a review that are not taken off the list."""
    return ExtractionForm.objects.filter(review_id=review_id, retired_at=None)


def form_lines(review_id: int) -> list[FormLine]:
    """All forms with their live version and draft, in three queries."""
    open_versions = FormVersion.objects.filter(state__in=(FormState.DRAFT, *LIVE_STATES)).order_by("-number")
    forms = (
        forms_of(review_id)
        .annotate(sheet_count=Count("sheets"))
        .prefetch_related(Prefetch("versions", queryset=open_versions, to_attr="open_versions"))
    )
    return [_line(form) for form in forms]


def _line(form: ExtractionForm) -> FormLine:
    versions: list[FormVersion] = form.open_versions  # type: ignore[attr-defined]  # prefetched
    live = next((version for version in versions if version.state in LIVE_STATES), None)
    draft = next((version for version in versions if version.state == FormState.DRAFT), None)
    shown = draft or live
    items = sum(1 for _ in parse(shown.definition).items()) if shown else 0
    return FormLine(form, live, draft, items, form.sheet_count)  # type: ignore[attr-defined]  # annotated


def live_version(form: ExtractionForm) -> FormVersion | None:
    """The version that sheets are filled in with now."""
    return form.versions.filter(state__in=LIVE_STATES).first()


def draft_version(form: ExtractionForm) -> FormVersion | None:
    """The draft of a form."""
    return form.versions.filter(state=FormState.DRAFT).first()


def version_lines(form: ExtractionForm) -> list[VersionLine]:
    """All versions, newest first, each with its differences from the version before it that was used."""
    versions = list(form.versions.select_related("created_by").annotate(sheet_count=Count("sheets")).order_by("number"))
    lines: list[VersionLine] = []
    before: Definition | None = None
    for version in versions:
        definition = parse(version.definition)
        changes = compare(before, definition) if before is not None else None
        items = sum(1 for _ in definition.items())
        lines.append(VersionLine(version, changes, items, version.sheet_count))
        if version.published_at is not None:
            before = definition
    return lines[::-1]


def publish_effect(draft: FormVersion) -> Effect:
    """What publishing this draft would do, as services.versions.publish does it; few queries, however many rows."""
    new = parse(draft.definition)
    live = live_version(draft.form)
    old = parse(live.definition) if live else Definition()
    sheets = list(Extraction.objects.filter(form_id=draft.form_id).only("id", "state", "version_id", "study_id"))
    asked = sheets_asked(draft, sheets)
    carried: Counter[str] = Counter()
    again: Counter[str] = Counter()
    resting: Counter[str] = Counter()
    counters = {Outcome.CARRY: carried, Outcome.ASK: again, Outcome.DROP: resting}
    for value, found in fates(draft, sheets):
        if found.outcome in counters:
            counters[found.outcome][value.item] += 1
    lines = [
        Ask(item, carried[item.id], again[item.id], resting[item.id])
        for item in (*new.items(), *(one for one in old.items() if new.item(one.id) is None))
        if carried[item.id] or again[item.id] or resting[item.id]
    ]
    return Effect(
        changes=compare(old, new),
        lines=tuple(lines),
        new_items=tuple(asked_of_all(old, new)) if live else (),
        sheets=len(sheets),
        sheets_asked=len(asked),
        ready_asked=sum(1 for sheet in sheets if sheet.pk in asked and sheet.state == SheetState.READY),
    )


def fates(draft: FormVersion, sheets: list[Extraction]) -> Iterator[tuple[ExtractedValue, Fate]]:
    """What becomes of each live value that the draft may touch; all values not named are kept as they are."""
    new = parse(draft.definition)
    for version_id, old in _definitions(sheets).items():
        touched = affected(old, new)
        ids = [sheet.pk for sheet in sheets if sheet.version_id == version_id]
        if not touched or version_id == draft.pk:
            continue
        values = ExtractedValue.objects.filter(extraction_id__in=ids, superseded_at=None, item__in=touched)
        for value in values.order_by("id"):
            yield value, fate(old, new, Cell(value.item, value.mark, value.value))


def sheets_asked(draft: FormVersion, sheets: list[Extraction]) -> set[int]:
    """Ids of the sheets that are asked for something: a new item, one that cannot be carried over, one now required."""
    new = parse(draft.definition)
    asked = {value.extraction_id for value, found in fates(draft, sheets) if found.outcome == Outcome.ASK}
    for version_id, old in _definitions(sheets).items():
        ids = {sheet.pk for sheet in sheets if sheet.version_id == version_id}
        if asked_of_all(old, new):
            asked |= ids
        required = [one.new.id for one in compare(old, new).changed if one.newly_required]
        for item_id in required:
            answered = ExtractedValue.objects.filter(extraction_id__in=ids, superseded_at=None, item=item_id)
            asked |= ids - set(answered.values_list("extraction_id", flat=True))
    return asked


def _definitions(sheets: list[Extraction]) -> dict[int, Definition]:
    """The definitions of the versions that sheets stand in, in one query."""
    versions = FormVersion.objects.filter(pk__in={sheet.version_id for sheet in sheets})
    return {version.pk: parse(version.definition) for version in versions}


def terms_of(form_id: int, item_id: str | None = None) -> QuerySet[VocabularyTerm]:
    """Terms of a form's vocabularies, or of one item's, with their people."""
    terms = VocabularyTerm.objects.filter(form_id=form_id).select_related("proposed_by", "approved_by", "replaced_by")
    return terms if item_id is None else terms.filter(item=item_id)


def offered_terms(form_id: int, user_id: int) -> dict[str, list[str]]:
    """Texts that a person is offered, by item: approved terms, and their own proposals that nobody answered yet."""
    standing = Q(declined_at=None, replaced_by=None)
    terms = VocabularyTerm.objects.filter(standing, form_id=form_id).filter(
        ~Q(approved_at=None) | Q(proposed_by_id=user_id)
    )
    found: dict[str, list[str]] = {}
    for item, text in terms.order_by("text").values_list("item", "text"):
        found.setdefault(item, []).append(text)
    return found
