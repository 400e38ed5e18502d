"""Every address of the server."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("pay/", include("allsquare.web.portal.urls")),
    path("buy/", include("allsquare.web.portal.buy.urls")),
    path("hooks/", include("allsquare.web.hooks.urls")),
    path("ui/", include("allsquare.web.ui.urls")),
    path("accounts/", include("allsquare.web.console.account.urls")),
    path("", include("allsquare.web.console.urls")),
]

if settings.ALLSQUARE_CAUGHT_MAIL_DIR:
    urlpatterns.insert(0, path("mail/", include("allsquare.web.caught.urls")))

handler400 = "allsquare.web.ui.errors.bad_request"
handler403 = "allsquare.web.ui.errors.permission_denied"
handler404 = "allsquare.web.ui.errors.not_found"
handler500 = "allsquare.web.ui.errors.server_error"
