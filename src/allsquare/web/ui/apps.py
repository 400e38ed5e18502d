"""The Django app of the shared layouts and components."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register

from allsquare.web.ui.checks import frontend_files_present


class UiConfig(AppConfig):
    name = "allsquare.web.ui"
    label = "ui"

    def ready(self) -> None:
        register(frontend_files_present)
