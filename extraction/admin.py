"""The administrator's pages of extraction: forms to look at. Sheets are not here: they may be blind yet."""

from __future__ import annotations

from django.contrib import admin

from extraction.models import ExtractionForm, FormVersion
from reviewapp.admin import ReadOnlyAdmin


@admin.register(ExtractionForm)
class ExtractionFormAdmin(ReadOnlyAdmin):
    """Forms."""

    list_display = ("name", "review", "mode", "created_by", "created_at", "retired_at")
    list_select_related = ("review", "created_by")


@admin.register(FormVersion)
class FormVersionAdmin(ReadOnlyAdmin):
    """Versions of forms."""

    list_display = ("form", "number", "state", "edits", "created_by", "published_at")
    list_select_related = ("form", "created_by")
    list_filter = ("state",)
