"""Fetch what extraction pages show, always within the member's own review. Raises Http404 for everything else."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from extraction.constants import SheetKind, SheetState
from extraction.models import (
    EvidenceTable,
    ExtractedValue,
    Extraction,
    ExtractionForm,
    FormVersion,
    TextBlock,
    Theme,
    ThemeCoding,
    VocabularyTerm,
)
from extraction.queries.opened import OWN_KINDS, opened_firsts
from reviewapp.errors import ForbiddenError
from reviewapp.models import Membership


def access_form(membership: Membership, form_id: int) -> ExtractionForm:
    """A form of the member's review that is not taken off the list."""
    form = ExtractionForm.objects.filter(review_id=membership.review_id, pk=form_id, retired_at=None).first()
    if form is None:
        raise Http404("No such form.")
    return form


def access_version(membership: Membership, form: ExtractionForm, number: int) -> FormVersion:
    """A version of a form, by its number. Drafts are their lead's business until they are used."""
    version = form.versions.filter(number=number).select_related("created_by").first()
    if version is None or (version.published_at is None and not membership.is_lead):
        raise Http404("No such version.")
    version.form = form
    return version


def access_term(membership: Membership, term_id: int) -> VocabularyTerm:
    """A term of a vocabulary of the member's review."""
    term = VocabularyTerm.objects.filter(form__review_id=membership.review_id, pk=term_id).first()
    if term is None:
        raise Http404("No such term.")
    return term


def access_table(membership: Membership, table_id: int, *, kind: str) -> EvidenceTable:
    """A table ("table") or cross-tabulation ("crosstab") of the member's review, one that was taken off too."""
    rows = EvidenceTable.objects.select_related("form", "changed_by").filter(review_id=membership.review_id)
    row = rows.filter(pk=table_id, layout__kind=kind).first()
    if row is None:
        raise Http404("No such table.")
    return row


def access_theme(membership: Membership, theme_id: int) -> Theme:
    """A theme of the member's review, one that was taken off too."""
    theme = Theme.objects.filter(review_id=membership.review_id, pk=theme_id).first()
    if theme is None:
        raise Http404("No such theme.")
    return theme


def access_coding(membership: Membership, coding_id: int) -> ThemeCoding:
    """A coding of the member's review, one that was taken back too."""
    codings = ThemeCoding.objects.select_related("theme", "study").filter(theme__review_id=membership.review_id)
    coding = codings.filter(pk=coding_id).first()
    if coding is None:
        raise Http404("No such coding.")
    return coding


def access_text(membership: Membership, text_id: int) -> TextBlock:
    """A text of the member's review, one that was taken off too."""
    block = TextBlock.objects.select_related("theme", "changed_by").filter(review_id=membership.review_id)
    found = block.filter(pk=text_id).first()
    if found is None:
        raise Http404("No such text.")
    return found


# --- sheets and comparisons -----------------------------------------------------------------------------------------


def access_own_sheet(membership: Membership, sheet_id: int) -> Extraction:
    """The member's own sheet, with its study, form and version.

    Raises ForbiddenError for every other number: the answer is the same whether there is such a sheet.
    """
    rows = Extraction.objects.select_related("study", "form", "version").defer("version__definition")
    rows = rows.filter(
        review_id=membership.review_id, extractor_id=membership.user_id, kind__in=OWN_KINDS, study__withdrawn_at=None
    )
    sheet = rows.filter(pk=sheet_id).first()
    if sheet is None or not membership.can_screen:
        raise ForbiddenError("This is not a sheet of yours. A lead gives out the studies.")
    return sheet


def access_own_cells(membership: Membership, sheet_id: int) -> Extraction:
    """The same with its version only, for one save: the service looks at the rest once it holds the sheet."""
    rows = Extraction.objects.select_related("version").defer("version__definition")
    mine = {"review_id": membership.review_id, "extractor_id": membership.user_id, "kind__in": OWN_KINDS}
    sheet = rows.filter(pk=sheet_id, **mine).first()
    if sheet is None or not membership.can_screen:
        raise ForbiddenError("This is not a sheet of yours. A lead gives out the studies.")
    return sheet


def access_file_value(membership: Membership, value_id: int) -> dict[str, Any]:
    """The file of a cell on one's own sheet, on one of a comparison that is open, or on a consensus that is ready.

    Raises ForbiddenError, with the same words, for all else.
    """
    rows = ExtractedValue.objects.select_related("extraction").filter(extraction__review_id=membership.review_id)
    row = rows.filter(pk=value_id, value__has_key="sha256").first()
    sheet = row.extraction if row else None
    if row is None or row.value is None or sheet is None:
        raise ForbiddenError("There is no file here for you.")
    own = sheet.kind in OWN_KINDS and sheet.extractor_id == membership.user_id
    if not own and not (sheet.kind == SheetKind.CONSENSUS and sheet.state == SheetState.READY):
        access_pair(membership, sheet.form_id, sheet.study_id)
    return dict(row.value)


def access_pair(membership: Membership, form_id: int, study_id: int) -> tuple[Extraction, Extraction]:
    """The two sheets of a study whose comparison is open to the member: to its extractors, leads and adjudicators.

    Raises ForbiddenError, with the same words, for others and before both are ready.
    """
    opened = opened_firsts(membership.review_id).filter(form_id=form_id, study_id=study_id)
    rows = Extraction.objects.filter(form_id=form_id, study_id=study_id, kind__in=OWN_KINDS).order_by("place")
    both = list(rows.select_related("study", "form", "version", "extractor")) if opened.exists() else []
    extracts = any(row.extractor_id == membership.user_id for row in both)
    if len(both) != 2 or not membership.can_screen or not (membership.is_lead or membership.can_adjudicate or extracts):
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")
    return both[0], both[1]


def access_consensus(membership: Membership, sheet_id: int) -> Extraction:
    """A consensus sheet that the member may settle, as access_pair."""
    rows = Extraction.objects.filter(review_id=membership.review_id, kind=SheetKind.CONSENSUS)
    sheet = rows.select_related("study", "form", "version").filter(pk=sheet_id).first()
    if sheet is None:
        raise ForbiddenError("There is nothing to compare here for you, or not yet.")
    access_pair(membership, sheet.form_id, sheet.study_id)
    return sheet
