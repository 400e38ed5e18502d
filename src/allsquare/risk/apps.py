"""Registers the package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RiskConfig(AppConfig):
    name = "allsquare.risk"
    label = "risk"
