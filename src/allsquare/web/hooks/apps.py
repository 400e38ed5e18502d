from __future__ import annotations

from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "allsquare.web.hooks"
    label = "web_hooks"
