from __future__ import annotations

from django.apps import AppConfig


class CaughtConfig(AppConfig):
    name = "allsquare.web.caught"
    label = "caught"
