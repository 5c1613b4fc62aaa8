"""URLs of screening, all under /reviews/<review_id>/. One block per noun."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from screening.constants import Stage
from screening.views import screen as screen_views


class StageConverter:
    """`title-abstract` and `full-text` in addresses."""

    regex = "title-abstract|full-text"

    def to_python(self, value: str) -> Stage:
        """The stage an address names."""
        return Stage(value.replace("-", "_"))

    def to_url(self, value: str) -> str:
        """How a stage is spelled in an address."""
        return Stage(value).value.replace("_", "-")


register_converter(StageConverter, "stage")

app_name = "screening"

searches: list[URLPattern] = []
duplicates: list[URLPattern] = []
screen: list[URLPattern] = [
    path("screen/<stage:stage>/", screen_views.screen_open, name="screen_open"),
    path("screen/<stage:stage>/undo/", screen_views.screen_undo, name="screen_undo"),
    path("screen/<stage:stage>/<int:target_id>/vote/", screen_views.screen_vote, name="screen_vote"),
    path("screen/<stage:stage>/<int:target_id>/skip/", screen_views.screen_skip, name="screen_skip"),
]
conflicts: list[URLPattern] = []
reports: list[URLPattern] = []
studies: list[URLPattern] = []
flow: list[URLPattern] = []
screening_settings: list[URLPattern] = []

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
