"""Addresses of the caught mails; the root URLs include them only when ``ALLSQUARE_CAUGHT_MAIL_DIR`` is set."""

from __future__ import annotations

from django.urls import path

from allsquare.web.caught import pages

app_name = "caught"

urlpatterns = [
    path("", pages.caught_list, name="list"),
    path("<slug:mail_id>/", pages.caught_mail, name="mail"),
    path("<slug:mail_id>/html", pages.caught_html, name="html"),
    path("<slug:mail_id>/source", pages.caught_source, name="source"),
    path("<slug:mail_id>/files/<int:place>", pages.caught_file, name="file"),
]
