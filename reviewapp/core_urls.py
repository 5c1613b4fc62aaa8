"""URLs of the core app: reviews, members, the log."""

from __future__ import annotations

from django.urls import URLPattern, path

from reviewapp.views import invitations, jobs, log, members, reviews, settings, site

app_name = "reviewapp"
site_wide: list[URLPattern] = [
    path("", site.home, name="home"),
    path("styleguide/", site.styleguide, name="styleguide"),
    path("account/name/", site.account_name, name="account_name"),
    path("invitations/<str:token>/", invitations.invitation_accept, name="invitation_accept"),
]
of_reviews: list[URLPattern] = [
    path("reviews/", reviews.review_list, name="review_list"),
    path("reviews/new/", reviews.review_create, name="review_create"),
    path("reviews/<int:review_id>/", reviews.review_overview, name="review_overview"),
    path("reviews/<int:review_id>/settings/", settings.review_settings, name="review_settings"),
    path("reviews/<int:review_id>/jobs/<int:job_id>/", jobs.job_detail, name="job_detail"),
    path("reviews/<int:review_id>/jobs/<int:job_id>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("reviews/<int:review_id>/log/", log.log_list, name="log_list"),
    path("reviews/<int:review_id>/log/download/", log.log_download, name="log_download"),
]
of_members: list[URLPattern] = [
    path("reviews/<int:review_id>/members/", members.member_list, name="member_list"),
    path("reviews/<int:review_id>/members/<int:member_id>/", members.member_change, name="member_change"),
    path("reviews/<int:review_id>/members/<int:member_id>/remove/", members.member_remove, name="member_remove"),
    path("reviews/<int:review_id>/members/invite/", members.invitation_create, name="invitation_create"),
    path(
        "reviews/<int:review_id>/members/invitations/<int:invitation_id>/resend/",
        members.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "reviews/<int:review_id>/members/invitations/<int:invitation_id>/revoke/",
        members.invitation_revoke,
        name="invitation_revoke",
    ),
]
urlpatterns: list[URLPattern] = [*site_wide, *of_reviews, *of_members]
