"""URLs of extraction, all under /reviews/<review_id>/extraction/. One block per noun."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from extraction.sheet_urls import comparisons, sheets
from extraction.synthesis_urls import synthesis
from extraction.views import form as form_views
from extraction.views import form_build as build_views
from extraction.views import form_term as term_views


class FormFileConverter:
    """The files a form is exported to."""

    regex = "json|xlsx"

    def to_python(self, value: str) -> str:
        """The format an address names."""
        return value

    def to_url(self, value: str) -> str:
        """How a format is spelled in an address."""
        return value


register_converter(FormFileConverter, "form_file")

app_name = "extraction"

FORM = "forms/<int:form_id>/"
BUILD = f"{FORM}build/"
forms: list[URLPattern] = [
    path("forms/", form_views.form_list, name="form_list"),
    path("forms/new/", form_views.form_create, name="form_create"),
    path(FORM, form_views.form_detail, name="form_detail"),
    path(f"{FORM}change/", form_views.form_change, name="form_change"),
    path(f"{FORM}retire/", form_views.form_retire, name="form_retire"),
    path(f"{FORM}draft/", form_views.form_draft, name="form_draft"),
    path(f"{FORM}discard/", form_views.form_discard, name="form_discard"),
    path(f"{FORM}publish/", form_views.form_publish, name="form_publish"),
    path(f"{FORM}use/", form_views.form_use, name="form_use"),
    path(f"{FORM}import/", form_views.form_import, name="form_import"),
    path(f"{FORM}versions/<int:number>/", form_views.form_preview, name="form_preview"),
    path(f"{FORM}versions/<int:number>/form.<form_file:file_kind>", form_views.form_export, name="form_export"),
    path(BUILD, build_views.form_build, name="form_build"),
    path(f"{BUILD}undo/", build_views.form_undo, name="form_undo"),
    path(f"{BUILD}sections/add/", build_views.section_add, name="section_add"),
    path(f"{BUILD}sections/<slug:part>/change/", build_views.section_change, name="section_change"),
    path(f"{BUILD}sections/<slug:part>/move/", build_views.section_move, name="section_move"),
    path(f"{BUILD}sections/<slug:part>/remove/", build_views.section_remove, name="section_remove"),
    path(f"{BUILD}sections/<slug:part>/items/add/", build_views.item_add, name="item_add"),
    path(f"{BUILD}groups/add/", build_views.group_add, name="group_add"),
    path(f"{BUILD}groups/<slug:part>/change/", build_views.group_change, name="group_change"),
    path(f"{BUILD}groups/<slug:part>/remove/", build_views.group_remove, name="group_remove"),
    path(f"{BUILD}items/<slug:part>/change/", build_views.item_change, name="item_change"),
    path(f"{BUILD}items/<slug:part>/move/", build_views.item_move, name="item_move"),
    path(f"{BUILD}items/<slug:part>/copy/", build_views.item_copy, name="item_copy"),
    path(f"{BUILD}items/<slug:part>/remove/", build_views.item_remove, name="item_remove"),
    path(f"{BUILD}items/<slug:part>/merge/", build_views.option_merge, name="option_merge"),
    path(f"{FORM}terms/", term_views.term_list, name="term_list"),
    path(f"{FORM}terms/add/", term_views.term_add, name="term_add"),
    path("terms/<int:term_id>/approve/", term_views.term_approve, name="term_approve"),
    path("terms/<int:term_id>/decline/", term_views.term_decline, name="term_decline"),
    path("terms/<int:term_id>/merge/", term_views.term_merge, name="term_merge"),
]

urlpatterns: list[URLPattern] = [*synthesis, *forms, *sheets, *comparisons]
