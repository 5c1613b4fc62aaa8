"""URLs of screening, all under /reviews/<review_id>/. One block per noun."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "screening"

searches: list[URLPattern] = []
duplicates: list[URLPattern] = []
screen: list[URLPattern] = []
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
