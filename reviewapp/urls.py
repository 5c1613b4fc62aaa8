"""[shell] All URLs of the site. Apps are named by dotted string."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from reviewapp.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("reviewapp.core_urls")),
    path("reviews/<int:review_id>/", include("screening.urls")),
    path("reviews/<int:review_id>/", include("bias.urls")),
    path("reviews/<int:review_id>/extraction/", include("extraction.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
