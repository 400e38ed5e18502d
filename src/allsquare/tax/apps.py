from __future__ import annotations

from django.apps import AppConfig


class TaxConfig(AppConfig):
    name = "allsquare.tax"
    label = "tax"
