"""URLs of screening, all under /reviews/<review_id>/. One block per noun."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from screening.constants import Stage
from screening.views import batch as batch_views
from screening.views import conflict as conflict_views
from screening.views import duplicate as duplicate_views
from screening.views import duplicate_settings as duplicate_settings_views
from screening.views import elsewhere as elsewhere_views
from screening.views import export as export_views
from screening.views import flow as flow_views
from screening.views import mark as mark_views
from screening.views import offer as offer_views
from screening.views import question as question_views
from screening.views import record as record_views
from screening.views import report as report_views
from screening.views import screen as screen_views
from screening.views import search as search_views
from screening.views import settings as settings_views
from screening.views import study as study_views


class StageConverter:
    """`title-abstract` and `full-text` in addresses."""

    regex = "title-abstract|full-text"

    def to_python(self, value: str) -> Stage:
        """The stage an address names."""
        return Stage(value.replace("-", "_"))

    def to_url(self, value: str) -> str:
        """How a stage is spelled in an address."""
        return Stage(value).value.replace("_", "-")


class FlowFormatConverter:
    """The files a flow is exported to."""

    regex = "svg|csv|json"

    def to_python(self, value: str) -> str:
        """The format an address names."""
        return value

    def to_url(self, value: str) -> str:
        """How a format is spelled in an address."""
        return value


class ReceiptKindConverter(FlowFormatConverter):
    """The files a receipt is exported to."""

    regex = "csv|json"


register_converter(ReceiptKindConverter, "receipt_kind")
register_converter(StageConverter, "stage")
register_converter(FlowFormatConverter, "flow_format")

app_name = "screening"

searches: list[URLPattern] = [
    path("searches/", search_views.search_list, name="search_list"),
    path("searches/new/", search_views.search_create, name="search_create"),
    path("searches/<int:search_id>/", search_views.search_detail, name="search_detail"),
    path("searches/<int:search_id>/edit/", search_views.search_edit, name="search_edit"),
    path("searches/<int:search_id>/upload/", search_views.search_upload, name="search_upload"),
    path("imports/<int:batch_id>/", batch_views.batch_detail, name="batch_detail"),
    path("imports/<int:batch_id>/question/", question_views.batch_question, name="batch_question"),
    path("imports/<int:batch_id>/question/decline/", question_views.batch_decline, name="batch_decline"),
    path("imports/mappings/<int:mapping_id>/forget/", question_views.mapping_forget, name="mapping_forget"),
    path("imports/<int:batch_id>/rejected.csv", batch_views.batch_rejects, name="batch_rejects"),
    path("imports/<int:batch_id>/receipt.<receipt_kind:receipt_kind>", batch_views.batch_receipt, name="batch_receipt"),
    path("imports/<int:batch_id>/cancel/", batch_views.batch_cancel, name="batch_cancel"),
    path("imports/<int:batch_id>/retry/", batch_views.batch_retry, name="batch_retry"),
    path("imports/<int:batch_id>/read-again/", batch_views.batch_read_again, name="batch_read_again"),
    path("imports/<int:batch_id>/withdraw/", batch_views.batch_withdraw, name="batch_withdraw"),
    path("imports/<int:batch_id>/votes/", elsewhere_views.votes_bring_in, name="votes_bring_in"),
    path("imports/<int:batch_id>/votes/take-back/", elsewhere_views.votes_take_back, name="votes_take_back"),
    path("records/", record_views.record_index, name="record_list"),
    path("records/export/", export_views.record_export, name="record_export"),
    path("records/<int:record_id>/", record_views.record_detail, name="record_detail"),
    path("records/<int:record_id>/fields/", record_views.record_fields, name="record_fields"),
]
duplicates: list[URLPattern] = [
    path("duplicates/", duplicate_views.duplicate_list, name="duplicate_list"),
    path("duplicates/start/", duplicate_views.duplicate_start, name="duplicate_start"),
    path("duplicates/queue/", duplicate_views.duplicate_queue, name="duplicate_queue"),
    path("duplicates/sources/", duplicate_views.duplicate_sources, name="duplicate_sources"),
    path("duplicates/settings/", duplicate_settings_views.duplicate_settings, name="duplicate_settings"),
    path(
        "duplicates/settings/preview/",
        duplicate_settings_views.duplicate_settings_preview,
        name="duplicate_settings_preview",
    ),
    path(
        "duplicates/settings/change/",
        duplicate_settings_views.duplicate_settings_change,
        name="duplicate_settings_change",
    ),
    path("duplicates/<int:pair_id>/decide/", duplicate_views.duplicate_decide, name="duplicate_decide"),
    path("duplicates/<int:pair_id>/reopen/", duplicate_views.duplicate_reopen, name="duplicate_reopen"),
    path("records/<int:record_id>/duplicate/", duplicate_views.duplicate_mark, name="duplicate_mark"),
]
screen: list[URLPattern] = [
    path("screen/", screen_views.screen_index, name="screen_index"),
    path("screen/duplicates/<int:record_id>/", mark_views.mark_open, name="mark_open"),
    path("screen/duplicates/<int:record_id>/mark/", mark_views.mark_create, name="mark_create"),
    path("screen/duplicates/pairs/<int:pair_id>/withdraw/", mark_views.mark_withdraw, name="mark_withdraw"),
    path("screen/<stage:stage>/", screen_views.screen_open, name="screen_open"),
    path("screen/<stage:stage>/undo/", screen_views.screen_undo, name="screen_undo"),
    path("screen/<stage:stage>/<int:target_id>/vote/", screen_views.screen_vote, name="screen_vote"),
    path("screen/<stage:stage>/<int:target_id>/skip/", screen_views.screen_skip, name="screen_skip"),
]
conflicts: list[URLPattern] = [
    path("conflicts/", conflict_views.conflict_index, name="conflict_index"),
    path("conflicts/<stage:stage>/", conflict_views.conflict_list, name="conflict_list"),
    path("conflicts/<stage:stage>/<int:target_id>/", conflict_views.conflict_detail, name="conflict_detail"),
    path("conflicts/<stage:stage>/<int:target_id>/settle/", conflict_views.conflict_settle, name="conflict_settle"),
    path("conflicts/<stage:stage>/<int:target_id>/answer/", conflict_views.conflict_answer, name="conflict_answer"),
]
reports: list[URLPattern] = [
    path("reports/", report_views.report_list, name="report_list"),
    path("reports/<int:report_id>/", report_views.report_detail, name="report_detail"),
    path("reports/<int:report_id>/upload/", report_views.report_upload, name="report_upload"),
    path("reports/<int:report_id>/retrieval/", report_views.report_retrieval, name="report_retrieval"),
    path("reports/<int:report_id>/file/", report_views.report_file, name="report_file"),
]
studies: list[URLPattern] = [
    path("studies/", study_views.study_list, name="study_list"),
    path("studies/offers/", offer_views.offer_list, name="offer_list"),
    path("studies/offers/<int:offer_id>/answer/", offer_views.offer_answer, name="offer_answer"),
    path("studies/offers/<int:offer_id>/reopen/", offer_views.offer_reopen, name="offer_reopen"),
    path("studies/<int:study_id>/", study_views.study_detail, name="study_detail"),
    path("studies/<int:study_id>/rename/", study_views.study_rename, name="study_rename"),
    path("studies/<int:study_id>/link/", study_views.study_link, name="study_link"),
    path("studies/<int:study_id>/reports/<int:report_id>/unlink/", study_views.study_unlink, name="study_unlink"),
]
flow: list[URLPattern] = [
    path("flow/", flow_views.flow_page, name="flow_page"),
    path("flow/flow.<flow_format:kind>", flow_views.flow_export, name="flow_export"),
    path("flow/<str:key>/", flow_views.flow_list, name="flow_rows"),
    path("flow/<str:key>/export/", export_views.flow_rows_export, name="flow_rows_export"),
]
screening_settings: list[URLPattern] = [
    path("settings/screening/", settings_views.screening_settings, name="screening_settings"),
    path("settings/screening/required/", settings_views.required_change, name="required_change"),
    path("settings/screening/reasons/", settings_views.reason_add, name="reason_add"),
    path("settings/screening/reasons/<int:reason_id>/move/", settings_views.reason_move, name="reason_move"),
    path("settings/screening/reasons/<int:reason_id>/retire/", settings_views.reason_retire, name="reason_retire"),
]

urlpatterns: list[URLPattern] = [
    *searches,
    *duplicates,
    *screen,
    *conflicts,
    *reports,
    *studies,
    *flow,
    *screening_settings,
]
