"""Addresses of the settings, below ``settings/`` of the console."""

from __future__ import annotations

from django.urls import path

from allsquare.web.console.settings import organization, shell

urlpatterns = [
    path("settings/", shell.settings_home, name="settings"),
    path("settings/organization/", organization.organization_edit, name="settings_organization"),
    path("settings/organization/currency/", organization.currency_change, name="settings_currency"),
]
