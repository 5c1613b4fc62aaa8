"""URLs of tables, cross-tabulations, estimates, themes and texts; part of extraction.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from extraction.views import crosstab, estimate, table, text, theme

tables: list[URLPattern] = [
    path("tables/", table.table_list, name="table_list"),
    path("tables/new/", table.table_create, name="table_create"),
    path("tables/<int:table_id>/", table.table_detail, name="table_detail"),
    path("tables/<int:table_id>/edit/", table.table_edit, name="table_edit"),
    path("tables/<int:table_id>/remove/", table.table_remove, name="table_remove"),
    path("tables/<int:table_id>/restore/", table.table_restore, name="table_restore"),
    path("tables/<int:table_id>/table.<str:table_kind>", table.table_file, name="table_file"),
]
crosstabs: list[URLPattern] = [
    path("crosstabs/new/", crosstab.crosstab_create, name="crosstab_create"),
    path("crosstabs/<int:table_id>/", crosstab.crosstab_detail, name="crosstab_detail"),
    path("crosstabs/<int:table_id>/edit/", crosstab.crosstab_edit, name="crosstab_edit"),
    path("crosstabs/<int:table_id>/table.csv", crosstab.crosstab_file, name="crosstab_file"),
]
estimates: list[URLPattern] = [
    path("estimates/", estimate.estimate_page, name="estimate_page"),
    path("estimates/<str:estimate_kind>", estimate.estimate_file, name="estimate_file"),
]
themes: list[URLPattern] = [
    path("themes/", theme.theme_list, name="theme_list"),
    path("themes/new/", theme.theme_create, name="theme_create"),
    path("themes/<int:theme_id>/", theme.theme_detail, name="theme_detail"),
    path("themes/<int:theme_id>/edit/", theme.theme_edit, name="theme_edit"),
    path("themes/<int:theme_id>/retire/", theme.theme_retire, name="theme_retire"),
    path("themes/<int:theme_id>/restore/", theme.theme_restore, name="theme_restore"),
    path("themes/<int:theme_id>/code/", theme.theme_code, name="theme_code"),
    path("codings/<int:coding_id>/remove/", theme.coding_remove, name="coding_remove"),
    path("codings/<int:coding_id>/restore/", theme.coding_restore, name="coding_restore"),
]
texts: list[URLPattern] = [
    path("texts/", text.text_list, name="text_list"),
    path("texts/new/", text.text_create, name="text_create"),
    path("texts/<int:text_id>/", text.text_detail, name="text_detail"),
    path("texts/<int:text_id>/preview/", text.text_preview, name="text_preview"),
    path("texts/<int:text_id>/change/", text.text_change, name="text_change"),
    path("texts/<int:text_id>/remove/", text.text_remove, name="text_remove"),
    path("texts/<int:text_id>/restore/", text.text_restore, name="text_restore"),
]

synthesis: list[URLPattern] = [*tables, *crosstabs, *estimates, *themes, *texts]
