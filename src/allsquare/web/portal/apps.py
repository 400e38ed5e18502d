from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "allsquare.web.portal"
    label = "web_portal"
