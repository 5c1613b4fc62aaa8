"""URLs of the core app: reviews, members, the log."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "reviewapp"
urlpatterns: list[URLPattern] = []
