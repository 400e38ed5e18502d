"""Every address of the server."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("pay/", include("allsquare.web.portal.urls")),
    path("hooks/", include("allsquare.web.hooks.urls")),
    path("ui/", include("allsquare.web.ui.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("allsquare.web.console.urls")),
]
