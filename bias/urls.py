"""URLs of risk of bias, all under /reviews/<review_id>/. One block per noun."""

from __future__ import annotations

from django.urls import URLPattern, path

from bias.views import agreement as agreement_views
from bias.views import assessment as assessment_views
from bias.views import comparison as comparison_views
from bias.views import evaluation as evaluation_views
from bias.views import instrument as instrument_views
from bias.views import settings as settings_views
from bias.views import summary as summary_views

app_name = "bias"

evaluations: list[URLPattern] = [
    path("bias/", evaluation_views.evaluation_list, name="evaluation_list"),
    path("bias/evaluations/new/<int:study_id>/", evaluation_views.evaluation_create, name="evaluation_create"),
    path("bias/evaluations/each/", evaluation_views.evaluation_each, name="evaluation_each"),
    path("bias/evaluations/share/", evaluation_views.evaluation_share, name="evaluation_share"),
    path("bias/evaluations/suggested/", evaluation_views.evaluation_suggested, name="evaluation_suggested"),
    path("bias/evaluations/<int:evaluation_id>/", evaluation_views.evaluation_detail, name="evaluation_detail"),
    path("bias/evaluations/<int:evaluation_id>/edit/", evaluation_views.evaluation_edit, name="evaluation_edit"),
    path("bias/evaluations/<int:evaluation_id>/assign/", evaluation_views.evaluation_assign, name="evaluation_assign"),
    path(
        "bias/evaluations/<int:evaluation_id>/withdraw/",
        evaluation_views.evaluation_withdraw,
        name="evaluation_withdraw",
    ),
]
assessments: list[URLPattern] = [
    path("bias/next/", assessment_views.assessment_next, name="assessment_next"),
    path("bias/evaluations/<int:evaluation_id>/assess/", assessment_views.assessment_page, name="assessment_page"),
    path("bias/evaluations/<int:evaluation_id>/assess/type/", assessment_views.assessment_type, name="assessment_type"),
    path("bias/evaluations/<int:evaluation_id>/assess/save/", assessment_views.assessment_save, name="assessment_save"),
    path(
        "bias/evaluations/<int:evaluation_id>/assess/finish/",
        assessment_views.assessment_finish,
        name="assessment_finish",
    ),
    path(
        "bias/evaluations/<int:evaluation_id>/assess/reopen/",
        assessment_views.assessment_reopen,
        name="assessment_reopen",
    ),
]
comparisons: list[URLPattern] = [
    path("bias/compare/", comparison_views.comparison_index, name="comparison_index"),
    path("bias/evaluations/<int:evaluation_id>/compare/", comparison_views.comparison_page, name="comparison_page"),
    path(
        "bias/evaluations/<int:evaluation_id>/compare/settle/",
        comparison_views.comparison_settle,
        name="comparison_settle",
    ),
    path(
        "bias/evaluations/<int:evaluation_id>/compare/answer/",
        comparison_views.comparison_answer,
        name="comparison_answer",
    ),
    path(
        "bias/evaluations/<int:evaluation_id>/compare/undo/", comparison_views.comparison_undo, name="comparison_undo"
    ),
]
agreement: list[URLPattern] = [path("bias/agreement/", agreement_views.agreement_page, name="agreement_page")]
summary: list[URLPattern] = [
    path("bias/summary/", summary_views.summary_page, name="summary_page"),
    path("bias/summary/build/", summary_views.summary_build, name="summary_build"),
    path("bias/summary/<str:filename>", summary_views.summary_file, name="summary_file"),
]
settings: list[URLPattern] = [
    path("settings/bias/", settings_views.bias_settings, name="bias_settings"),
    path("settings/bias/instruments/new/", instrument_views.instrument_create, name="instrument_create"),
    path("settings/bias/instruments/<int:instrument_id>/", instrument_views.instrument_edit, name="instrument_edit"),
    path(
        "settings/bias/instruments/<int:instrument_id>/retire/",
        instrument_views.instrument_retire,
        name="instrument_retire",
    ),
]

urlpatterns: list[URLPattern] = [*evaluations, *assessments, *comparisons, *agreement, *summary, *settings]
