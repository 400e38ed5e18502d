from __future__ import annotations

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "allsquare.web.console"
    label = "web_console"
