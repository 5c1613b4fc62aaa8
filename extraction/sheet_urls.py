"""URLs of sheets and comparisons, part of extraction.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from extraction.views import comparison, sheet

SHEET = "sheets/<int:sheet_id>/"
ENTRY = f"{SHEET}entries/<int:entry_id>/"
PAIR = "forms/<int:form_id>/studies/<int:study_id>/"
CONSENSUS = "consensus/<int:sheet_id>/"

sheets: list[URLPattern] = [
    path("", sheet.sheet_index, name="sheet_index"),
    path("next/", sheet.sheet_next, name="sheet_next"),
    path("forms/<int:form_id>/studies/", sheet.sheet_list_page, name="sheet_list"),
    path("forms/<int:form_id>/studies/share/", sheet.sheet_share, name="sheet_share"),
    path(f"{PAIR}assign/", sheet.sheet_assign, name="sheet_assign"),
    path(SHEET, sheet.sheet_page_view, name="sheet_page"),
    path(f"{SHEET}value/", sheet.sheet_value, name="sheet_value"),
    path(f"{SHEET}section/", sheet.sheet_section, name="sheet_section"),
    path(f"{SHEET}ready/", sheet.sheet_ready, name="sheet_ready"),
    path(f"{SHEET}reopen/", sheet.sheet_reopen, name="sheet_reopen"),
    path(f"{SHEET}check/", sheet.sheet_check, name="sheet_check"),
    path(f"{SHEET}entries/add/", sheet.sheet_entry_add, name="sheet_entry_add"),
    path(f"{ENTRY}rename/", sheet.sheet_entry_rename, name="sheet_entry_rename"),
    path(f"{ENTRY}move/", sheet.sheet_entry_move, name="sheet_entry_move"),
    path(f"{ENTRY}remove/", sheet.sheet_entry_remove, name="sheet_entry_remove"),
    path(f"{ENTRY}restore/", sheet.sheet_entry_restore, name="sheet_entry_restore"),
    path("values/<int:value_id>/file/", sheet.sheet_file, name="sheet_file"),
    path("reports/<int:report_id>/pdf/", sheet.sheet_pdf, name="sheet_pdf"),
]
comparisons: list[URLPattern] = [
    path("compare/", comparison.comparison_index, name="comparison_index"),
    path(f"{PAIR}compare/", comparison.comparison_page, name="comparison_page"),
    path(f"{PAIR}compare/open/", comparison.comparison_open, name="comparison_open"),
    path(f"{CONSENSUS}settle/", comparison.comparison_settle, name="comparison_settle"),
    path(f"{CONSENSUS}take/", comparison.comparison_take, name="comparison_take"),
    path(f"{CONSENSUS}ask/", comparison.comparison_ask, name="comparison_ask"),
    path(f"{CONSENSUS}match/", comparison.comparison_match, name="comparison_match"),
    path(f"{CONSENSUS}leave/", comparison.comparison_leave, name="comparison_leave"),
    path(f"{CONSENSUS}ready/", comparison.comparison_ready, name="comparison_ready"),
    path(f"{CONSENSUS}reopen/", comparison.comparison_reopen, name="comparison_reopen"),
    path("forms/<int:form_id>/agreement/", comparison.agreement_page, name="agreement_page"),
]
