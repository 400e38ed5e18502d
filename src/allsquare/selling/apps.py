"""Registers the package with Django."""

from __future__ import annotations

from django.apps import AppConfig


class SellingConfig(AppConfig):
    name = "allsquare.selling"
    label = "selling"
