"""The caught mails under their own address, as the root URLs include them in a demonstration."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("mail/", include("allsquare.web.caught.urls")),
    path("ui/", include("allsquare.web.ui.urls")),
]
